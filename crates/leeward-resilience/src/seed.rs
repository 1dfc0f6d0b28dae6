use std::sync::atomic::{AtomicU64, Ordering};

use fastrand::Rng;

/// Hands every caller a random sequence of its own.
///
/// Cloning one generator would give all of them the same first draw, and with it the same first pause.
#[derive(Debug)]
pub(crate) struct Seed(AtomicU64);

impl Seed {
    /// A seed that repeats its sequences, for tests.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A seed that no other process shares.
    pub(crate) fn random() -> Self {
        Self::new(fastrand::u64(..))
    }

    /// The next sequence: the state of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) stepped once and mixed.
    pub(crate) fn split(&self) -> Rng {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Rng::with_seed(mixed ^ (mixed >> 31))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_sequences_begin_alike() {
        let seed = Seed::new(42);
        let first_draws: HashSet<u64> = (0..10_000).map(|_| seed.split().u64(..)).collect();
        assert_eq!(first_draws.len(), 10_000);
    }

    #[test]
    fn the_same_seed_repeats_its_sequences() {
        let (one, other) = (Seed::new(7), Seed::new(7));
        for _ in 0..100 {
            assert_eq!(one.split().u64(..), other.split().u64(..));
        }
    }
}
