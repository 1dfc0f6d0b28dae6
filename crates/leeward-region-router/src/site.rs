use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use leeward_error_taxonomy::{Region, Rejected};
use leeward_resilience::{SharedSlowStart, Timestamp};
use tokio::time::Instant;

use crate::{
    maker::Maker,
    making::{Begun, Ended, Making, refusal},
    shelf::Shelves,
};

/// One Region of the list, and its service once there is one.
pub(crate) struct Site<S> {
    pub(crate) region: Region,
    /// Of the circuits of all keys.
    pub(crate) slow_start: SharedSlowStart,
    // In nanoseconds on the router's clock; zero for "never".
    restored_at: AtomicU64,
    // What calls take, of what the slot holds.
    shelves: Shelves<S>,
    slot: Mutex<Slot<S>>,
}

struct Slot<S> {
    service: Option<Kept<S>>,
    made_at: Option<Instant>,
    // While there is no service.
    making: Option<Begun<S>>,
    makings: u64,
    // Until one comes to a good end.
    trouble: Option<Trouble>,
}

/// Why there is no service.
struct Trouble {
    met: Arc<Rejected>,
    /// Nobody makes another one before this, if he can go elsewhere.
    until: Instant,
}

/// For so long it is remembered that a making failed.
const REMEMBERED: Duration = Duration::from_secs(1);

/// A service that ends sooner than this is made no more often than that.
const SHORT_LIVED: Duration = Duration::from_millis(100);

#[derive(Debug, thiserror::Error)]
#[error("the service of the Region ended as soon as it was made")]
struct ShortLived;

/// For so long after a Region was restored, all that come to it start slowly: as long as those do that were there before.
const JUST_RESTORED: Duration = Duration::from_secs(10);

fn nanos(at: Timestamp) -> u64 {
    let since_origin = at.since(Timestamp::default()).as_nanos();
    u64::try_from(since_origin).unwrap_or(u64::MAX)
}

/// A service, and which making it comes from.
#[derive(Clone)]
pub(crate) struct Kept<S> {
    pub(crate) service: S,
    pub(crate) number: u64,
}

impl<S> Site<S> {
    pub(crate) fn new(region: Region) -> Self {
        let slot = Slot {
            service: None,
            made_at: None,
            making: None,
            makings: 0,
            trouble: None,
        };
        Self {
            region,
            slow_start: SharedSlowStart::new(),
            restored_at: AtomicU64::new(0),
            shelves: Shelves::new(),
            slot: Mutex::new(slot),
        }
    }

    /// Notes that calls may come again.
    pub(crate) fn restored(&self, now: Timestamp) {
        self.restored_at.store(nanos(now).max(1), Relaxed);
    }

    /// Whether whoever comes for the first time had better do so by and by.
    pub(crate) fn is_just_restored(&self, now: Timestamp) -> bool {
        let restored_at = self.restored_at.load(Relaxed);
        let age = Duration::from_nanos(nanos(now).saturating_sub(restored_at));
        restored_at != 0 && age < JUST_RESTORED
    }

    /// Puts a service away that gets ready no more, unless another one has taken its place.
    pub(crate) fn discard(&self, number: u64) {
        let mut slot = self.slot();
        let Some(gone) = slot.service.take_if(|kept| kept.number == number) else {
            return;
        };
        self.shelves.hide();
        if let Some(until) = slot.made_at.map(|made_at| made_at + SHORT_LIVED)
            && Instant::now() < until
        {
            let met = Arc::new(Rejected::unavailable(ShortLived));
            slot.trouble = Some(Trouble { met, until });
        }
        drop(slot);
        // It is not this crate's, so it ends outside of the lock.
        drop(gone);
        self.shelves.clear();
    }

    /// Since when there is a service; `None` while there is none.
    pub(crate) fn made_at(&self) -> Option<Instant> {
        let slot = self.slot();
        slot.made_at.filter(|_| slot.service.is_some())
    }

    /// Whether there is no service, and its making has not been waited for so long yet.
    pub(crate) fn is_being_made(&self, patience: Duration) -> bool {
        let slot = self.slot();
        let has_time = |making: &Begun<S>| making.waited() < patience;
        slot.service.is_none() && slot.making.as_ref().is_none_or(has_time)
    }

