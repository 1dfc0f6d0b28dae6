use std::{
    cell::Cell,
    sync::atomic::{
        AtomicU32,
        Ordering::{Acquire, Relaxed, Release},
    },
};

/// How many threads at a time may have a lane to themselves.
pub const OWNED: usize = 8;

/// A bit for each lane that a thread has.
static TAKEN: AtomicU32 = AtomicU32::new(0);

const ALL: u32 = (1 << OWNED) - 1;

/// The lane of the present thread, which it gives back as it ends.
struct Own(Cell<Place>);

#[derive(Clone, Copy)]
enum Place {
    /// It has not asked yet.
    Unknown,
    None,
    At(usize),
}

thread_local!(static OWN: Own = const { Own(Cell::new(Place::Unknown)) });

/// A lane that is the present thread's alone, less than [`OWNED`]; `None` if there is none left for it.
///
/// What is kept for such a lane is written to by one thread at a time: a count is read and stored, which takes a fraction of what an
/// atomic addition does. Whoever has the lane next, once this thread has ended, sees all that was written. A thread that has found none
/// left does not ask again: it shares [lanes](super::of_thread), which are to be kept besides, with others.
#[inline]
#[must_use]
pub fn owned() -> Option<usize> {
    // While a thread ends, its lane may be somebody else's.
    OWN.try_with(|own| match own.0.get() {
        Place::At(lane) => Some(lane),
        Place::None => None,
        Place::Unknown => own.take(),
    })
    .ok()
    .flatten()
}

impl Own {
    #[cold]
    fn take(&self) -> Option<usize> {
        let free = |taken: u32| (!taken & ALL != 0).then(|| taken | lowest(!taken));
        let lane = match TAKEN.fetch_update(Acquire, Relaxed, free) {
            Ok(taken) => Some((!taken).trailing_zeros() as usize),
            Err(_) => None,
        };
        self.0.set(lane.map_or(Place::None, Place::At));
        lane
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Place::At(lane) = self.0.get() {
            TAKEN.fetch_and(!(1 << lane), Release);
        }
    }
}

const fn lowest(bits: u32) -> u32 {
    bits & bits.wrapping_neg()
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;
    use std::{
        collections::HashSet,
        sync::{Arc, Barrier, atomic::AtomicU64},
        thread,
    };

    #[test]
    fn no_two_threads_have_one_lane_and_who_finds_none_left_is_told() {
        let threads = 2 * OWNED;
        let (asked, told) = (
            Arc::new(Barrier::new(threads)),
            Arc::new(Barrier::new(threads)),
        );
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                let (asked, told) = (asked.clone(), told.clone());
                thread::spawn(move || {
                    let lane = owned();
                    asked.wait();
                    assert_eq!(owned(), lane);
                    told.wait();
                    lane
                })
            })
            .collect();
        let lanes = threads.into_iter().map(|thread| thread.join().unwrap());
        let lanes: Vec<_> = lanes.flatten().collect();
        let distinct: HashSet<_> = lanes.iter().collect();
        assert_eq!(distinct.len(), lanes.len());
        assert!(lanes.len() <= OWNED && lanes.iter().all(|lane| *lane < OWNED));
    }

    #[test]
    fn nothing_is_lost_when_a_lane_goes_from_thread_to_thread() {
        let counts: Arc<[AtomicU64; OWNED]> = Arc::default();
        let mut counted = 0;
        for _ in 0..200 {
            let counts = counts.clone();
            let count = move || match owned() {
                Some(lane) => {
                    for _ in 0..50 {
                        let count = counts[lane].load(Relaxed);
                        counts[lane].store(count + 1, Relaxed);
                    }
                    50
                }
                None => 0,
            };
            let pair = [thread::spawn(count.clone()), thread::spawn(count)];
            counted += pair
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum::<u64>();
        }
        let sum: u64 = counts.iter().map(|count| count.load(Relaxed)).sum();
        assert_eq!(sum, counted);
    }
}
