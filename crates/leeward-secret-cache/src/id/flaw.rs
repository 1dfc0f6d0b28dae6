use super::SecretArn;

/// Why no secret can be called so: `SecretId` has 1 to 2,048 characters (`GetSecretValue`, AWS Secrets Manager API Reference), and what
/// begins like an ARN is that of a secret, as a name has no colon (`CreateSecret`, ibid.).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    Empty,
    Long,
    /// The ARN of something else.
    OtherArn,
}

const LONGEST: usize = 2_048;

impl Flaw {
    pub(super) fn of(id: &str) -> Option<Self> {
        match id.len() {
            0 => Some(Self::Empty),
            len if len > LONGEST && id.chars().nth(LONGEST).is_some() => Some(Self::Long),
            _ if id.starts_with("arn:") && SecretArn::read(id).is_none() => Some(Self::OtherArn),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_from_1_to_2048_characters() {
        for (id, flaw) in [
            ("", Some(Flaw::Empty)),
            ("x", None),
            (&"x".repeat(2_048), None),
            (&"é".repeat(2_048), None),
            (&"x".repeat(2_049), Some(Flaw::Long)),
            (&"é".repeat(2_049), Some(Flaw::Long)),
        ] {
            assert_eq!(Flaw::of(id), flaw, "{}", id.len());
        }
    }

    #[test]
    fn an_arn_is_that_of_a_secret() {
        for (id, flaw) in [
            ("arn:aws:s3:::bucket", Some(Flaw::OtherArn)),
            ("arn:", Some(Flaw::OtherArn)),
            ("arn:aws-cn:secretsmanager:cn-north-1:1:secret:db", None),
            ("arn", None),
            ("arn-of/db", None),
        ] {
            assert_eq!(Flaw::of(id), flaw, "{id}");
        }
    }
}
