use super::validity::backoff;
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
    /// Load others, for the next attempt of the call that was refused.
    Replace,
    /// They have been replaced already, or are just being.
    Replaced,
    /// Nothing better is to be expected.
    Stands,
}

/// How long after credentials were replaced no others are because of a refusal.
///
/// In a Region that the account has not opted into, or with a key that was made a moment ago and is not known everywhere, new
/// credentials are refused as the old ones were; each refusal would cost a load.
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

    /// Says what to do about the refusal of `refused` while `held` is what is given out, and others may be under way.
    pub(super) fn judge(
        &mut self,
        refused: &str,
        held: Option<&str>,
        is_under_way: bool,
        now: Instant,
    ) -> Refusal {
        if !self.given.iter().any(|given| **given == *refused) {
            return Refusal::Stands;
        }
        if held != Some(refused) || is_under_way {
            return Refusal::Replaced;
        }
        if self.settled_until.is_some_and(|until| now < until) {
            return Refusal::Stands;
        }
        self.settled_until = Some(now + SETTLED);
        Refusal::Replace
    }

    /// Takes note that no others could be had, `failures` times in a row: they are tried for sooner than otherwise.
    pub(super) fn not_replaced(&mut self, now: Instant, failures: u32) {
        if self.settled_until.is_some() {
            self.settled_until = Some(now + backoff(failures, SETTLED, 1.0));
        }
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
    fn only_what_is_given_out_now_is_replaced() {
        let now = Instant::now();
        let mut refusals = Refusals::default();
        refusals.given("A");
        refusals.given("B");
        for (refused, held, is_under_way, refusal) in [
            ("A", Some("B"), false, Refusal::Replaced),
            ("C", Some("B"), false, Refusal::Stands),
            ("B", None, false, Refusal::Replaced),
            // Renewed by the side just now.
            ("B", Some("B"), true, Refusal::Replaced),
            ("B", Some("B"), false, Refusal::Replace),
            // The others that were under way with it.
            ("B", Some("B"), true, Refusal::Replaced),
        ] {
            assert_eq!(
                refusals.judge(refused, held, is_under_way, now),
                refusal,
                "{refused} {held:?}"
            );
        }
    }

    #[test]
    fn credentials_that_are_refused_wherever_they_are_new_are_replaced_once_in_a_while() {
        let now = Instant::now();
        let mut refusals = Refusals::default();
        refusals.given("A");
        assert_eq!(refusals.judge("A", Some("A"), false, now), Refusal::Replace);
        refusals.given("B");
        assert_eq!(refusals.judge("B", Some("B"), false, now), Refusal::Stands);
        assert_eq!(
            refusals.judge("B", Some("B"), false, now + SETTLED),
            Refusal::Replace
        );
        // The same again, as fixed keys are.
        refusals.given("B");
        let later = now + SETTLED;
        assert_eq!(
            refusals.judge("B", Some("B"), false, later),
            Refusal::Stands
        );
    }

    #[test]
    fn where_no_others_could_be_had_they_are_tried_for_sooner() {
        let now = Instant::now();
        let mut refusals = Refusals::default();
        refusals.given("A");
        let judge = |refusals: &mut Refusals, now| refusals.judge("A", Some("A"), false, now);
        assert_eq!(judge(&mut refusals, now), Refusal::Replace);
        for (failures, pause) in [(1, 1), (2, 2), (9, 30)] {
            refusals.not_replaced(now, failures);
            let (before, after) = (
                now + Duration::from_millis(pause * 1_000 - 1),
                now + Duration::from_secs(pause),
            );
            assert_eq!(judge(&mut refusals, before), Refusal::Stands);
            assert_eq!(judge(&mut refusals, after), Refusal::Replace);
        }
    }

    #[test]
    fn few_ids_are_remembered() {
        let now = Instant::now();
        let mut refusals = Refusals::default();
        for id in ["A", "B", "C", "D", "E"] {
            refusals.given(id);
        }
        assert_eq!(refusals.judge("A", Some("E"), false, now), Refusal::Stands);
        assert_eq!(
            refusals.judge("B", Some("E"), false, now),
            Refusal::Replaced
        );
    }
}
