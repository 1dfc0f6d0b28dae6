use crate::{
    Secret,
    clock::Moment,
    freshness::{Course, Limits},
};
use std::sync::Arc;

/// A value, and how long it may be served.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) secret: Arc<Secret>,
    /// When the fetch began that brought it.
    pub(crate) fetched: Moment,
    pub(crate) limits: Limits,
}

impl Entry {
    #[inline]
    pub(crate) fn course(&self, now: Moment) -> Course {
        self.limits.course(now, self.fetched)
    }

    /// How old it is, in nanoseconds.
    pub(crate) fn age(&self, now: Moment) -> u64 {
        now.since(self.fetched)
    }
}
