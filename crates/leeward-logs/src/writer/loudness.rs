use std::time::Duration;
use tokio::time::Instant;

/// Has something that happens often be told of once in a while, with how often it happened since.
#[derive(Debug, Default)]
pub(super) struct Loudness {
    told_at: Option<Instant>,
    untold: u64,
}

/// Between two tellings.
const PAUSE: Duration = Duration::from_secs(30);

impl Loudness {
    /// It happened to so many more; the number to tell of, if it is time to.
    pub(super) fn add(&mut self, more: u64, now: Instant) -> Option<u64> {
        self.untold += more;
        if self
            .told_at
            .is_some_and(|at| now.duration_since(at) < PAUSE)
        {
            return None;
        }
        self.told_at = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_is_told_at_once_and_the_rest_together() {
        let now = Instant::now();
        let mut loudness = Loudness::default();
        assert_eq!(loudness.add(1, now), Some(1));
        assert_eq!(loudness.add(2, now), None);
        assert_eq!(loudness.add(3, now + PAUSE / 2), None);
        assert_eq!(loudness.add(1, now + PAUSE), Some(6));
        assert_eq!(loudness.add(1, now + PAUSE), None);
    }
}
