//! How much goes into one batch.

/// What AWS takes in one `PutLogEvents` (CloudWatch Logs API Reference, `PutLogEvents`).
#[derive(Clone, Copy, Debug)]
pub(super) struct BatchLimits {
    pub(super) max_events: usize,
    /// Of all messages in UTF-8, and [`OVERHEAD`] for each.
    pub(super) max_bytes: usize,
    /// From the first to the last, in milliseconds; less than this.
    pub(super) span: i64,
}

/// What each event counts beside the bytes of its message.
pub(super) const OVERHEAD: usize = 26;

/// A megabyte since April 2025, 256 KiB before that; a batch of one event holds no more than this of it.
pub(super) const MAX_MESSAGE: usize = BatchLimits::AWS.max_bytes - OVERHEAD;

impl BatchLimits {
    pub(super) const AWS: Self = Self {
        max_events: 10_000,
        max_bytes: 1_048_576,
        span: 24 * 60 * 60 * 1_000,
    };
}

/// The events that go into one batch: how many, how large, from when to when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Extent {
    pub(super) events: usize,
    pub(super) bytes: usize,
    first: i64,
    last: i64,
}

impl Extent {
    /// With one more event; `None` if that has to go into the next batch.
    pub(super) fn with(self, timestamp: i64, size: usize, limits: &BatchLimits) -> Option<Self> {
        let with = match self.events {
            0 => Self {
                events: 1,
                bytes: size,
                first: timestamp,
                last: timestamp,
            },
            events => Self {
                events: events + 1,
                bytes: self.bytes.saturating_add(size),
                first: self.first.min(timestamp),
                last: self.last.max(timestamp),
            },
        };
        let fits = with.events <= limits.max_events
            && with.bytes <= limits.max_bytes
            && with.last.saturating_sub(with.first) < limits.span;
        // One alone goes as it is: what is too long was cut or refused before.
        (fits || with.events == 1).then_some(with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BatchLimits = BatchLimits {
        max_events: 3,
        max_bytes: 100,
        span: 10,
    };

    /// How many of these go into the first batch.
    #[track_caller]
    fn check(events: &[(i64, usize)], expected: usize) {
        let mut extent = Extent::default();
        let mut fitting = 0;
        for (timestamp, size) in events {
            match extent.with(*timestamp, *size, &LIMITS) {
                Some(with) => extent = with,
                None => break,
            }
            fitting += 1;
        }
        assert_eq!(fitting, expected);
    }

    #[test]
    fn each_limit_ends_a_batch() {
        check(&[(0, 30), (0, 30), (0, 30), (0, 30)], 3);
        check(&[(0, 50), (0, 50)], 2);
        check(&[(0, 50), (0, 51)], 1);
        check(&[(0, 30), (9, 30)], 2);
        check(&[(0, 30), (10, 30)], 1);
        check(&[(10, 30), (1, 30), (0, 30)], 2);
        check(&[(i64::MIN, 30), (i64::MAX, 30)], 1);
    }

    #[test]
    fn one_alone_always_goes() {
        check(&[(0, 1_000), (0, 1)], 1);
    }
}
