//! How often what fails is tried again.

use crate::{
    SecretError,
    clock::{Moment, nanos},
};
use std::time::Duration;

/// Fetches that failed in a row.
#[derive(Clone, Debug)]
pub(crate) struct Failing {
    pub(crate) error: SecretError,
    pub(crate) count: u32,
    /// When the first of them failed.
    pub(crate) since: Moment,
    /// When it is tried again, by whichever clock says so first: no pause goes on for as long as a machine slept.
    pub(crate) next_try: Moment,
    /// Whether it was told that a value outlasts it.
    pub(crate) is_outlasted: bool,
}

/// The first pause of what may be over at any time, and of what somebody has to mend.
const TRANSIENT: Duration = Duration::from_millis(250);
const DEFINITE: Duration = Duration::from_secs(1);
/// The longest of both.
const LONGEST: Duration = Duration::from_secs(30);
/// Never less, however small the share of it that is drawn.
const LEAST: Duration = Duration::from_millis(50);

impl Failing {
    /// Whether it is too early at `now` to try again.
    pub(crate) fn is_resting(&self, now: Moment) -> bool {
        now.until(self.next_try) > 0
    }

    /// Another failure, after those `before`; `jitter` from 0 to 1 makes the pause.
    ///
    /// With full jitter ("Exponential Backoff And Jitter", AWS Architecture Blog), of up to 250 ms, 500 ms, 1 s … 30 s; of up to 1 s … 30 s if
    /// trying again cannot help by itself.
    pub(crate) fn after(
        before: Option<&Self>,
        error: SecretError,
        now: Moment,
        jitter: f64,
    ) -> Self {
        let count = before.map_or(0, |before| before.count).saturating_add(1);
        let first = if error.kind().is_transient() {
            TRANSIENT
        } else {
            DEFINITE
        };
        let doubled = 1_u32 << (count - 1).min(16);
        let ceiling = first.saturating_mul(doubled).min(LONGEST);
        let pause = ceiling.mul_f64(jitter.clamp(0.0, 1.0)).max(LEAST);
        Self {
            error,
            count,
            since: before.map_or(now, |before| before.since),
            next_try: now.after(nanos(pause)),
            is_outlasted: before.is_some_and(|before| before.is_outlasted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_error_taxonomy::OperationName;

    const OPERATION: OperationName = OperationName::new("secretsmanager", "GetSecretValue");

    fn pauses(error: &SecretError, jitter: f64) -> Vec<u64> {
        let now = Moment { steady: 7, wall: 0 };
        let mut failing: Option<Failing> = None;
        let pause = |_| {
            let next = Failing::after(failing.as_ref(), error.clone(), now, jitter);
            let pause = now.until(next.next_try) / 1_000_000;
            failing = Some(next);
            pause
        };
        (0..9).map(pause).collect()
    }

    #[test]
    fn pauses_grow_to_half_a_minute() {
        let silent = SecretError::unanswered("db", Duration::from_secs(1));
        assert_eq!(
            pauses(&silent, 1.0),
            [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]
        );
        let refused = SecretError::unusable("db", OPERATION, "nothing");
        assert_eq!(
            pauses(&refused, 1.0)[..6],
            [1_000, 2_000, 4_000, 8_000, 16_000, 30_000]
        );
    }

    #[test]
    fn a_pause_is_never_nothing() {
        let silent = SecretError::unanswered("db", Duration::from_secs(1));
        assert!(pauses(&silent, 0.0).iter().all(|pause| *pause == 50));
    }
}
