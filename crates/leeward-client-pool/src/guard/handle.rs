use super::{
    GuardConfig,
    lane::Lane,
    rate::Pace,
    sentinel::Sentinel,
    stats::{Counters, GuardStats},
};
use leeward_error_taxonomy::Region;
use leeward_resilience::{
    CircuitBreaker, CircuitBreakers, CircuitChange, CircuitSnapshot, KeyedRateLimiter, RateLimiter,
    Switch, TokioClock,
};
use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

/// What guards the bare clients of a pool; a clone is the same.
///
/// A service in a Region has one circuit and one rate, whoever calls it as whomever: it is the service that fails, and the quota
/// is most often the account's. A client with an endpoint of its own has its own. `LEEWARD_CIRCUIT_BREAKER=off` and
/// `LEEWARD_RATE_LIMIT=off` switch them off when the pool is built.
///
/// ```no_run
/// # #[cfg(feature = "kms")] {
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use leeward_client_pool::Pool;
/// use leeward_error_taxonomy::Region;
///
/// let pool = Pool::builder().build().await?;
/// let frankfurt = Region::from_static("eu-central-1");
/// if let Some(guard) = pool.guard() {
///     for (key, snapshot) in guard.circuits() {
///         println!("{key}: {:?}, {} of {} failed", snapshot.state, snapshot.failures, snapshot.calls);
///     }
///     guard.circuit("kms", &frankfurt).force_open();
///     guard.circuit("kms", &frankfurt).reset();
/// }
/// # Ok(())
/// # }
/// # }
/// ```
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    circuits: CircuitBreakers<GuardKey, TokioClock>,
    has_circuits: bool,
    circuits_are_on: Switch,
    rates: Option<KeyedRateLimiter<GuardKey, TokioClock>>,
    rates_are_on: Switch,
    counters: Arc<Counters>,
}

/// What has a circuit and a rate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct GuardKey {
    /// The service, named as its feature is: `kms`.
    pub service: Cow<'static, str>,
    /// The Region.
    pub region: Region,
    /// The endpoint, of clients that have one of their own.
    pub endpoint: Option<Arc<str>>,
}

impl Guard {
    pub(crate) fn new(config: GuardConfig, attempt_timeout: Option<Duration>) -> Self {
        let clock = TokioClock::new();
        let circuit = config.circuit(attempt_timeout);
        let circuits = CircuitBreakers::with_clock(
            circuit.unwrap_or_default(),
            config.max_keys,
            clock.clone(),
        );
        Self(Arc::new(Inner {
            circuits: circuits.with_observer(tell),
            has_circuits: circuit.is_some(),
            circuits_are_on: Switch::from_env("LEEWARD_CIRCUIT_BREAKER"),
            rates: config
                .rate
                .map(|rate| KeyedRateLimiter::with_clock(rate, config.max_keys, clock)),
            rates_are_on: Switch::from_env("LEEWARD_RATE_LIMIT"),
            counters: Arc::default(),
        }))
    }

    /// The circuit of a service in a Region, closed if there was none: to look at it, to force it open, to reset it.
    ///
    /// Without circuits in the [configuration](GuardConfig::without_circuit) nobody asks it.
    #[must_use]
    pub fn circuit(
        &self,
        service: impl Into<Cow<'static, str>>,
        region: &Region,
    ) -> CircuitBreaker<TokioClock> {
        self.0.circuits.of(&GuardKey::new(service, region))
    }

    /// How each circuit stands, in the order of services and Regions.
    #[must_use]
    pub fn circuits(&self) -> Vec<(GuardKey, CircuitSnapshot)> {
        let mut circuits = self.0.circuits.snapshots();
        circuits.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        circuits
    }

    /// The rate of a service in a Region; `None` without a rate limit.
    #[must_use]
    pub fn rate_limiter(
        &self,
        service: impl Into<Cow<'static, str>>,
        region: &Region,
    ) -> Option<RateLimiter<TokioClock>> {
        let rates = self.0.rates.as_ref()?;
        Some(rates.of(&GuardKey::new(service, region)))
    }

    /// What was let through and held back.
    #[must_use]
    pub fn stats(&self) -> GuardStats {
        self.0.counters.read()
    }

    /// What a client takes along. Its circuit and its rate are looked up here, once for all its calls.
    pub(crate) fn sentinel(
        &self,
        service: &'static str,
        region: &Region,
        endpoint: Option<Arc<str>>,
    ) -> Sentinel {
        let inner = &*self.0;
        let key = GuardKey {
            endpoint,
            ..GuardKey::new(service, region)
        };
        let pace =
            |rates: &KeyedRateLimiter<_, _>| Pace::new(rates.of(&key), inner.rates_are_on.clone());
        Sentinel::new(Arc::new(Lane::new(
            service,
            inner.has_circuits.then(|| inner.circuits.of(&key)),
            inner.circuits_are_on.clone(),
            inner.rates.as_ref().map(pace),
            inner.counters.clone(),
        )))
    }
}

impl GuardKey {
    fn new(service: impl Into<Cow<'static, str>>, region: &Region) -> Self {
        Self {
            service: service.into(),
            region: region.clone(),
            endpoint: None,
        }
    }
}

/// As in `kms in eu-central-1`.
impl fmt::Display for GuardKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.service, self.region)?;
        match &self.endpoint {
            Some(endpoint) => {
                write!(f, " at {}", leeward_error_taxonomy::redact(endpoint))
            }
            None => Ok(()),
        }
    }
}

fn tell(key: &GuardKey, change: CircuitChange) {
    tracing::warn!(target: "leeward::guard", %key, from = ?change.from, to = ?change.to, "circuit");
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("circuits", &self.0.circuits.len())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
