use super::Value;
use crate::{KeyringError, keyring::KeyDigest};
use leeward_resilience::Timestamp;
use std::time::Duration;

/// How long one purge for a denial waits for the next.
///
/// A key policy may deny by context, and who sends a message chooses its context: without a rest, messages that are denied
/// could have every other message's data key fetched again and again.
pub(super) const REST: Duration = Duration::from_secs(10);

/// As many as a message names, as a rule; more are taken for all.
const MAX_NAMES: usize = 16;

/// Decides what a denial costs: what is cached under the key that was denied, at once, but not more often than
/// every [`REST`].
#[derive(Debug, Default)]
pub(super) struct Withdrawals {
    last: Option<Timestamp>,
    waiting: Option<Withdrawn>,
}

/// What must not be used any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Withdrawn {
    /// The denial named no key, or too many are: all of one keyring's.
    All,
    /// In order, each once.
    Under(Vec<KeyDigest>),
}

impl Withdrawals {
    /// Notes a denial.
    pub(super) fn note(&mut self, withdrawn: Withdrawn) {
        match &mut self.waiting {
            Some(waiting) => waiting.add(withdrawn),
            None => self.waiting = Some(withdrawn),
        }
    }

    /// What is to be purged now.
    pub(super) fn due(&mut self, now: Timestamp) -> Option<Withdrawn> {
        self.waiting.as_ref()?;
        if self.last.is_some_and(|last| now.since(last) < REST) {
            return None;
        }
        self.last = Some(now);
        self.waiting.take()
    }
}

impl Withdrawn {
    /// What a keyring tells that withdrew, if it did.
    pub(crate) fn of(error: &KeyringError) -> Option<Self> {
        if !error.cause().is_withdrawal() {
            return None;
        }
        let named = error.withdrawn();
        Some(named.map_or(Self::All, |keys| {
            Self::under(keys.into_iter().map(KeyDigest::of).collect())
        }))
    }

    pub(crate) fn under(mut keys: Vec<KeyDigest>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        Self::Under(keys)
    }

    pub(crate) fn add(&mut self, more: Self) {
        *self = match (&mut *self, more) {
            (Self::Under(keys), Self::Under(more)) => {
                keys.extend(more);
                Self::under(std::mem::take(keys))
            }
            _ => Self::All,
        };
        if matches!(self, Self::Under(keys) if keys.len() > MAX_NAMES) {
            *self = Self::All;
        }
    }

    /// Whether `value` must not be used any more.
    pub(super) fn ends(&self, value: &impl Value) -> bool {
        match self {
            Self::All => true,
            Self::Under(keys) => value
                .relied_on()
                .iter()
                .any(|key| keys.binary_search(key).is_ok()),
        }
    }

    /// Leaves out the keys that none of `values` relies on; none if no key is left.
    pub(super) fn known_to<'a, V: Value>(
        self,
        values: impl Iterator<Item = &'a V>,
    ) -> Option<Self> {
        let Self::Under(keys) = self else {
            return Some(self);
        };
        let mut known: Vec<KeyDigest> = Vec::new();
        for key in values.flat_map(Value::relied_on) {
            if keys.binary_search(key).is_ok() && !known.contains(key) {
                known.push(*key);
            }
        }
        (!known.is_empty()).then(|| Self::under(known))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EncryptedDataKey, KeyAttempt, KeyringCause, WrappingKey};

    fn denied(arns: &[&str]) -> KeyringError {
        let attempts = arns.iter().map(|arn| {
            let key = EncryptedDataKey::new("aws-kms", *arn, "wrapped").unwrap();
            KeyAttempt::failed(&key, "denied").because(KeyringCause::Denied)
        });
        KeyringError::undecryptable(attempts.collect())
    }

    fn digest(arn: &str) -> KeyDigest {
        KeyDigest::of(&WrappingKey::new("aws-kms", arn))
    }

    fn under(arns: &[&str]) -> Option<Withdrawn> {
        let keys = arns.iter().map(|arn| digest(arn));
        Some(Withdrawn::under(keys.collect()))
    }

    fn told(error: &KeyringError) -> Withdrawn {
        Withdrawn::of(error).unwrap()
    }

    /// What is kept under these, any of which may have given it.
    #[derive(Clone)]
    struct Kept(Vec<KeyDigest>);

    impl Value for Kept {
        fn under(&self) -> &[KeyDigest] {
            &self.0
        }

        fn relied_on(&self) -> &[KeyDigest] {
            &self.0
        }

        fn succeed(&self, _: &Self) {}
    }

    #[test]
    fn names_that_nothing_is_kept_under_are_not_noted() {
        let kept = |arns: &[&str]| Kept(arns.iter().map(|arn| digest(arn)).collect());
        let values = [kept(&["a", "b"]), kept(&["a"]), kept(&["c"])];
        #[track_caller]
        fn check(values: &[Kept], arns: &[&str], known: Option<Withdrawn>) {
            let told = told(&denied(arns));
            assert_eq!(told.known_to(values.iter()), known);
        }
        check(&values, &["x"], None);
        check(&values, &["x", "a", "a", "b"], under(&["a", "b"]));
        let made_up: Vec<String> = (0..100).map(|at| at.to_string()).collect();
        let mut made_up: Vec<&str> = made_up.iter().map(String::as_str).collect();
        check(&values, &made_up, None);
        made_up.push("c");
        check(&values, &made_up, under(&["c"]));
        assert_eq!(
            Withdrawn::All.known_to(values[..0].iter()),
            Some(Withdrawn::All)
        );
    }

    #[test]
    fn a_withdrawal_without_a_name_beside_one_with_a_name_is_one_of_all() {
        let nameless = KeyringError::wrap("a", "denied").because(KeyringCause::Denied);
        let several = KeyringError::of_several(vec![denied(&["b"]), nameless]);
        assert_eq!(Withdrawn::of(&several), Some(Withdrawn::All));
        let key = EncryptedDataKey::new("aws-kms", "a", "wrapped").unwrap();
        let down = KeyAttempt::failed(&key, "down").because(KeyringCause::Unavailable);
        assert_eq!(
            Withdrawn::of(&KeyringError::undecryptable(vec![down])),
            None
        );
    }

    #[test]
    fn the_first_denial_counts_at_once_and_those_that_follow_after_a_rest_together() {
        let at = |secs| Timestamp::new(Duration::from_secs(secs));
        let mut withdrawals = Withdrawals::default();
        assert_eq!(withdrawals.due(at(100)), None);
        withdrawals.note(told(&denied(&["a"])));
        assert_eq!(withdrawals.due(at(100)), under(&["a"]));
        withdrawals.note(told(&denied(&["b"])));
        withdrawals.note(told(&denied(&["a", "b"])));
        assert_eq!(withdrawals.due(at(109)), None);
        assert_eq!(withdrawals.due(at(110)), under(&["a", "b"]));
        assert_eq!(withdrawals.due(at(200)), None);
        let wrap = KeyringError::wrap("alias/a", "denied").because(KeyringCause::Denied);
        withdrawals.note(told(&wrap));
        withdrawals.note(told(&denied(&["a"])));
        assert_eq!(withdrawals.due(at(200)), Some(Withdrawn::All));
    }

    #[test]
    fn more_names_than_a_few_are_all() {
        let mut withdrawals = Withdrawals::default();
        for name in 0..=MAX_NAMES {
            withdrawals.note(told(&denied(&[&name.to_string()])));
        }
        assert_eq!(withdrawals.due(Timestamp::default()), Some(Withdrawn::All));
    }
}
