use super::KeyClasses;
use leeward_envelope::{ContextError, EncryptionContext};
use std::collections::BTreeMap;

/// What the contexts of a class must have, and what they get.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct ContextPolicy {
    pub(super) required: Vec<String>,
    fixed: BTreeMap<String, String>,
}

impl ContextPolicy {
    /// Takes any context, and adds nothing but the name of the class.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses calls that give no value under each of these keys, to write and to read.
    ///
    /// Their pairs are kept out of the message, which is bound to them all the same; see
    /// [`EncryptorBuilder::with_required_context_keys`](leeward_envelope::EncryptorBuilder::with_required_context_keys).
    pub fn requiring<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.required.extend(keys.into_iter().map(Into::into));
        self
    }

    /// Adds this pair to every message, and expects it in each.
    pub fn fixing(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.fixed.insert(key.into(), value.into());
        self
    }

    /// Puts the name of the class among the fixed pairs, unless another name is there.
    pub(super) fn of_class(mut self, name: &str) -> Result<Self, ContextError> {
        let key = KeyClasses::CONTEXT_KEY;
        let taken = self.fixed.get(key).is_some_and(|value| value != name);
        if taken {
            let key = key.to_owned();
            return Err(ContextError::Fixed { key });
        }
        self.fixed.insert(key.to_owned(), name.to_owned());
        // What is fixed makes a context of its own, and is not what callers must give.
        EncryptionContext::new(self.fixed.clone())?;
        if let Some(key) = self
            .required
            .iter()
            .find(|key| self.fixed.contains_key(*key))
        {
            let key = key.clone();
            return Err(ContextError::Fixed { key });
        }
        Ok(self)
    }

    /// The caller's pairs and the fixed ones.
    pub(super) fn apply(
        &self,
        given: &EncryptionContext,
    ) -> Result<EncryptionContext, ContextError> {
        for (key, value) in given.iter() {
            if self.fixed.get(key).is_some_and(|fixed| fixed != value) {
                let key = key.to_owned();
                return Err(ContextError::Fixed { key });
            }
        }
        let fixed = self.fixed.iter();
        let fixed = fixed.map(|(key, value)| (key.as_str(), value.as_str()));
        let own = given
            .iter()
            .filter(|(key, _)| !self.fixed.contains_key(*key));
        EncryptionContext::new(own.chain(fixed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(given: &[(&str, &str)], expected: Result<&[(&str, &str)], &str>) {
        let policy = ContextPolicy::new().fixing("app", "shop");
        let policy = policy.of_class("pii").unwrap();
        let given = EncryptionContext::new(given.iter().copied()).unwrap();
        let applied = policy.apply(&given).map_err(|error| error.to_string());
        let expected = expected
            .map(|pairs| EncryptionContext::new(pairs.iter().copied()).unwrap())
            .map_err(str::to_owned);
        assert_eq!(applied, expected);
    }

    #[test]
    fn adds_what_is_fixed_and_lets_nobody_change_it() {
        check(&[], Ok(&[("app", "shop"), ("key-class", "pii")]));
        check(
            &[("app", "shop"), ("tenant", "acme")],
            Ok(&[("app", "shop"), ("key-class", "pii"), ("tenant", "acme")]),
        );
        check(
            &[("key-class", "payment")],
            Err("context key \"key-class\" has a fixed value: leave yours out"),
        );
    }

    #[test]
    fn refuses_what_no_call_could_satisfy() {
        let fixed = |key: &str| ContextPolicy::new().fixing(key, "x").of_class("pii");
        assert!(fixed("key-class").is_err());
        assert!(fixed("aws-crypto-x").is_err());
        assert!(fixed("app").is_ok());
        let both = ContextPolicy::new().fixing("app", "x").requiring(["app"]);
        assert!(both.of_class("pii").is_err());
    }
}
