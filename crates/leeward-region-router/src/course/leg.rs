use std::time::Duration;

use leeward_error_taxonomy::{Classify, Facts, Rejected, Stage};
use leeward_resilience::{Admission, Clock, Timestamp, deadline};
use tokio::time::Instant;

use crate::roster::Roster;

/// Where an attempt is, and on what terms.
pub(super) struct Leg<C: Clock> {
    pub(super) at: usize,
    pub(super) admission: Option<Admission<C>>,
    pub(super) began: Timestamp,
    /// Read when it is first waited for.
    pub(super) limit: Option<Limit>,
}

/// What the caller's deadline left an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    end: Instant,
    pub(super) time: Duration,
}

impl Limit {
    /// That of the present task at `now`, if there is one.
    pub(super) fn current(now: Instant) -> Option<Self> {
        deadline::current().map(|end| Self {
            end,
            time: end.saturating_duration_since(now),
        })
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    /// What it left of the time after `made_at`.
    fn time_since(&self, made_at: Option<Instant>) -> Duration {
        let since = made_at.map(|made_at| self.end.saturating_duration_since(made_at));
        since.map_or(self.time, |since| self.time.min(since))
    }
}

impl<C: Clock> Leg<C> {
    pub(super) const fn new(at: usize, admission: Option<Admission<C>>, began: Timestamp) -> Self {
        Self {
            at,
            admission,
            began,
            limit: None,
        }
    }

    /// What is left when the attempt ends; from here on the circuit hears nothing of this one.
    pub(super) const fn end(&mut self) -> Self {
        Self {
            at: self.at,
            admission: self.admission.take(),
            began: self.began,
            limit: self.limit,
        }
    }
}

impl<S, C: Clock> Roster<S, C> {
    /// What an attempt shows that the caller's deadline has ended: that its Region is silent, if it had time to answer.
    pub(super) fn silence(&self, leg: &Leg<C>) -> Option<Rejected> {
        let limit = leg.limit.filter(Limit::is_over)?;
        if self.is_being_made(leg.at) {
            return None;
        }
        let member = self.member(leg.at);
        let (baseline, attempt) = (member.circuit.baseline(), self.ground.attempt_timeout);
        let timeout = limit.time_since(self.ground.sites[leg.at].made_at());
        let is_silent = had_time(timeout, baseline, attempt)
            || had_some_time(timeout, baseline, attempt)
                && member.unheard.note(self.ground.clock.now());
        is_silent.then_some(Rejected::AttemptTimedOut { timeout })
    }

    /// Whether what an attempt in a Region waits for is the making of its service, which is ours and says nothing of the Region: not
    /// before it has been waited for twice as long as an attempt may take.
    pub(super) fn is_being_made(&self, at: usize) -> bool {
        let patience = self.ground.attempt_timeout.saturating_mul(2);
        self.ground.sites[at].is_being_made(patience)
    }

    /// Whether an attempt whose time is over has spent it in the making, but for less than shows that a Region is silent.
    pub(super) fn was_being_made(&self, at: usize) -> bool {
        let attempt = self.ground.attempt_timeout;
        let baseline = self.member(at).circuit.baseline();
        match self.ground.sites[at].made_at() {
            Some(made_at) => {
                let time = made_at.elapsed();
                time < attempt && !had_time(time, baseline, attempt)
            }
            None => self.is_being_made(at),
        }
    }

    /// Tells the circuit of an attempt that nobody waits for any longer, and the meter if that was the Region's doing.
    pub(super) fn give_up(&self, leg: Leg<C>) {
        match self.silence(&leg) {
            Some(silence) => self.failed(leg, &silence.facts()),
            None if self.is_being_made(leg.at) => self.excuse(leg.admission),
            None => {}
        }
    }

    /// Tells the circuit that it has learnt nothing.
    pub(super) fn excuse(&self, admission: Option<Admission<C>>) {
        if let Some(admission) = admission {
            admission.fail(&Rejected::LimiterFull.facts());
        }
    }

    /// Tells the circuit and the meter how an attempt failed.
    pub(super) fn failed(&self, leg: Leg<C>, facts: &Facts<'_>) {
        let (member, now) = (self.member(leg.at), self.ground.clock.now());
        member.meter.failed(facts, now);
        if facts.rejected.is_none() && facts.stage == Stage::Answered {
            member.unheard.heard();
        }
        match leg.admission {
            Some(admission) => admission.fail(facts),
            None => member.panics.failed(facts, now),
        }
    }
}

/// Whether a Region that has not answered in `time` is to blame: it had twice its normal latency or, while that is not known, a tenth
/// of what an attempt has.
fn had_time(time: Duration, baseline: Option<Duration>, attempt_timeout: Duration) -> bool {
    let enough = match baseline {
        Some(normal) => normal.saturating_mul(2),
        None => attempt_timeout / 10,
    };
    time >= enough
}

/// Whether it may be one of several that are to blame together: it had its normal latency or, while that is not known, a hundredth of
/// what an attempt has.
fn had_some_time(time: Duration, baseline: Option<Duration>, attempt_timeout: Duration) -> bool {
    time >= baseline.unwrap_or(attempt_timeout / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(millis: u64, baseline: Option<u64>, expected: bool) {
        let baseline = baseline.map(Duration::from_millis);
        let time = Duration::from_millis(millis);
        assert_eq!(
            had_time(time, baseline, Duration::from_secs(1)),
            expected,
            "{millis} ms"
        );
    }

    #[test]
    fn a_region_is_to_blame_that_had_twice_its_normal_time() {
        check(40, Some(20), true);
        check(39, Some(20), false);
        check(600, Some(150), true);
        check(100, None, true);
        check(99, None, false);
    }
}
