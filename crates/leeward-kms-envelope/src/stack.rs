use aws_sdk_kms::Client;
use leeward_client_pool::{Pool, Target};
use leeward_error_taxonomy::{Region, Rejected};
use leeward_region_router::{RegionRouter, RegionRouterBuilder, RouterError, RouterEvent};
use leeward_resilience::{
    Budget, BudgetConfig, CircuitConfig, DeadlineLayer, Ratio, RetryLayer, RetryPolicy,
    deadline::Deadline, retry::Retry,
};
use std::{fmt, time::Duration};
use tower_layer::Layer;
use tower_service::Service;

/// The service that a [`KmsStack`] builds: over `S`, which calls KMS in one Region.
pub type KmsService<S = Target<Client>> = Deadline<Retry<RegionRouter<S>>>;

/// Stacks what a call to KMS needs to survive a Region: deadline, retry, fail-over, one budget for the two.
///
/// | setting | default | why |
/// |---|---|---|
/// | deadline | 5 s | every Region of a list of five gets its attempt |
/// | attempt timeout | 800 ms | a silent Region is left in less than a second; KMS answers in some 10 ms |
/// | circuit of a Region | open after 3 failures in a row, or a quarter of 20 calls in 2 s; for 5 s | calls to KMS are few behind a cache, and each probe of a silent Region costs its caller an attempt |
/// | attempts | 3, after 50 ms or, throttled, 1 s | the SDK's "2.1" retries |
/// | budget | 10 % of the calls, and 500 in reserve, 20 a second | behind a cache the calls to KMS are few and come at once: a reserve sized by their rate would lose most of them when a Region falls silent |
///
/// A Region that throttles is asked again after a pause; one that is silent or broken is left for the next. When all of them
/// were tried the call ends in [`Rejected::Exhausted`], which is not retried: that would multiply the outage.
///
/// ```
/// use leeward_client_pool::Pool;
/// use leeward_error_taxonomy::Region;
/// use leeward_kms_envelope::{KmsKeyring, KmsStack};
///
/// # async fn keyring() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = Pool::builder().build().await?;
/// let regions = ["us-east-1", "us-west-2"].map(Region::from_static);
/// let kms = KmsStack::new(regions).through(&pool)?;
/// let key = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab".parse()?;
/// let keyring = KmsKeyring::multi_region(key, kms)?;
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct KmsStack {
    router: RegionRouterBuilder,
    regions: usize,
    attempt_timeout: Duration,
    deadline: Duration,
    retry: RetryPolicy,
    budget: Option<Budget>,
    circuit: Option<CircuitConfig>,
}

impl KmsStack {
    /// Starts from the Regions that hold the key, the preferred one first; with a single one there is nowhere to fail over.
    pub fn new(regions: impl IntoIterator<Item = Region>) -> Self {
        let regions: Vec<Region> = regions.into_iter().collect();
        Self {
            regions: regions.len(),
            router: RegionRouter::builder(regions),
            attempt_timeout: Duration::from_millis(800),
            deadline: Duration::from_secs(5),
            retry: RetryPolicy::new(),
            budget: None,
            circuit: None,
        }
    }

    /// Bounds the whole call, retries and fail-over included; each Region's attempt must fit into it.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Bounds what one Region may take before the next is tried.
    pub fn with_attempt_timeout(self, attempt_timeout: Duration) -> Self {
        Self {
            attempt_timeout,
            ..self
        }
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

    /// Sets when a Region is left and how it is tried again.
    pub fn with_circuit(self, circuit: CircuitConfig) -> Self {
        Self {
            circuit: Some(circuit),
            ..self
        }
    }

    /// Tells `observer` of fail-overs and of circuits that change; see [`RegionRouterBuilder::with_observer`].
    pub fn with_observer(self, observer: impl Fn(&RouterEvent) + Send + Sync + 'static) -> Self {
        let router = self.router.with_observer(observer);
        Self { router, ..self }
    }

    /// Builds the stack over the clients of a pool.
    ///
    /// # Errors
    ///
    /// [`KmsStackError`] if the list of Regions is empty or names one twice, if an attempt is given no time, or if the deadline
    /// ends before every Region has had its attempt.
    pub fn through(self, pool: &Pool) -> Result<KmsService, KmsStackError> {
        self.over(pool.maker())
    }

    /// Builds the stack over any service per Region, for layers of your own beneath it.
    ///
    /// # Errors
    ///
    /// As [`through`](Self::through).
    pub fn over<M>(self, maker: M) -> Result<KmsService<M::Response>, KmsStackError>
    where
        M: Service<Region> + Clone + Send + 'static,
        M::Error: Into<Rejected>,
        M::Future: Send,
    {
        self.check()?;
        let budget = self.budget.unwrap_or_else(|| Budget::new(reserve()));
        let circuit = self
            .circuit
            .unwrap_or_else(|| rare_calls(self.attempt_timeout));
        // The retry layer counts the calls; the router beneath it only draws.
        let router = self
            .router
            .with_attempt_timeout(self.attempt_timeout)
            .with_circuit(circuit)
            .with_budget(budget.withdraw_only())
            .build(maker)?;
        let retry = RetryLayer::new(self.retry).with_budget(budget);
        Ok(DeadlineLayer::new(self.deadline).layer(retry.layer(router)))
    }

    fn check(&self) -> Result<(), KmsStackError> {
        let regions = u32::try_from(self.regions).unwrap_or(u32::MAX);
        let needed = self.attempt_timeout.saturating_mul(regions);
        if needed > self.deadline {
            return Err(KmsStackError::DeadlineTooShort {
                deadline: self.deadline,
                regions: self.regions,
                attempt_timeout: self.attempt_timeout,
                needed,
            });
        }
        Ok(())
    }
}

/// Says why a stack cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KmsStackError {
    /// The Regions or the attempt timeout are not what a router takes.
    #[error(transparent)]
    Router(#[from] RouterError),
    /// Regions at the end of the list would never be tried.
    #[error(
        "a deadline of {deadline:?} ends before {regions} Regions have had {attempt_timeout:?} each: allow {needed:?}, or \
         shorten the attempt timeout"
    )]
    DeadlineTooShort {
        /// How long the whole call may take.
        deadline: Duration,
        /// How many Regions there are.
        regions: usize,
        /// How long each of them may take.
        attempt_timeout: Duration,
        /// How long the deadline must be at least.
        needed: Duration,
    },
}

/// Enough for all tenants of a process to move at once when a Region falls silent; see the table of [`KmsStack`].
const fn reserve() -> BudgetConfig {
    BudgetConfig::new()
        .with_floor(500)
        .with_floor_interval(Duration::from_millis(50))
}

/// A circuit for calls that are few; see the table of [`KmsStack`].
const fn rare_calls(attempt_timeout: Duration) -> CircuitConfig {
    CircuitConfig::new()
        .with_consecutive_failures(3)
        .with_failure_rate(Ratio::percent(25), 20)
        .with_window(Duration::from_secs(2))
        .with_rest(Duration::from_secs(5))
        .with_attempt_timeout(attempt_timeout)
}

impl fmt::Debug for KmsStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsStack")
            .field("router", &self.router)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("deadline", &self.deadline)
            .field("retry", &self.retry)
            .finish_non_exhaustive()
    }
}
