use std::time::Duration;

use crate::Ratio;

/// When a circuit opens, how long it rests and how it closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitConfig {
    pub(super) consecutive_failures: u32,
    pub(super) failure_rate: Ratio,
    pub(super) min_calls: u32,
    pub(super) window: Duration,
    pub(super) throttling_is_failure: bool,
    pub(super) slow: Duration,
    pub(super) slow_rate: Ratio,
    pub(super) min_slow_calls: u32,
    pub(super) slow_factor: u32,
    pub(super) slow_run: u32,
    pub(super) slow_run_time: Duration,
    pub(super) rest: Duration,
    pub(super) max_rest: Duration,
    pub(super) rest_jitter: Ratio,
    pub(super) relapse_interval: Duration,
    pub(super) probe_timeout: Duration,
    pub(super) probes: u32,
    pub(super) probe_interval: Duration,
    pub(super) slow_start: Duration,
    pub(super) slow_start_from: Ratio,
    pub(super) shares_lane: bool,
    pub(super) seed: Option<u64>,
}

impl CircuitConfig {
    /// Starts from the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            consecutive_failures: 5,
            failure_rate: Ratio::percent(50),
            min_calls: 20,
            window: Duration::from_secs(10),
            throttling_is_failure: false,
            slow: Duration::from_secs(1),
            slow_rate: Ratio::percent(60),
            min_slow_calls: 20,
            slow_factor: 5,
            slow_run: 0,
            slow_run_time: Duration::ZERO,
            rest: Duration::from_secs(5),
            max_rest: Duration::from_secs(60),
            rest_jitter: Ratio::percent(25),
            relapse_interval: Duration::from_secs(30),
            probe_timeout: Duration::from_secs(5),
            probes: 1,
            probe_interval: Duration::ZERO,
            slow_start: Duration::from_secs(10),
            slow_start_from: Ratio::percent(10),
            shares_lane: false,
            seed: None,
        }
    }

    /// Opens after this many failures with no success between them; 5 by default, 0 switches the rule off.
    #[must_use]
    pub const fn with_consecutive_failures(self, consecutive_failures: u32) -> Self {
        Self {
            consecutive_failures,
            ..self
        }
    }

    /// Opens when at least `failure_rate` of at least `min_calls` calls in the window failed; half of 20 by default.
    ///
    /// Zero `min_calls` switches the rule off.
    #[must_use]
    pub const fn with_failure_rate(self, failure_rate: Ratio, min_calls: u32) -> Self {
        Self {
            failure_rate,
            min_calls,
            ..self
        }
    }

    /// Whether a plea for fewer calls counts as a failure; by default it is no evidence.
    ///
    /// A service that throttles is alive, and what it asks of one tenant or table need not hold for the next: retries within a
    /// [budget](crate::budget) and an adaptive [rate limit](crate::rate_limit) give it what it asks for. Switch it on where all
    /// calls of a circuit share the one quota and there is somewhere else to go.
    #[must_use]
    pub const fn with_throttling_as_failure(self, throttling_is_failure: bool) -> Self {
        Self {
            throttling_is_failure,
            ..self
        }
    }

    /// How far back the rates look, in ten steps; 10 s by default, 10 ms at least.
    ///
    /// No shorter than a call takes by nature: a call in flight is seen for six windows, and what becomes slow only later shows
    /// in nothing but its end.
    #[must_use]
    pub const fn with_window(self, window: Duration) -> Self {
        Self { window, ..self }
    }

    /// Opens when at least `slow_rate` of at least `min_slow_calls` calls in the window are slow: 60 % of 20 by default.
    ///
    /// Calls that ended count, whatever came of them, and so do those that are in flight and slow already: a service that
    /// falls silent shows itself before any caller gives up. A call that ended counts for one window from its end, one in flight
    /// for one window from when it became slow. Zero `min_slow_calls` switches the rule off, and with it all
    /// that is learnt of the service's latency.
    #[must_use]
    pub const fn with_slow_rate(self, slow_rate: Ratio, min_slow_calls: u32) -> Self {
        Self {
            slow_rate,
            min_slow_calls,
            ..self
        }
    }

    /// How many times as long as normal a call must take to be slow; 5 by default, and never less than 10 ms.
    ///
    /// What is normal, the circuit learns from the service's successes, slowly: from the first 15, then from one in each
    /// step of the window. A service is compared with itself, never with others, which may be nearer.
    #[must_use]
    pub const fn with_slow_factor(self, slow_factor: u32) -> Self {
        Self {
            slow_factor,
            ..self
        }
    }

    /// Opens after so many slow calls in a row, with no prompt success between them, from the first to the last of which `time` has
    /// passed; off by default, and with zero calls.
    ///
    /// It notices a service that has fallen silent or slow altogether sooner than a [share](Self::with_slow_rate) of the window
    /// does, and where there are too few calls for one. The time keeps a short stall, in which many calls of a busy process grow
    /// slow at once, from opening anything.
    #[must_use]
    pub const fn with_slow_run(self, calls: u32, time: Duration) -> Self {
        Self {
            slow_run: calls,
            slow_run_time: time,
            ..self
        }
    }

    /// How long a call must have been in flight for its being dropped to count as a failure; 1 s by default.
    ///
    /// Set it to the time after which the caller gives up, or a little less: a service that never answers shows itself
    /// only in calls that are dropped. A call that is dropped earlier says nothing.
    #[must_use]
    pub const fn with_slow(self, slow: Duration) -> Self {
        Self { slow, ..self }
    }

    /// How long an open circuit refuses before it lets a probe through; 5 s by default.
    #[must_use]
    pub const fn with_rest(self, rest: Duration) -> Self {
        Self { rest, ..self }
    }

    /// How long the rest grows at most, jitter aside; 60 s by default.
    ///
    /// It doubles each time that the circuit opens again within the relapse interval of closing. A probe that fails does
    /// not lengthen it: that would only delay the end of a long outage.
    #[must_use]
    pub const fn with_max_rest(self, max_rest: Duration) -> Self {
        Self { max_rest, ..self }
    }

    /// How far each rest strays from its length in either direction, so that processes do not probe in step; 25 % by
    /// default.
    #[must_use]
    pub const fn with_rest_jitter(self, rest_jitter: Ratio) -> Self {
        Self {
            rest_jitter,
            ..self
        }
    }

    /// How soon after closing an opening counts as a relapse; 30 s by default.
    #[must_use]
    pub const fn with_relapse_interval(self, relapse_interval: Duration) -> Self {
        Self {
            relapse_interval,
            ..self
        }
    }

    /// How long a probe may stay without outcome before the next call becomes one in its place; 5 s by default.
    ///
    /// Longer than a call may take, or two probes may be on their way at once.
    #[must_use]
    pub const fn with_probe_timeout(self, probe_timeout: Duration) -> Self {
        Self {
            probe_timeout,
            ..self
        }
    }

    /// How long an open circuit rests at first, give or take the jitter.
    #[must_use]
    pub const fn rest(&self) -> Duration {
        self.rest
    }

    /// How long a probe keeps its place.
    #[must_use]
    pub const fn probe_timeout(&self) -> Duration {
        self.probe_timeout
    }

    /// Closes after so many good probes in a row, the next one `interval` after each, give or take the
    /// [jitter](Self::with_rest_jitter) of rests; by default after the first one.
    ///
    /// A single success says little of a service that comes and goes, or fails a part of its calls. One probe that fails or is
    /// slow opens the circuit for another rest.
    #[must_use]
    pub const fn with_probes(self, probes: u32, interval: Duration) -> Self {
        Self {
            probes,
            probe_interval: interval,
            ..self
        }
    }

    /// Fits it to attempts that are given up after `attempt_timeout`: being dropped then is a [failure](Self::with_slow), and a
    /// [probe](Self::with_probe_timeout) keeps its place twice as long, or its success would come too late to close the circuit.
    #[must_use]
    pub const fn with_attempt_timeout(self, attempt_timeout: Duration) -> Self {
        self.with_slow(attempt_timeout)
            .with_probe_timeout(attempt_timeout.saturating_mul(2))
    }

    /// After an opening, lets a share of the calls through that rises evenly from `from` to all of them in `slow_start`; from
    /// 10 % in 10 s by default.
    ///
    /// It refuses calls of a service that answers again: for whoever has somewhere else to go, as a Region router has. The
    /// [presets](crate::stack), which have nowhere, are without.
    ///
    /// What has just recovered is seldom ready for everything at once. Calls are picked by lot, but one each hundredth of
    /// the time passes in any case, so that few calls are not held up. Zero switches it off.
    #[must_use]
    pub const fn with_slow_start(self, slow_start: Duration, from: Ratio) -> Self {
        Self {
            slow_start,
            slow_start_from: from,
            ..self
        }
    }

    /// Counts the calls of all threads in one place: for whoever keeps a circuit for each of thousands of keys.
    ///
    /// By default there is a place for each processor, up to eight, so that threads do not wait for one another's caches. That
    /// takes some 0.8 KiB more for each of them.
    #[must_use]
    pub const fn with_shared_lane(self) -> Self {
        Self {
            shares_lane: true,
            ..self
        }
    }

    /// Repeats the same jitter and lots in every run, for tests and simulations; random by default.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Self {
        Self {
            seed: Some(seed),
            ..self
        }
    }
}

impl Default for CircuitConfig {
    fn default() -> Self {
        Self::new()
    }
}
