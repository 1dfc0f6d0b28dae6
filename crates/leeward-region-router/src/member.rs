use std::sync::Arc;

use leeward_resilience::{CircuitBreaker, CircuitState, Clock, Timestamp};

use crate::{
    absence::Absence, ground::Ground, meter::RegionMeter, panics::Panics, unheard::Unheard,
};

/// What one router knows of one Region: made when it first asks, as of thousands of routers most never leave the first Region.
#[derive(Debug)]
pub(crate) struct Member<C: Clock> {
    pub(crate) circuit: CircuitBreaker<C>,
    pub(crate) meter: RegionMeter,
    pub(crate) panics: Panics,
    pub(crate) unheard: Unheard,
    pub(crate) absence: Absence,
}

impl<C: Clock> Member<C> {
    /// One that has seen nothing.
    pub(crate) fn new<S>(ground: &Ground<S, C>) -> Self {
        let config = Arc::clone(&ground.circuit);
        Self {
            circuit: CircuitBreaker::with_clock(config, ground.clock.clone()),
            meter: RegionMeter::new(ground.shares_lanes),
            panics: Panics::default(),
            unheard: Unheard::default(),
            absence: Absence::default(),
        }
    }

    /// The circuit has let a call, or a check, through to find out whether the Region is back.
    #[cold]
    pub(crate) fn probing(&self, now: Timestamp) {
        self.meter.probes.add();
        self.absence.probed(&self.circuit.snapshot(), now);
    }

    /// Such a one has succeeded, perhaps as the last of those that it takes.
    #[cold]
    pub(crate) fn probe_succeeded(&self) {
        if self.circuit.state() == CircuitState::Closed {
            self.absence.ended();
        }
    }
}
