use tower_layer::Layer;

use super::Preset;
use crate::{
    Budget, CircuitBreaker, CircuitBreakerLayer, Clock, ConcurrencyLimitLayer, ConcurrencyLimiter,
    DeadlineLayer, HedgeCounters, HedgeLayer, HedgePolicy, RateLimitLayer, RateLimiter,
    RetryCounters, RetryLayer, Switch, TscClock, circuit_breaker::CircuitBreakerService,
    concurrency_limit::ConcurrencyLimit, deadline::Deadline, hedge::Hedge, rate_limit::RateLimit,
    retry::Retry,
};

/// The service that a [`StackLayer`] makes.
pub type Stack<S, C = TscClock> = Deadline<Retry<Guarded<S, C>>>;

/// The service that a [`StackLayer`] makes [beneath a rate limit](StackLayer::over_at_rate).
pub type RatedStack<S, C = TscClock> = Deadline<Retry<RateLimit<Guarded<S, C>, C>>>;

/// What each attempt passes.
type Guarded<S, C> = ConcurrencyLimit<Hedge<CircuitBreakerService<Deadline<S>, C>, C>, C>;

/// All layers of a [`Preset`] as one, with handles to look at them.
///
/// Services that one layer makes share its budget, circuit and limits: make one for each service in each Region.
#[derive(Clone, Debug)]
pub struct StackLayer<C: Clock = TscClock> {
    deadline: DeadlineLayer,
    retry: RetryLayer,
    hedge: HedgeLayer<C>,
    limiter: ConcurrencyLimiter<C>,
    limit: ConcurrencyLimitLayer<C>,
    breaker: CircuitBreaker<C>,
    circuit: CircuitBreakerLayer<C>,
    attempt: DeadlineLayer,
    budget: Budget,
}

impl<C: Clock> StackLayer<C> {
    pub(super) fn new(preset: &Preset, clock: C) -> Self {
        let budget = Budget::with_clock(preset.budget, clock.clone());
        let breaker = CircuitBreaker::with_clock(preset.circuit, clock.clone());
        let limiter = ConcurrencyLimiter::with_clock(preset.concurrency, clock.clone());
        let hedge = match preset.hedge {
            Some(policy) => HedgeLayer::with_clock(policy, clock),
            None => {
                HedgeLayer::with_clock(HedgePolicy::default(), clock).with_switch(Switch::off())
            }
        };
        Self {
            deadline: DeadlineLayer::new(preset.deadline),
            retry: RetryLayer::new(preset.retry),
            hedge,
            limit: ConcurrencyLimitLayer::new(limiter.clone()),
            limiter,
            circuit: CircuitBreakerLayer::new(breaker.clone()),
            breaker,
            attempt: DeadlineLayer::per_attempt(preset.attempt_timeout),
            budget: budget.clone(),
        }
        .with_budget(budget)
    }

    /// Draws retries and hedges from this budget, which other stacks share.
    #[must_use]
    pub fn with_budget(self, budget: Budget) -> Self {
        Self {
            retry: self.retry.with_budget(budget.clone()),
            // The retry layer sees each call once, a hedge layer below it each attempt.
            hedge: self.hedge.with_budget(budget.withdraw_only()),
            budget,
            ..self
        }
    }

    /// Puts the layers over a service.
    pub fn over<S>(&self, service: S) -> Stack<S, C> {
        // Bounds the whole operation, retries and waits included.
        self.deadline.layer(
            // Sends again what failed and may pass, within the budget.
            self.retry.layer(self.guarded(service)),
        )
    }

    /// Puts the layers over a service, with a rate limit that other stacks share: outermost of what each attempt passes, so that the
    /// wait for a share is neither slowness nor a call in flight.
    pub fn over_at_rate<S>(&self, service: S, rate: &RateLimiter<C>) -> RatedStack<S, C> {
        let rate = RateLimitLayer::new(rate.clone());
        self.deadline
            .layer(self.retry.layer(rate.layer(self.guarded(service))))
    }

    fn guarded<S>(&self, service: S) -> Guarded<S, C> {
        // Keeps the calls in flight to what the service carries.
        self.limit.layer(
            // Sends a slow call a second time, within the same budget; to wait in line is not to be slow.
            self.hedge.layer(
                // Refuses at once while the service is down.
                self.circuit.layer(
                    // Bounds each attempt, so that silence shows.
                    self.attempt.layer(service),
                ),
            ),
        )
    }

    /// The circuit, to look at and to force.
    #[must_use]
    pub const fn breaker(&self) -> &CircuitBreaker<C> {
        &self.breaker
    }

    /// The limit of the calls in flight.
    #[must_use]
    pub const fn limiter(&self) -> &ConcurrencyLimiter<C> {
        &self.limiter
    }

    /// What pays for retries and hedges.
    #[must_use]
    pub const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The counts of the retry layer.
    #[must_use]
    pub fn retries(&self) -> RetryCounters {
        self.retry.counters()
    }

    /// The counts of the hedge layer.
    #[must_use]
    pub fn hedges(&self) -> HedgeCounters {
        self.hedge.counters()
    }
}

impl<S, C: Clock> Layer<S> for StackLayer<C> {
    type Service = Stack<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        self.over(inner)
    }
}
