use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use super::{
    CircuitConfig,
    baseline::Baseline,
    lane::BEGUN_SLOTS,
    outcome::Outcome,
    passage::Seen,
    steps::Steps,
    vigil::Vigil,
    window::{BUCKETS, Tally, Window},
};
use crate::Timestamp;

/// What calls have shown of a service: how they ended, how long they took, who is still waiting.
#[derive(Debug)]
pub(super) struct Evidence {
    config: Arc<CircuitConfig>,
    steps: Steps,
    // Of the present state of the circuit; what comes from an earlier one is none.
    generation: u64,
    since: Timestamp,
    window: Window,
    run: Run,
    slow_run: SlowRun,
    baseline: Baseline,
    sampled: u64,
    vigil: Vigil,
}

/// The slow calls in a row, when the first of them was told and the mark at the last of them.
#[derive(Debug, Default)]
struct SlowRun {
    calls: u32,
    since: Timestamp,
    mark: u128,
}

/// The failures in a row, and the mark at the last of them.
#[derive(Debug, Default)]
struct Run {
    failures: u32,
    mark: u128,
}

impl Evidence {
    /// None yet.
    pub(super) fn new(config: impl Into<Arc<CircuitConfig>>, now: Timestamp) -> Self {
        let config = config.into();
        Self {
            steps: Steps::new(config.window),
            generation: 0,
            since: now,
            window: Window::default(),
            run: Run::default(),
            slow_run: SlowRun::default(),
            baseline: Baseline::new(config.slow_factor),
            sampled: 0,
            vigil: Vigil::new(config.window / 2, now),
            config,
        }
    }

    /// Begins anew with another state of the circuit; only what is normal it keeps.
    pub(super) fn begin(&mut self, now: Timestamp) {
        self.run = Run::default();
        self.slow_run = SlowRun::default();
        self.since = now;
        self.outdate();
    }

    /// Takes nothing any more from calls that were let through before.
    pub(super) const fn outdate(&mut self) {
        self.generation += 1;
    }

