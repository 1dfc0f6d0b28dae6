use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use leeward_error_taxonomy::{Facts, Failure, Rejected, Stage};
use leeward_resilience::{Ratio, Timestamp, hedge::Histogram};

use super::{LastFailure, count::Count, lane::Latencies};

/// Counts the attempts in one Region.
#[derive(Debug)]
pub(crate) struct RegionMeter {
    latencies: Latencies,
    /// Attempts that failed and blame the Region.
    pub(crate) failures: Count,
    /// Answers that blame the request or ask for fewer.
    pub(crate) other_errors: Count,
    /// Hedges sent here that answered first.
    pub(crate) hedges_won: Count,
    /// Attempts here that a hedge elsewhere overtook.
    pub(crate) overtaken: Count,
    /// Attempts that failed here and were followed by one elsewhere.
    pub(crate) left: Count,
    /// Times that a request did not go here by its own account.
    pub(crate) refused: Count,
    /// Attempts, and health checks, that a circuit let through to find out whether the Region is back.
    pub(crate) probes: Count,
    /// Attempts under way that no circuit knows of.
    pub(crate) unadmitted: Count,
    last_failure: Mutex<Option<Box<Met>>>,
}

#[derive(Debug)]
struct Met {
    failure: Failure,
    at: Timestamp,
}

impl RegionMeter {
    /// With lanes for its threads, or one for all.
    pub(crate) fn new(shares_lane: bool) -> Self {
        Self {
            latencies: Latencies::new(shares_lane),
            failures: Count::default(),
            other_errors: Count::default(),
            hedges_won: Count::default(),
            overtaken: Count::default(),
            left: Count::default(),
            refused: Count::default(),
            probes: Count::default(),
            unadmitted: Count::default(),
            last_failure: Mutex::default(),
        }
    }

    /// An attempt succeeded after this time.
    #[inline]
    pub(crate) fn succeeded(&self, latency: Duration) {
        self.latencies.of_thread().record(latency);
    }

    /// An attempt failed. Our own refusals are none of the Region's doing, but for silence.
    pub(crate) fn failed(&self, facts: &Facts<'_>, now: Timestamp) {
        let timed_out = matches!(facts.rejected, Some(Rejected::AttemptTimedOut { .. }));
        if timed_out || facts.rejected.is_none() && facts.blames_the_service() {
            self.failures.add();
            self.note(facts, now);
        } else if let Some(Rejected::Unavailable { .. }) = facts.rejected {
            // No service could be made, of which nobody else would hear.
            self.note(facts, now);
        } else if facts.rejected.is_none() && facts.stage == Stage::Answered {
            self.other_errors.add();
        }
    }

    fn note(&self, facts: &Facts<'_>, now: Timestamp) {
        let failure = Failure::from(facts);
        *self.last() = Some(Box::new(Met { failure, at: now }));
    }

    /// The attempts that succeeded.
    pub(crate) fn successes(&self) -> u64 {
        self.latencies.of_all().map(Histogram::recorded).sum()
    }

    /// The latency that this share of the last few thousand successes does not exceed.
    pub(crate) fn quantile(&self, share: Ratio) -> Option<Duration> {
        Histogram::quantile_over(self.latencies.of_all(), share, 1)
    }

    pub(crate) fn last_failure(&self, now: Timestamp) -> Option<LastFailure> {
        let last = self.last();
        last.as_ref().map(|met| LastFailure {
            failure: met.failure.clone(),
            age: now.since(met.at),
        })
    }

    // Nothing leaves it half written.
    fn last(&self) -> MutexGuard<'_, Option<Box<Met>>> {
        self.last_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_error_taxonomy::{Category, Classify, Verdict};

    #[test]
    fn counts_what_blames_the_region_apart_from_what_it_answered_and_leaves_out_what_it_never_saw()
    {
        let counts = |facts: &Facts<'_>| {
            let meter = RegionMeter::new(true);
            meter.failed(facts, Timestamp::default());
            let is_told = meter.last_failure(Timestamp::default()).is_some();
            (meter.failures.get(), meter.other_errors.get(), is_told)
        };
        let of = |stage, category, verdict| counts(&Facts::new(stage, category, verdict));
        let down = of(
            Stage::Answered,
            Category::ServiceUnavailable,
            Verdict::Transient,
        );
        assert_eq!(down, (1, 0, true));
        let unreachable = of(Stage::NotSent, Category::Network, Verdict::Transient);
        assert_eq!(unreachable, (1, 0, true));
        let throttled = of(Stage::Answered, Category::RateLimit, Verdict::Throttled);
        assert_eq!(throttled, (0, 1, false));
        let unsent = of(Stage::NotSent, Category::Validation, Verdict::Final);
        assert_eq!(unsent, (0, 0, false));
        let timeout = Duration::from_secs(1);
        let silence = Rejected::AttemptTimedOut { timeout };
        assert_eq!(counts(&silence.facts()), (1, 0, true));
        assert_eq!(counts(&Rejected::LimiterFull.facts()), (0, 0, false));
        let unmade = Rejected::unavailable("no credentials");
        assert_eq!(counts(&unmade.facts()), (0, 0, true));
    }
}
