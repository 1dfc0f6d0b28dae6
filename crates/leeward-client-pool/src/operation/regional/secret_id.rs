use super::{Regional, arn::Arn};
use leeward_error_taxonomy::{Region, Rejected};
use std::fmt;

/// Whatever Secrets Manager takes for a secret, of which there are replicas in all Regions that are asked.
///
/// | form | in another Region |
/// |---|---|
/// | name | the same |
/// | ARN, with or without the six characters at its end | the same with the other Region |
/// | anything else | the same: Secrets Manager says what is wrong with it |
///
/// A replica has the ARN of its primary but for the Region (Secrets Manager User Guide, "Replicate AWS Secrets Manager secrets across
/// Regions"). Of a secret that is replicated to some of the Regions only, say so by
/// [`ReplicatedArn`](super::ReplicatedArn): then the others are not asked.
///
/// ```
/// use leeward_client_pool::regional::{Regional, SecretId};
/// use leeward_error_taxonomy::Region;
///
/// let secret = SecretId::new("arn:aws:secretsmanager:us-east-1:111122223333:secret:db");
/// let there = secret.name_in(&Region::from_static("us-west-2"))?;
/// assert_eq!(there, "arn:aws:secretsmanager:us-west-2:111122223333:secret:db");
/// # Ok::<(), leeward_error_taxonomy::Rejected>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SecretId(Form);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Form {
    Arn(Arn),
    AsItIs(String),
}

impl SecretId {
    /// The secret that is called so.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let arn = text.starts_with("arn:").then(|| Arn::read(text, SERVICE));
        Self(match arn {
            Some(Ok(arn)) => Form::Arn(arn),
            _ => Form::AsItIs(text.to_owned()),
        })
    }

    /// The Region that an ARN names.
    #[must_use]
    pub const fn region(&self) -> Option<&Region> {
        match &self.0 {
            Form::Arn(arn) => Some(arn.region()),
            Form::AsItIs(_) => None,
        }
    }
}

const SERVICE: &str = "secretsmanager";

impl Regional for SecretId {
    fn name_in(&self, region: &Region) -> Result<String, Rejected> {
        match &self.0 {
            Form::Arn(arn) => arn.in_region(region).map(|arn| arn.to_string()),
            Form::AsItIs(text) => Ok(text.clone()),
        }
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Form::Arn(arn) => fmt::Display::fmt(arn, f),
            Form::AsItIs(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_error_taxonomy::Obstacle;

    #[test]
    fn each_form_is_called_in_the_west_as_it_is_there() {
        let arn = |region: &str, end: &str| {
            format!("arn:aws:secretsmanager:{region}:111122223333:secret:{end}")
        };
        let west = Region::from_static("us-west-2");
        for (text, there) in [
            ("prod/db".to_owned(), "prod/db".to_owned()),
            (arn("us-east-1", "db-a1b2c3"), arn("us-west-2", "db-a1b2c3")),
            (arn("us-east-1", "db"), arn("us-west-2", "db")),
            (arn("us-west-2", "db"), arn("us-west-2", "db")),
            ("arn:aws:s3:::bucket".into(), "arn:aws:s3:::bucket".into()),
        ] {
            let secret = SecretId::new(&text);
            assert_eq!(secret.to_string(), text);
            assert_eq!(secret.name_in(&west).unwrap(), there);
        }
    }

    #[test]
    fn an_arn_has_a_region_and_does_not_leave_its_partition() {
        let secret = SecretId::new("arn:aws:secretsmanager:us-east-1:111122223333:secret:db");
        assert_eq!(secret.region(), Some(&Region::from_static("us-east-1")));
        assert_eq!(SecretId::new("db").region(), None);
        let refused = secret
            .name_in(&Region::from_static("cn-north-1"))
            .unwrap_err();
        assert_eq!(refused.obstacle(), Some(Obstacle::Elsewhere));
    }
}
