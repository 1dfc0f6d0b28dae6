/// Fewer records than this would make the figures of an outage chance.
pub(crate) const MIN_RECORDS: u64 = 10_000;

/// After so many messages a data key is replaced, so that an outage meets calls to KMS, and the router has seen enough of them by
/// then to know how long they normally take.
pub(crate) const MESSAGES_PER_DATA_KEY: u64 = 250;

const MAX_RECORD_BYTES: u64 = 4096;
const MIN_RECORD_BYTES: u64 = 16;

/// How the input is cut into records, each of which becomes one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// How long a record is, the last of a file aside.
    pub(crate) record_bytes: usize,
    /// How often each file is gone through, so that a small input makes enough records too.
    pub(crate) passes: u64,
    /// How many records that makes.
    pub(crate) records: u64,
}

impl Plan {
    /// Cuts files of these lengths.
    pub(crate) fn new(lengths: &[u64]) -> Self {
        let bytes: u64 = lengths.iter().sum();
        let record_bytes = (bytes / MIN_RECORDS).clamp(MIN_RECORD_BYTES, MAX_RECORD_BYTES);
        let once: u64 = lengths
            .iter()
            .map(|length| records_of(*length, record_bytes))
            .sum();
        let passes = MIN_RECORDS.div_ceil(once.max(1));
        Self {
            record_bytes: record_bytes as usize,
            passes,
            records: once * passes,
        }
    }
}

/// An empty file is one empty record: it is to come back, too.
fn records_of(length: u64, record_bytes: u64) -> u64 {
    length.div_ceil(record_bytes).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lengths: &[u64], record_bytes: usize, passes: u64, records: u64) {
        let expected = Plan {
            record_bytes,
            passes,
            records,
        };
        assert_eq!(Plan::new(lengths), expected);
    }

    #[test]
    fn every_input_makes_enough_records() {
        check(&[1_000_000], 100, 1, 10_000);
        check(&[1_000_000, 1], 100, 1, 10_001);
        check(&[1 << 30], 4096, 1, 262_144);
        check(&[160], 16, 1000, 10_000);
        check(&[0], 16, 10_000, 10_000);
        check(&[0, 17], 16, 3_334, 10_002);
    }
}
