use std::time::Duration;

use super::StackLayer;
use crate::{
    BudgetConfig, CircuitConfig, Clock, ConcurrencyLimitConfig, HedgePolicy, Ratio, RetryPolicy,
    TscClock,
};

/// The numbers of a stack; the [module](crate::stack) has them in a table, with their sources.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    pub(super) deadline: Duration,
    pub(super) attempt_timeout: Duration,
    pub(super) retry: RetryPolicy,
    pub(super) budget: BudgetConfig,
    pub(super) hedge: Option<HedgePolicy>,
    pub(super) concurrency: ConcurrencyLimitConfig,
    pub(super) circuit: CircuitConfig,
}

impl Preset {
    /// For calls that somebody waits for.
    #[must_use]
    pub const fn interactive() -> Self {
        let attempt_timeout = Duration::from_secs(1);
        Self {
            deadline: Duration::from_secs(3),
            attempt_timeout,
            retry: RetryPolicy::aws(),
            budget: BudgetConfig::new(),
            hedge: Some(HedgePolicy::after_multiple(3)),
            concurrency: ConcurrencyLimitConfig::adaptive().with_max_wait(Duration::from_secs(1)),
            circuit: circuit(attempt_timeout)
                .with_failure_rate(Ratio::percent(25), 20)
                .with_window(Duration::from_secs(2))
                .with_rest(Duration::from_secs(2)),
        }
    }

    /// For work that must get done and may take its time.
    #[must_use]
    pub const fn batch() -> Self {
        let attempt_timeout = Duration::from_secs(15);
        Self {
            deadline: Duration::from_secs(90),
            attempt_timeout,
            retry: RetryPolicy::aws().with_max_attempts(5),
            budget: BudgetConfig::new(),
            hedge: None,
            concurrency: ConcurrencyLimitConfig::adaptive()
                .with_max_waiting(1_000)
                .with_max_wait(Duration::from_secs(30)),
            circuit: circuit(attempt_timeout),
        }
    }

    /// For all operations of a service through one stack, of which some take a hundred times as long as others: as
    /// [`batch`](Self::batch), but that nothing is learned from how long they take.
    ///
    /// To the circuit no call is slow, and the calls in flight have a fixed limit of 100: where a look-up of 5 ms and an upload of 5 s go
    /// by turns, a service that is well would seem to be slow.
    #[must_use]
    pub const fn mixed() -> Self {
        let batch = Self::batch();
        Self {
            concurrency: ConcurrencyLimitConfig::fixed(100)
                .with_max_waiting(1_000)
                .with_max_wait(Duration::from_secs(30)),
            circuit: batch.circuit.with_slow_rate(Ratio::percent(100), 0),
            ..batch
        }
    }

    /// For the few calls that all else hangs on.
    #[must_use]
    pub const fn critical() -> Self {
        let attempt_timeout = Duration::from_secs(2);
        Self {
            deadline: Duration::from_secs(10),
            attempt_timeout,
            retry: RetryPolicy::aws().with_max_attempts(4),
            budget: BudgetConfig::new()
                .with_ratio(Ratio::percent(20))
                .with_floor(50)
                .with_floor_interval(Duration::from_millis(100)),
            hedge: Some(HedgePolicy::after_percentile(Ratio::percent(95))),
            concurrency: ConcurrencyLimitConfig::adaptive()
                .with_bounds(50, 500)
                .with_initial(50)
                .with_max_wait(Duration::from_secs(2)),
            circuit: circuit(attempt_timeout)
                .with_consecutive_failures(10)
                .with_window(Duration::from_secs(2))
                .with_rest(Duration::from_secs(1)),
        }
    }

    /// How long the whole operation may take.
    #[must_use]
    pub const fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// How long one attempt may take; calls dropped after as long count against the circuit.
    #[must_use]
    pub const fn with_attempt_timeout(self, attempt_timeout: Duration) -> Self {
        Self {
            attempt_timeout,
            circuit: self.circuit.with_attempt_timeout(attempt_timeout),
            ..self
        }
    }

    /// What is sent again, how often and after which pauses.
    #[must_use]
    pub const fn with_retry(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }

    /// How much extra load retries and hedges make together.
    #[must_use]
    pub const fn with_budget(self, budget: BudgetConfig) -> Self {
        Self { budget, ..self }
    }

    /// After how long a call is sent a second time beside the first.
    #[must_use]
    pub const fn with_hedge(self, hedge: HedgePolicy) -> Self {
        Self {
            hedge: Some(hedge),
            ..self
        }
    }

    /// Sends nothing a second time beside the first.
    #[must_use]
    pub const fn without_hedge(self) -> Self {
        Self {
            hedge: None,
            ..self
        }
    }

    /// How many calls may be in flight, and who may wait.
    #[must_use]
    pub const fn with_concurrency(self, concurrency: ConcurrencyLimitConfig) -> Self {
        Self {
            concurrency,
            ..self
        }
    }

    /// When the circuit opens and how it closes: all of it, the slow start too, which the presets are without.
    #[must_use]
    pub const fn with_circuit(self, circuit: CircuitConfig) -> Self {
        Self { circuit, ..self }
    }

    /// Makes the layers, on the production clock. Reads the environment's switches.
    #[must_use]
    pub fn layer(self) -> StackLayer {
        self.layer_with_clock(TscClock::new())
    }

    /// Makes the layers, on a clock of the caller's choice.
    #[must_use]
    pub fn layer_with_clock<C: Clock>(self, clock: C) -> StackLayer<C> {
        StackLayer::new(&self, clock)
    }
}

/// Without a slow start: what it would refuse has nowhere else to go. A service that is overrun as it comes back is spared by
/// the limit of the calls in flight and by the rest of the circuit that opens again.
const fn circuit(attempt_timeout: Duration) -> CircuitConfig {
    CircuitConfig::new()
        .with_attempt_timeout(attempt_timeout)
        .with_slow_start(Duration::ZERO, Ratio::percent(100))
}
