use std::time::Duration;

use leeward_resilience::{Budget, Clock};

use crate::{event::Observers, maker::Maker, member::Member};

/// What all clones of a router and all of its calls share.
pub(crate) struct Roster<S, C: Clock> {
    /// The Regions, the preferred one first; never empty.
    pub(crate) members: Box<[Member<S, C>]>,
    pub(crate) maker: Maker<S>,
    pub(crate) attempt_timeout: Duration,
    pub(crate) budget: Budget,
    pub(crate) clock: C,
    pub(crate) observers: Observers,
}
