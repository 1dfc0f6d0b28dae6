use std::time::Duration;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds for one operation: less is better.
    Nanoseconds,
    /// A million bytes a second, where one operation handles `bytes`: more is better.
    MegabytesPerSecond {
        /// How many bytes of plaintext one operation handles.
        bytes: u32,
    },
    /// Operations a second: more is better.
    OperationsPerSecond,
}

impl Unit {
    /// As it stands in a row.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nanoseconds => "ns",
            Self::MegabytesPerSecond { .. } => "MB/s",
            Self::OperationsPerSecond => "ops/s",
        }
    }

    /// The figure of so many operations in so much time.
    pub(crate) fn figure(self, operations: u64, time: Duration) -> f64 {
        // A clock too coarse to see the round must not make a division by zero of it.
        let nanos = time.as_nanos().max(1) as f64 / operations as f64;
        match self {
            Self::Nanoseconds => nanos,
            Self::MegabytesPerSecond { bytes } => f64::from(bytes) * 1000.0 / nanos,
            Self::OperationsPerSecond => 1e9 / nanos,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_time_for_one_operation_or_bytes_or_operations_for_one_second() {
        let second = Duration::from_secs(1);
        assert_eq!(Unit::Nanoseconds.figure(1_000_000, second), 1000.0);
        let kilobyte = Unit::MegabytesPerSecond { bytes: 1000 };
        assert_eq!(kilobyte.figure(2_000_000, second), 2000.0);
        assert_eq!(Unit::OperationsPerSecond.figure(250, second), 250.0);
    }

    #[test]
    fn a_round_that_the_clock_did_not_see_has_a_figure() {
        assert_eq!(Unit::Nanoseconds.figure(10, Duration::ZERO), 0.1);
    }
}
