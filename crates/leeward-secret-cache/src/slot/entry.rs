use crate::{
    Secret,
    clock::Moment,
    freshness::{Course, Limits},
};
use leeward_resilience::lane;
use std::{array, sync::Arc};

/// A value, and how long it may be served.
// All threads read it: what others write to, the counts of secrets among it, is to stay out of its cache lines. What a hit reads of it is
// the first one, but for the later lanes, so the order counts.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Entry {
    pub(crate) limits: Limits,
    /// When the fetch began that brought it.
    pub(crate) fetched: Moment,
    /// The secret for the threads of each lane, that those who hold it at a time do not meet at one count. Where there are fewer lanes
    /// than ever may be, some have one secret.
    shared: [Arc<Secret>; lane::MAX],
    /// When the fetch began that brought its value, if what came after that has told the version alone.
    pub(crate) verified: Moment,
    pub(crate) secret: Arc<Secret>,
}

impl Entry {
    pub(crate) fn new(
        secret: Arc<Secret>,
        fetched: Moment,
        verified: Moment,
        limits: Limits,
    ) -> Self {
        let twins: Vec<_> = (0..lane::count())
            .map(|_| Arc::new(secret.twin()))
            .collect();
        let shared = |lane| {
            twins
                .get(lane % twins.len().max(1))
                .unwrap_or(&secret)
                .clone()
        };
        Self {
            shared: array::from_fn(shared),
            secret,
            fetched,
            verified,
            limits,
        }
    }

    /// The secret, for the present thread.
    #[inline]
    pub(crate) fn share(&self) -> Arc<Secret> {
        let lane = lane::of_thread(lane::MAX);
        self.shared.get(lane).unwrap_or(&self.secret).clone()
    }

    #[inline]
    pub(crate) fn course(&self, now: Moment) -> Course {
        self.limits.course(now, self.fetched)
    }

    /// Whether it may be served at `now`, due or not.
    pub(crate) fn is_served(&self, now: Moment) -> bool {
        matches!(self.course(now), Course::Serve | Course::Refresh)
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

    /// The same value, which no outage has served for longer: it was denied, or is not there any more.
    pub(crate) fn without_outlasting(&self) -> Self {
        let gone = self.limits.gone.min(self.limits.over);
        Self {
            limits: Limits {
                gone,
                ..self.limits
            },
            ..self.clone()
        }
    }

    /// How old it is, in nanoseconds.
    pub(crate) fn age(&self, now: Moment) -> u64 {
        now.since(self.fetched)
    }
}
