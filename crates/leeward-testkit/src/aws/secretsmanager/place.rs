use leeward_error_taxonomy::Region;

/// Where secrets are kept apart from others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) account: String,
    pub(super) region: Region,
}

/// How a secret is called: by its name, or by an ARN, whole or without the suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SecretId<'a> {
    Name(&'a str),
    Arn {
        region: &'a str,
        account: &'a str,
        /// The name, with the suffix or without it.
        rest: &'a str,
    },
}

impl Place {
    pub(super) fn new(account: &str, region: &Region) -> Self {
        Self {
            account: account.to_owned(),
            region: region.clone(),
        }
    }

    /// The same account elsewhere.
    pub(super) fn in_region(&self, region: &Region) -> Self {
        Self::new(&self.account, region)
    }

    pub(super) fn arn(&self, name: &str, suffix: &str) -> String {
        let Self { account, region } = self;
        format!("arn:aws:secretsmanager:{region}:{account}:secret:{name}-{suffix}")
    }
}

impl<'a> SecretId<'a> {
    pub(super) fn read(id: &'a str) -> Self {
        let parts: Vec<_> = id.splitn(7, ':').collect();
        match parts[..] {
            ["arn", _, "secretsmanager", region, account, "secret", rest] => Self::Arn {
                region,
                account,
                rest,
            },
            _ => Self::Name(id),
        }
    }

    /// The names that this may stand for, each with the suffix that it gives, if it gives one; the likelier first.
    pub(super) fn names(self) -> impl Iterator<Item = (&'a str, Option<&'a str>)> {
        let (name, suffixed) = match self {
            Self::Name(name) => (name, None),
            Self::Arn { rest, .. } => (rest, rest.rsplit_once('-')),
        };
        let suffixed = suffixed.map(|(name, suffix)| (name, Some(suffix)));
        suffixed.into_iter().chain([(name, None)])
    }

    /// Whether this is the secret of this name and suffix; where it lives is left to the caller.
    pub(super) fn is(self, name: &str, suffix: &str) -> bool {
        self.names()
            .any(|(given, ending)| given == name && ending.is_none_or(|ending| ending == suffix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_by_its_name_its_arn_and_its_arn_without_the_suffix() {
        let arn =
            Place::new("123456789012", &Region::from_static("eu-west-1")).arn("prod/db", "a1b2C3");
        let partial = arn.trim_end_matches("-a1b2C3");
        for id in ["prod/db", &arn, partial] {
            assert!(SecretId::read(id).is("prod/db", "a1b2C3"), "{id}");
            assert!(!SecretId::read(id).is("prod/d", "b-a1b2C3"), "{id}");
        }
        for (id, is_other) in [
            ("prod/db-a1b2C3", true),
            (&*format!("{partial}-zzzzzz"), true),
            (partial, false),
        ] {
            assert_eq!(
                SecretId::read(id).is("prod/db", "a1b2C3"),
                !is_other,
                "{id}"
            );
        }
    }

    #[test]
    fn what_is_no_arn_of_a_secret_is_a_name() {
        for id in [
            "db",
            "arn:aws:kms:eu-west-1:1:key/a",
            "arn:aws:secretsmanager:eu-west-1:1:secret",
        ] {
            assert_eq!(SecretId::read(id), SecretId::Name(id));
        }
    }
}
