use std::{
    collections::HashSet,
    fmt,
    hash::Hash,
    num::NonZeroUsize,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU16},
    },
    time::Duration,
};

use leeward_error_taxonomy::{Region, Rejected};
use leeward_resilience::{Budget, BudgetConfig, CircuitConfig, Clock, Ratio, Switch, TscClock};
use tower_service::Service;

use crate::{
    Hedging, NoHealthCheck, Ranking, RegionRouter, RegionRouters, RouterError, RouterEvent,
    event::{Observer, Observers},
    ground::{Ground, RankingOf},
    maker::Maker,
    ranking::MAX_REGIONS,
    roster::Roster,
    site::Site,
};

/// The variable of the environment that switches routers off.
const SWITCH: &str = "LEEWARD_REGION_ROUTER";

/// Collects what a [`RegionRouter`] needs; made by [`RegionRouter::builder`].
///
/// Options may be given in any order. `Check` is [`NoHealthCheck`], or the [`HealthCheck`](crate::HealthCheck) that was given.
#[must_use = "nothing is built before `build`"]
pub struct RegionRouterBuilder<C: Clock = TscClock, Check = NoHealthCheck> {
    pub(crate) regions: Vec<Region>,
    pub(crate) attempt_timeout: Duration,
    budget: Option<Budget>,
    circuit: Circuit,
    // Made at the end: the production clock takes its time to calibrate, which one that replaces it need not wait for.
    clock: NewClock<C>,
    observers: Vec<Observer>,
    switch: Switch,
    hedging: Option<Hedging>,
    when_unsure: bool,
    ranking: Option<NewRanking>,
    pub(crate) check: Check,
}

type NewClock<C> = Box<dyn FnOnce() -> C + Send>;

/// Makes the ranking of each router from the one that the user has given, once it knows the Regions.
type NewRanking = Box<dyn FnOnce(&[Region]) -> Result<RankingOf, RouterError> + Send>;

impl RegionRouterBuilder {
    pub(crate) fn new(regions: Vec<Region>) -> Self {
        Self {
            regions,
            attempt_timeout: Duration::from_secs(1),
            budget: None,
            circuit: Circuit::made_by(default_circuit),
            clock: Box::new(TscClock::new),
            observers: Vec::new(),
            switch: Switch::from_env(SWITCH),
            hedging: Some(Hedging::new()),
            when_unsure: false,
            ranking: None,
            check: NoHealthCheck,
        }
    }
}

impl<C: Clock, Check> RegionRouterBuilder<C, Check> {
    /// How long one Region may take, from making its service to its answer, before the next is tried; 1 s by default.
    ///
    /// It is the time that a call loses to a Region that has fallen silent, until the circuit opens.
    pub fn with_attempt_timeout(self, attempt_timeout: Duration) -> Self {
        Self {
            attempt_timeout,
            ..self
        }
    }

    /// What pays for attempts beyond the first; by default a budget of the router's own with [default settings](BudgetConfig::new).
    ///
    /// Every call pays in. Under a retry layer, which pays in itself, hand in its budget as
    /// [`withdraw_only`](Budget::withdraw_only), so that retries and fail-over together stay within it.
    pub fn with_budget(self, budget: Budget) -> Self {
        Self {
            budget: Some(budget),
            ..self
        }
    }

    /// When a Region is left, for how long, and how it is tried again; each Region has a circuit of its own.
    ///
    /// By default after 5 failures in a row, or when a quarter of at least 20 calls in 2 s fail. Slow is a call that takes five times
    /// as long as it normally does, or is overtaken by a hedge: the Region is left after 5 slow ones in a row, half a second from the
    /// first to the last, or when 60 % of at least 20 calls in 2 s are. It is left for 2 s, give or take a quarter, twice as long on
    /// each relapse; an attempt dropped after the attempt timeout is a failure. Three good probes, a second apart, close the circuit, and
    /// the Region is taken back by and by.
    ///
    /// A configuration of your own takes the place of all of that, and must leave a probe no less
    /// [time](CircuitConfig::with_probe_timeout) than an attempt has. To change one number of it, see
    /// [`with_circuit_changes`](Self::with_circuit_changes).
    pub fn with_circuit(self, circuit: CircuitConfig) -> Self {
        self.with_circuit_fitting(move |_| circuit)
    }