    // Poisoned by a `clone` that panicked, which left the service as it was.
    fn slot(&self) -> MutexGuard<'_, Slot<S>> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Clone> Site<S> {
    /// A clone of the service, or the making to wait for, which is begun if need be.
    pub(crate) fn service(&self, maker: &Maker<S>) -> Result<Kept<S>, Making<S>> {
        match self.shelves.take() {
            Some(kept) => Ok(kept),
            None => self.look(maker, false),
        }
    }

    /// The same for a call that can go elsewhere: where there was trouble a moment ago, or somebody tries anew, it is told what that
    /// was and need not wait.
    pub(crate) fn service_unless_in_trouble(&self, maker: &Maker<S>) -> Result<Kept<S>, Making<S>> {
        match self.shelves.take() {
            Some(kept) => Ok(kept),
            None => self.look(maker, true),
        }
    }

    /// The same for the first call of a lane.
    #[cold]
    fn look(&self, maker: &Maker<S>, can_go_elsewhere: bool) -> Result<Kept<S>, Making<S>> {
        let mut slot = self.slot();
        if let Some(kept) = &slot.service {
            let kept = kept.clone();
            drop(slot);
            self.shelves.put(kept.clone());
            return Ok(kept);
        }
        let given_up = slot.making.take_if(|making| making.is_given_up());
        if can_go_elsewhere
            && let Some(trouble) = &slot.trouble
            && match &slot.making {
                Some(making) => making.is_waited_for(),
                None => Instant::now() < trouble.until,
            }
        {
            return Err(Making::failed(Arc::clone(&trouble.met)));
        }
        if let Some(making) = &slot.making {
            return Err(making.wait());
        }
        slot.makings += 1;
        let begun = maker.begin(slot.makings, self.region.clone());
        let making = begun.wait();
        slot.making = Some(begun);
        drop(slot);
        drop(given_up);
        Err(making)
    }

    /// Keeps what came of a making, unless another one was sooner, and gives a clone of what is kept.
    pub(crate) fn settle(&self, number: u64, ended: Ended<S>) -> Result<Kept<S>, Rejected> {
        let mut slot = self.slot();
        let awaited = slot.making.take_if(|making| making.number == number);
        match ended {
            Ok(made) => {
                let service = made.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let made = Kept { service, number };
                let mut overtaken = None;
                // One that was given up is as good, if it comes first after all.
                if slot.service.is_none() && (awaited.is_some() || slot.making.is_some()) {
                    slot.service = Some(made.clone());
                    slot.made_at = Some(Instant::now());
                    slot.trouble = None;
                    overtaken = slot.making.take();
                    self.shelves.show(number);
                }
                let kept = slot.service.clone().unwrap_or(made);
                drop(slot);
                drop(overtaken);
                self.shelves.put(kept.clone());
                Ok(kept)
            }
            Err(met) => {
                if awaited.is_some() {
                    let until = Instant::now() + REMEMBERED;
                    let met = Arc::clone(&met);
                    slot.trouble = Some(Trouble { met, until });
                }
                drop(slot);
                // Its share of the error, so that who asks alone is given the very error.
                drop(awaited);
                Err(refusal(met))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::ready;
    use tower::service_fn;

    /// A Region, and a maker of services that are numbers.
    fn site() -> (Site<u32>, Maker<u32>) {
        let maker = service_fn(|_: Region| ready(Ok::<_, Rejected>(7)));
        let region = Region::from_static("us-east-1");
        (Site::new(region), Maker::new(maker))
    }

    fn begin(site: &Site<u32>, maker: &Maker<u32>) -> Making<u32> {
        let Err(making) = site.service(maker) else {
            panic!("there is a service");
        };
        making
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_late_replaces_nothing_and_puts_nothing_away() {
        let (site, maker) = site();
        let mut making = begin(&site, &maker);
        let made = (&mut making).await;
        assert_eq!(
            site.settle(1, made.clone()).ok().map(|it| it.number),
            Some(1)
        );
        // Of another making, which ended later.
        assert_eq!(site.settle(9, made).ok().map(|it| it.number), Some(1));
        site.discard(9);
        assert!(site.made_at().is_some());
        site.discard(1);
        assert!(site.made_at().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn one_making_that_fails_does_not_end_another() {
        let (site, maker) = site();
        let making = begin(&site, &maker);
        let failed = Arc::new(Rejected::LimiterFull);
        assert!(site.settle(9, Err(failed)).is_err());
        assert_eq!(begin(&site, &maker).number, making.number);
    }
}
