mod checked;

pub use checked::CheckedKmsStack;
pub use leeward_region_router::RouterStackError as KmsStackError;

use aws_sdk_kms::Client;
use leeward_client_pool::{
    Pool, Target,
    health::{DescribeKey, describe_key},
    regional::KeyArn,
};
use leeward_error_taxonomy::{Classify, Region, Rejected};
use leeward_region_router::{
    HealthCheck, Hedging, NoHealthCheck, Ranking, RouterEvent, RouterStack, StackedRouter,
};
use leeward_resilience::{Budget, CircuitConfig, RetryPolicy, Switch};
use std::time::Duration;
use tower_service::Service;

/// The service that a [`KmsStack`] builds: over `S`, which calls KMS in one Region.
///
/// ```
/// use leeward_error_taxonomy::Region;
/// use leeward_kms_envelope::KmsService;
/// use leeward_region_router::RouterError;
///
/// fn leave_virginia(kms: &KmsService) -> Result<String, RouterError> {
///     kms.router().drain(&Region::from_static("us-east-1"))?;
///     Ok(kms.router().health_json())
/// }
/// ```
pub type KmsService<S = Target<Client>> = StackedRouter<S>;

/// Stacks what a call to KMS needs to survive a Region: deadline, retry, hedging and fail-over, one budget for all of them.
///
/// It is a [`RouterStack`] over KMS, with its numbers:
///
/// | setting | default | why |
/// |---|---|---|
/// | deadline | 5 s | every Region of a list of five gets its attempt |
/// | attempt timeout | 800 ms | a silent Region is left in less than a second; KMS answers in some 10 ms |
/// | hedging | after 3 times what is normal, 50 ms to 400 ms | a call to a Region that falls silent loses a tenth of a second, not the attempt timeout |
/// | circuit of a Region | open after 3 failures in a row, a quarter of 20 calls in 2 s, or 5 slow ones in a row over half a second; for 5 s; closed by 3 good probes, a second apart | calls to KMS are few behind a cache, and each probe of a silent Region costs its caller time |
/// | attempts | 3, after 50 ms or, throttled, 1 s | the SDK's "2.1" retries |
/// | budget | 10 % of the calls, and 500 in reserve, 20 a second | behind a cache the calls to KMS are few and come at once: a reserve sized by their rate would lose most of them when a Region falls silent |
/// | Regions | in the order of the list; no health checks | a nearer Region first, and calls show how each is |
///
/// A Region that throttles is asked again after a pause; one that is silent or broken is left for the next. When all of them
/// were tried the call ends in [`Rejected::Exhausted`], which is not retried: that would multiply the outage.
///
/// **What may be sent twice** is said by each request, and what a keyring sends may be:
///
/// | operation | a second one | hedged, and sent elsewhere after silence |
/// |---|---|---|
/// | `GenerateDataKey` | gives another key, of which KMS keeps nothing; the one that loses is dropped unused | yes |
/// | `Decrypt`, `Encrypt`, `DescribeKey` and other reads and cryptography | changes nothing | yes |
/// | `CreateKey`, `CreateGrant`, `ScheduleKeyDeletion` and their like | makes another, or is refused | no: only what was certainly not sent |
///
/// The rest of the table is [`leeward_client_pool::idempotency_of`]'s. Each attempt is a request that KMS bills and CloudTrail
/// records, the one that was hedged too.
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
#[derive(Debug)]
#[must_use = "nothing is built or checked before `through`"]
pub struct KmsStack<H = NoHealthCheck> {
    stack: RouterStack<H>,
}

impl KmsStack {
    /// Starts from the Regions that hold the key, the preferred one first; with a single one there is nowhere to fail over.
    pub fn new(regions: impl IntoIterator<Item = Region>) -> Self {
        Self {
            stack: RouterStack::new(regions),
        }
    }

    /// Asks each Region by a call of your choice how it is; see [`RouterStack::with_health_check`].
    ///
    /// ```
    /// use leeward_client_pool::{Pool, health::describe_key, regional::KeyArn};
    /// use leeward_error_taxonomy::Region;
    /// use leeward_kms_envelope::{KmsService, KmsStack};
    /// use leeward_region_router::HealthCheck;
    /// use std::time::Duration;
    ///
    /// fn stack(pool: &Pool, key: KeyArn) -> Result<KmsService, Box<dyn std::error::Error>> {
    ///     let check = HealthCheck::sending(describe_key(key)).with_interval(Duration::from_secs(5));
    ///     let regions = ["us-east-1", "us-west-2"].map(Region::from_static);
    ///     Ok(KmsStack::new(regions).with_health_check(check).through(pool)?)
    /// }
    /// ```
    pub fn with_health_check<S>(self, check: HealthCheck<S>) -> CheckedKmsStack<S> {
        KmsStack {
            stack: self.stack.with_health_check(check),
        }
    }

