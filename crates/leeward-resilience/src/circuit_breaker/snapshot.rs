use std::time::Duration;

use super::{CircuitMode, CircuitState};

/// How a circuit stands at one moment, for a page of diagnostics or a log.
///
/// With the feature `serde` it can be serialised.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CircuitSnapshot {
    /// The state.
    pub state: CircuitState,
    /// What the breaker does with it.
    pub mode: CircuitMode,
    /// How many changes there have been.
    pub generation: u64,
    /// How long the state has lasted.
    pub age: Duration,
    /// The outcomes in the window.
    pub calls: u64,
    /// How many of them were failures.
    pub failures: u64,
    /// How many of them were slow.
    pub slow: u64,
    /// The failures since the last success.
    pub consecutive_failures: u32,
    /// The calls that were let through and have not ended.
    pub in_flight: u64,
    /// How many of them are slow already.
    pub overdue: u64,
    /// The normal latency, once it is learnt.
    pub baseline: Option<Duration>,
    /// How long the next rest is if nothing relapses, or the present one, jitter aside.
    pub rest: Duration,
    /// When the next probe is due, of an open circuit or one that waits for a probe's outcome.
    pub next_probe: Option<Duration>,
    /// How many good probes there have been in a row, of a circuit that is half-open.
    pub passed_probes: u32,
    /// How long ago it last opened, if it ever did since it was made or reset.
    pub opened: Option<Duration>,
    /// How long ago it opened from closed, however often it was probed in vain and opened again since; `None` while it is closed.
    pub left: Option<Duration>,
    /// The share of calls that passes: less than one while a circuit that was open starts slowly, and zero while it is open.
    pub share: f64,
}
