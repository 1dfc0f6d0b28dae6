use std::time::Duration;

/// The line in front of a Region that serves one attempt after the other, each in the same time.
///
/// A virtual one: it keeps nothing but the moment at which it will be empty.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    empty_at: Duration,
    max_wait: Duration,
}

impl Queue {
    pub(super) const fn new(max_wait: Duration) -> Self {
        Self {
            empty_at: Duration::ZERO,
            max_wait,
        }
    }

    /// How long an attempt that comes at `now` waits for its turn, while `rate` are served each second; `None` if it is turned
    /// away, since the line is too long.
    pub(super) fn join(&mut self, now: Duration, rate: f64) -> Option<Duration> {
        let wait = self.empty_at.saturating_sub(now);
        if wait > self.max_wait || rate <= 0.0 {
            return None;
        }
        self.empty_at = now + wait + Duration::from_secs_f64(1.0 / rate);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Offers attempts at an even pace for `seconds`, and gives how many were served, turned away, and the longest wait.
    fn offer(queue: &mut Queue, per_second: u32, rate: f64, seconds: u32) -> (u32, u32, Duration) {
        let (mut served, mut shed, mut longest) = (0, 0, Duration::ZERO);
        for attempt in 0..per_second * seconds {
            match queue.join(SECOND * attempt / per_second, rate) {
                Some(wait) => {
                    served += 1;
                    longest = longest.max(wait);
                }
                None => shed += 1,
            }
        }
        (served, shed, longest)
    }

    #[test]
    fn nobody_waits_below_the_capacity() {
        let offered = offer(&mut Queue::new(SECOND), 1_000, 1_500.0, 10);
        assert_eq!(offered, (10_000, 0, Duration::ZERO));
    }

    #[test]
    fn serves_its_capacity_and_one_wait_more_whatever_is_offered() {
        for per_second in [2_000, 3_000, 10_000] {
            let (served, shed, longest) = offer(&mut Queue::new(SECOND), per_second, 1_500.0, 10);
            assert_eq!(served + shed, 10 * per_second, "none is lost");
            // Ten seconds of work, one of waiting and the one that found just so long a line.
            assert!(served.abs_diff(16_500) <= 2, "{served} of {per_second}/s");
            assert!(
                longest <= SECOND && longest > SECOND * 99 / 100,
                "{longest:?}"
            );
        }
    }

    #[test]
    fn a_line_empties_with_time() {
        let mut queue = Queue::new(SECOND);
        (0..100).for_each(|_| {
            queue.join(Duration::ZERO, 100.0);
        });
        assert_eq!(queue.join(SECOND / 2, 100.0), Some(SECOND / 2));
        assert_eq!(queue.join(2 * SECOND, 100.0), Some(Duration::ZERO));
    }

    #[test]
    fn a_region_without_capacity_turns_everybody_away() {
        assert_eq!(Queue::new(SECOND).join(SECOND, 0.0), None);
    }
}
