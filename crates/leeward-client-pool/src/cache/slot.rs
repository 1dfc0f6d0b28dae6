use super::{Age, Erased, Flight, Life};
use crate::{ClientError, key::Key};
use hashbrown::{DefaultHashBuilder, HashMap};
use std::{sync::atomic::AtomicU64, time::SystemTime};

/// What there is, by what makes one client another.
pub(super) type Slots = HashMap<Key, Slot, DefaultHashBuilder>;

/// What there is of a client.
pub(super) enum Slot {
    Making(Flight),
    Made(Made),
    Failed {
        error: ClientError,
        until: SystemTime,
    },
}

pub(super) struct Made {
    pub(super) client: Erased,
    pub(super) life: Life,
    pub(super) renewal: Option<Flight>,
    pub(super) last_use: AtomicU64,
}

impl Slot {
    /// Whether it is of no use any more, and nobody is about to renew it.
    pub(super) fn is_over(&self, now: SystemTime) -> bool {
        match self {
            Self::Making(flight) => !flight.is_under_way(),
            Self::Made(made) => {
                let is_renewed = made.renewal.as_ref().is_some_and(Flight::is_under_way);
                made.life.age(now) == Age::Over && !is_renewed
            }
            Self::Failed { until, .. } => now >= *until,
        }
    }
}
