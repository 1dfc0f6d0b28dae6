use std::time::Duration;

use fastrand::Rng;
use leeward_error_taxonomy::Verdict;

/// How much the service may add to a pause.
const GRACE: Duration = Duration::from_secs(5);

/// Grows the pause between attempts: exponential, with full jitter.
///
/// The pause before the second attempt is drawn from zero to the base, before the third from zero to twice the base, and
/// so on. A service that asks for patience (`Retry-After`, `x-amz-retry-after`) lengthens it by what it asks for, five
/// seconds at most.
///
/// | preset | transient | throttled | longest | from |
/// |---|---|---|---|---|
/// | [`aws`](Self::aws), the default | 50 ms | 1 s | 20 s | the AWS SDKs' retry behaviour "2.1" of 2026 |
/// | [`dynamodb`](Self::dynamodb) | 25 ms | 1 s | 20 s | the same, for DynamoDB and its streams |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    base: Duration,
    throttled_base: Duration,
    cap: Duration,
}

impl Backoff {
    /// Starts from the defaults, those of [`aws`](Self::aws).
    #[must_use]
    pub const fn new() -> Self {
        Self::aws()
    }

    /// The pauses of the AWS SDKs' retry behaviour "2.1".
    #[must_use]
    pub const fn aws() -> Self {
        Self {
            base: Duration::from_millis(50),
            throttled_base: Duration::from_secs(1),
            cap: Duration::from_secs(20),
        }
    }

    /// The pauses that the AWS SDKs' retry behaviour "2.1" makes before DynamoDB, which answers within milliseconds.
    #[must_use]
    pub const fn dynamodb() -> Self {
        Self::aws().with_base(Duration::from_millis(25))
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

    /// The longest pause of all, before the service adds its own wish; 20 s by default.
    #[must_use]
    pub const fn with_cap(self, cap: Duration) -> Self {
        Self { cap, ..self }
    }

    /// Draws the pause after the failed attempt number `attempt`, counted from one: for a loop of one's own, such as that over what a batch
    /// has left undone.
    ///
    /// With `t` for the pause that is drawn, what the service asks for is honoured inside [t, t + 5 s], as the SDKs do: a
    /// faulty or hostile header cannot hold a caller for an hour. Unlike theirs it is added to the drawn pause, or
    /// everybody who was turned away together would come back together.
    ///
    /// ```
    /// use leeward_error_taxonomy::Verdict;
    /// use leeward_resilience::Backoff;
    /// use std::time::Duration;
    ///
    /// let pause = Backoff::aws().pause(Verdict::Throttled, 2, None);
    /// assert!(pause <= Duration::from_secs(2));
    /// ```
    #[must_use]
    pub fn pause(&self, verdict: Verdict, attempt: u32, retry_after: Option<Duration>) -> Duration {
        self.pause_by(verdict, attempt, retry_after, &mut Rng::new())
    }

    /// As [`pause`](Self::pause), drawn by `random`.
    pub(super) fn pause_by(
        &self,
        verdict: Verdict,
        attempt: u32,
        retry_after: Option<Duration>,
        random: &mut Rng,
    ) -> Duration {
        let base = match verdict {
            Verdict::Throttled => self.throttled_base,
            _ => self.base,
        };
        let factor = 1_u32
            .checked_shl(attempt.saturating_sub(1))
            .unwrap_or(u32::MAX);
        let drawn = draw(base.saturating_mul(factor).min(self.cap), random);
        drawn.saturating_add(retry_after.unwrap_or_default().min(GRACE))
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
            .map(|_| Backoff::new().pause_by(verdict, attempt, None, &mut random))
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
    fn the_presets_are_those_of_the_sdk() {
        for (backoff, transient, throttled) in [
            (Backoff::aws(), 50, 1_000),
            (Backoff::dynamodb(), 25, 1_000),
        ] {
            assert_eq!(backoff.base, MILLISECOND * transient);
            assert_eq!(backoff.throttled_base, MILLISECOND * throttled);
            assert_eq!(backoff.cap, MILLISECOND * 20_000);
        }
        assert_eq!(Backoff::new(), Backoff::aws());
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(42),
            ..ProptestConfig::default()
        })]

        #[test]
        fn honours_what_the_service_asks_for_within_five_seconds(
            seed in any::<u64>(), asked in 0_u32..90_000, attempt in 1_u32..10, throttled in any::<bool>(),
        ) {
            let verdict = if throttled { Verdict::Throttled } else { Verdict::Transient };
            let asked = MILLISECOND * asked;
            let pause = |asked| {
                let mut random = Rng::with_seed(seed);
                Backoff::new().pause_by(verdict, attempt, asked, &mut random)
            };
            let (t, paused) = (pause(None), pause(Some(asked)));
            prop_assert!(paused >= t && paused <= t + GRACE);
            prop_assert!(asked > GRACE || paused >= asked);
        }
    }
}
