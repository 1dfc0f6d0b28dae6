use std::time::Duration;

use crate::Timestamp;

// Where a name stands behind a number, it is that of the number's origin: `client_rate_limiter.rs` of the SDK for Rust, in
// aws-smithy-runtime 1.16.2.

/// What is left of the rate after a plea for fewer calls; `BETA`.
const BETA: f64 = 0.7;
/// How fast the rate comes back; `SCALE_CONSTANT`.
const SCALE: f64 = 0.4;
/// How much the newest half second counts in the measured rate; `SMOOTH`.
const SMOOTH: f64 = 0.8;
/// The rate is never lower, in calls a second; `MIN_FILL_RATE`.
const MIN_RATE: f64 = 0.5;
/// The burst is never smaller; `MIN_CAPACITY`.
const MIN_BURST: f64 = 1.0;
/// How many seconds' worth of calls may come at once; our own figure. The SDK saves up a whole second
/// (`update_bucket_refill_rate`), which a service that has just asked for fewer calls answers with the next plea.
const BURST: f64 = 0.1;
/// How long a rate is counted for before it is averaged; half a second, as in `update_tokens_retrieved_per_second`.
const STEP: u64 = 500_000_000;
/// How many times what is in use the rate may be; as in `update_rate_limiter`.
const HEADROOM: f64 = 2.0;
/// How many times the rate that was too much must have come back for the service to be taken as recovered; our own figure.
const RECOVERED: f64 = 2.0;

/// Finds the rate that a service bears from its pleas for fewer calls.
///
/// Nothing is held back until the first plea. It lowers the rate to 0.7 of what was measured; from there the rate comes
/// back along a cubic curve, slowest near where it was too much, and never to more than twice what is in use.
///
/// Otherwise than in the SDK,
///
/// - pleas that answer calls from before the rate was lowered do not lower it again: one moment of overload is one lesson;
/// - calls are counted as they are sent, not as they are answered, and those of a first half second are an estimate
///   rather than nothing;
/// - bursts are a tenth;
/// - a retry costs what any call costs (there 5, after a timeout 10): retries have a [budget](crate::budget) of their own;
/// - the limit ends once the rate has doubled what was too much without another plea (there never).
#[derive(Debug)]
pub(super) struct Throttle {
    // None while nothing is held back.
    limit: Option<Limit>,
    meter: Meter,
}

#[derive(Debug)]
struct Limit {
    // In calls a second.
    rate: f64,
    tokens: f64,
    refilled_at: Timestamp,
    too_much: f64,
    throttled_at: Timestamp,
}

#[derive(Debug, Default)]
struct Meter {
    rate: Option<f64>,
    step: Option<u64>,
    calls: u32,
}

impl Throttle {
    pub(super) fn new() -> Self {
        Self {
            limit: None,
            meter: Meter::default(),
        }
    }

    /// The rate that is held to, in calls a second; none if nothing is held back.
    pub(super) fn rate(&mut self, now: Timestamp) -> Option<f64> {
        self.recover(now);
        self.limit.as_ref().map(|limit| limit.rate)
    }

    /// Takes a call's share of the rate, if there is one.
    pub(super) fn take(&mut self, now: Timestamp) -> bool {
        self.recover(now);
        if let Some(limit) = &mut self.limit {
            limit.refill(now);
            if limit.tokens < 1.0 {
                return false;
            }
            limit.tokens -= 1.0;
        }
        self.meter.roll(now);
        self.meter.calls = self.meter.calls.saturating_add(1);
        true
    }

    /// Gives a share back, for a call that was not made after all.
    pub(super) fn put_back(&mut self) {
        self.meter.calls = self.meter.calls.saturating_sub(1);
        if let Some(limit) = &mut self.limit {
            limit.tokens = (limit.tokens + 1.0).min(limit.burst());
        }
    }

    /// How long until there is a share for one more call than `ahead` others.
    pub(super) fn wait(&mut self, ahead: u32, now: Timestamp) -> Duration {
        self.recover(now);
        let Some(limit) = &mut self.limit else {
            return Duration::ZERO;
        };
        limit.refill(now);
        let missing = (1.0 + f64::from(ahead) - limit.tokens).max(0.0);
        // To the next nanosecond, or a share that is almost there would be asked for without end.
        Duration::from_nanos((missing / limit.rate * 1e9).ceil() as u64)
    }

    /// Learns that a call which was sent at `sent_at` was answered by a plea for fewer.
    pub(super) fn throttled(&mut self, sent_at: Timestamp, now: Timestamp) {
        self.meter.roll(now);
        let measured = self.meter.measured();
        let too_much = match &self.limit {
            Some(limit) if sent_at <= limit.throttled_at => return,
            Some(limit) => measured.min(limit.rate),
            None => measured,
        };
        let (tokens, refilled_at) = match &mut self.limit {
            Some(limit) => {
                limit.refill(now);
                (limit.tokens, now)
            }
            None => (0.0, now),
        };
        let mut limit = Limit {
            rate: (too_much * BETA).max(MIN_RATE),
            tokens,
            refilled_at,
            too_much,
            throttled_at: now,
        };
        limit.tokens = limit.tokens.min(limit.burst());
        self.limit = Some(limit);
    }

