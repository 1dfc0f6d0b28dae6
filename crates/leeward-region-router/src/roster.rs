use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use leeward_resilience::{CircuitSnapshot, Clock, Ratio, Timestamp};

use leeward_error_taxonomy::Region;

use crate::{
    Ranking,
    ground::Ground,
    health::Records,
    member::Member,
    meter::{Reading, RegionReading, RouterMeter},
    panics::Hope,
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
        let (ground, site) = (&self.ground, &self.ground.sites[at]);
        let member = Member::new(ground);
        let (observers, region) = (ground.observers.clone(), site.region.clone());
        let circuit = &member.circuit;
        circuit.on_change(move |change| observers.circuit_changed(&region, change));
        if ground.shares_lanes {
            circuit.share_slow_start(&site.slow_start);
            if site.is_just_restored(ground.clock.now()) {
                circuit.start_slowly();
            }
        }
        Box::new(member)
    }

    /// How likely a Region is to serve a call that its circuit holds back.
    pub(crate) fn hope(&self, at: usize, now: Timestamp) -> Hope {
        let member = self.member(at);
        let waiting = member.meter.unadmitted.get();
        member.panics.hope(&member.circuit.snapshot(), waiting, now)
    }

    /// Whether such a Region may serve a call that another one has failed.
    pub(crate) fn is_worth_another(&self, at: usize, now: Timestamp) -> bool {
        let member = self.member(at);
        let circuit = member.circuit.snapshot();
        member.panics.is_worth_another(&circuit, now)
    }

    /// The same for whoever looks only: nothing is made for a Region that was not asked.
    pub(crate) fn look_at(&self, at: usize) -> &Member<C> {
        match self.members[at].get() {
            Some(member) => member,
            None => self.ground.unasked(),
        }
    }

    /// Lets calls come to a Region by and by, if it has been asked before.
    pub(crate) fn start_slowly(&self, at: usize) {
        if let Some(member) = self.members[at].get() {
            member.circuit.start_slowly();
        }
    }

    /// What this router knows of each Region, to be told.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Member<C>> {
        (0..self.members.len()).map(|at| self.member(at))
    }

    /// What it knows of the Regions that it has asked.
    pub(crate) fn known(&self) -> impl Iterator<Item = &Member<C>> {
        self.members
            .iter()
            .filter_map(|member| Some(&**member.get()?))
    }

    /// The Regions, each with what this router knows of it, to be looked at.
    pub(crate) fn standing(&self) -> impl Iterator<Item = (&Site<S>, &Member<C>)> {
        let sites = self.ground.sites.iter().enumerate();
        sites.map(|(at, site)| (site, self.look_at(at)))
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
                refused: meter.refused.get(),
                probes: meter.probes.get(),
            }
        });
        let mut regions: Vec<RegionReading> = regions.collect();
        let calls: u64 = regions.iter().map(|region| region.circuit.calls).sum();
        for region in &mut regions {
            region.share = region.circuit.calls as f64 / calls.max(1) as f64;
        }
        Reading {
            // Each followed an attempt in some Region, and each won in one.
            fail_overs: regions.iter().map(|region| region.left).sum(),
            hedges_won: regions.iter().map(|region| region.hedges_won).sum(),
            regions,
            hedges: self.meter.hedges.get(),
            hedges_lost: self.meter.hedges_lost.get(),
            hedges_dropped: self.meter.hedges_dropped.get(),
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
        self.look_at(at).circuit.baseline()
    }

    fn circuit(&self, at: usize) -> CircuitSnapshot {
        self.look_at(at).circuit.snapshot()
    }
}
