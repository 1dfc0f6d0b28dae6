/// The ARN of a secret, as an answer names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SecretArn<'a>(&'a str);

/// A hyphen and what Secrets Manager adds to the name of a secret, so that one that is made anew is told from the one before.
const SUFFIX_LEN: usize = 7;

impl<'a> SecretArn<'a> {
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let is_arn = text.starts_with("arn:") && text.split(':').nth(2) == Some("secretsmanager");
        is_arn.then_some(Self(text))
    }

    /// The ARN without the six last characters, by which a secret is called as well ("partial ARN").
    ///
    /// Not if that ends in a hyphen and six characters itself: Secrets Manager takes it for the full ARN of another secret then
    /// ("Finding a secret from a partial ARN", AWS Secrets Manager User Guide).
    #[inline]
    pub(crate) fn partial(self) -> Option<&'a str> {
        let partial = self.without_suffix()?;
        Self(partial).without_suffix().is_none().then_some(partial)
    }

    /// What is left without the six last characters.
    #[inline]
    pub(crate) fn without_suffix(self) -> Option<&'a str> {
        let (rest, suffix) = self
            .0
            .split_at_checked(self.0.len().checked_sub(SUFFIX_LEN)?)?;
        let suffix = suffix.strip_prefix('-')?;
        let is_suffix = suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (is_suffix && !rest.ends_with(':')).then_some(rest)
    }

    /// Whether the secret with this full ARN is called by it, or by it without the six last characters.
    pub(crate) fn is_called(arn: &'a str, id: &str) -> bool {
        id == arn || SecretArn::read(arn).and_then(SecretArn::partial) == Some(id)
    }

    /// The Region that holds it: that of a replica is the replica's.
    pub(crate) fn region(self) -> Option<&'a str> {
        self.0.split(':').nth(3).filter(|region| !region.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-a1b2c3";

    #[test]
    fn an_arn_is_taken_apart() {
        let arn = SecretArn::read(ARN).unwrap();
        assert_eq!(arn.region(), Some("us-east-1"));
        assert_eq!(
            arn.partial(),
            Some("arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db")
        );
    }

    #[test]
    fn what_ends_like_a_full_arn_is_none_in_part() {
        let longer = format!("{ARN}-zzzzzz");
        let arn = SecretArn::read(&longer).unwrap();
        assert_eq!(arn.without_suffix(), Some(ARN));
        assert_eq!(arn.partial(), None);
        assert!(SecretArn::is_called(&longer, &longer));
        assert!(!SecretArn::is_called(&longer, ARN));
    }

    #[test]
    fn what_is_none_is_not_taken_for_one() {
        assert_eq!(SecretArn::read("prod/db-a1b2c3"), None);
        assert_eq!(SecretArn::read("arn:aws:kms:us-east-1:1:key/a"), None);
        for short in ["arn:aws:secretsmanager", "arn:aws:secretsmanager:é-a1b2cé"] {
            let arn = SecretArn::read(short).unwrap();
            assert_eq!(arn.partial(), None, "{short}");
        }
    }
}
