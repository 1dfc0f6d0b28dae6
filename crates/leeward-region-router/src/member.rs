use std::sync::Arc;

use leeward_resilience::{CircuitBreaker, Clock};

use crate::{ground::Ground, meter::RegionMeter, panics::Panics, unheard::Unheard};

/// What one router knows of one Region: made when it first asks, as of thousands of routers most never leave the first Region.
#[derive(Debug)]
pub(crate) struct Member<C: Clock> {
    pub(crate) circuit: CircuitBreaker<C>,
    pub(crate) meter: RegionMeter,
    pub(crate) panics: Panics,
    pub(crate) unheard: Unheard,
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
        }
    }
}
