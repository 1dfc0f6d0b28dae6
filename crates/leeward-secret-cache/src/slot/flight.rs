use crate::{
    Secret, SecretError,
    clock::{Moment, nanos},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// What a fetch came to.
pub(crate) type Landed = Result<Arc<Secret>, SecretError>;

/// A fetch under way, for all who wait for it.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    landed: watch::Receiver<Option<Landed>>,
    began: Moment,
    timeout: Duration,
}

/// How long after its time a fetch may land.
const GRACE: Duration = Duration::from_secs(1);

impl Flight {
    /// Begins at `now`, and lands within `timeout`.
    pub(crate) fn begin(now: Moment, timeout: Duration) -> (watch::Sender<Option<Landed>>, Self) {
        let (landing, landed) = watch::channel(None);
        let flight = Self {
            landed,
            began: now,
            timeout,
        };
        (landing, flight)
    }

    /// Until when it lands, if it is not lost.
    pub(crate) fn lands_by(&self) -> Moment {
        self.began.after(nanos(self.timeout.saturating_add(GRACE)))
    }

    /// Waits for it; none if who fetched is gone without a word.
    pub(crate) async fn landed(mut self) -> Option<Landed> {
        let landed = self.landed.wait_for(Option::is_some).await;
        landed.ok().and_then(|landed| landed.clone())
    }

    pub(crate) fn is_under_way(&self, now: Moment) -> bool {
        let is_awaited = self.landed.borrow().is_none() && self.landed.has_changed().is_ok();
        is_awaited && !is_lost(self.began, now, self.timeout)
    }
}

/// Whether what was asked for at `began`, to be answered within `timeout`, is not to be counted on at `now`: its time is over by either
/// clock, or the machine slept meanwhile. A connection hardly outlives that, and an answer that does is from before.
pub(crate) fn is_lost(began: Moment, now: Moment, timeout: Duration) -> bool {
    now.since(began) >= nanos(timeout.saturating_add(GRACE)) || now.was_asleep_since(began)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn at(steady: u64, wall: u64) -> Moment {
        Moment {
            steady: (100 + steady) * SECOND,
            wall: (1_000_000 + wall) * SECOND,
        }
    }

    #[test]
    fn a_fetch_is_lost_that_is_late_or_from_before_the_machine_slept() {
        let (_landing, flight) = Flight::begin(at(0, 0), Duration::from_secs(10));
        for (now, is_lost) in [
            (at(0, 0), false),
            (at(10, 10), false),
            (at(11, 11), true),
            (at(0, 5), false),
            (at(0, 6), true),
            // The wall clock was set back.
            (at(10, 0), false),
            (at(11, 0), true),
        ] {
            assert_eq!(flight.is_under_way(now), !is_lost, "{now:?}");
        }
        assert_eq!(flight.lands_by(), at(11, 11));
    }

    #[test]
    fn a_fetch_that_has_landed_or_ended_is_not_under_way() {
        let begin = || Flight::begin(at(0, 0), Duration::MAX);
        let (landing, flight) = begin();
        assert!(flight.is_under_way(at(1_000, 1_000)));
        landing.send_replace(Some(Err(SecretError::interrupted("db"))));
        assert!(!flight.is_under_way(at(0, 0)));
        let (landing, flight) = begin();
        drop(landing);
        assert!(!flight.is_under_way(at(0, 0)));
    }
}
