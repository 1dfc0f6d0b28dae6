use std::time::Duration;

use tokio::time::Instant;

/// When something is due in a call that waits; nothing is, before it has waited.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    first_ends: Option<Instant>,
    hedge_at: Option<Instant>,
    second_ends: Option<Instant>,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// The time of the first attempt is over.
    FirstIsOver,
    /// That of the one beside it is.
    SecondIsOver,
    /// Another attempt is to begin beside the first.
    Hedge,
}

impl Pace {
    /// Whether the first attempt's time has begun.
    pub(crate) const fn has_begun(&self) -> bool {
        self.first_ends.is_some()
    }

    /// The first attempt waits from `now` on, and is to be hedged after a delay if there is one.
    pub(crate) fn begin(&mut self, now: Instant, timeout: Duration, delay: Option<Duration>) {
        self.first_ends = Some(after(now, timeout));
        self.hedge_at = delay.map(|delay| after(now, delay));
    }

    /// The second attempt waits from `now` on.
    pub(crate) fn begin_second(&mut self, now: Instant, timeout: Duration) {
        self.second_ends = Some(after(now, timeout));
    }

    /// The first attempt is over, and with it the reason to hedge.
    pub(crate) fn end_first(&mut self) {
        self.first_ends = None;
        self.hedge_at = None;
    }

    /// The second attempt is over; if it failed, another may take its place from `again_at` on.
    pub(crate) fn end_second(&mut self, again_at: Option<Instant>) {
        self.second_ends = None;
        self.hedge_at = again_at;
    }

    /// No other attempt is to begin.
    pub(crate) fn hedge_no_more(&mut self) {
        self.hedge_at = None;
    }

    /// When the next thing is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        let due = [self.first_ends, self.hedge_at, self.second_ends];
        due.into_iter().flatten().min()
    }

    /// What is due at `now`.
    pub(crate) fn due(&self, now: Instant) -> Option<Due> {
        let is_over = |end: Option<Instant>| end.is_some_and(|end| end <= now);
        if is_over(self.first_ends) {
            Some(Due::FirstIsOver)
        } else if is_over(self.second_ends) {
            Some(Due::SecondIsOver)
        } else if is_over(self.hedge_at) {
            Some(Due::Hedge)
        } else {
            None
        }
    }
}

/// So long after `now`; what lies beyond the clock's end is a lifetime away.
fn after(now: Instant, time: Duration) -> Instant {
    const LIFETIME: Duration = Duration::from_secs(86_400 * 365 * 30);
    now.checked_add(time).unwrap_or_else(|| now + LIFETIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_hedge_is_due_before_the_first_attempt_ends_and_the_second_ends_after_it() {
        let now = Instant::now();
        let mut pace = Pace::default();
        assert_eq!((pace.next(), pace.due(now)), (None, None));
        pace.begin(now, SECOND, Some(SECOND / 4));
        assert_eq!(pace.next(), Some(now + SECOND / 4));
        assert_eq!(pace.due(now), None);
        assert_eq!(pace.due(now + SECOND / 4), Some(Due::Hedge));
        // Whoever looks late does not hedge what is over.
        assert_eq!(pace.due(now + SECOND), Some(Due::FirstIsOver));
        pace.hedge_no_more();
        pace.begin_second(now + SECOND / 4, SECOND);
        assert_eq!(pace.due(now + SECOND), Some(Due::FirstIsOver));
        pace.end_first();
        assert_eq!(pace.next(), Some(now + SECOND * 5 / 4));
        assert_eq!(pace.due(now + 2 * SECOND), Some(Due::SecondIsOver));
        pace.end_second(None);
        assert_eq!(pace.next(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn once_the_first_attempt_is_over_nothing_is_hedged() {
        let now = Instant::now();
        let mut pace = Pace::default();
        pace.begin(now, SECOND, Some(SECOND / 4));
        pace.end_first();
        assert_eq!(pace.due(now + SECOND), None);
    }
}
