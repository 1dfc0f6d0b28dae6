use std::time::Duration;

use crate::Timestamp;

// Where a name stands behind a number, it is that of the number's origin in Netflix's concurrency-limits (package `limit`,
// read at commit f2528de): the builder of `Gradient2Limit` unless another class is named.

/// How much slower than usual counts as usual; `rttTolerance`.
const TOLERANCE: f64 = 1.5;
/// How much of a new estimate is taken over at once; `smoothing`.
const SMOOTHING: f64 = 0.2;
/// How many calls may queue at the service, hence how fast the limit grows; `queueSize`.
const QUEUE: f64 = 4.0;
/// Over how many windows the usual time is averaged; `longWindow`.
const LONG_WINDOW: f64 = 600.0;
/// How many windows the average starts as a plain mean of; `warmupWindow` of `ExpAvgMeasurement`, which `Gradient2Limit` sets to 10.
const WARM_UP: u32 = 10;
/// How long a window is; `DEFAULT_MIN_WINDOW_TIME` of `WindowedLimit`.
const WINDOW: Duration = Duration::from_secs(1);
/// How many answers it holds at least; `DEFAULT_WINDOW_SIZE` of `WindowedLimit`. There a window with fewer is thrown away,
/// here it lasts until they have come, or a client of few calls would never learn.
const MIN_ANSWERS: u32 = 10;
/// What is left of the usual time after a window in which answers were more than `FASTER` times as fast; `_update`.
const DECAY: f64 = 0.95;
const FASTER: f64 = 2.0;
/// A window in which less of the limit was used leaves it as it is; `_update`.
const IN_USE: f64 = 0.5;
/// No window shrinks the limit further than to so much of it, before it is smoothed; `_update`.
const MIN_GRADIENT: f64 = 0.5;
/// What is left of the limit after a sign of overload; `backoffRatio` of `AIMDLimit`.
const BACKOFF: f64 = 0.9;

/// Finds the number of calls that a service can have in flight without becoming slow.
///
/// Gradient2 of Netflix's concurrency-limits: as long as answers take no longer than they usually do the limit grows, and
/// it shrinks in proportion as they take longer. Signs of overload shrink it besides, which `Gradient2Limit` leaves out of
/// account: as in `AIMDLimit`, but once for all calls that were under way when it shrank. Answers under 100 µs, which
/// `WindowedLimit` drops, count: none comes from AWS.
#[derive(Debug)]
pub(super) struct Gradient {
    limit: f64,
    min: f64,
    max: f64,
    usual: Usual,
    window: Window,
    shrunk_at: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Usual {
    nanos: f64,
    windows: u32,
}

#[derive(Debug)]
struct Window {
    opened_at: Option<Timestamp>,
    nanos: f64,
    answers: u32,
    most_in_flight: u32,
}

impl Gradient {
    pub(super) fn new(initial: u32, min: u32, max: u32) -> Self {
        Self {
            limit: f64::from(initial),
            min: f64::from(min),
            max: f64::from(max),
            usual: Usual::default(),
            window: Window::EMPTY,
            shrunk_at: None,
        }
    }

    pub(super) const fn limit(&self) -> u32 {
        self.limit as u32
    }

    /// Learns of an answer that took `took`, with `in_flight` calls under way, its own included.
    pub(super) fn answered(&mut self, took: Duration, in_flight: u32, now: Timestamp) {
        let window = &mut self.window;
        let opened_at = *window.opened_at.get_or_insert(now);
        window.nanos += took.as_nanos() as f64;
        window.answers += 1;
        window.most_in_flight = window.most_in_flight.max(in_flight);
        if now.since(opened_at) >= WINDOW && window.answers >= MIN_ANSWERS {
            let mean = window.nanos / f64::from(window.answers);
            let most_in_flight = window.most_in_flight;
            *window = Window::EMPTY;
            self.update(mean.max(1.0), most_in_flight);
        }
    }

    /// Learns that a call which began at `sent_at` met overload: it ran out of time, or the service asked for fewer.
    pub(super) fn overloaded(&mut self, sent_at: Timestamp, now: Timestamp) {
        // One outage fails everything that is under way. It is one piece of evidence.
        if self.shrunk_at.is_some_and(|shrunk_at| sent_at < shrunk_at) {
            return;
        }
        self.shrunk_at = Some(now);
        self.set(self.limit * BACKOFF);
    }

    /// Learns that nobody waits any longer for a call which began at `sent_at`: overload, if an answer was overdue.
    pub(super) fn given_up(&mut self, sent_at: Timestamp, now: Timestamp) {
        let age = now.since(sent_at).as_nanos() as f64;
        if self.usual.windows > 0 && age > TOLERANCE * self.usual.nanos {
            self.overloaded(sent_at, now);
        }
    }

