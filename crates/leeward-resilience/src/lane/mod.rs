//! Where the threads of a process count what they do, so that they do not meet.
//!
//! What every call writes to, all threads wait for: its cache line goes from one processor to the other and back. So there are a few
//! lanes, about as many as processors, and each thread has one of them, by turns. Whatever is kept once for each lane, in cache lines
//! of its own, is written to by a thread or two; who wants to know the sum adds all of them up. Where even an atomic addition is too
//! much, a few threads may have a lane to themselves ([`owned()`]).
//!
//! ```
//! use leeward_resilience::lane;
//! use std::sync::atomic::{AtomicU64, Ordering};
//!
//! #[derive(Default)]
//! #[repr(align(128))]
//! struct Calls(AtomicU64);
//!
//! let calls: Box<[Calls]> = (0..lane::count()).map(|_| Calls::default()).collect();
//! calls[lane::of_thread(calls.len())].0.fetch_add(1, Ordering::Relaxed);
//! let sum: u64 = calls.iter().map(|lane| lane.0.load(Ordering::Relaxed)).sum();
//! assert_eq!(sum, 1);
//! ```

mod owned;

pub use owned::{OWNED, owned};

use std::{
    cell::Cell,
    num::NonZero,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// How many lanes there are at the most, a power of two: more would not pay, since memory grows with them and a lane may be shared.
///
/// For whoever keeps an array where a slice of [`count`] costs a call too much: what [`of_thread`] says of so many is known to be
/// within it.
pub const MAX: usize = 8;

/// How many lanes there are: a power of two near the number of processors, [`MAX`] at most.
#[must_use]
pub fn count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        processors.next_power_of_two().min(MAX)
    })
}

/// The lane of the present thread, of so many: [`count`] of them, or one where all threads share it.
///
/// It is less than `lanes`, unless that is zero, and the same for as long as the thread lives. Of a number that is no power of two, some
/// lanes are no thread's.
#[inline]
#[must_use]
pub fn of_thread(lanes: usize) -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local!(static PLACE: Cell<usize> = const { Cell::new(usize::MAX) });
    // While a thread ends, its place may be gone; any will do.
    let place = PLACE.try_with(|place| {
        if place.get() == usize::MAX {
            place.set(THREADS.fetch_add(1, Ordering::Relaxed) & (usize::MAX >> 1));
        }
        place.get()
    });
    place.unwrap_or_default() & lanes.saturating_sub(1)
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn there_is_a_power_of_two_of_them() {
        assert!(count().is_power_of_two() && count() <= MAX);
    }

    #[test]
    fn threads_take_the_lanes_by_turns_and_keep_theirs() {
        let lane_of_another = || {
            let lane = || (of_thread(8), of_thread(8));
            thread::spawn(lane).join().unwrap()
        };
        let mut seen = HashSet::new();
        // Other tests take turns meanwhile.
        while seen.len() < 8 {
            let (first, second) = lane_of_another();
            assert_eq!(first, second);
            seen.insert(first);
        }
    }

    #[test]
    fn every_number_of_lanes_has_one_for_the_thread() {
        for lanes in 1..20 {
            assert!(of_thread(lanes) < lanes, "{lanes}");
        }
        assert_eq!(of_thread(0), 0);
    }
}
