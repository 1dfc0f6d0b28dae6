use std::sync::{
    Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use leeward_resilience::lane;

use crate::site::Kept;

/// Clones of the service of a Region for the threads of each lane to clone in turn, so that threads on different lanes do not meet at
/// its lock.
///
/// A clone is good for as long as the service is that it is of, which one number tells: whoever puts that away changes the number, and
/// no lane gives a clone any more, whether it has been cleared or not.
pub(crate) struct Shelves<S> {
    // Of the making that the service comes from; zero while there is none.
    present: AtomicU64,
    // There since a service was first shelved, as most Regions are never asked.
    lanes: OnceLock<Box<[Shelf<S>]>>,
}

/// That of one lane, with cache lines of its own.
#[repr(align(128))]
struct Shelf<S>(Mutex<Option<Kept<S>>>);

impl<S> Shelves<S> {
    pub(crate) const fn new() -> Self {
        Self {
            present: AtomicU64::new(0),
            lanes: OnceLock::new(),
        }
    }

    /// From now on the service of that making is the one to give.
    pub(crate) fn show(&self, number: u64) {
        self.present.store(number, Relaxed);
    }

    /// From now on there is nothing to give.
    pub(crate) fn hide(&self) {
        self.present.store(0, Relaxed);
    }

    /// Lets go of what was put down on any lane and is given no more.
    pub(crate) fn clear(&self) {
        for shelf in self.lanes.get().into_iter().flatten() {
            let mut place = shelf.lock();
            let gone = place.take_if(|kept| !self.is_present(kept));
            drop(place);
            // It is not this crate's, so it ends outside of the lock.
            drop(gone);
        }
    }

    /// Keeps a clone for the lane of the present thread.
    pub(crate) fn put(&self, kept: Kept<S>) {
        let lanes = self.lanes.get_or_init(|| {
            let shelf = |_| Shelf(Mutex::new(None));
            (0..lane::count()).map(shelf).collect()
        });
        self.put_on(&lanes[lane::of_thread(lanes.len())], kept);
    }

    fn put_on(&self, shelf: &Shelf<S>, kept: Kept<S>) {
        let mut place = shelf.lock();
        // Under the lock: whoever has hidden the service since has not cleared this shelf yet, and will.
        let gone = if self.is_present(&kept) {
            place.replace(kept)
        } else {
            Some(kept)
        };
        drop(place);
        drop(gone);
    }

    fn is_present(&self, kept: &Kept<S>) -> bool {
        kept.number == self.present.load(Relaxed)
    }
}

impl<S: Clone> Shelves<S> {
    /// A clone of the service, if there is one on the lane of the present thread.
    #[inline]
    pub(crate) fn take(&self) -> Option<Kept<S>> {
        let lanes = self.lanes.get()?;
        self.take_from(&lanes[lane::of_thread(lanes.len())])
    }

    fn take_from(&self, shelf: &Shelf<S>) -> Option<Kept<S>> {
        let place = shelf.lock();
        place.as_ref().filter(|kept| self.is_present(kept)).cloned()
    }
}

impl<S> Shelf<S> {
    // Poisoned by a `clone` that panicked, which left what is here as it was.
    fn lock(&self) -> MutexGuard<'_, Option<Kept<S>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        sync::{Arc, atomic::AtomicBool},
    };

    /// Whether to be cloned is too much for it.
    #[derive(Default)]
    struct Service(Arc<AtomicBool>);

    impl Clone for Service {
        fn clone(&self) -> Self {
            assert!(!self.0.load(Relaxed), "a service's own mistake");
            Self(Arc::clone(&self.0))
        }
    }

    impl Service {
        /// How many clones others have of it.
        fn clones(&self) -> usize {
            Arc::strong_count(&self.0) - 1
        }

        fn kept(&self, number: u64) -> Kept<Self> {
            Kept {
                service: self.clone(),
                number,
            }
        }
    }

    const LANES: usize = 4;

    impl<S> Shelves<S> {
        fn lanes(&self) -> &[Shelf<S>] {
            let shelf = |_| Shelf(Mutex::new(None));
            self.lanes.get_or_init(|| (0..LANES).map(shelf).collect())
        }
    }

    /// On which lanes there is which service.
    fn given(shelves: &Shelves<Service>) -> Vec<Option<u64>> {
        let lanes = shelves.lanes().iter();
        lanes
            .map(|shelf| Some(shelves.take_from(shelf)?.number))
            .collect()
    }

    #[test]
    fn what_is_hidden_is_given_on_no_lane_and_let_go_of_on_all() {
        let (shelves, service) = (Shelves::new(), Service::default());
        shelves.show(7);
        let (last, others) = shelves.lanes().split_last().unwrap();
        for shelf in others {
            shelves.put_on(shelf, service.kept(7));
        }
        assert_eq!(given(&shelves), [Some(7), Some(7), Some(7), None]);
        shelves.put_on(last, service.kept(7));
        assert_eq!(service.clones(), LANES);
        shelves.hide();
        assert_eq!(given(&shelves), [None; LANES]);
        shelves.clear();
        assert_eq!(service.clones(), 0);
    }

    #[test]
    fn a_clone_that_comes_late_is_let_go_of() {
        let (shelves, old, new) = (Shelves::new(), Service::default(), Service::default());
        let shelf = &shelves.lanes()[1];
        shelves.show(1);
        let late = old.kept(1);
        shelves.hide();
        shelves.put_on(shelf, late);
        shelves.show(2);
        shelves.put_on(shelf, old.kept(1));
        assert_eq!((old.clones(), given(&shelves)), (0, vec![None; LANES]));
        shelves.put_on(shelf, new.kept(2));
        shelves.put_on(shelf, old.kept(1));
        assert_eq!(old.clones(), 0);
        assert_eq!(given(&shelves), [None, Some(2), None, None]);
    }

    #[test]
    fn what_was_not_cleared_is_not_given_in_place_of_another() {
        let (shelves, old, new) = (Shelves::new(), Service::default(), Service::default());
        let [first, second, ..] = shelves.lanes() else {
            panic!("fewer than two lanes")
        };
        shelves.show(1);
        shelves.put_on(first, old.kept(1));
        shelves.show(2);
        shelves.put_on(second, new.kept(2));
        assert_eq!(given(&shelves), [None, Some(2), None, None]);
        shelves.put_on(first, new.kept(2));
        assert_eq!((old.clones(), new.clones()), (0, 2));
    }

    #[test]
    fn a_clone_that_panics_leaves_the_service_where_it_is() {
        let (shelves, service) = (Shelves::new(), Service::default());
        let shelf = &shelves.lanes()[0];
        shelves.show(1);
        shelves.put_on(shelf, service.kept(1));
        service.0.store(true, Relaxed);
        let taken = catch_unwind(AssertUnwindSafe(|| shelves.take_from(shelf)));
        assert!(taken.is_err());
        service.0.store(false, Relaxed);
        assert!(shelves.take_from(shelf).is_some());
        shelves.hide();
        shelves.clear();
        assert_eq!(service.clones(), 0);
    }
}
