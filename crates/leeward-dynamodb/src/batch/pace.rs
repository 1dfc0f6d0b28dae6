use leeward_error_taxonomy::Verdict;
use leeward_resilience::Backoff;
use std::time::Duration;

/// 50 ms to 20 s, from 1 s where DynamoDB asks for fewer calls.
const BACKOFF: Backoff = Backoff::aws();

/// How many calls of a batch go out at once, and how long none does after trouble.
///
/// Trouble halves the calls, an answer without trouble adds one. Pauses are exponential with full jitter, as the developer guide of
/// DynamoDB asks of whoever sends unprocessed items again.
#[derive(Debug)]
pub(super) struct Pace {
    max: usize,
    width: usize,
    troubles: u32,
}

/// What a call did not do of what it was to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trouble {
    /// Some of it.
    Rest,
    /// All of it, and how long to wait if that is said.
    All {
        verdict: Verdict,
        retry_after: Option<Duration>,
    },
}

impl Pace {
    pub(super) const fn new(max: usize) -> Self {
        Self {
            max,
            width: max,
            troubles: 0,
        }
    }

    /// How many calls may be under way.
    pub(super) const fn width(&self) -> usize {
        self.width
    }

    /// A call did all that it was to do.
    pub(super) fn went_well(&mut self) {
        self.width = (self.width + 1).min(self.max);
        self.troubles = 0;
    }

    /// Nothing pays for a retry at present; says how long to pause.
    pub(super) fn held_back(&mut self) -> Duration {
        self.next_pause(Verdict::Transient, None)
    }

    /// A call did not; says how long to pause.
    pub(super) fn met(&mut self, trouble: Trouble) -> Duration {
        self.width = (self.width / 2).max(1);
        match trouble {
            Trouble::Rest => {
                self.troubles = 0;
                self.next_pause(Verdict::Transient, None)
            }
            Trouble::All {
                verdict,
                retry_after,
            } => self.next_pause(verdict, retry_after),
        }
    }

    /// The pause after one trouble more.
    fn next_pause(&mut self, verdict: Verdict, retry_after: Option<Duration>) -> Duration {
        self.troubles = self.troubles.saturating_add(1);
        BACKOFF.pause(verdict, self.troubles, retry_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest of many pauses after each letter in ms, and the width then: `.` well, `+` some done, `-` nothing done, `t` throttled.
    #[track_caller]
    fn check(story: &str, expected: &[(usize, u128)]) {
        let mut longest = vec![0; story.len()];
        let mut widths = vec![0; story.len()];
        fastrand::seed(42);
        for _ in 0..2_000 {
            let mut pace = Pace::new(8);
            let all = |verdict| Trouble::All {
                verdict,
                retry_after: None,
            };
            for (at, letter) in story.chars().enumerate() {
                let pause = match letter {
                    '.' => {
                        pace.went_well();
                        Duration::ZERO
                    }
                    '+' => pace.met(Trouble::Rest),
                    't' => pace.met(all(Verdict::Throttled)),
                    _ => pace.met(all(Verdict::Transient)),
                };
                longest[at] = longest[at].max(pause.as_millis());
                widths[at] = pace.width();
            }
        }
        for (at, (width, ceiling)) in expected.iter().enumerate() {
            assert_eq!(widths[at], *width, "at {at}");
            let pause = longest[at];
            assert!(
                pause <= *ceiling && pause >= ceiling * 95 / 100,
                "{pause} at {at}"
            );
        }
    }

    #[test]
    fn pauses_double_until_something_is_done() {
        check(
            "---+-.-",
            &[
                (4, 50),
                (2, 100),
                (1, 200),
                (1, 50),
                (1, 100),
                (2, 0),
                (1, 50),
            ],
        );
    }

    #[test]
    fn whoever_is_throttled_pauses_longer() {
        check("t-t", &[(4, 1_000), (2, 100), (1, 4_000)]);
    }

    #[test]
    fn calls_come_back_one_by_one() {
        check("-.....", &[(4, 50), (5, 0), (6, 0), (7, 0), (8, 0), (8, 0)]);
    }

    #[test]
    fn what_the_service_asks_for_is_waited_for() {
        let asks = Trouble::All {
            verdict: Verdict::Transient,
            retry_after: Some(Duration::from_secs(3)),
        };
        let pause = Pace::new(1).met(asks);
        assert!((3_000..=3_050).contains(&pause.as_millis()), "{pause:?}");
    }
}
