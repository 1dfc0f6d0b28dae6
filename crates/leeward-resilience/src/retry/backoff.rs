use std::time::Duration;

use fastrand::Rng;
use leeward_error_taxonomy::Verdict;

/// How much longer than the service asks a pause may become.
const GRACE: Duration = Duration::from_secs(5);

/// Grows the pause between attempts: exponential, with full jitter.
///
/// The pause before the second attempt is drawn from zero to the base, before the third from zero to twice the base, and
/// so on. The numbers are those of the AWS SDKs' retry behaviour of 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    throttled_base: Duration,
    cap: Duration,
}

impl Backoff {
    /// Starts from the defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            base: Duration::from_millis(50),
            throttled_base: Duration::from_secs(1),
            cap: Duration::from_secs(20),
        }
    }

    /// The longest first pause after a failure that may pass; 50 ms by default.
    #[must_use]
    pub const fn with_base(self, base: Duration) -> Self {
        Self { base, ..self }
    }

    /// The longest first pause after a plea for fewer calls; 1 s by default.
    #[must_use]
    pub const fn with_throttled_base(self, throttled_base: Duration) -> Self {
        Self {
            throttled_base,
            ..self
        }
    }

    /// The longest pause of all; 20 s by default.
    ///
    /// A service that asks for more is not called again: its answer reaches the caller, wish included.
    #[must_use]
    pub const fn with_cap(self, cap: Duration) -> Self {
        Self { cap, ..self }
    }

    /// The pause after the failed attempt number `attempt`, counted from one; `None` if the service asks for too long a
    /// one.
    ///
    /// What the service asks for is honoured within five seconds. The jitter is laid on top of it, or everybody who was
    /// turned away together would come back together.
    pub(super) fn pause(
        &self,
        verdict: Verdict,
        attempt: u32,
        retry_after: Option<Duration>,
        random: &mut Rng,
    ) -> Option<Duration> {
        let base = match verdict {
            Verdict::Throttled => self.throttled_base,
            _ => self.base,
        };
        let factor = 1_u32
            .checked_shl(attempt.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let drawn = draw(base.saturating_mul(factor).min(self.cap), random);
        match retry_after {
            None => Some(drawn),
            Some(asked) if asked <= self.cap => Some(asked + drawn.min(GRACE)),
            Some(_) => None,
        }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

fn draw(ceiling: Duration, random: &mut Rng) -> Duration {
    let nanos = u64::try_from(ceiling.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random.u64(0..=nanos))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{
        prelude::{ProptestConfig, any, prop_assert, proptest},
        test_runner::RngSeed,
    };

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// The longest of many pauses, in ms.
    fn longest(verdict: Verdict, attempt: u32) -> u128 {
        let mut random = Rng::with_seed(42);
        (0..10_000)
            .filter_map(|_| Backoff::new().pause(verdict, attempt, None, &mut random))
            .max()
            .unwrap()
            .as_millis()
    }

    #[test]
    fn doubles_up_to_the_cap() {
        for (verdict, attempt, ceiling) in [
            (Verdict::Transient, 1, 50),
            (Verdict::Transient, 2, 100),
            (Verdict::Transient, 3, 200),
            (Verdict::Throttled, 1, 1_000),
            (Verdict::Throttled, 2, 2_000),
            (Verdict::Throttled, 6, 20_000),
            (Verdict::Transient, 40, 20_000),
            (Verdict::Transient, u32::MAX, 20_000),
        ] {
            let longest = longest(verdict, attempt);
            assert!(
                longest < ceiling && longest > ceiling * 99 / 100 - 1,
                "{verdict:?} after attempt {attempt}: {longest} ms"
            );
        }
    }

    #[test]
    fn asks_for_too_much_patience() {
        let mut random = Rng::with_seed(42);
        let day = Duration::from_secs(86_400);
        let pause = Backoff::new().pause(Verdict::Throttled, 1, Some(day), &mut random);
        assert_eq!(pause, None);
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(42),
            ..ProptestConfig::default()
        })]

        #[test]
        fn honours_what_the_service_asks_for_within_five_seconds(
            seed in any::<u64>(), asked in 0_u32..20_000, attempt in 1_u32..10, throttled in any::<bool>(),
        ) {
            let verdict = if throttled { Verdict::Throttled } else { Verdict::Transient };
            let asked = MILLISECOND * asked;
            let mut random = Rng::with_seed(seed);
            let pause = Backoff::new().pause(verdict, attempt, Some(asked), &mut random).unwrap();
            prop_assert!(pause >= asked && pause <= asked + GRACE);
        }
    }
}
