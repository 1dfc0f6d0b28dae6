use crate::clock::Moment;
use std::sync::{Mutex, MutexGuard};

/// How much is told loudly of what was never there: whoever may ask for names could fill a log with them.
#[derive(Debug, Default)]
pub(crate) struct Loudness(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    began: Moment,
    told: u32,
}

/// How many lines a minute.
const MOST: u32 = 20;

const MINUTE: u64 = 60_000_000_000;

impl Loudness {
    /// Whether another line may be told at `now`.
    pub(super) fn admits(&self, now: Moment) -> bool {
        self.lock().admits(now)
    }

    fn lock(&self) -> MutexGuard<'_, Minute> {
        self.0.lock().expect("nothing panics while it counts")
    }
}

impl Minute {
    fn admits(&mut self, now: Moment) -> bool {
        if now.since(self.began) >= MINUTE {
            *self = Self {
                began: now,
                told: 0,
            };
        }
        self.told += u32::from(self.told <= MOST);
        self.told <= MOST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_lines_a_minute_are_told() {
        let mut minute = Minute::default();
        let mut told = |second: u64| {
            let now = Moment {
                steady: 5_000_000_000_000 + second * 1_000_000_000,
                wall: 0,
            };
            (0..100).filter(|_| minute.admits(now)).count()
        };
        assert_eq!(
            [0, 30, 59, 60, 119, 500].map(&mut told),
            [20, 0, 0, 20, 0, 20]
        );
    }
}
