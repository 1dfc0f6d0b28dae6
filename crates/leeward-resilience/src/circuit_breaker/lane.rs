use std::ops::RangeInclusive;

use super::{
    atomic::{AtomicU64, Ordering::Relaxed},
    window::BUCKETS,
};

/// More than the steps of a window, so that a step is read for a while before its slot is needed again; a power of two.
#[cfg(not(leeward_loom))]
const SLOTS: usize = 16;
#[cfg(leeward_loom)]
const SLOTS: usize = 4;

/// How many steps back a call in flight is seen: six windows, so that calls that take five to be slow are seen for one more
/// window; a power of two.
#[cfg(not(leeward_loom))]
pub(super) const BEGUN_SLOTS: usize = 64;
#[cfg(leeward_loom)]
pub(super) const BEGUN_SLOTS: usize = 4;

const _: () = assert!(SLOTS as u64 > BUCKETS && BEGUN_SLOTS as u64 > BUCKETS);

/// The bits of a word that count; the others hold the number of the step.
const COUNT_BITS: u32 = 28;
const MAX_COUNT: u64 = (1 << COUNT_BITS) - 1;
const MAX_STEP: u64 = u64::MAX >> COUNT_BITS;

/// What the threads that share a lane count without a lock: successes by the step in which they came, and calls in flight
/// by the step in which they began.
///
/// A lane has cache lines of its own, so that threads on different lanes do not meet.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(super) struct Lane {
    successes: Slots<SLOTS>,
    in_flight: Slots<BEGUN_SLOTS>,
}

/// How a call was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// As the first of its step.
    First,
    /// After others of its step.
    Again,
    /// It was not: the step is over or its count is full.
    Not,
}

impl Lane {
    /// Counts a call that begins in `step`.
    pub(super) fn begin(&self, step: u64) -> Counted {
        self.in_flight.add(step)
    }

    /// Takes the call that began in `step` off; one from long ago is off already.
    pub(super) fn end(&self, step: u64) {
        self.in_flight.take(step);
    }

    /// Counts a success in `step`.
    pub(super) fn succeed(&self, step: u64) -> Counted {
        self.successes.add(step)
    }

    /// The successes in these steps.
    pub(super) fn successes(&self, steps: &RangeInclusive<u64>) -> u64 {
        self.successes.sum(steps)
    }

    /// The calls in flight that began in these steps, which are looked at one by one.
    pub(super) fn in_flight(&self, steps: &RangeInclusive<u64>) -> u64 {
        steps.clone().map(|step| self.in_flight.of(step)).sum()
    }

    /// A number that every success from this step on raises and nothing lowers.
    pub(super) fn mark(&self, since: u64) -> u128 {
        // A sum of words that only rise: a later step has the greater word, whatever it has counted.
        let words = self.successes.0.iter().map(|slot| slot.load(Relaxed));
        words
            .filter(|word| word >> COUNT_BITS >= since)
            .map(u128::from)
            .sum()
    }
}

/// A count for each of some steps. Step and count share a word, so that no count ever lands in another step.
///
/// Nothing is published through these words, hence relaxed: whoever must see a count has synchronised with its maker.
#[derive(Debug)]
struct Slots<const N: usize>([AtomicU64; N]);

impl<const N: usize> Default for Slots<N> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl<const N: usize> Slots<N> {
    const fn slot(&self, step: u64) -> &AtomicU64 {
        &self.0[(step % N as u64) as usize]
    }

    fn add(&self, step: u64) -> Counted {
        // Of nanoseconds since boot: never, with steps of a second; after two years of steps of a millisecond.
        if step > MAX_STEP {
            return Counted::Not;
        }
        let slot = self.slot(step);
        let mut word = slot.load(Relaxed);
        loop {
            let (next, counted) = if word >> COUNT_BITS < step {
                (step << COUNT_BITS | 1, Counted::First)
            } else if word >> COUNT_BITS == step && word & MAX_COUNT < MAX_COUNT {
                (word + 1, Counted::Again)
            } else {
                return Counted::Not;
            };
            match slot.compare_exchange_weak(word, next, Relaxed, Relaxed) {
                Ok(_) => return counted,
                Err(newer) => word = newer,
            }
        }
    }

    fn take(&self, step: u64) {
        let slot = self.slot(step);
        let mut word = slot.load(Relaxed);
        while word >> COUNT_BITS == step && word & MAX_COUNT > 0 {
            match slot.compare_exchange_weak(word, word - 1, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(newer) => word = newer,
            }
        }
    }

    fn of(&self, step: u64) -> u64 {
        let word = self.slot(step).load(Relaxed);
        if word >> COUNT_BITS == step {
            word & MAX_COUNT
        } else {
            0
        }
    }

    fn sum(&self, steps: &RangeInclusive<u64>) -> u64 {
        let words = self.0.iter().map(|slot| slot.load(Relaxed));
        words
            .filter(|word| steps.contains(&(word >> COUNT_BITS)))
            .map(|word| word & MAX_COUNT)
            .sum()
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;

    #[test]
    fn counts_by_step_and_forgets_what_is_too_old() {
        let lane = Lane::default();
        assert_eq!(lane.succeed(20), Counted::First);
        assert_eq!(lane.succeed(20), Counted::Again);
        assert_eq!(lane.succeed(21), Counted::First);
        assert_eq!(lane.successes(&(20..=u64::MAX)), 3);
        assert_eq!(lane.successes(&(21..=u64::MAX)), 1);
        assert_eq!(lane.succeed(36), Counted::First);
        assert_eq!(lane.successes(&(0..=u64::MAX)), 2);
        // Its slot belongs to another step now.
        assert_eq!(lane.succeed(20), Counted::Not);
        assert_eq!(lane.successes(&(0..=u64::MAX)), 2);
    }

    #[test]
    fn a_call_that_ends_after_its_step_was_forgotten_takes_nobody_elses_place() {
        let lane = Lane::default();
        lane.begin(20);
        lane.begin(83);
        assert_eq!(lane.in_flight(&(20..=83)), 2);
        lane.begin(84);
        lane.end(20);
        assert_eq!(lane.in_flight(&(20..=84)), 2);
        for _ in 0..2 {
            lane.end(84);
            assert_eq!(lane.in_flight(&(20..=84)), 1);
        }
    }

    #[test]
    fn a_full_count_and_an_endless_clock_count_nothing_more() {
        let lane = Lane::default();
        lane.successes
            .slot(20)
            .store(20 << COUNT_BITS | MAX_COUNT, Relaxed);
        assert_eq!(lane.succeed(20), Counted::Not);
        assert_eq!(lane.succeed(MAX_STEP), Counted::First);
        assert_eq!(lane.succeed(MAX_STEP + 1), Counted::Not);
        assert_eq!(lane.successes(&(20..=20)), MAX_COUNT);
    }

    #[test]
    fn every_success_raises_the_mark() {
        let lane = Lane::default();
        let mut mark = lane.mark(20);
        for step in [20, 20, 21, 36, 36, 37, 20_000] {
            assert_ne!(lane.succeed(step), Counted::Not);
            assert!(lane.mark(20) > mark);
            mark = lane.mark(20);
            lane.begin(step);
            lane.succeed(19);
            assert_eq!(lane.mark(20), mark);
        }
    }
}