    /// Takes nothing for normal any more.
    pub(super) fn forget(&mut self) {
        self.baseline = Baseline::new(self.config.slow_factor);
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    /// When the present state began.
    pub(super) const fn since(&self) -> Timestamp {
        self.since
    }

    /// The first step of the present state; what an earlier one counted stands in steps before it.
    pub(super) const fn first_step(&self) -> u64 {
        self.steps.number(self.since, self.generation)
    }

    /// Notes that somebody looked at `now`.
    pub(super) fn note(&mut self, now: Timestamp) {
        self.vigil.note(now);
    }

    /// Successes of a lower age, in nanoseconds, are ordinary.
    pub(super) fn ordinary_age(&self) -> u64 {
        if self.config.min_slow_calls == 0 {
            return u64::MAX;
        }
        self.baseline.slow_age().unwrap_or(0)
    }

    /// The steps of the window at `now`.
    pub(super) fn window(&mut self, now: Timestamp) -> RangeInclusive<u64> {
        self.window.slide(self.steps.number(now, self.generation));
        // What other threads have counted may be a step ahead of `now`.
        self.window.oldest()..=u64::MAX
    }

    /// The steps in which a call began that is slow by `now`, if it is in flight: the last ten of them, so that such a call
    /// counts for one window from when it became slow, as one that ended does from its end.
    pub(super) fn overdue(&self, now: Timestamp) -> Option<RangeInclusive<u64>> {
        if self.config.min_slow_calls == 0 {
            return None;
        }
        let slow_age = self.baseline.slow_age()?;
        let began = now.nanos().checked_sub(slow_age)?;
        let number = |at| self.steps.number(at, self.generation);
        // All of that step was before.
        let newest = number(Timestamp::new(Duration::from_nanos(began))) - 1;
        let oldest = [
            newest + 1 - BUCKETS,
            // What is older is counted no longer.
            (number(now) + 1).saturating_sub(BEGUN_SLOTS as u64),
            number(self.vigil.woke_at()),
            self.first_step(),
        ];
        let oldest = oldest.into_iter().max().unwrap_or_default();
        Some(oldest..=newest)
    }

    /// Takes the latency of a success that was counted elsewhere, as the first of its step.
    pub(super) fn learn(&mut self, latency: Duration, now: Timestamp) {
        let step = self.steps.number(now, self.generation);
        if !self.baseline.is_learnt() || step > self.sampled {
            self.sampled = step;
            self.baseline.learn(latency);
        }
    }

    /// Takes the latency of a slow success of a probe.
    pub(super) fn stretch(&mut self) {
        self.baseline.stretch();
    }

    /// Whether a call of that age is slow.
    pub(super) fn is_slow(&self, age: Duration) -> bool {
        let is_on = self.config.min_slow_calls > 0;
        is_on
            && self
                .baseline
                .slow_age()
                .is_some_and(|slow| age.as_nanos() >= u128::from(slow))
    }

    /// Takes the outcome of a call that began at `begun`, and says whether that makes the service one to stay away from.
    pub(super) fn count(
        &mut self,
        outcome: Outcome,
        begun: Timestamp,
        now: Timestamp,
        seen: &Seen,
    ) -> bool {
        let age = now.since(begun);
        let is_vouched = self.vigil.vouches_for(begun);
        let is_overtaken = outcome == Outcome::Overtaken && self.config.min_slow_calls > 0;
        let slow = is_vouched && (self.is_slow(age) || is_overtaken);
        let given_up = match outcome {
            Outcome::TimedOut => true,
            Outcome::Dropped => age >= self.config.slow,
            _ => false,
        };
        let failed = outcome == Outcome::Failure || given_up;
        let is_evidence = failed || slow || outcome == Outcome::Success;
        let is_neutral = matches!(outcome, Outcome::Neutral | Outcome::Throttled);
        if is_neutral || !is_evidence || given_up && !self.vigil.blames(begun, self.is_on_time(age))
        {
            return false;
        }
        self.window(now);
        self.window.record(failed, slow);
        if outcome == Outcome::Success {
            self.run = Run::default();
            if is_vouched && !slow {
                self.learn(age, now);
            }
        } else if failed {
            self.run.fail(seen);
        }
        if slow {
            self.slow_run.note(now, seen);
        } else if outcome == Outcome::Success {
            self.slow_run = SlowRun::default();
        }
        failed && self.fails(seen) || slow && (self.lags(now, seen) || self.drags(now))
    }

    /// Whether a call of that age was given up when it was due, give or take what a busy runtime takes to hear of it.
    fn is_on_time(&self, age: Duration) -> bool {
        age <= self.config.slow.saturating_add(self.config.slow / 4)
    }

    /// Whether one call after the other has been slow, for long enough.
    fn drags(&self, now: Timestamp) -> bool {
        let CircuitConfig {
            slow_run,
            slow_run_time,
            ..
        } = *self.config;
        slow_run > 0
            && self.slow_run.calls >= slow_run
            && now.since(self.slow_run.since) >= slow_run_time
    }

    fn fails(&self, seen: &Seen) -> bool {
        let CircuitConfig {
            consecutive_failures,
            failure_rate,
            min_calls,
            ..
        } = *self.config;
        consecutive_failures > 0 && self.run.failures >= consecutive_failures
            || self.tally(seen).fails(failure_rate, min_calls)
    }

    /// Whether too many of the calls that ended or are in flight are slow.
    pub(super) fn lags(&mut self, now: Timestamp, seen: &Seen) -> bool {
        self.window(now);
        let mut tally = self.tally(seen);
        tally.calls += seen.overdue;
        tally.slow += seen.overdue;
        tally.lags(self.config.slow_rate, self.config.min_slow_calls)
    }

    /// The outcomes in the window.
    pub(super) fn tally(&self, seen: &Seen) -> Tally {
        let mut tally = self.window.total();
        tally.calls += seen.successes;
        tally
    }

    /// The failures since the last success.
    pub(super) const fn consecutive_failures(&self, seen: &Seen) -> u32 {
        if self.run.mark == seen.mark {
            self.run.failures
        } else {
            0
        }
    }

    /// The normal latency, once it is learnt.
    pub(super) fn normal(&self) -> Option<Duration> {
        self.baseline.normal()
    }
}

impl SlowRun {
    /// A prompt success that was counted elsewhere since the last slow call shows in the mark.
    const fn note(&mut self, now: Timestamp, seen: &Seen) {
        if self.calls == 0 || self.mark != seen.mark {
            self.calls = 0;
            self.since = now;
        }
        self.calls = self.calls.saturating_add(1);
        self.mark = seen.mark;
    }
}

impl Run {
    /// A success that was counted elsewhere since the last failure shows in the mark.
    const fn fail(&mut self, seen: &Seen) {
        if self.mark != seen.mark {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.mark = seen.mark;
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;

    #[test]
    fn once_it_knows_what_is_normal_it_learns_from_one_call_in_each_step() {
        let at = |seconds| Timestamp::new(Duration::from_secs(seconds));
        let mut evidence = Evidence::new(CircuitConfig::new(), at(100));
        let sample = |evidence: &mut Evidence, seconds, millis| {
            evidence.learn(Duration::from_millis(millis), at(seconds));
        };
        (0..15).for_each(|_| sample(&mut evidence, 100, 20));
        // However many threads bring one.
        (0..1_000).for_each(|_| sample(&mut evidence, 101, 60));
        assert_eq!(evidence.normal(), Some(Duration::from_millis(20)));
        (102..116).for_each(|second| sample(&mut evidence, second, 60));
        assert_eq!(evidence.normal(), Some(Duration::from_millis(25)));
    }
}
