use crate::{KeyringError, WrappingKey};
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
    /// The denial named no key: all of one keyring's.
    All,
    Under(Vec<WrappingKey>),
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
    /// What a keyring tells that withdrew.
    pub(crate) fn of(error: &KeyringError) -> Self {
        let named: Vec<WrappingKey> = error.withdrawn().cloned().collect();
        if named.is_empty() {
            Self::All
        } else {
            Self::Under(named)
        }
    }

    pub(crate) fn add(&mut self, more: Self) {
        match (&mut *self, more) {
            (Self::Under(keys), Self::Under(more)) => {
                keys.extend(more);
                keys.sort_unstable();
                keys.dedup();
                if keys.len() > MAX_NAMES {
                    *self = Self::All;
                }
            }
            _ => *self = Self::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EncryptedDataKey, KeyAttempt, KeyringCause};

    fn denied(arns: &[&str]) -> KeyringError {
        let attempts = arns.iter().map(|arn| {
            let key = EncryptedDataKey::new("aws-kms", *arn, "wrapped").unwrap();
            KeyAttempt::failed(&key, "denied").because(KeyringCause::Denied)
        });
        KeyringError::undecryptable(attempts.collect())
    }

    fn under(arns: &[&str]) -> Option<Withdrawn> {
        let keys = arns.iter().map(|arn| WrappingKey::new("aws-kms", *arn));
        Some(Withdrawn::Under(keys.collect()))
    }

    #[test]
    fn the_first_denial_counts_at_once_and_those_that_follow_after_a_rest_together() {
        let at = |secs| Timestamp::new(Duration::from_secs(secs));
        let mut withdrawals = Withdrawals::default();
        assert_eq!(withdrawals.due(at(100)), None);
        withdrawals.note(Withdrawn::of(&denied(&["a"])));
        assert_eq!(withdrawals.due(at(100)), under(&["a"]));
        withdrawals.note(Withdrawn::of(&denied(&["b"])));
        withdrawals.note(Withdrawn::of(&denied(&["a", "b"])));
        assert_eq!(withdrawals.due(at(109)), None);
        assert_eq!(withdrawals.due(at(110)), under(&["a", "b"]));
        assert_eq!(withdrawals.due(at(200)), None);
        let wrap = KeyringError::wrap("alias/a", "denied").because(KeyringCause::Denied);
        withdrawals.note(Withdrawn::of(&wrap));
        withdrawals.note(Withdrawn::of(&denied(&["a"])));
        assert_eq!(withdrawals.due(at(200)), Some(Withdrawn::All));
    }

    #[test]
    fn more_names_than_a_few_are_all() {
        let mut withdrawals = Withdrawals::default();
        for name in 0..=MAX_NAMES {
            withdrawals.note(Withdrawn::of(&denied(&[&name.to_string()])));
        }
        assert_eq!(withdrawals.due(Timestamp::default()), Some(Withdrawn::All));
    }
}