    /// Describes `key` in each Region every second or so, ten without traffic, as [a health check](Self::with_health_check); it
    /// takes `kms:DescribeKey`.
    ///
    /// It makes sense where calls are few and come from people who wait: a Region that went silent in the meantime is known before
    /// the next call. Each is a request to KMS, see [`leeward_client_pool::health`]. It has as long as an attempt has.
    pub fn describing<S>(self, key: KeyArn) -> CheckedKmsStack<S>
    where
        S: Service<DescribeKey, Error: Classify + From<Rejected>, Future: Send> + Send + 'static,
    {
        let check = HealthCheck::sending(describe_key(key));
        KmsStack {
            stack: self.stack.with_health_check_as_attempt(check),
        }
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
        self.stack.over(maker)
    }
}

impl<H> KmsStack<H> {
    /// Bounds the whole call, retries and fail-over included; each Region's attempt must fit into it.
    pub fn with_deadline(self, deadline: Duration) -> Self {
        self.map(|stack| stack.with_deadline(deadline))
    }

    /// Bounds what one Region may take before the next is tried.
    pub fn with_attempt_timeout(self, attempt_timeout: Duration) -> Self {
        self.map(|stack| stack.with_attempt_timeout(attempt_timeout))
    }

    /// Sets how a call that all but succeeded is tried again.
    pub fn with_retry(self, retry: RetryPolicy) -> Self {
        self.map(|stack| stack.with_retry(retry))
    }

    /// Draws retries and fail-over from a budget that other services share.
    pub fn with_budget(self, budget: Budget) -> Self {
        self.map(|stack| stack.with_budget(budget))
    }

    /// Sets when a Region is left and how it is tried again, in the place of all that the table above says of it. To change one number:
    /// [`with_circuit_changes`](Self::with_circuit_changes).
    pub fn with_circuit(self, circuit: CircuitConfig) -> Self {
        self.map(|stack| stack.with_circuit(circuit))
    }

    /// Changes some of what the circuits have by default, and leaves the rest; after [`with_circuit`](Self::with_circuit), some of what
    /// that gave.
    ///
    /// What it is handed fits the [attempt timeout](Self::with_attempt_timeout), also if that is given later.
    ///
    /// ```
    /// use leeward_error_taxonomy::Region;
    /// use leeward_kms_envelope::KmsStack;
    /// use std::time::Duration;
    ///
    /// let stack = KmsStack::new(["us-east-1", "us-west-2"].map(Region::from_static))
    ///     .with_circuit_changes(|circuit| circuit.with_rest(Duration::from_secs(10)));
    /// ```
    pub fn with_circuit_changes(
        self,
        change: impl FnOnce(CircuitConfig) -> CircuitConfig + Send + 'static,
    ) -> Self {
        self.map(|stack| stack.with_circuit_changes(change))
    }

    /// Sets when a call that its Region has not answered is sent to the next one beside it.
    pub fn with_hedging(self, hedging: Hedging) -> Self {
        self.map(|stack| stack.with_hedging(hedging))
    }

    /// Sends no call to two Regions at once: where each request to KMS counts, and a silent Region may cost its calls the attempt
    /// timeout.
    pub fn without_hedging(self) -> Self {
        self.map(RouterStack::without_hedging)
    }

    /// Sets in which order Regions are asked; see [`RouterStack::with_ranking`].
    pub fn with_ranking(self, ranking: impl Ranking + Clone) -> Self {
        self.map(|stack| stack.with_ranking(ranking))
    }

    /// Obeys this switch and not the environment's `LEEWARD_REGION_ROUTER`: while it is off, every call goes to the first Region;
    /// see [`RouterStack::with_switch`]. Deadline and retry stay.
    pub fn with_switch(self, switch: Switch) -> Self {
        self.map(|stack| stack.with_switch(switch))
    }

    /// Tells `observer` of fail-overs and of circuits that change; see [`RouterStack::with_observer`].
    pub fn with_observer(self, observer: impl Fn(&RouterEvent) + Send + Sync + 'static) -> Self {
        self.map(|stack| stack.with_observer(observer))
    }

    fn map(self, change: impl FnOnce(RouterStack<H>) -> RouterStack<H>) -> Self {
        let stack = change(self.stack);
        Self { stack }
    }
}
