use std::{
    cell::Cell,
    num::NonZero,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::breaker::Core;

/// More than this does not pay: a breaker's memory grows with it, and a lane may be shared.
const MAX_SEATS: usize = 8;

/// Where the threads of a lane hold on to a core: each call counts a reference to it, and a count that all threads shared
/// would be what they meet at.
pub(super) struct Seat<C, P: ?Sized = [u8]> {
    core: Arc<Core<C>>,
    lane: usize,
    // Keeps the count of one seat away from that of the next.
    _gap: P,
}

impl<C> Seat<C> {
    pub(super) fn core(&self) -> &Core<C> {
        &self.core
    }

    pub(super) const fn lane(&self) -> usize {
        self.lane
    }
}

/// How many seats a breaker has: a power of two near the number of processors.
pub(crate) fn count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        processors.next_power_of_two().min(MAX_SEATS)
    })
}

/// A seat on each of so many lanes of `core`.
pub(super) fn around<C>(core: &Arc<Core<C>>, lanes: usize) -> Arc<[Arc<Seat<C>>]> {
    let seat = |lane| -> Arc<Seat<C>> {
        let core = Arc::clone(core);
        if lanes == 1 {
            // One of thousands, perhaps, which have no use for it.
            let _gap = [];
            Arc::new(Seat { core, lane, _gap })
        } else {
            let _gap = [0; 256];
            Arc::new(Seat { core, lane, _gap })
        }
    };
    (0..lanes).map(seat).collect()
}

/// Where the present thread sits, of so many seats, a power of two. Threads get their places by turns.
pub(crate) fn of_thread(seats: usize) -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static PLACE: Cell<usize> = const { Cell::new(usize::MAX) });
    // While a thread ends, its place may be gone; any will do.
    let place = PLACE.try_with(|place| {
        if place.get() == usize::MAX {
            place.set(THREADS.fetch_add(1, Ordering::Relaxed) & (usize::MAX >> 1));
        }
        place.get()
    });
    place.unwrap_or_default() & (seats - 1)
}
