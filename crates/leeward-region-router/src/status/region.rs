use std::{fmt, time::Duration};

use leeward_error_taxonomy::{Failure, Region};
use leeward_resilience::{CircuitState, Timestamp};

use crate::{
    CheckResult,
    health::Last,
    meter::{LastFailure, RegionReading},
};

/// Whether calls go to a Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum RegionState {
    /// Calls go there; for a while after an outage [a part of them](RegionStatus::admitted).
    Closed,
    /// One call, or one check, at a time tries whether it is back.
    HalfOpen,
    /// It was left: calls go elsewhere. One whose rest is over stays open until somebody tries it.
    Open,
    /// Somebody has drained it, whatever its circuit says: calls go elsewhere until it is restored.
    Drained,
}

impl RegionState {
    /// The name for logs, labels and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open => "open",
            Self::Drained => "drained",
        }
    }

    pub(super) const fn of(circuit: CircuitState, drained: bool) -> Self {
        match circuit {
            _ if drained => Self::Drained,
            CircuitState::HalfOpen => Self::HalfOpen,
            CircuitState::Open | CircuitState::ForcedOpen => Self::Open,
            _ => Self::Closed,
        }
    }
}

impl fmt::Display for RegionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How one Region of a router stands; part of a [`RouterStatus`](crate::RouterStatus).
///
/// With the feature `serde` it is a record whose times are in milliseconds: `in_state_for_ms`, `p50_ms` and so on.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RegionStatus {
    /// Which.
    #[cfg_attr(feature = "serde", serde(serialize_with = "super::record::name"))]
    pub region: Region,
    /// Whether calls go there.
    pub state: RegionState,
    /// How long its circuit has been in its state; each probe begins another one.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "in_state_for_ms", serialize_with = "super::record::millis")
    )]
    pub in_state_for: Duration,
    /// How long ago it was left, however often it was probed in vain since; none while its circuit is closed.
    #[cfg_attr(
        feature = "serde",
        serde(
            rename = "left_for_ms",
            serialize_with = "super::record::millis_if_known"
        )
    )]
    pub left_for: Option<Duration>,
    /// The share of calls that its circuit lets through: one, or less while it starts slowly, or none while it is open.
    pub admitted: f64,
    /// The share of the router's traffic of the last seconds that went there.
    pub share: f64,
    /// Of the calls of the last seconds there, those that succeeded or blame the request; none if there was no call. Health
    /// checks that failed count as calls, others do not.
    pub success_rate: Option<f64>,
    /// The latency that half of the last few thousand successes do not exceed, told to within a quarter.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "p50_ms", serialize_with = "super::record::millis_if_known")
    )]
    pub p50: Option<Duration>,
    /// As `p50`, of 99 in a hundred.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "p99_ms", serialize_with = "super::record::millis_if_known")
    )]
    pub p99: Option<Duration>,
    /// What the circuit takes for its normal latency, once it is learnt.
    #[cfg_attr(
        feature = "serde",
        serde(
            rename = "baseline_ms",
            serialize_with = "super::record::millis_if_known"
        )
    )]
    pub baseline: Option<Duration>,
    /// The attempts that are under way.
    pub in_flight: u64,
    /// The attempts that succeeded, since the router was made.
    pub successes: u64,
    /// Those that failed and blame the Region.
    pub failures: u64,
    /// Those that were answered by another error: one that blames the request, or throttling.
    pub other_errors: u64,
    /// The hedges that answered first here.
    pub hedges_won: u64,
    /// The attempts here that a hedge elsewhere overtook.
    pub overtaken: u64,
    /// The attempts that failed here and were followed by one elsewhere.
    pub left: u64,
    /// The attempts that were not made here because the request itself [refused](leeward_resilience::Request::for_region) to go.
    pub refused: u64,
    /// The attempts, and health checks, that were let through to find out whether it is back.
    pub probes: u64,
    /// The last attempt, or health check, that failed and blames the Region. One that was left because it is slow, or silent
    /// while hedges are answered, may have none: see `overtaken`. Also a service that could not be made, which blames nobody there
    /// and is none of `failures`.
    pub last_error: Option<RegionError>,
    /// When it may be tried again, if it was left.
    #[cfg_attr(
        feature = "serde",
        serde(
            rename = "next_probe_in_ms",
            serialize_with = "super::record::millis_if_known"
        )
    )]
    pub next_probe_in: Option<Duration>,
    /// The last health check, where there are checks.
    pub check: Option<CheckStatus>,
}

