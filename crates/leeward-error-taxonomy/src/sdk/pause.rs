//! The pause that a service asks for.

use aws_smithy_runtime_api::http::Headers;
use aws_smithy_types::{DateTime, date_time::Format};
use std::time::{Duration, SystemTime};

/// `x-amz-retry-after` in milliseconds; `retry-after` in seconds or as a date (RFC 9110, 10.2.3).
///
/// A date is measured by the `date` header of the same answer, so that the clock here need not be right; without that
/// header it is passed on as it is.
pub(super) fn asked_for(headers: &Headers) -> (Option<Duration>, Option<SystemTime>) {
    let number = |name| headers.get(name)?.trim().parse::<u64>().ok();
    let pause = number("x-amz-retry-after")
        .map(Duration::from_millis)
        .or_else(|| number("retry-after").map(Duration::from_secs));
    if pause.is_some() {
        return (pause, None);
    }
    match (date(headers, "retry-after"), date(headers, "date")) {
        (Some(until), Some(now)) => (Some(until.duration_since(now).unwrap_or_default()), None),
        (until, _) => (None, until),
    }
}

fn date(headers: &Headers, name: &str) -> Option<SystemTime> {
    let date = DateTime::from_str(headers.get(name)?.trim(), Format::HttpDate).ok()?;
    SystemTime::try_from(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], after: Option<u64>, at: Option<u64>) {
        let mut all = Headers::new();
        for (name, value) in headers {
            all.insert(*name, *value);
        }
        let at = at.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(asked_for(&all), (after.map(Duration::from_millis), at));
    }

    #[test]
    fn a_date_is_measured_by_the_clock_of_the_service() {
        let until = ("retry-after", "Wed, 21 Oct 2015 07:28:05 GMT");
        check(
            &[until, ("date", "Wed, 21 Oct 2015 07:28:00 GMT")],
            Some(5_000),
            None,
        );
        check(
            &[until, ("date", "Wed, 21 Oct 2015 08:00:00 GMT")],
            Some(0),
            None,
        );
        check(&[until], None, Some(1_445_412_485));
        check(&[("retry-after", "soon")], None, None);
        check(&[("x-amz-retry-after", "1500"), until], Some(1_500), None);
        check(&[("retry-after", "-1")], None, None);
    }
}
