use std::time::Duration;

use fastrand::Rng;

use super::CircuitConfig;
use crate::{Ratio, Timestamp};

/// Says how long a circuit rests when it opens.
#[derive(Debug)]
pub(super) struct Rest {
    least: Duration,
    most: Duration,
    jitter: Ratio,
    relapse_interval: Duration,
    // Of the present or the last opening, without jitter.
    present: Duration,
    last: Last,
}

/// What a circuit did last, however often it was probed in vain since.
#[derive(Debug)]
enum Last {
    Nothing,
    Left(Timestamp),
    Closed(Timestamp),
}

impl Rest {
    pub(super) const fn new(config: &CircuitConfig) -> Self {
        Self {
            least: config.rest,
            most: config.max_rest,
            jitter: config.rest_jitter,
            relapse_interval: config.relapse_interval,
            present: config.rest,
            last: Last::Nothing,
        }
    }

    /// Without jitter: that of the present or the last opening.
    pub(super) const fn present(&self) -> Duration {
        self.present
    }

    /// A circuit that was closed opens at `now`, for longer if it has just been open.
    pub(super) fn trip(&mut self, now: Timestamp) {
        let relapsed =
            matches!(self.last, Last::Closed(at) if now.since(at) < self.relapse_interval);
        self.last = Last::Left(now);
        self.present = if relapsed {
            self.present
                .saturating_mul(2)
                .min(self.most)
                .max(self.least)
        } else {
            self.least
        };
    }

    pub(super) const fn closed(&mut self, now: Timestamp) {
        self.last = Last::Closed(now);
    }

    /// When a circuit that has not closed again was left; `None` for one that is closed.
    pub(super) const fn left_at(&self) -> Option<Timestamp> {
        match self.last {
            Last::Left(at) => Some(at),
            Last::Nothing | Last::Closed(_) => None,
        }
    }

    /// As if the circuit had never been open.
    pub(super) const fn forget(&mut self) {
        self.present = self.least;
        self.last = Last::Nothing;
    }

    /// How long it is this time.
    pub(super) fn draw(&self, random: &mut Rng) -> Duration {
        // However short, or the call that finds the trip out would be its own probe.
        self.stray(self.present, random)
            .max(Duration::from_nanos(1))
    }

    /// About as long as `time`.
    pub(super) fn stray(&self, time: Duration, random: &mut Rng) -> Duration {
        let spread = self.jitter.millionths();
        let share = Ratio::WHOLE - spread + random.u64(0..=2 * spread);
        time.saturating_mul(share as u32) / Ratio::WHOLE as u32
    }
}

#[cfg(all(test, not(leeward_loom)))]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::new(Duration::from_secs(seconds))
    }

    #[test]
    fn doubles_on_each_relapse_up_to_the_cap_and_starts_over_after_half_a_minute_of_health() {
        let mut rest = Rest::new(&CircuitConfig::new());
        let mut now = 100;
        for (healthy, expected) in [
            (0, 5),
            (29, 10),
            (29, 20),
            (29, 40),
            (29, 60),
            (29, 60),
            (30, 5),
            (0, 10),
        ] {
            now += healthy;
            rest.trip(at(now));
            assert_eq!(rest.present(), expected * SECOND, "at {now}");
            assert_eq!(rest.left_at(), Some(at(now)));
            now += 60;
            rest.closed(at(now));
            assert_eq!(rest.left_at(), None);
        }
        rest.forget();
        rest.trip(at(now));
        assert_eq!(rest.present(), 5 * SECOND);
    }

    #[test]
    fn differs_by_a_quarter_in_either_direction() {
        let rest = Rest::new(&CircuitConfig::new());
        let rests: Vec<Duration> = (0..1_000)
            .map(|seed| rest.draw(&mut Rng::with_seed(seed)))
            .collect();
        let (shortest, longest) = (rests.iter().min(), rests.iter().max());
        let millis = |millis| Some(Duration::from_millis(millis));
        assert!(
            shortest >= millis(3_750).as_ref() && shortest < millis(3_800).as_ref(),
            "{shortest:?}"
        );
        assert!(
            longest <= millis(6_250).as_ref() && longest > millis(6_200).as_ref(),
            "{longest:?}"
        );
    }

    #[test]
    fn is_never_nothing() {
        let config = CircuitConfig::new().with_rest(Duration::ZERO);
        let drawn = Rest::new(&config).draw(&mut Rng::with_seed(42));
        assert_eq!(drawn, Duration::from_nanos(1));
    }
}
