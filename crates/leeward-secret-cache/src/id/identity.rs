use super::SecretArn;

/// Which secret a name or an ARN means, wherever its replicas are.
///
/// A replica has the ARN of its primary but for the Region. An ARN with or without its six last characters is of one secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity<'a> {
    /// Partition and account, if an ARN tells.
    owner: Option<(&'a str, &'a str)>,
    name: &'a str,
    without_suffix: &'a str,
}

impl<'a> Identity<'a> {
    pub(crate) fn of(id: &'a str) -> Self {
        Self::of_arn(id).unwrap_or(Self {
            owner: None,
            name: id,
            without_suffix: id,
        })
    }

    fn of_arn(id: &'a str) -> Option<Self> {
        let rest = SecretArn::read(id)?.without_suffix();
        let (owner, name) = taken_apart(id)?;
        let without_suffix = rest.and_then(taken_apart).map_or(name, |(_, name)| name);
        Some(Self {
            owner: Some(owner),
            name,
            without_suffix,
        })
    }

    /// Whether this is the other as it is called in whatever Region.
    pub(crate) fn is_replica_of(&self, other: &Self) -> bool {
        self.owner == other.owner && self.name == other.name
    }

    /// Whether the secret with the full ARN `other`, in whatever Region, is called by this one, with or without the six last characters.
    ///
    /// What ends in such characters is a full ARN, never a part of one.
    pub(crate) fn calls(&self, other: &Self) -> bool {
        let is_part = self.name == self.without_suffix && self.name == other.without_suffix;
        self.owner == other.owner && (self.name == other.name || is_part)
    }

    /// Whether both may mean one secret. Where an ARN may be full or not it is taken for both: for what costs no more than a fetch.
    pub(crate) fn is_of(&self, other: &Self) -> bool {
        let is_of_owner = match (self.owner, other.owner) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let is_named = |name| name == other.name || name == other.without_suffix;
        is_of_owner && (is_named(self.name) || is_named(self.without_suffix))
    }
}

/// Partition and account, and the name, of `arn:partition:secretsmanager:region:account:secret:name`.
fn taken_apart(arn: &str) -> Option<((&str, &str), &str)> {
    let mut parts = arn.splitn(7, ':');
    let partition = parts.nth(1)?;
    let account = parts.nth(2)?;
    let name = parts.nth(1)?;
    Some(((partition, account), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(rest: &str) -> String {
        format!("arn:aws:secretsmanager:{rest}")
    }

    #[test]
    fn names_arns_and_replicas_are_of_one_secret() {
        let all = [
            "prod/db".to_owned(),
            arn("us-east-1:111122223333:secret:prod/db-a1b2c3"),
            arn("us-east-1:111122223333:secret:prod/db"),
            arn("eu-west-1:111122223333:secret:prod/db-a1b2c3"),
        ];
        for one in &all {
            for other in &all {
                assert!(
                    Identity::of(one).is_of(&Identity::of(other)),
                    "{one} {other}"
                );
            }
        }
    }

    #[test]
    fn a_replica_is_called_by_the_arn_of_its_primary_and_no_other_secret_is() {
        let primary = arn("us-east-1:111122223333:secret:prod/db-a1b2c3");
        let replica = arn("eu-west-1:111122223333:secret:prod/db-a1b2c3");
        let longer = arn("us-east-1:111122223333:secret:prod/db-a1b2c3-zzzzzz");
        let part = arn("us-east-1:111122223333:secret:prod/db");
        for (id, of, calls) in [
            (&primary, &replica, true),
            (&part, &replica, true),
            (&longer, &longer, true),
            (&primary, &longer, false),
            (&longer, &primary, false),
            (&replica, &part, false),
        ] {
            let (id, of) = (Identity::of(id), Identity::of(of));
            assert_eq!(id.calls(&of), calls, "{id:?} {of:?}");
        }
    }

    #[test]
    fn other_names_accounts_and_partitions_are_not() {
        let one = arn("us-east-1:111122223333:secret:prod/db-a1b2c3");
        for other in [
            "prod/db-2".to_owned(),
            "db".to_owned(),
            arn("us-east-1:444455556666:secret:prod/db-a1b2c3"),
            arn("us-east-1:111122223333:secret:prod/db-secret-a1b2c3"),
            "arn:aws-cn:secretsmanager:us-east-1:111122223333:secret:prod/db-a1b2c3".to_owned(),
            arn("us-east-1"),
            String::new(),
        ] {
            assert!(!Identity::of(&one).is_of(&Identity::of(&other)), "{other}");
        }
    }
}