    /// The same for a circuit that depends on the [attempt timeout](Self::with_attempt_timeout), which `circuit` is handed once all
    /// options are given.
    ///
    /// ```
    /// use leeward_error_taxonomy::Region;
    /// use leeward_region_router::RegionRouter;
    /// use leeward_resilience::CircuitConfig;
    /// use std::time::Duration;
    ///
    /// let builder = RegionRouter::builder([Region::from_static("eu-central-1"), Region::from_static("eu-west-1")])
    ///     .with_circuit_fitting(|attempt_timeout| CircuitConfig::new().with_attempt_timeout(attempt_timeout))
    ///     .with_attempt_timeout(Duration::from_millis(800));
    /// ```
    pub fn with_circuit_fitting(
        self,
        circuit: impl FnOnce(Duration) -> CircuitConfig + Send + 'static,
    ) -> Self {
        Self {
            circuit: Circuit::made_by(circuit),
            ..self
        }
    }

    /// Changes some of what the circuits have [by default](Self::with_circuit) and leaves the rest; after `with_circuit` or
    /// [`with_circuit_fitting`](Self::with_circuit_fitting), some of what that gave.
    ///
    /// What it is handed fits the [attempt timeout](Self::with_attempt_timeout), also if that is given later.
    ///
    /// ```
    /// use leeward_error_taxonomy::Region;
    /// use leeward_region_router::RegionRouter;
    /// use std::time::Duration;
    ///
    /// let builder = RegionRouter::builder([Region::from_static("eu-central-1"), Region::from_static("eu-west-1")])
    ///     .with_circuit_changes(|circuit| circuit.with_rest(Duration::from_secs(10)));
    /// ```
    pub fn with_circuit_changes(
        self,
        change: impl FnOnce(CircuitConfig) -> CircuitConfig + Send + 'static,
    ) -> Self {
        let circuit = self.circuit.changed(change);
        Self { circuit, ..self }
    }

    /// What tells the circuits and the router's own budget the time; the processor's counter by default.
    ///
    /// Attempts are timed by tokio whatever the clock, so a test that pauses tokio's time uses
    /// [`TokioClock`](leeward_resilience::TokioClock).
    pub fn with_clock<D: Clock>(self, clock: D) -> RegionRouterBuilder<D, Check> {
        self.map(|_| Box::new(move || clock), |check| check)
    }

    /// When a call that its Region has not answered is sent to the next one beside it; by default after three times the
    /// Region's normal latency, of idempotent calls and within the budget.
    pub fn with_hedging(self, hedging: Hedging) -> Self {
        Self {
            hedging: Some(hedging),
            ..self
        }
    }

    /// Sends no call to two Regions at once: a call to a Region that has fallen silent loses the whole attempt timeout, until
    /// the Region is left.
    pub fn without_hedging(self) -> Self {
        Self {
            hedging: None,
            ..self
        }
    }

    /// In which order calls ask the Regions: [`Latency`](crate::Latency), [`RoundRobin`](crate::RoundRobin) or one of your own;
    /// by default that of the list, on which nothing is spent.
    ///
    /// Of a family each router has a clone of its own.
    pub fn with_ranking(self, mut ranking: impl Ranking + Clone) -> Self {
        let enrol = move |regions: &[Region]| {
            ranking.enrol(regions)?;
            let ranking: RankingOf = Box::new(move || Box::new(ranking.clone()));
            Ok(ranking)
        };
        Self {
            ranking: Some(Box::new(enrol)),
            ..self
        }
    }

    /// Goes on to the next Region even where a request may have been applied and is not idempotent; off by default.
    ///
    /// **Requests may be applied twice**, in two Regions, and nobody is told. A call says it for itself by
    /// [`failing_over_when_unsure`](leeward_resilience::Placement::failing_over_when_unsure), where more is said of it.
    pub fn with_fail_over_when_unsure(self, when_unsure: bool) -> Self {
        Self {
            when_unsure,
            ..self
        }
    }

