//! The pause that a service asks for.

use aws_smithy_types::{DateTime, date_time::Format};
use std::time::{Duration, SystemTime};

/// `x-amz-retry-after` in milliseconds; `retry-after` in seconds or as a date (RFC 9110, 10.2.3).
///
/// A date is measured by the `date` header of the same answer, so that the clock here need not be right; without that
/// header it is passed on as it is.
pub(super) fn asked_for(
    milliseconds: Option<&str>,
    after: Option<&str>,
    now: Option<&str>,
) -> (Option<Duration>, Option<SystemTime>) {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    if let Some(pause) = milliseconds.and_then(number) {
        return (Some(Duration::from_millis(pause)), None);
    }
    let Some(after) = after else {
        return (None, None);
    };
    if let Some(pause) = number(after) {
        return (Some(Duration::from_secs(pause)), None);
    }
    match (date(after), now.and_then(date)) {
        (Some(until), Some(now)) => (Some(until.duration_since(now).unwrap_or_default()), None),
        (until, _) => (None, until),
    }
}

fn date(text: &str) -> Option<SystemTime> {
    let date = DateTime::from_str(text.trim(), Format::HttpDate).ok()?;
    SystemTime::try_from(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(after: &str, now: Option<&str>, pause: Option<u64>, at: Option<u64>) {
        let pause = pause.map(Duration::from_secs);
        let at = at.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(asked_for(None, Some(after), now), (pause, at));
    }

    #[test]
    fn a_date_is_measured_by_the_clock_of_the_service() {
        let until = "Wed, 21 Oct 2015 07:28:05 GMT";
        check(until, Some("Wed, 21 Oct 2015 07:28:00 GMT"), Some(5), None);
        check(until, Some("Wed, 21 Oct 2015 08:00:00 GMT"), Some(0), None);
        check(until, None, None, Some(1_445_412_485));
        check("soon", None, None, None);
        check("-1", None, None, None);
        check(" 3 ", None, Some(3), None);
        let sooner = Some(Duration::from_millis(1_500));
        assert_eq!(asked_for(Some("1500"), Some(until), None), (sooner, None));
        assert_eq!(asked_for(None, None, Some(until)), (None, None));
    }
}
