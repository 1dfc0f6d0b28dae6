//! Writes instants by serde as RFC 3339 does: `"2026-11-22T08:30:00.123Z"`, in UTC and down to the microsecond.
//!
//! It is how every summary of the facades has its instants written, those of the standard library and those of the SDK alike.
//!
//! ```
//! use std::time::SystemTime;
//!
//! #[derive(serde::Serialize)]
//! struct Order {
//!     #[serde(serialize_with = "leeward_client_pool::rfc3339::serialize")]
//!     taken: SystemTime,
//!     #[serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")]
//!     sent: Option<SystemTime>,
//! }
//! ```

use aws_smithy_types::date_time::{DateTime, DateTimeFormatError, Format};
use serde::{Serializer, ser::Error};

/// Writes an instant.
///
/// # Errors
///
/// Those of the serializer, and one for a year that RFC 3339 cannot write: only 1 to 9999 have four digits.
pub fn serialize<T, S>(at: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Copy + Into<DateTime>,
    S: Serializer,
{
    let text = text((*at).into()).map_err(S::Error::custom)?;
    serializer.serialize_str(&text)
}

/// Writes an instant that may be unknown; then it is none, which JSON calls `null`.
///
/// # Errors
///
/// As [`serialize`].
pub fn serialize_option<T, S>(at: &Option<T>, serializer: S) -> Result<S::Ok, S::Error>
where
    T: Copy + Into<DateTime>,
    S: Serializer,
{
    match at {
        Some(at) => serializer.serialize_some(&text((*at).into()).map_err(S::Error::custom)?),
        None => serializer.serialize_none(),
    }
}

fn text(at: DateTime) -> Result<String, DateTimeFormatError> {
    at.fmt(Format::DateTime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    #[track_caller]
    fn check(at: SystemTime, written: &str) {
        assert_eq!(text(at.into()).unwrap(), written);
        let read = DateTime::from_str(written, Format::DateTime).unwrap();
        assert_eq!(SystemTime::try_from(read).unwrap(), at);
    }

    #[test]
    fn an_instant_is_written_as_exactly_as_aws_tells_it() {
        let second = UNIX_EPOCH + Duration::from_secs(1_795_336_200);
        check(UNIX_EPOCH, "1970-01-01T00:00:00Z");
        check(second, "2026-11-22T08:30:00Z");
        check(
            second + Duration::from_millis(120),
            "2026-11-22T08:30:00.12Z",
        );
        check(
            second + Duration::from_micros(7),
            "2026-11-22T08:30:00.000007Z",
        );
        check(UNIX_EPOCH - Duration::from_secs(1), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn a_year_of_five_digits_is_an_error() {
        assert!(text(DateTime::from_secs(253_402_300_800)).is_err());
    }
}