impl RegionStatus {
    pub(super) fn of(reading: RegionReading, check: Option<Last>, now: Timestamp) -> Self {
        let circuit = reading.circuit;
        let calls = circuit.calls as f64;
        let check_in = check.as_ref().map(|check| check.next_at.since(now));
        let of_calls = reading.last_failure.map(RegionError::from);
        let of_checks = check
            .as_ref()
            .and_then(|check| RegionError::of_check(check, now));
        Self {
            state: RegionState::of(circuit.state, reading.drained),
            in_state_for: circuit.age,
            left_for: circuit.left,
            admitted: circuit.share,
            share: reading.share,
            success_rate: (circuit.calls > 0).then(|| 1.0 - circuit.failures as f64 / calls),
            p50: reading.p50,
            p99: reading.p99,
            baseline: circuit.baseline,
            in_flight: reading.in_flight,
            successes: reading.successes,
            failures: reading.failures,
            other_errors: reading.other_errors,
            hedges_won: reading.hedges_won,
            overtaken: reading.overtaken,
            left: reading.left,
            refused: reading.refused,
            probes: reading.probes,
            last_error: of_calls
                .into_iter()
                .chain(of_checks)
                .min_by_key(|error| error.age),
            // Where there are checks, it is for them to try.
            next_probe_in: circuit
                .next_probe
                .map(|due| due.max(check_in.unwrap_or(due))),
            check: check.map(|check| CheckStatus::of(check, now)),
            region: reading.region,
        }
    }
}

/// In one line, for people and logs: state, for how long it has been left, what it met last, what a refused health check met.
impl fmt::Display for RegionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.region, self.state)?;
        if let Some(left_for) = self.left_for {
            write!(f, ", left for {:.1} s", left_for.as_secs_f64())?;
        }
        if let Some(RegionError { failure, age, .. }) = &self.last_error {
            let age = age.as_secs_f64();
            write!(f, ", last error {age:.1} s ago: {failure}")?;
        }
        if let Some(check) = &self.check
            && check.result == CheckResult::Refused
            && let Some(RegionError { failure, .. }) = &check.error
        {
            write!(f, ", health check refused: {failure}")?;
        }
        Ok(())
    }
}

/// What went wrong in a Region, when, and what to do about it.
///
/// It holds no secret: its texts went through [`leeward_error_taxonomy::redact`]. As a record it is the
/// [failure's](Failure), with `advice` and `age_ms`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RegionError {
    /// What: category, code, message and ids.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub failure: Failure,
    /// What to do about it, in one sentence.
    pub advice: String,
    /// How long ago.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "age_ms", serialize_with = "super::record::millis")
    )]
    pub age: Duration,
}

impl RegionError {
    fn of_check(check: &Last, now: Timestamp) -> Option<Self> {
        let (failure, advice, at) = check.last_failure.clone()?;
        Some(Self {
            failure,
            advice,
            age: now.since(at),
        })
    }
}

impl From<LastFailure> for RegionError {
    fn from(last: LastFailure) -> Self {
        let LastFailure { failure, age } = last;
        Self {
            advice: failure.advice().to_string(),
            failure,
            age,
        }
    }
}

/// What the health checks of a Region have shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CheckStatus {
    /// What the last one has shown.
    pub result: CheckResult,
    /// How long it took.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "latency_ms", serialize_with = "super::record::millis")
    )]
    pub latency: Duration,
    /// How long ago it ended.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "age_ms", serialize_with = "super::record::millis")
    )]
    pub age: Duration,
    /// When the next one begins.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "next_in_ms", serialize_with = "super::record::millis")
    )]
    pub next_in: Duration,
    /// How many there have been.
    pub checks: u64,
    /// How many of them failed.
    pub failed: u64,
    /// What it met, if it did not succeed.
    pub error: Option<RegionError>,
}

impl CheckStatus {
    fn of(last: Last, now: Timestamp) -> Self {
        let age = now.since(last.ended_at);
        let error = last.complaint.map(|(failure, advice)| RegionError {
            failure,
            advice,
            age,
        });
        Self {
            result: last.result,
            latency: last.latency,
            age,
            next_in: last.next_at.since(now),
            checks: last.checks,
            failed: last.failed,
            error,
        }
    }
}
