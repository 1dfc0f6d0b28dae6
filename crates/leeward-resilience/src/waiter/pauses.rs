use std::time::Duration;

use fastrand::Rng;

/// The pauses between questions: how long the next one is.
#[derive(Debug)]
pub(super) struct Pauses {
    first: Duration,
    interval: Duration,
    max_interval: Duration,
    random: Rng,
}

impl Pauses {
    pub(super) fn new(interval: Duration, max_interval: Duration, random: Rng) -> Self {
        let first = interval.min(max_interval);
        Self {
            first,
            interval: first,
            max_interval,
            random,
        }
    }

    /// The next pause with so much time `left`, for ever if it is not said; `None` if there is no time for one.
    ///
    /// It is at least as long as the service `asks` for, if that is no longer than the longest interval. One that would outlast the time
    /// that is left is cut to half of it, so that there is a look near the end.
    pub(super) fn next(
        &mut self,
        left: Option<Duration>,
        asks: Option<Duration>,
    ) -> Option<Duration> {
        let pause = self
            .draw()
            .max(asks.unwrap_or_default().min(self.max_interval));
        match left {
            Some(left) if left.is_zero() || pause >= left && left < self.first / 4 => None,
            Some(left) if pause >= left => Some(left / 2),
            _ => Some(pause),
        }
    }

    fn draw(&mut self) -> Duration {
        let nanos = u64::try_from(self.interval.as_nanos()).unwrap_or(u64::MAX);
        let drawn = Duration::from_nanos(self.random.u64(nanos / 2..=nanos));
        self.interval = self
            .interval
            .saturating_add(self.interval / 2)
            .min(self.max_interval);
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pauses(seed: u64) -> Pauses {
        Pauses::new(2 * SECOND, 5 * SECOND, Rng::with_seed(seed))
    }

    #[test]
    fn they_grow_by_half_up_to_the_longest() {
        for seed in 0..100 {
            let mut pauses = pauses(seed);
            for interval in [2.0, 3.0, 4.5, 5.0, 5.0] {
                let pause = pauses.next(None, None).unwrap().as_secs_f64();
                assert!((interval / 2.0..=interval).contains(&pause), "{pause}");
            }
        }
    }

    #[test]
    fn they_differ_from_one_who_waits_to_another() {
        assert_ne!(pauses(1).next(None, None), pauses(2).next(None, None));
    }

    #[test]
    fn a_service_may_ask_for_a_longer_one_but_not_for_any() {
        for (asks, pause) in [(4, 4), (3_600, 5)] {
            let asks = Some(asks * SECOND);
            assert_eq!(pauses(1).next(None, asks), Some(pause * SECOND));
        }
    }

    #[test]
    fn the_last_ones_leave_time_for_a_look() {
        let next = |left| pauses(1).next(Some(left), Some(5 * SECOND));
        assert_eq!(next(6 * SECOND), Some(5 * SECOND));
        assert_eq!(next(5 * SECOND), Some(5 * SECOND / 2));
        assert_eq!(next(SECOND / 2), Some(SECOND / 4));
        assert_eq!(next(SECOND / 2 - Duration::from_nanos(1)), None);
        assert_eq!(next(Duration::ZERO), None);
    }

    #[test]
    fn none_begins_longer_than_the_longest() {
        let longest = |interval, max_interval| {
            Pauses::new(interval, max_interval, Rng::with_seed(1)).next(None, None)
        };
        assert!(longest(60 * SECOND, SECOND).unwrap() <= SECOND);
        assert_eq!(
            longest(Duration::ZERO, Duration::ZERO),
            Some(Duration::ZERO)
        );
        assert!(longest(Duration::MAX, Duration::MAX).unwrap() > SECOND);
    }

    #[test]
    fn without_an_interval_the_time_ends_all_the_same() {
        let mut none = Pauses::new(Duration::ZERO, Duration::ZERO, Rng::with_seed(1));
        assert_eq!(none.next(Some(SECOND), None), Some(Duration::ZERO));
        assert_eq!(none.next(Some(Duration::ZERO), None), None);
    }
}
