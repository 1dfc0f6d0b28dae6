use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use leeward_resilience::{CircuitBreaker, CircuitSnapshot, Clock, Ratio, Timestamp};

use leeward_error_taxonomy::Region;

use crate::{
    Ranking,
    ground::Ground,
    health::Records,
    member::Member,
    meter::{Reading, RegionMeter, RegionReading, RouterMeter},
    panics::{Hope, Panics},
    ranking::Field,
    site::Site,
    status::Pulse,
};

/// What all clones of a router and all of its calls share.
pub(crate) struct Roster<S, C: Clock> {
    pub(crate) ground: Arc<Ground<S, C>>,
    // As many as there are sites, in the same order.
    members: Box<[OnceLock<Box<Member<C>>>]>,
    pub(crate) meter: RouterMeter,
    /// None where calls go by the list.
    pub(crate) ranking: Option<Box<dyn Ranking>>,
    pub(crate) pulse: Pulse,
    /// Of the health checks, where there are any.
    pub(crate) checks: OnceLock<Records>,
}

impl<S, C: Clock> Roster<S, C> {
    /// One that has seen nothing yet. Thousands of them may share a ground.
    pub(crate) fn new(ground: Arc<Ground<S, C>>) -> Self {
        Self {
            members: ground.sites.iter().map(|_| OnceLock::new()).collect(),
            meter: RouterMeter::default(),
            ranking: ground.ranking.as_ref().map(|make| make()),
            pulse: Pulse::default(),
            checks: OnceLock::new(),
            ground,
        }
    }

    /// What this router knows of a Region.
    #[inline]
    pub(crate) fn member(&self, at: usize) -> &Member<C> {
        self.members[at].get_or_init(|| self.make_member(at))
    }

    #[cold]
    fn make_member(&self, at: usize) -> Box<Member<C>> {
        let ground = &self.ground;
        let circuit = Arc::clone(&ground.circuit);
        let circuit = CircuitBreaker::with_clock(circuit, ground.clock.clone());
        let (observers, region) = (ground.observers.clone(), ground.sites[at].region.clone());
        circuit.on_change(move |change| observers.circuit_changed(&region, change));
        Box::new(Member {
            circuit,
            meter: RegionMeter::new(ground.shares_lanes),
            panics: Panics::default(),
        })
    }

    /// How likely a Region is to serve a call that its circuit holds back.
    pub(crate) fn hope(&self, at: usize, now: Timestamp) -> Hope {
        let member = self.member(at);
        let waiting = member.meter.unadmitted.get();
        member.panics.hope(&member.circuit.snapshot(), waiting, now)
    }

    /// What this router knows of each Region.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member<C>> {
        (0..self.members.len()).map(|at| self.member(at))
    }

    /// What it knows of the Regions that it has asked.
    pub(crate) fn known(&self) -> impl Iterator<Item = &Member<C>> {
        self.members
            .iter()
            .filter_map(|member| Some(&**member.get()?))
    }

    /// The Regions, each with what this router knows of it.
    pub(crate) fn standing(&self) -> impl Iterator<Item = (&Site<S>, &Member<C>)> {
        self.ground.sites.iter().zip(self.members())
    }

    /// What people call the order in which calls ask the Regions.
    pub(crate) fn strategy(&self) -> &'static str {
        self.ranking
            .as_ref()
            .map_or("priority", |ranking| ranking.name())
    }

    /// What the meters show at `now`; for people and pages, as it takes each circuit's lock for a short time.
    pub(crate) fn snapshot(&self, now: Timestamp) -> Reading {
        let regions = self.standing().enumerate().map(|(at, (site, member))| {
            let (circuit, meter) = (member.circuit.snapshot(), &member.meter);
            RegionReading {
                region: site.region.clone(),
                drained: self.ground.is_drained(at),
                in_flight: circuit.in_flight + meter.unadmitted.get(),
                circuit,
                successes: meter.successes(),
                failures: meter.failures.get(),
                other_errors: meter.other_errors.get(),
                p50: meter.quantile(Ratio::percent(50)),
                p99: meter.quantile(Ratio::percent(99)),
                share: 0.0,
                last_failure: meter.last_failure(now),
                hedges_won: meter.hedges_won.get(),
                overtaken: meter.overtaken.get(),
                left: meter.left.get(),
                probes: meter.probes.get(),
            }
        });
        let mut regions: Vec<RegionReading> = regions.collect();
        let calls: u64 = regions.iter().map(|region| region.circuit.calls).sum();
        for region in &mut regions {
            region.share = region.circuit.calls as f64 / calls.max(1) as f64;
        }
        Reading {
            regions,
            fail_overs: self.meter.fail_overs.get(),
            hedges: self.meter.hedges.get(),
            hedges_won: self.meter.hedges_won.get(),
            hedges_lost: self.meter.hedges_lost.get(),
            out_of_budget: self.meter.out_of_budget.get(),
            panics: self.meter.panics.get(),
            exhausted: self.meter.exhausted.get(),
            budget: self.ground.budget.tokens(),
            is_on: self.ground.switch.is_on(),
        }
    }
}

impl<S, C: Clock> Field for Roster<S, C> {
    fn len(&self) -> usize {
        self.ground.sites.len()
    }

    fn region(&self, at: usize) -> &Region {
        &self.ground.sites[at].region
    }

    fn baseline(&self, at: usize) -> Option<Duration> {
        self.member(at).circuit.baseline()
    }

    fn circuit(&self, at: usize) -> CircuitSnapshot {
        self.member(at).circuit.snapshot()
    }
}