    /// Obeys this switch and not the environment's `LEEWARD_REGION_ROUTER`.
    ///
    /// While it is off, each call goes to one Region, the first of the list unless its
    /// [placement](leeward_resilience::Placement) says otherwise: no circuit, no drain, no ranking, no hedge, no attempt timeout, no
    /// fail-over. For the hour in which the router itself is what one suspects.
    pub fn with_switch(self, switch: Switch) -> Self {
        Self { switch, ..self }
    }

    /// Adds somebody who is told of what goes wrong and of circuits that change.
    ///
    /// It is called on the thread of the call that met it, or that was dropped, and outside any lock; it must return soon. One that
    /// panics is logged as an error, and told of the next event all the same. The router holds it: one that asks the router in turn
    /// does so through a [`WeakRegionRouter`](crate::WeakRegionRouter).
    pub fn with_observer(
        mut self,
        observer: impl Fn(&RouterEvent) + Send + Sync + 'static,
    ) -> Self {
        self.observers.push(Box::new(observer));
        self
    }

    /// The same with another clock and another check.
    pub(crate) fn map<D: Clock, Other>(
        self,
        clock: impl FnOnce(NewClock<C>) -> NewClock<D>,
        check: impl FnOnce(Check) -> Other,
    ) -> RegionRouterBuilder<D, Other> {
        RegionRouterBuilder {
            regions: self.regions,
            attempt_timeout: self.attempt_timeout,
            budget: self.budget,
            circuit: self.circuit,
            clock: clock(self.clock),
            observers: self.observers,
            switch: self.switch,
            hedging: self.hedging,
            when_unsure: self.when_unsure,
            ranking: self.ranking,
            check: check(self.check),
        }
    }
}

impl<C: Clock> RegionRouterBuilder<C> {
    /// Builds the router; `maker` makes the service of a Region when the first call goes there.
    ///
    /// The service is kept and cloned for each call, until its `poll_ready` fails: by tower's contract it never gets ready again,
    /// and the next call has another one made. All calls that need a service in the making wait for the same one, each no longer than
    /// an attempt may take; it goes on with whoever waits next, and is given up after 30 s. Where making fails the next Region is tried,
    /// and a later call tries to make it again. `leeward-client-pool`'s `Maker` is one, `tower::service_fn` makes one of a closure.
    ///
    /// # Errors
    ///
    /// [`RouterError`] if there is no Region or more than sixteen, if one is named twice, if two are of different partitions, in
    /// which neither credentials nor keys are the same, if attempts are given no time or more than probes have, if a circuit does not
    /// rest, if a hedging would hedge every call or none, or if the ranking is not made for them.
    pub fn build<M>(self, maker: M) -> Result<RegionRouter<M::Response, C>, RouterError>
    where
        M: Service<Region> + Clone + Send + 'static,
        M::Error: Into<Rejected>,
        M::Future: Send,
    {
        let ground = Arc::new(self.ground(maker, false)?);
        Ok(RegionRouter::of(Arc::new(Roster::new(ground))))
    }

    /// Builds a router for each key of the requests, of which there are never more than `max_keys`; see [`RegionRouters`].
    ///
    /// `key_of` is [`ByOperation`](crate::ByOperation), a closure for requests of one type (`|request: &Read| request.table`), or a
    /// [`KeyOf`](crate::KeyOf) of your own. Its type is a part of the routers', since a box would settle which requests they answer.
    ///
    /// A builder with a health check has no such method. A key has circuits of its own because its calls may fail where those of
    /// others succeed; a check is none of its calls, and a good one would take a Region back for it again and again in which it
    /// fails. Its own calls probe instead. To have idle Regions proven all the same, build a second router, with the check, over
    /// a clone of the maker.
    ///
    /// # Errors
    ///
    /// Those of [`build`](Self::build).
    pub fn build_keyed<M, K, F>(
        self,
        maker: M,
        key_of: F,
        max_keys: NonZeroUsize,
    ) -> Result<RegionRouters<K, M::Response, F, C>, RouterError>
    where
        K: Clone + Eq + Hash,
        M: Service<Region> + Clone + Send + 'static,
        M::Error: Into<Rejected>,
        M::Future: Send,
    {
        let ground = self.ground(maker, true)?;
        Ok(RegionRouters::new(ground, key_of, max_keys))
    }

