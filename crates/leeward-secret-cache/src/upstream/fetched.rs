use super::Given;
use crate::{
    Secret, SecretError,
    clock::Moment,
    freshness::Course,
    id::Key,
    secret::{About, Value},
    slot::Entry,
};
use leeward_error_taxonomy::OperationName;
use std::{sync::Arc, time::SystemTime};

/// A version of a secret, as Secrets Manager gave it.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) secret: Arc<Secret>,
    /// When its value was fetched, if that was not now.
    pub(crate) verified: Option<Moment>,
}

impl Fetched {
    fn new(about: About, value: Value) -> Self {
        Self {
            secret: Arc::new(Secret::new(about, value)),
            verified: None,
        }
    }

    /// What is there, of which a description says that it is still the version that was asked for.
    pub(crate) fn unmoved(present: &Entry) -> Self {
        Self {
            secret: present.secret.clone(),
            verified: Some(present.verified),
        }
    }

    pub(crate) fn read(
        asked: &Key,
        operation: OperationName,
        given: impl Into<Given>,
    ) -> Result<Self, SecretError> {
        let given = given.into();
        let unusable = |reason| SecretError::unusable(asked, operation, reason);
        let value = given.value.ok_or_else(|| unusable("without a value"))?;
        let arn = given.arn.ok_or_else(|| unusable("without an ARN"))?;
        let version_id = given
            .version_id
            .ok_or_else(|| unusable("without a version"))?;
        let about = About {
            arn,
            name: given.name.unwrap_or_default(),
            version_id,
            stages: given.stages.unwrap_or_default(),
            created: given
                .created
                .and_then(|date| SystemTime::try_from(date).ok()),
        };
        Ok(Self::new(about, value))
    }

    /// Whether this must not take the place of `present`: an older version, from another Region, whose replica has not caught up.
    ///
    /// An older version from the same Region is one that somebody went back to; and any is better than one that may not be served any more,
    /// since that is how the primary's own word is heard in the end, after a replica was asked, where somebody went back there.
    pub(crate) fn is_behind(&self, present: &Entry, now: Moment) -> bool {
        if present.course(now) == Course::Discard {
            return false;
        }
        let (new, old) = (&self.secret, &present.secret);
        let is_older = match (new.created(), old.created()) {
            (Some(new), Some(old)) => new < old,
            _ => false,
        };
        is_older && new.version_id() != old.version_id() && new.region() != old.region()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Freshness, SecretRef};
    use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
    use aws_smithy_types::{Blob, DateTime};

    fn output(region: &str, version: &str, created: i64) -> GetSecretValueOutput {
        GetSecretValueOutput::builder()
            .arn(format!(
                "arn:aws:secretsmanager:{region}:111122223333:secret:db-a1b2c3"
            ))
            .name("db")
            .version_id(version)
            .secret_string("hunter2")
            .created_date(DateTime::from_secs(created))
            .build()
    }

    fn read(output: GetSecretValueOutput) -> Result<Fetched, SecretError> {
        let operation = OperationName::new("secretsmanager", "GetSecretValue");
        Fetched::read(&Key::new(SecretRef::new("db")), operation, output)
    }

    #[test]
    fn an_older_version_of_another_region_is_behind() {
        let minute = |minutes: u64| Moment {
            steady: minutes * 60_000_000_000,
            wall: 0,
        };
        let limits = Freshness::new().limits(0.0);
        let newer = read(output("us-east-1", "new", 100)).unwrap();
        let present = Entry::new(newer.secret, minute(0), minute(0), limits);
        for (region, version, created, is_behind) in [
            ("us-west-2", "old", 50, true),
            ("us-west-2", "newer", 150, false),
            ("us-west-2", "new", 50, false),
            // Somebody went back to it.
            ("us-east-1", "old", 50, false),
        ] {
            let fetched = read(output(region, version, created)).unwrap();
            let is_so = fetched.is_behind(&present, minute(4));
            assert_eq!(is_so, is_behind, "{region} {version}");
            // Once that may not be served any more, anything is better.
            assert!(
                !fetched.is_behind(&present, minute(5)),
                "{region} {version}"
            );
        }
    }

    #[test]
    fn text_and_binary_are_taken_and_nothing_else() {
        let binary = GetSecretValueOutput::builder()
            .arn("arn")
            .version_id("v")
            .secret_binary(Blob::new([7]));
        assert_eq!(read(binary.build()).unwrap().secret.expose(), [7]);
        let mut without = output("us-east-1", "v", 1);
        without.secret_string = None;
        let error = read(without).unwrap_err().to_string();
        assert_eq!(
            error,
            "secret db: secretsmanager.GetSecretValue answered without a value"
        );
    }
}
