use super::{Usage, renewal::Schedule};
use leeward_resilience::Timestamp;
use std::{mem, time::Duration};

/// A value that is kept, and how it stands.
pub(super) struct Entry<V> {
    /// The flight that brought it.
    pub(super) id: u64,
    pub(super) landed: Landed<V>,
    pub(super) usage: Usage,
    /// None if it is not to be renewed.
    pub(super) schedule: Option<Schedule>,
    /// Whether it has served since it landed.
    pub(super) is_used: bool,
    pub(super) is_renewing: bool,
    /// Whether the last flight for it met an outage.
    pub(super) met_outage: bool,
    /// Whether it was told that it is too old and serves.
    pub(super) is_told: bool,
}

#[derive(Clone)]
pub(super) struct Landed<V> {
    pub(super) made: Timestamp,
    pub(super) value: V,
}

/// A value that is too old and serves.
pub(super) struct Stale<V> {
    pub(super) value: V,
    /// How old it is, if nobody was told yet.
    pub(super) untold: Option<Duration>,
}

impl<V> Entry<V> {
    /// From when on it is to be renewed; never while it is, or if it serves nobody.
    pub(super) fn renewal_due(&self) -> Option<Timestamp> {
        let schedule = self.schedule.as_ref()?;
        (self.is_used && !self.is_renewing).then(|| schedule.due(&self.usage))
    }

    /// Whether another flight so soon after the one that met an outage would only meet it again.
    pub(super) fn rests_in_outage(&self, now: Timestamp) -> bool {
        self.met_outage && self.schedule.as_ref().is_some_and(|it| it.rests(now))
    }

    pub(super) fn serve_stale(&mut self, now: Timestamp) -> Stale<V>
    where
        V: Clone,
    {
        let is_told = mem::replace(&mut self.is_told, true);
        Stale {
            value: self.landed.value.clone(),
            untold: (!is_told).then(|| now.since(self.landed.made)),
        }
    }
}
