use std::{
    cell::Cell,
    num::NonZero,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// More lanes than this do not pay.
const MAX_LANES: usize = 8;

/// How many lanes a meter has: a power of two near the number of processors.
pub(super) fn count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        processors.next_power_of_two().min(MAX_LANES)
    })
}

/// The lane of the present thread, of so many, a power of two. Threads get theirs by turns.
pub(super) fn of_thread(lanes: usize) -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static PLACE: Cell<usize> = const { Cell::new(usize::MAX) });
    // While a thread ends, its place may be gone; any will do.
    let place = PLACE.try_with(|place| {
        if place.get() == usize::MAX {
            place.set(THREADS.fetch_add(1, Ordering::Relaxed) & (usize::MAX >> 1));
        }
        place.get()
    });
    place.unwrap_or_default() & (lanes - 1)
}
