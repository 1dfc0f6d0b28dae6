use leeward_error_taxonomy::AwsError;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Whether the service says that the group, stream or query is not there.
pub(crate) fn is_absent(error: &AwsError) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

/// Whether the service says that the group or stream is there already.
pub(crate) fn is_there(error: &AwsError) -> bool {
    error.code() == Some("ResourceAlreadyExistsException")
}

/// Whether the service says that it has the batch from an attempt before.
pub(crate) fn has_batch(error: &AwsError) -> bool {
    error.code() == Some("DataAlreadyAcceptedException")
}

/// Milliseconds since 1970, as the service counts; `None` before that, which it refuses.
pub(crate) fn millis(at: SystemTime) -> Option<i64> {
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// The time that the service counts in milliseconds since 1970.
pub(crate) fn time(millis: i64) -> SystemTime {
    let since = Duration::from_millis(millis.unsigned_abs());
    let time = match millis {
        0.. => UNIX_EPOCH.checked_add(since),
        _ => UNIX_EPOCH.checked_sub(since),
    };
    time.unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_in_milliseconds() {
        for count in [0, 1, 1_700_000_000_123] {
            assert_eq!(millis(time(count)), Some(count));
        }
        assert_eq!(millis(time(-1)), None);
        assert_eq!(time(i64::MIN).duration_since(UNIX_EPOCH).ok(), None);
    }
}
