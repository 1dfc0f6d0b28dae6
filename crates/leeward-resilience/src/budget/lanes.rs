use super::atomic::{AtomicU64, Ordering};

/// As many calls are counted on a lane before they are booked.
#[cfg(not(leeward_loom))]
pub(super) const BATCH: u64 = 32;
#[cfg(leeward_loom)]
pub(super) const BATCH: u64 = 2;

/// Calls that threads have counted and that are not in the books yet, less than a batch on each lane.
///
/// A lane has cache lines of its own, so that threads on different lanes meet at the books once in a batch.
#[derive(Debug)]
pub(super) struct Lanes(Box<[Lane]>);

#[derive(Debug, Default)]
#[repr(align(128))]
struct Lane {
    calls: AtomicU64,
}

impl Lanes {
    pub(super) fn new(lanes: usize) -> Self {
        Self((0..lanes).map(|_| Lane::default()).collect())
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Counts a call; where that makes a batch, gives it to be booked.
    #[inline]
    pub(super) fn count(&self, lane: usize) -> Option<u64> {
        let calls = &self.0[lane].calls;
        let is_batch = calls.fetch_add(1, Ordering::Relaxed) + 1 >= BATCH;
        is_batch.then(|| calls.swap(0, Ordering::Relaxed))
    }

    /// Gives all that has been counted, to be booked.
    pub(super) fn collect(&self) -> u64 {
        let counted = self.0.iter().map(|lane| {
            // What is not written stays in the caches of all processors.
            match lane.calls.load(Ordering::Relaxed) {
                0 => 0,
                _ => lane.calls.swap(0, Ordering::Relaxed),
            }
        });
        counted.sum()
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_given_once_in_batches_or_when_somebody_asks() {
        let lanes = Lanes::new(2);
        let given: Vec<_> = (0..100).filter_map(|_| lanes.count(0)).collect();
        assert_eq!(given, [32, 32, 32]);
        assert_eq!((0..31).find_map(|_| lanes.count(1)), None);
        assert_eq!(lanes.collect(), 4 + 31);
        assert_eq!(lanes.collect(), 0);
    }
}
