use leeward_resilience::{CircuitBreaker, Clock};

use crate::meter::RegionMeter;

/// What one router knows of one Region.
#[derive(Debug)]
pub(crate) struct Member<C: Clock> {
    pub(crate) circuit: CircuitBreaker<C>,
    pub(crate) meter: RegionMeter,
}
