//! What a call to a service in several Regions needs, stacked: deadline, retry, hedging and fail-over over one budget.

mod checked;
mod error;
mod service;

pub use error::RouterStackError;
pub use service::StackedRouter;

use std::{fmt, time::Duration};

use leeward_error_taxonomy::{Region, Rejected};
use leeward_resilience::{
    Budget, BudgetConfig, CircuitConfig, DeadlineLayer, Ratio, RetryLayer, RetryPolicy, Switch,
    TscClock,
};
use tower_layer::Layer;
use tower_service::Service;

use crate::{
    HealthCheck, Hedging, NoHealthCheck, Ranking, RegionRouter, RegionRouterBuilder, RouterError,
    RouterEvent,
};

/// Stacks what a call needs to survive a Region: deadline, retry, hedging and fail-over, one budget for all of them.
///
/// It is made for calls that are few, as those behind a cache are; `KmsStack` and `SecretsStack` are presets of it.
///
/// | setting | default | why |
/// |---|---|---|
/// | deadline | 5 s | every Region of a list of five gets its attempt |
/// | attempt timeout | 800 ms | a silent Region is left in less than a second |
/// | hedging | after 3 times what is normal, 50 ms to 400 ms | a call to a Region that falls silent loses a tenth of a second, not the attempt timeout |
/// | circuit of a Region | open after 3 failures in a row, a quarter of 20 calls in 2 s, or 5 slow ones in a row over half a second; for 5 s; closed by 3 good probes, a second apart | the calls are few, and each probe of a silent Region costs its caller time |
/// | attempts | 3, after 50 ms or, throttled, 1 s | the SDK's "2.1" retries |
/// | budget | 10 % of the calls, and 500 in reserve, 20 a second | behind a cache calls are few and come at once: a reserve sized by their rate would lose most of them when a Region falls silent |
/// | Regions | in the order of the list; no health checks | a nearer Region first, and calls show how each is |
///
/// A Region that throttles is asked again after a pause; one that is silent or broken is left for the next. When all of them
/// were tried the call ends in [`Rejected::Exhausted`], which is not retried: that would multiply the outage.
///
/// ```
/// use leeward_error_taxonomy::{Region, Rejected};
/// use leeward_region_router::RouterStack;
/// use leeward_resilience::Plain;
/// use std::future::ready;
/// use tower::{ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let maker = service_fn(async |region: Region| {
///     Ok::<_, Rejected>(service_fn(move |_: Plain<()>| ready(Ok::<_, Rejected>(region.to_string()))))
/// });
/// let regions = ["us-east-1", "us-west-2"].map(Region::from_static);
/// let ledger = RouterStack::new(regions).over(maker)?;
/// assert_eq!(ledger.oneshot(Plain::new(()).idempotent()).await?, "us-east-1");
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is built or checked before `over`"]
pub struct RouterStack<Check = NoHealthCheck> {
    router: RegionRouterBuilder<TscClock, Check>,
    deadline: Duration,
    retry: RetryPolicy,
    budget: Option<Budget>,
    // Whether a check takes as long as an attempt at the most.
    is_check_as_attempt: bool,
}

impl RouterStack {
    /// Starts from the Regions to use, the preferred one first; with a single one there is nowhere to fail over.
    pub fn new(regions: impl IntoIterator<Item = Region>) -> Self {
        let router = RegionRouter::builder(regions)
            .with_circuit_fitting(rare_calls)
            .with_attempt_timeout(Duration::from_millis(800));
        Self {
            router,
            deadline: Duration::from_secs(5),
            retry: RetryPolicy::new(),
            budget: None,
            is_check_as_attempt: false,
        }
    }

    /// Asks each Region by a call of your choice how it is; see [`RegionRouterBuilder::with_health_check`].
    pub fn with_health_check<S>(self, check: HealthCheck<S>) -> RouterStack<HealthCheck<S>> {
        self.checked(check, false)
    }

    /// The same, with as much time for a check as an attempt has.
    pub fn with_health_check_as_attempt<S>(
        self,
        check: HealthCheck<S>,
    ) -> RouterStack<HealthCheck<S>> {
        self.checked(check, true)
    }

    /// Builds the stack over a service per Region.
    ///
    /// # Errors
    ///
    /// [`RouterStackError`] if the list of Regions is empty or names one twice, if an attempt is given no time, or if the deadline
    /// ends before every Region has had its attempt.
    pub fn over<M>(self, maker: M) -> Result<StackedRouter<M::Response>, RouterStackError>
    where
        M: Service<Region> + Clone + Send + 'static,
        M::Error: Into<Rejected>,
        M::Future: Send,
    {
        self.stack(|router| router.build(maker))
    }

    fn checked<S>(
        self,
        check: HealthCheck<S>,
        is_check_as_attempt: bool,
    ) -> RouterStack<HealthCheck<S>> {
        RouterStack {
            router: self.router.with_health_check(check),
            deadline: self.deadline,
            retry: self.retry,
            budget: self.budget,
            is_check_as_attempt,
        }
    }
}

