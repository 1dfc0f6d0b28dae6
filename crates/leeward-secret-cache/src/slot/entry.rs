use crate::{
    Secret,
    clock::Moment,
    freshness::{Course, Limits},
};
use std::sync::Arc;

/// A value, and how long it may be served.
// All threads read it: what others write to, the counts of secrets among it, is to stay out of its cache lines.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(crate) struct Entry {
    pub(crate) secret: Arc<Secret>,
    /// When the fetch began that brought it.
    pub(crate) fetched: Moment,
    /// When the fetch began that brought its value, if what came after that has told the version alone.
    pub(crate) verified: Moment,
    pub(crate) limits: Limits,
}

impl Entry {
    #[inline]
    pub(crate) fn course(&self, now: Moment) -> Course {
        self.limits.course(now, self.fetched)
    }

    /// The same value, to be fetched anew by whoever asks next, and not just described: it is said to have changed.
    pub(crate) fn due_at_once(&self) -> Self {
        let limits = Limits {
            due: 0,
            ..self.limits
        };
        Self {
            limits,
            verified: Moment::default(),
            ..self.clone()
        }
    }

    /// How old it is, in nanoseconds.
    pub(crate) fn age(&self, now: Moment) -> u64 {
        now.since(self.fetched)
    }
}
