use crate::{BoxError, Subject};
use std::{num::NonZeroU32, time::Duration};

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    rounds: NonZeroU32,
    turn: Duration,
}

impl Pace {
    /// So many rounds, in each of which every subject has a turn of about this length.
    #[must_use]
    pub const fn new(rounds: NonZeroU32, turn: Duration) -> Self {
        Self { rounds, turn }
    }

    pub(crate) const fn rounds(&self) -> u32 {
        self.rounds.get()
    }

    /// How many operations fill a turn, found by doubling; warms the subject up on the way.
    pub(crate) fn calibrate(&self, subject: &mut Subject) -> Result<u64, BoxError> {
        let mut operations = 1;
        loop {
            let took = subject.run(operations)?;
            if took >= self.turn / 4 || operations >= MAX_OPERATIONS {
                return Ok(fill(self.turn, operations, took));
            }
            operations *= 2;
        }
    }
}

impl Default for Pace {
    /// 41 rounds with turns of 25 ms.
    fn default() -> Self {
        Self::new(
            const { NonZeroU32::new(41).expect("not zero") },
            Duration::from_millis(25),
        )
    }
}

/// No subject is so fast that it needs more: ends the doubling where an optimiser has left nothing to do.
const MAX_OPERATIONS: u64 = 1 << 32;

/// How many operations fill `turn`, if so many took so long; one at least.
fn fill(turn: Duration, operations: u64, took: Duration) -> u64 {
    let share = turn.as_secs_f64() / took.as_secs_f64().max(1e-9);
    ((operations as f64 * share).round() as u64).clamp(1, MAX_OPERATIONS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: Duration = Duration::from_millis(20);

    #[test]
    fn a_turn_is_filled_in_proportion() {
        for (operations, took, filled) in [
            (1000, Duration::from_millis(10), 2000),
            (1000, Duration::from_millis(5), 4000),
            (1, Duration::from_secs(1), 1),
            (MAX_OPERATIONS, Duration::ZERO, MAX_OPERATIONS),
        ] {
            assert_eq!(fill(TURN, operations, took), filled, "{took:?}");
        }
    }

    #[test]
    fn calibration_finds_how_many_operations_fill_a_turn() {
        let steady = |operations| Ok(Duration::from_micros(3) * operations as u32);
        let pace = Pace::new(NonZeroU32::MIN, TURN);
        let operations = pace.calibrate(&mut Subject::new(steady)).unwrap();
        assert_eq!(operations, 6667);
    }

    #[test]
    fn what_takes_no_time_ends_the_calibration_too() {
        let pace = Pace::new(NonZeroU32::MIN, TURN);
        let operations = pace.calibrate(&mut Subject::new(|_| Ok(Duration::ZERO)));
        assert_eq!(operations.unwrap(), MAX_OPERATIONS);
    }
}