impl<Check> RouterStack<Check> {
    /// Bounds the whole call, retries and fail-over included; each Region's attempt must fit into it.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Bounds what one Region may take before the next is tried.
    pub fn with_attempt_timeout(self, attempt_timeout: Duration) -> Self {
        self.map(|router| router.with_attempt_timeout(attempt_timeout))
    }

    /// Sets how a call that all but succeeded is tried again.
    pub fn with_retry(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }

    /// Draws retries and fail-over from a budget that other services share.
    pub fn with_budget(self, budget: Budget) -> Self {
        Self {
            budget: Some(budget),
            ..self
        }
    }

    /// Sets when a Region is left and how it is tried again, in the place of all that the table above says of it. To change one number:
    /// [`with_circuit_changes`](Self::with_circuit_changes).
    pub fn with_circuit(self, circuit: CircuitConfig) -> Self {
        self.map(|router| router.with_circuit(circuit))
    }

    /// Changes some of what the circuits have by default, and leaves the rest; after [`with_circuit`](Self::with_circuit), some of what
    /// that gave.
    ///
    /// What it is handed fits the [attempt timeout](Self::with_attempt_timeout), also if that is given later.
    pub fn with_circuit_changes(
        self,
        change: impl FnOnce(CircuitConfig) -> CircuitConfig + Send + 'static,
    ) -> Self {
        self.map(|router| router.with_circuit_changes(change))
    }

    /// Sets when a call that its Region has not answered is sent to the next one beside it.
    pub fn with_hedging(self, hedging: Hedging) -> Self {
        self.map(|router| router.with_hedging(hedging))
    }

    /// Sends no call to two Regions at once: where each request counts, and a silent Region may cost its calls the attempt timeout.
    pub fn without_hedging(self) -> Self {
        self.map(RegionRouterBuilder::without_hedging)
    }

    /// Sets in which order Regions are asked; see [`RegionRouterBuilder::with_ranking`].
    pub fn with_ranking(self, ranking: impl Ranking + Clone) -> Self {
        self.map(|router| router.with_ranking(ranking))
    }

    /// Obeys this switch and not the environment's `LEEWARD_REGION_ROUTER`: while it is off, every call goes to the first Region;
    /// see [`RegionRouterBuilder::with_switch`]. Deadline and retry stay.
    pub fn with_switch(self, switch: Switch) -> Self {
        self.map(|router| router.with_switch(switch))
    }

    /// Tells `observer` of fail-overs and of circuits that change; see [`RegionRouterBuilder::with_observer`].
    pub fn with_observer(self, observer: impl Fn(&RouterEvent) + Send + Sync + 'static) -> Self {
        self.map(|router| router.with_observer(observer))
    }

    fn map(
        self,
        change: impl FnOnce(
            RegionRouterBuilder<TscClock, Check>,
        ) -> RegionRouterBuilder<TscClock, Check>,
    ) -> Self {
        let router = change(self.router);
        Self { router, ..self }
    }

    fn stack<S>(
        self,
        build: impl FnOnce(RegionRouterBuilder<TscClock, Check>) -> Result<RegionRouter<S>, RouterError>,
    ) -> Result<StackedRouter<S>, RouterStackError> {
        self.check_deadline()?;
        let budget = self.budget.unwrap_or_else(|| Budget::new(reserve()));
        // The retry layer counts the calls; the router beneath it only draws.
        let router = build(self.router.with_budget(budget.withdraw_only()))?;
        let retry = RetryLayer::new(self.retry).with_budget(budget);
        let stack = DeadlineLayer::new(self.deadline).layer(retry.layer(router.clone()));
        Ok(StackedRouter::new(stack, router))
    }

    fn check_deadline(&self) -> Result<(), RouterStackError> {
        let regions = self.router.regions.len();
        let attempt_timeout = self.router.attempt_timeout;
        let attempts = u32::try_from(regions).unwrap_or(u32::MAX);
        let needed = attempt_timeout.saturating_mul(attempts);
        if needed > self.deadline {
            return Err(RouterStackError::DeadlineTooShort {
                deadline: self.deadline,
                regions,
                attempt_timeout,
                needed,
            });
        }
        Ok(())
    }
}

/// A circuit for calls that are few; see the table of [`RouterStack`].
fn rare_calls(attempt_timeout: Duration) -> CircuitConfig {
    CircuitConfig::new()
        .with_consecutive_failures(3)
        .with_failure_rate(Ratio::percent(25), 20)
        .with_slow_run(5, Duration::from_millis(500))
        .with_window(Duration::from_secs(2))
        .with_rest(Duration::from_secs(5))
        .with_probes(3, Duration::from_secs(1))
        .with_attempt_timeout(attempt_timeout)
}

/// Enough for all tenants of a process to move at once when a Region falls silent; see the table of [`RouterStack`].
const fn reserve() -> BudgetConfig {
    BudgetConfig::new()
        .with_floor(500)
        .with_floor_interval(Duration::from_millis(50))
}

impl<Check: fmt::Debug> fmt::Debug for RouterStack<Check> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterStack")
            .field("router", &self.router)
            .field("deadline", &self.deadline)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
