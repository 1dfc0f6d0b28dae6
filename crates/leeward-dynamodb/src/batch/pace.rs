use fastrand::Rng;
use std::time::Duration;

/// The longest first pause; each one after it may be twice as long.
const BASE: Duration = Duration::from_millis(50);
/// The longest pause of all.
const CAP: Duration = Duration::from_secs(20);

/// How many calls of a batch go out at once, and how long none does after trouble.
///
/// Trouble halves the calls, an answer without trouble adds one. Pauses are exponential with full jitter, as the developer guide of
/// DynamoDB asks of whoever sends unprocessed items again.
#[derive(Debug)]
pub(super) struct Pace {
    max: usize,
    width: usize,
    troubles: u32,
    random: Rng,
}

impl Pace {
    pub(super) const fn new(max: usize, random: Rng) -> Self {
        Self {
            max,
            width: max,
            troubles: 0,
            random,
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

    /// A call did only some of it, or nothing; says how long to pause.
    pub(super) fn met_trouble(&mut self, did_some: bool) -> Duration {
        self.width = (self.width / 2).max(1);
        self.troubles = match did_some {
            true => 1,
            false => self.troubles.saturating_add(1),
        };
        let factor = 1_u32.checked_shl(self.troubles - 1).unwrap_or(u32::MAX);
        let longest = BASE.saturating_mul(factor).min(CAP);
        longest.mul_f64(self.random.f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest of many pauses after each letter in ms, and the width then: `.` well, `-` nothing done, `+` some done.
    #[track_caller]
    fn check(story: &str, expected: &[(usize, u128)]) {
        let mut longest = vec![0; story.len()];
        let mut widths = vec![0; story.len()];
        for seed in 0..2_000 {
            let mut pace = Pace::new(8, Rng::with_seed(seed));
            for (at, letter) in story.chars().enumerate() {
                let pause = match letter {
                    '.' => {
                        pace.went_well();
                        Duration::ZERO
                    }
                    letter => pace.met_trouble(letter == '+'),
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
    fn calls_come_back_one_by_one() {
        check("-.....", &[(4, 50), (5, 0), (6, 0), (7, 0), (8, 0), (8, 0)]);
    }

    #[test]
    fn no_pause_outgrows_the_longest() {
        let mut pace = Pace::new(1, Rng::with_seed(1));
        for _ in 0..100 {
            assert!(pace.met_trouble(false) <= CAP);
        }
    }
}