    fn ground<M>(self, maker: M, shares_lanes: bool) -> Result<Ground<M::Response, C>, RouterError>
    where
        M: Service<Region> + Clone + Send + 'static,
        M::Error: Into<Rejected>,
        M::Future: Send,
    {
        self.check()?;
        let circuit = self.circuit.fit_to(self.attempt_timeout);
        check_circuit(&circuit, self.attempt_timeout)?;
        let ranking = self.ranking.map(|enrol| enrol(&self.regions)).transpose()?;
        let clock = (self.clock)();
        let circuit = if shares_lanes {
            circuit.with_shared_lane()
        } else {
            circuit
        };
        let observers = Observers::from(self.observers);
        Ok(Ground {
            sites: self.regions.into_iter().map(Site::new).collect(),
            maker: Maker::new(maker),
            attempt_timeout: self.attempt_timeout,
            budget: self
                .budget
                .unwrap_or_else(|| Budget::with_clock(BudgetConfig::new(), clock.clone())),
            circuit: Arc::new(circuit),
            shares_lanes,
            clock,
            observers,
            switch: self.switch,
            hedging: self.hedging,
            when_unsure: self.when_unsure,
            ranking,
            drained: AtomicU16::new(0),
            met_stranger: AtomicBool::new(false),
            unasked: OnceLock::new(),
        })
    }

    fn check(&self) -> Result<(), RouterError> {
        if self.regions.is_empty() {
            return Err(RouterError::NoRegion);
        }
        if self.regions.len() > MAX_REGIONS {
            return Err(RouterError::TooManyRegions {
                regions: self.regions.len(),
            });
        }
        let mut seen = HashSet::new();
        if let Some(region) = self.regions.iter().find(|region| !seen.insert(*region)) {
            return Err(RouterError::RepeatedRegion {
                region: region.clone(),
            });
        }
        let partition = |region: &Region| region.partition();
        let home = self.regions.first().map(partition);
        let stranger = |region: &&Region| Some(region.partition()) != home;
        if let (Some(one), Some(other)) = (self.regions.first(), self.regions.iter().find(stranger))
        {
            return Err(RouterError::MixedPartitions {
                one: one.clone(),
                other: other.clone(),
            });
        }
        if self.attempt_timeout.is_zero() {
            return Err(RouterError::ZeroAttemptTimeout);
        }
        let hedging = self.hedging.as_ref();
        hedging.map_or(Ok(()), |hedging| hedging.check(self.attempt_timeout))
    }
}

/// How the circuits are to be, once the attempt timeout is known.
struct Circuit(Box<dyn FnOnce(Duration) -> CircuitConfig + Send>);

impl Circuit {
    fn made_by(make: impl FnOnce(Duration) -> CircuitConfig + Send + 'static) -> Self {
        Self(Box::new(make))
    }

    fn changed(self, change: impl FnOnce(CircuitConfig) -> CircuitConfig + Send + 'static) -> Self {
        Self::made_by(move |attempt_timeout| change(self.fit_to(attempt_timeout)))
    }

    fn fit_to(self, attempt_timeout: Duration) -> CircuitConfig {
        (self.0)(attempt_timeout)
    }
}

fn check_circuit(circuit: &CircuitConfig, attempt: Duration) -> Result<(), RouterError> {
    let probe = circuit.probe_timeout();
    if probe < attempt {
        return Err(RouterError::ShortProbe { probe, attempt });
    }
    if circuit.rest().is_zero() {
        return Err(RouterError::ZeroRest);
    }
    Ok(())
}

/// Reacts within two seconds; figures from a simulation of ten processes with 100 calls per second each.
fn default_circuit(attempt_timeout: Duration) -> CircuitConfig {
    CircuitConfig::new()
        .with_failure_rate(Ratio::percent(25), 20)
        .with_slow_run(5, Duration::from_millis(500))
        .with_window(Duration::from_secs(2))
        .with_rest(Duration::from_secs(2))
        .with_probes(3, Duration::from_secs(1))
        .with_attempt_timeout(attempt_timeout)
}

impl<C: Clock, Check: fmt::Debug> fmt::Debug for RegionRouterBuilder<C, Check> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegionRouterBuilder")
            .field("regions", &self.regions)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("budget", &self.budget)
            .field("check", &self.check)
            .finish_non_exhaustive()
    }
}
