use aws_credential_types::Credentials;
use std::{
    fmt,
    hash::{Hash, Hasher},
};

/// Credentials that were given as they are.
///
/// Equal if all of them is equal, so that a corrected secret makes another client; hashed by the access key id, which is
/// public, so that no hash of a secret is ever kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Keys(Credentials);

impl Keys {
    pub(crate) const fn new(credentials: Credentials) -> Self {
        Self(credentials)
    }

    pub(crate) const fn credentials(&self) -> &Credentials {
        &self.0
    }
}

impl Hash for Keys {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.access_key_id().hash(state);
    }
}

/// `AKIA****MPLE`
impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&leeward_error_taxonomy::redact(self.0.access_key_id()))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Keys")
            .field(&format_args!("{self}"))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher;

    fn keys(id: &str, secret: &str, token: Option<&str>) -> Keys {
        Keys::new(Credentials::new(
            id,
            secret,
            token.map(str::to_owned),
            None,
            "given",
        ))
    }

    #[test]
    fn another_secret_is_another_identity_under_the_same_hash() {
        let state = std::hash::RandomState::new();
        let (one, corrected) = (
            keys("AKIAIOSFODNN7EXAMPLE", "wrong", None),
            keys("AKIAIOSFODNN7EXAMPLE", "right", None),
        );
        assert_ne!(one, corrected);
        assert_ne!(one, keys("AKIAIOSFODNN7EXAMPLE", "wrong", Some("token")));
        assert_eq!(state.hash_one(&one), state.hash_one(&corrected));
    }

    #[test]
    fn shows_neither_the_secret_nor_the_whole_id() {
        let keys = keys(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI",
            Some("FwoGZXIvYXdz"),
        );
        assert_eq!(keys.to_string(), "AKIA****MPLE");
        assert_eq!(format!("{keys:?}"), "Keys(AKIA****MPLE)");
    }
}
