//! What each error code means, as data: one file per service, and the codes that all services share.

mod dynamodb;
mod every_service;
mod iam;
mod kms;

use crate::{Category, Verdict};

/// A code and what it means.
pub(crate) type Entry = (&'static str, Category, Verdict);

/// Looks a code up in the table of `service`, then among the codes that all services share.
///
/// The service comes first: `LimitExceededException` is a quota of KMS and IAM, and a plea for patience of DynamoDB.
pub(crate) fn look_up(service: Option<&str>, code: &str) -> Option<(Category, Verdict)> {
    let own: &[Entry] = match service {
        Some("dynamodb") => dynamodb::CODES,
        Some("iam") => iam::CODES,
        Some("kms") => kms::CODES,
        _ => &[],
    };
    find(own, code).or_else(|| find(every_service::CODES, code))
}

fn find(table: &[Entry], code: &str) -> Option<(Category, Verdict)> {
    let at = table
        .binary_search_by(|(known, ..)| known.cmp(&code))
        .ok()?;
    let (_, category, verdict) = table[at];
    Some((category, verdict))
}

/// Reads an answer whose code says nothing: a body-less S3 HEAD, a proxy, a code that is new.
pub(crate) fn by_status(status: u16) -> (Category, Verdict) {
    match status {
        401 => (Category::Authentication, Verdict::Final),
        403 => (Category::Authorization, Verdict::Final),
        404 => (Category::NotFound, Verdict::Final),
        408 => (Category::Timeout, Verdict::Transient),
        409 | 412 => (Category::Conflict, Verdict::Final),
        429 => (Category::RateLimit, Verdict::Throttled),
        400..=499 => (Category::Validation, Verdict::Final),
        503 => (Category::ServiceUnavailable, Verdict::Transient),
        // What failed half way, or behind a gateway, may have been applied.
        500..=599 => (Category::Internal, Verdict::Transient),
        _ => (Category::Unknown, Verdict::Final),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_sorted_and_names_a_code_once() {
        for table in [
            every_service::CODES,
            dynamodb::CODES,
            iam::CODES,
            kms::CODES,
        ] {
            for pair in table.windows(2) {
                assert!(
                    pair[0].0 < pair[1].0,
                    "{} stands before {}",
                    pair[0].0,
                    pair[1].0
                );
            }
        }
    }

    #[track_caller]
    fn check(service: &str, code: &str, expected: (Category, Verdict)) {
        assert_eq!(look_up(Some(service), code), Some(expected));
    }

    #[test]
    fn a_limit_is_a_quota_or_a_pace_as_the_service_means_it() {
        check(
            "kms",
            "LimitExceededException",
            (Category::QuotaExceeded, Verdict::Final),
        );
        check(
            "iam",
            "LimitExceeded",
            (Category::QuotaExceeded, Verdict::Final),
        );
        check(
            "dynamodb",
            "LimitExceededException",
            (Category::RateLimit, Verdict::Throttled),
        );
        check(
            "dynamodb",
            "ProvisionedThroughputExceededException",
            (Category::RateLimit, Verdict::Throttled),
        );
        check(
            "lambda",
            "LimitExceededException",
            (Category::QuotaExceeded, Verdict::Final),
        );
    }

    #[test]
    fn throttling_is_known_by_its_code_alone() {
        for code in [
            "Throttling",
            "ThrottlingException",
            "SlowDown",
            "TooManyRequestsException",
            "RequestLimitExceeded",
        ] {
            check("any", code, (Category::RateLimit, Verdict::Throttled));
        }
    }

    #[test]
    fn an_unknown_code_is_left_to_the_status() {
        assert_eq!(look_up(Some("kms"), "NewInTwentyTwentySeven"), None);
        assert_eq!(by_status(400), (Category::Validation, Verdict::Final));
        assert_eq!(
            by_status(503),
            (Category::ServiceUnavailable, Verdict::Transient)
        );
        assert_eq!(by_status(500), (Category::Internal, Verdict::Transient));
        assert_eq!(by_status(504), (Category::Internal, Verdict::Transient));
        assert_eq!(by_status(302), (Category::Unknown, Verdict::Final));
    }
}
