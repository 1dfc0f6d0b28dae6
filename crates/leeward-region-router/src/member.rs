use leeward_resilience::{CircuitBreaker, Clock};

use crate::{meter::RegionMeter, panics::Panics};

/// What one router knows of one Region: made when it first asks, as of thousands of routers most never leave the first Region.
#[derive(Debug)]
pub(crate) struct Member<C: Clock> {
    pub(crate) circuit: CircuitBreaker<C>,
    pub(crate) meter: RegionMeter,
    pub(crate) panics: Panics,
}