    /// Learns of any other answer.
    pub(super) fn answered(&mut self, now: Timestamp) {
        self.meter.roll(now);
        self.recover(now);
        let measured = self.meter.measured();
        if let Some(limit) = &mut self.limit {
            limit.refill(now);
            limit.rate = limit.curve(now).min(HEADROOM * measured).max(MIN_RATE);
            limit.tokens = limit.tokens.min(limit.burst());
        }
    }

    fn recover(&mut self, now: Timestamp) {
        let recovered =
            |limit: &Limit| limit.curve(now) >= RECOVERED * limit.too_much.max(MIN_RATE);
        if self.limit.as_ref().is_some_and(recovered) {
            self.limit = None;
        }
    }
}

impl Limit {
    fn burst(&self) -> f64 {
        (self.rate * BURST).max(MIN_BURST)
    }

    fn refill(&mut self, now: Timestamp) {
        let earned = now.since(self.refilled_at).as_secs_f64() * self.rate;
        self.tokens = (self.tokens + earned).min(self.burst());
        self.refilled_at = now;
    }

    /// The rate that the time since the last plea allows.
    fn curve(&self, now: Timestamp) -> f64 {
        let since = now.since(self.throttled_at).as_secs_f64();
        let to_get_back = (self.too_much * (1.0 - BETA) / SCALE).cbrt();
        SCALE * (since - to_get_back).powi(3) + self.too_much
    }
}

impl Meter {
    /// Averages the counted calls in when a half second is over.
    fn roll(&mut self, now: Timestamp) {
        let step = now.nanos() / STEP;
        let before = *self.step.get_or_insert(step);
        if step > before {
            let seconds = (step - before) as f64 * STEP as f64 / 1e9;
            let newest = f64::from(self.calls) / seconds;
            let rate = self.rate.unwrap_or(newest);
            self.rate = Some(newest * SMOOTH + rate * (1.0 - SMOOTH));
            self.step = Some(step);
            self.calls = 0;
        }
    }

    fn measured(&self) -> f64 {
        let so_far = f64::from(self.calls) * 1e9 / STEP as f64;
        self.rate.unwrap_or(so_far)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> Timestamp {
        Timestamp::new(Duration::from_secs_f64(seconds))
    }

    /// A throttle under which so many calls a second were made for ten seconds.
    fn after(calls: u32) -> Throttle {
        let mut throttle = Throttle::new();
        for call in 0..10 * calls {
            assert!(throttle.take(at(f64::from(call) / f64::from(calls))));
        }
        throttle
    }

    #[track_caller]
    fn assert_rate(throttle: &mut Throttle, seconds: f64, expected: Option<f64>) {
        let rate = throttle.rate(at(seconds));
        let is_near = |(rate, expected): (f64, f64)| (rate - expected).abs() < 0.001;
        assert!(
            rate.zip(expected).map_or(rate == expected, is_near),
            "{rate:?} after {seconds} s"
        );
    }

    #[test]
    fn holds_nothing_back_before_the_first_plea() {
        let mut throttle = after(1_000);
        throttle.answered(at(10.0));
        assert_rate(&mut throttle, 10.0, None);
        assert_eq!(throttle.wait(1_000, at(10.0)), Duration::ZERO);
    }

    #[test]
    fn comes_back_along_the_curve_of_the_sdks() {
        let mut throttle = after(10);
        throttle.throttled(at(9.9), at(10.0));
        assert_rate(&mut throttle, 10.0, Some(7.0));
        for (seconds, rate) in [(11.0, 9.649), (12.0, 10.0), (13.0, 10.453), (14.0, 13.408)] {
            // In use all the while, or twice what is in use would be the limit.
            throttle.meter.rate = Some(10.0);
            throttle.meter.step = None;
            throttle.answered(at(seconds));
            assert_rate(&mut throttle, seconds, Some(rate));
        }
        assert_rate(&mut throttle, 15.0, None);
    }

    #[test]
    fn never_rises_to_more_than_twice_what_is_in_use() {
        let mut throttle = after(100);
        throttle.throttled(at(9.9), at(10.0));
        throttle.answered(at(14.0));
        // Nothing for four seconds, after what the last half second and the plea left of the average.
        let unused = 2.0 * 100.0 * (1.0 - SMOOTH);
        let rate = throttle.rate(at(14.0)).unwrap();
        assert!(rate <= unused, "{rate}");
    }

    #[test]
    fn falls_no_lower_than_a_call_in_two_seconds() {
        let mut throttle = after(1);
        for second in 10..40 {
            throttle.throttled(at(f64::from(second)), at(f64::from(second) + 0.1));
        }
        assert_rate(&mut throttle, 39.1, Some(0.5));
        assert!(!throttle.take(at(39.1)) || !throttle.take(at(39.1)));
        let wait = throttle.wait(0, at(39.1));
        assert!(wait <= Duration::from_secs(2), "{wait:?}");
        assert!(throttle.take(at(39.1) + wait));
    }

    #[test]
    fn a_share_given_back_is_there_again() {
        let mut throttle = after(10);
        throttle.throttled(at(9.9), at(10.0));
        let turn = at(10.0) + throttle.wait(0, at(10.0));
        assert!(throttle.take(turn));
        assert!(!throttle.take(turn));
        throttle.put_back();
        assert!(throttle.take(turn));
    }
}
