use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

/// When what is over is swept out: with what is made, and at most once a minute, so that it costs little however much is made.
#[derive(Debug, Default)]
pub(crate) struct Sweeps(Mutex<Option<SystemTime>>);

const PAUSE: Duration = Duration::from_secs(60);

impl Sweeps {
    /// Whether it is time for one, which is to follow then.
    pub(crate) fn is_due(&self, now: SystemTime) -> bool {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back tells nothing of how long ago the latest was.
        let is_due = latest.is_none_or(|latest| {
            now.duration_since(latest)
                .map_or(true, |since| since >= PAUSE)
        });
        if is_due {
            *latest = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_a_minute_and_after_a_clock_was_set_back() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds);
        let sweeps = Sweeps::default();
        let due = [0, 1, 59, 60, 119, 10, 69, 70].map(|seconds| sweeps.is_due(at(seconds)));
        assert_eq!(due, [true, false, false, true, false, true, false, true]);
    }
}
