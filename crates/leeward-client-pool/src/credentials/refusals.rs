use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// What services have said of the credentials of one identity.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    /// The access key ids that were given out last.
    given: VecDeque<Box<str>>,
    settled_until: Option<Instant>,
}

/// What a service's refusal of credentials leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Drop them: the next attempt is to have others.
    Drop,
    /// They have been replaced already, or are just being.
    Replaced,
    /// Nothing better is to be expected.
    Stands,
}

/// How long after credentials were dropped no others are.
///
/// In a Region that the account has not opted into, or with a key that was made a moment ago and is not known everywhere, new
/// credentials are refused as the old ones were; each refusal would cost all other calls their credentials.
const SETTLED: Duration = Duration::from_secs(30);

/// So many access key ids are remembered, for calls that were under way while credentials were replaced.
const REMEMBERED: usize = 4;

impl Refusals {
    /// Takes note of credentials that are given out from now on.
    pub(super) fn given(&mut self, access_key_id: &str) {
        self.given.retain(|given| **given != *access_key_id);
        if self.given.len() == REMEMBERED {
            self.given.pop_front();
        }
        self.given.push_back(access_key_id.into());
    }

    /// Says what to do about the refusal of `refused` while `held` is what is given out.
    pub(super) fn judge(&mut self, refused: &str, held: Option<&str>, now: Instant) -> Refusal {
        if !self.given.iter().any(|given| **given == *refused) {
            return Refusal::Stands;
        }
        if held != Some(refused) {
            return Refusal::Replaced;
        }
        if self.settled_until.is_some_and(|until| now < until) {
            return Refusal::Stands;
        }
        self.settled_until = Some(now + SETTLED);
        Refusal::Drop
    }
}

impl Refusal {
    /// Whether the next attempt has other credentials.
    pub(super) fn is_worth_another_attempt(self) -> bool {
        self != Self::Stands
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_out_now_is_dropped() {
        let now = Instant::now();
        let mut refusals = Refusals::default();
        refusals.given("A");
        refusals.given("B");
        for (refused, held, refusal) in [
            ("A", Some("B"), Refusal::Replaced),
            ("C", Some("B"), Refusal::Stands),
            ("B", None, Refusal::Replaced),
            ("B", Some("B"), Refusal::Drop),
            // The others that were under way with it.
            ("B", None, Refusal::Replaced),
        ] {
            assert_eq!(
                refusals.judge(refused, held, now),
                refusal,
                "{refused} {held:?}"
            );
        }
    }

    #[test]
    fn credentials_that_are_refused_wherever_they_are_new_are_dropped_once_in_a_while() {
        let now = Instant::now();
        let mut refusals = Refusals::default();
        refusals.given("A");
        assert_eq!(refusals.judge("A", Some("A"), now), Refusal::Drop);
        refusals.given("B");
        assert_eq!(refusals.judge("B", Some("B"), now), Refusal::Stands);
        assert_eq!(refusals.judge("B", Some("B"), now + SETTLED), Refusal::Drop);
        // The same again, as fixed keys are.
        refusals.given("B");
        let later = now + SETTLED;
        assert_eq!(refusals.judge("B", Some("B"), later), Refusal::Stands);
    }

    #[test]
    fn few_ids_are_remembered() {
        let now = Instant::now();
        let mut refusals = Refusals::default();
        for id in ["A", "B", "C", "D", "E"] {
            refusals.given(id);
        }
        assert_eq!(refusals.judge("A", Some("E"), now), Refusal::Stands);
        assert_eq!(refusals.judge("B", Some("E"), now), Refusal::Replaced);
    }
}
