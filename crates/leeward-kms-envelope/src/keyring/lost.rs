//! The decision: what is to be done about a call that no Region answered.

use super::wrapping_key::WrappingKey;
use leeward_error_taxonomy::{Category, Facts, Failure, Obstacle, Rejected, Stage};

/// A call that no Region answered.
#[derive(Clone, Copy)]
pub(super) enum Lost<'a> {
    /// The key is not to be had where the stack goes.
    Misplaced,
    /// Regions were silent, broken or not to be reached; none was called if their circuits are open since.
    Out(Option<Category>),
    /// Something else was in the way of the last that was called.
    Hindered(&'a Failure),
}

impl<'a> Lost<'a> {
    pub(super) fn of(facts: &Facts<'a>) -> Option<Self> {
        use Category::{Internal, Network, ServiceUnavailable, Timeout};
        let is_elsewhere = |obstacle| obstacle == Some(Obstacle::Elsewhere);
        let tried = match facts.rejected? {
            Rejected::Exhausted { tried } | Rejected::BudgetSpent { tried } => tried,
            Rejected::AttemptTimedOut { .. } | Rejected::DeadlineExceeded { .. } => {
                let is_sent = facts.stage != Stage::NotSent;
                return is_sent.then_some(Self::Out(Some(facts.category)));
            }
            rejected => return is_elsewhere(rejected.obstacle()).then_some(Self::Misplaced),
        };
        let mut failures = tried.iter().map(|attempt| &attempt.failure);
        if !tried.is_empty() && failures.clone().all(|it| is_elsewhere(it.obstacle())) {
            return Some(Self::Misplaced);
        }
        let Some(last) = failures.rfind(|it| it.category() != Category::Rejected) else {
            return Some(Self::Out(None));
        };
        Some(match last.category() {
            category @ (Internal | Network | ServiceUnavailable | Timeout) => {
                Self::Out(Some(category))
            }
            _ => Self::Hindered(last),
        })
    }

    /// Of which kind it is, where the refusal does not say.
    pub(super) fn category(self) -> Option<Category> {
        match self {
            Self::Misplaced => Some(Category::Configuration),
            Self::Out(category) => category,
            Self::Hindered(failure) => Some(failure.category()),
        }
    }

    /// What to do next, in one sentence.
    pub(super) fn advice(self) -> String {
        match self {
            Self::Misplaced => MISPLACED.to_owned(),
            Self::Out(_) => OUT.to_owned(),
            Self::Hindered(failure) => failure.advice().to_string(),
        }
    }
}

const MISPLACED: &str = "have key and stack meet: name by its ARN a key of the stack's partition and Regions (a multi-Region key with a \
    replica in each), or give the stack the Region of the key, or restore that Region if it was drained";

const OUT: &str = "wait and send it again, what is cached serves on; see at health.aws.amazon.com whether a Region is out, else what keeps \
    this host from reaching KMS (route, DNS, endpoint, proxy); drain a Region that stays bad (KmsService::router().drain), so that no \
    call waits for it";

/// Whether the key, of a call that is [`Lost::Misplaced`], may be in a Region of the stack that was not tried since somebody has drained
/// it.
pub(super) fn may_be_drained(key: &WrappingKey, facts: &Facts<'_>) -> bool {
    let Some(home) = key.home() else { return false };
    match facts.rejected {
        Some(Rejected::Exhausted { tried }) => tried.iter().all(|attempt| {
            attempt.region != *home && attempt.region.partition() == home.partition()
        }),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_error_taxonomy::{Attempt, Classify, Region, Verdict};
    use std::time::Duration;

    const EAST: Region = Region::from_static("us-east-1");
    const WEST: Region = Region::from_static("us-west-2");

    fn elsewhere() -> Rejected {
        Rejected::unavailable_for(Obstacle::Elsewhere, "not here")
    }

    fn open() -> Rejected {
        let retry_in = Duration::from_secs(5);
        Rejected::CircuitOpen { retry_in }
    }

    fn silent() -> Rejected {
        let timeout = Duration::from_secs(1);
        Rejected::AttemptTimedOut { timeout }
    }

    fn refused(rejected: Rejected) -> Failure {
        Failure::from(&rejected.facts())
    }

    fn of(category: Category) -> Failure {
        Failure::from(&Facts::new(Stage::MaybeSent, category, Verdict::Transient))
    }

    fn exhausted<const N: usize>(met: [Failure; N]) -> Rejected {
        let regions = [EAST, WEST].into_iter().zip(met);
        let tried = regions.map(|(region, failure)| Attempt::new(region, failure));
        Rejected::Exhausted {
            tried: tried.collect(),
        }
    }

    /// Checks the category, and how the advice begins.
    #[track_caller]
    fn check(rejected: Rejected, category: Option<Category>, advice: &str) {
        let lost = Lost::of(&rejected.facts()).unwrap_or_else(|| panic!("not lost: {rejected}"));
        assert_eq!(lost.category(), category);
        assert!(lost.advice().starts_with(advice), "{}", lost.advice());
    }

    #[test]
    fn what_was_called_last_says_what_it_is() {
        let (misplaced, out) = ("have key and stack meet", "wait and send it again");
        check(
            exhausted([refused(silent()), of(Category::Network)]),
            Some(Category::Network),
            out,
        );
        check(
            exhausted([refused(silent()), refused(open())]),
            Some(Category::Timeout),
            out,
        );
        check(exhausted([refused(open()), refused(open())]), None, out);
        check(silent(), Some(Category::Timeout), out);
        check(
            exhausted([of(Category::RateLimit), of(Category::Authentication)]),
            Some(Category::Authentication),
            &of(Category::Authentication).advice().to_string(),
        );
        // Its home is silent, and the others have no such key.
        check(
            exhausted([refused(silent()), refused(elsewhere())]),
            Some(Category::Timeout),
            out,
        );
        let configuration = Some(Category::Configuration);
        check(
            exhausted([refused(elsewhere()), refused(elsewhere())]),
            configuration,
            misplaced,
        );
        check(elsewhere(), configuration, misplaced);
    }

    #[test]
    fn what_is_no_outage_is_left_to_the_refusal() {
        let placement = Rejected::unavailable_for(Obstacle::Placement, "all drained");
        let unsent = Rejected::NotSentInTime {
            timeout: Duration::from_secs(1),
        };
        for rejected in [Rejected::LimiterFull, placement, unsent] {
            assert!(Lost::of(&rejected.facts()).is_none(), "{rejected}");
        }
        let answered = Facts::new(Stage::Answered, Category::Internal, Verdict::Transient);
        assert!(Lost::of(&answered).is_none());
    }

    #[test]
    fn a_region_that_was_not_tried_may_be_drained() {
        let check = |key: &str, rejected: Rejected, expected: bool| {
            let key = WrappingKey::at_home(key.parse().unwrap());
            assert_eq!(may_be_drained(&key, &rejected.facts()), expected, "{key}");
        };
        let met = || exhausted([refused(elsewhere()), refused(elsewhere())]);
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let key = |place: &str| format!("arn:{place}:111122223333:key/{id}");
        check(&key("aws:kms:eu-west-1"), met(), true);
        check(&key("aws:kms:eu-west-1"), elsewhere(), true);
        check(&key("aws:kms:us-west-2"), met(), false);
        check(&key("aws-us-gov:kms:us-gov-west-1"), met(), false);
        check(id, met(), false);
    }
}
