//! What several keyrings said of one message, as one error.

use super::{KeyAttempt, KeyringError, attempt::Outcome};
use std::collections::HashSet;

impl KeyringError {
    /// Puts together what several keyrings, in order, said of one message.
    ///
    /// A keyring that only encrypts has nothing to say where another one has tried.
    pub(crate) fn of_several(errors: Vec<Self>) -> Self {
        let is_unauthentic = errors.iter().any(|it| matches!(it, Self::Unauthentic));
        let has_failed = |it: &Self| {
            matches!(
                it,
                Self::Unwrap { .. } | Self::Wrap { .. } | Self::Contract { .. }
            )
        };
        if is_unauthentic && !errors.iter().any(has_failed) {
            return Self::Unauthentic;
        }
        let mut met = Vec::new();
        for (at, error) in errors.into_iter().enumerate() {
            let key = || format!("keyring {}", at + 1);
            match error {
                Self::NoMatchingKey { met: theirs } | Self::Unwrap { met: theirs } => {
                    met.extend(theirs);
                }
                Self::Unauthentic => met.push(KeyAttempt::new(key(), Outcome::Refused)),
                other => met.push(KeyAttempt::of(other, key())),
            }
        }
        Self::undecryptable(once(met))
    }
}

/// Leaves out that a key was passed over where that is said already, or where another keyring did not pass it over.
fn once(met: Vec<KeyAttempt>) -> Vec<KeyAttempt> {
    let tried = met.iter().filter(|attempt| !attempt.is_skipped());
    let mut said: HashSet<&str> = tried.map(KeyAttempt::key).collect();
    let needed: Vec<bool> = met
        .iter()
        .map(|attempt| !attempt.is_skipped() || said.insert(attempt.key()))
        .collect();
    let mut needed = needed.into_iter();
    met.into_iter()
        .filter(|_| needed.next().unwrap_or_default())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EncryptedDataKey, KeyringCause};
    use std::io;

    fn key(info: &str) -> EncryptedDataKey {
        EncryptedDataKey::new("aws-kms", info, "wrapped").unwrap()
    }

    #[test]
    fn several_keyrings_say_each_thing_once() {
        let skipped = |info| KeyAttempt::skipped(&key(info));
        let none = || KeyringError::undecryptable(vec![skipped("arn:1"), skipped("arn:2")]);
        let down = || {
            let down = KeyAttempt::failed(&key("arn:2"), io::Error::other("down"));
            KeyringError::undecryptable(vec![skipped("arn:1"), down])
        };
        let encrypts_only = || KeyringError::unsupported("it only encrypts");
        #[track_caller]
        fn check(errors: Vec<KeyringError>, expected: &str) {
            assert_eq!(KeyringError::of_several(errors).to_string(), expected);
        }
        check(
            vec![none(), none()],
            "the message is for other keys: use a keyring for one of [aws-kms arn:1; aws-kms arn:2]",
        );
        check(
            vec![none(), down(), encrypts_only()],
            "no encrypted data key of the message could be unwrapped: aws-kms arn:1: of another keyring; aws-kms arn:2: down; \
             keyring 3: it only encrypts",
        );
        let opaque = "the encrypted data key does not belong to this key and context";
        check(vec![none(), KeyringError::Unauthentic], opaque);
        check(vec![encrypts_only(), KeyringError::Unauthentic], opaque);
        check(
            vec![KeyringError::Unauthentic, down()],
            "no encrypted data key of the message could be unwrapped: keyring 1: not of this key and context; \
             aws-kms arn:1: of another keyring; aws-kms arn:2: down",
        );
    }

    #[test]
    fn the_worst_of_what_they_met_is_told() {
        let denied = KeyringError::wrap("arn:1", "denied").because(KeyringCause::Denied);
        let down = KeyringError::wrap("arn:2", "down").because(KeyringCause::Unavailable);
        let several = KeyringError::of_several(vec![denied, down]);
        assert_eq!(several.cause(), KeyringCause::Denied);
    }
}