    fn update(&mut self, mean: f64, most_in_flight: u32) {
        let usual = self.usual.learn(mean);
        // Says nothing of a limit that nobody comes near.
        if f64::from(most_in_flight) < self.limit * IN_USE {
            return;
        }
        let gradient = (TOLERANCE * usual / mean).clamp(MIN_GRADIENT, 1.0);
        let estimate = self.limit * gradient + QUEUE;
        self.set(self.limit * (1.0 - SMOOTHING) + estimate * SMOOTHING);
    }

    fn set(&mut self, limit: f64) {
        self.limit = limit.clamp(self.min, self.max);
    }
}

impl Usual {
    /// Takes the mean of a window in and gives the average, itself included.
    fn learn(&mut self, mean: f64) -> f64 {
        self.windows = self.windows.saturating_add(1);
        let weight = if self.windows <= WARM_UP {
            1.0 / f64::from(self.windows)
        } else {
            2.0 / (LONG_WINDOW + 1.0)
        };
        self.nanos += (mean - self.nanos) * weight;
        let usual = self.nanos;
        if usual > FASTER * mean {
            self.nanos *= DECAY;
        }
        usual
    }
}

impl Window {
    const EMPTY: Self = Self {
        opened_at: None,
        nanos: 0.0,
        answers: 0,
        most_in_flight: 0,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Plays windows of eleven answers in a row, each `(windows, ms an answer takes, calls in flight)`, and gives the limit after each
    /// part.
    #[track_caller]
    fn check(gradient: &mut Gradient, parts: &[(u32, u32, u32)], limits: &[u32]) {
        let mut now = Timestamp::default();
        let mut seen = Vec::new();
        for &(windows, took, in_flight) in parts {
            for _ in 0..windows {
                for _ in 0..11 {
                    gradient.answered(MILLISECOND * took, in_flight, now);
                    now = now + WINDOW / 10;
                }
            }
            seen.push(gradient.limit());
        }
        assert_eq!(seen, limits);
    }

    #[test]
    fn grows_by_the_smoothed_queue_while_it_is_used_and_answers_are_fast() {
        let used = u32::MAX;
        let mut gradient = Gradient::new(20, 20, 200);
        check(
            &mut gradient,
            &[(10, 50, used), (10, 50, used), (1_000, 50, used)],
            &[28, 36, 200],
        );
    }

    #[test]
    fn stays_while_nobody_comes_near_it() {
        let mut gradient = Gradient::new(20, 1, 200);
        check(
            &mut gradient,
            &[(50, 50, 9), (50, 500, 9), (1, 50, 10)],
            &[20, 20, 20],
        );
        // Up to twice as much as is used, and no further.
        check(&mut gradient, &[(50, 50, 11)], &[22]);
    }

    #[test]
    fn takes_answers_up_to_half_as_slow_again_for_usual() {
        let mut gradient = Gradient::new(100, 20, 200);
        check(&mut gradient, &[(10, 50, 200), (10, 75, 200)], &[108, 116]);
    }

    #[test]
    fn shrinks_as_answers_slow_down_and_comes_back_when_they_do() {
        let mut gradient = Gradient::new(100, 20, 200);
        check(
            &mut gradient,
            &[(20, 50, 200), (5, 500, 200), (20, 500, 200), (100, 50, 200)],
            &[116, 71, 20, 100],
        );
    }

    #[test]
    fn never_falls_below_its_minimum() {
        let mut gradient = Gradient::new(20, 7, 200);
        for second in 0..1_000 {
            let now = Timestamp::new(Duration::from_secs(second));
            gradient.overloaded(now, now);
        }
        assert_eq!(gradient.limit(), 7);
    }

    #[test]
    fn an_outage_of_many_calls_shrinks_it_once() {
        let mut gradient = Gradient::new(100, 1, 200);
        let at = |second| Timestamp::new(Duration::from_secs(second));
        for _ in 0..100 {
            gradient.overloaded(at(0), at(3));
        }
        assert_eq!(gradient.limit(), 90);
        gradient.overloaded(at(3), at(6));
        assert_eq!(gradient.limit(), 81);
    }

    #[test]
    fn a_call_that_is_given_up_counts_once_its_answer_is_overdue() {
        let mut gradient = Gradient::new(100, 1, 200);
        let at = |ms| Timestamp::new(MILLISECOND * ms);
        gradient.given_up(at(0), at(60_000));
        assert_eq!(gradient.limit(), 100, "nothing is usual yet");
        check(&mut gradient, &[(1, 50, 1)], &[100]);
        gradient.given_up(at(0), at(70));
        assert_eq!(gradient.limit(), 100);
        gradient.given_up(at(0), at(80));
        assert_eq!(gradient.limit(), 90);
    }
}
