//! What each error code means, as data: one file per service, and the codes that all services share.
//!
//! An entry's last column says what to do next; `{action}` in it stands for the IAM action, and where it is empty the
//! category's advice holds.

mod advice;
mod cloudformation;
mod cloudwatch;
mod cloudwatchlogs;
mod costexplorer;
mod dynamodb;
mod eventbridge;
mod every_service;
mod iam;
mod identity_center;
mod kms;
mod lambda;
mod s3;
mod secretsmanager;
mod sts;

pub(crate) use advice::{ALLOW, SET_THE_CLOCK, of_category};

use crate::{Category, Verdict};

/// A code, what it means and what to do about it.
type Entry = (&'static str, Category, Verdict, &'static str);

/// The tables by the name of their service, sorted, as the SDK's crates spell it without `aws-sdk-`.
const SERVICES: &[(&str, &[Entry])] = &[
    ("cloudformation", cloudformation::CODES),
    ("cloudwatch", cloudwatch::CODES),
    ("cloudwatchlogs", cloudwatchlogs::CODES),
    ("costexplorer", costexplorer::CODES),
    ("dynamodb", dynamodb::CODES),
    ("eventbridge", eventbridge::CODES),
    ("iam", iam::CODES),
    ("kms", kms::CODES),
    ("lambda", lambda::CODES),
    ("s3", s3::CODES),
    ("secretsmanager", secretsmanager::CODES),
    ("sts", sts::CODES),
];

/// What an error code of AWS means.
///
/// ```
/// use leeward_error_taxonomy::{Category, Meaning, Verdict};
///
/// let throttled = Meaning::of("dynamodb", "LimitExceededException").unwrap();
/// assert_eq!(throttled.verdict, Verdict::Throttled);
/// let quota = Meaning::of("kms", "LimitExceededException").unwrap();
/// assert_eq!(quota.category, Category::QuotaExceeded);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meaning {
    /// The code, as the table spells it.
    pub code: &'static str,
    /// What kind of thing went wrong.
    pub category: Category,
    /// Whether sending the same request again can help.
    pub verdict: Verdict,
    /// What to do next, where the code says more than its category; `{action}` stands for the IAM action.
    pub(crate) advice: &'static str,
}

impl Meaning {
    /// Looks a code up in the table of `service` (such as `kms`), then among the codes that all services share.
    ///
    /// The service comes first: `LimitExceededException` is a quota of KMS and IAM, and a plea for patience of DynamoDB.
    #[must_use]
    pub fn of(service: &str, code: &str) -> Option<Self> {
        let own = SERVICES
            .binary_search_by(|(known, _)| (*known).cmp(service))
            .ok();
        own.and_then(|at| find(SERVICES[at].1, code))
            .or_else(|| find(every_service::CODES, code))
    }

    /// Looks up what a provider of credentials was answered: by IAM Identity Center, whose codes STS does not use, or by STS.
    pub(crate) fn of_provider(code: &str) -> Option<Self> {
        Self::by_either_name(code, |code| {
            find(identity_center::CODES, code).or_else(|| Self::of("sts", code))
        })
    }

    /// What the reasons in `message` say, where the code alone says too little.
    #[cfg(feature = "sdk")]
    pub(crate) fn by_reasons(&self, message: Option<&str>) -> Option<(Category, Verdict)> {
        (self.code == dynamodb::CANCELLED).then_some(())?;
        dynamodb::of_cancellation(message?)
    }

    /// Looks up a code whose service is not known: among the shared codes, then in all tables, if these agree.
    ///
    /// A text may have the name of the shape instead, `IDPCommunicationErrorException` for `IDPCommunicationError`.
    pub(crate) fn of_any_service(code: &str) -> Option<Self> {
        Self::by_either_name(code, |code| {
            find(every_service::CODES, code).or_else(|| {
                let mut found = SERVICES.iter().filter_map(|(_, table)| find(table, code));
                let first = found.next()?;
                let alike = |other: Self| {
                    (other.category, other.verdict) == (first.category, first.verdict)
                };
                found.all(alike).then_some(first)
            })
        })
    }

    fn by_either_name(code: &str, find: impl Fn(&str) -> Option<Self>) -> Option<Self> {
        find(code).or_else(|| find(code.strip_suffix("Exception")?))
    }
}

fn find(table: &[Entry], code: &str) -> Option<Meaning> {
    let at = table
        .binary_search_by(|(known, ..)| (*known).cmp(code))
        .ok()?;
    let (code, category, verdict, advice) = table[at];
    Some(Meaning {
        code,
        category,
        verdict,
        advice,
    })
}

/// Reads an answer whose code says nothing: a body-less S3 HEAD, a proxy, a code that is new.
#[cfg(feature = "sdk")]
pub(crate) fn by_status(status: u16) -> (Category, Verdict) {
    match status {
        // S3 answers HEAD in the wrong Region so, without a body.
        301 | 302 | 307 | 308 => (Category::Configuration, Verdict::Final),
        304 => (Category::Conflict, Verdict::Final),
        401 => (Category::Authentication, Verdict::Final),
        403 => (Category::Authorization, Verdict::Final),
        404 => (Category::NotFound, Verdict::Final),
        // A proxy that wants its own credentials.
        407 => (Category::Configuration, Verdict::Final),
        // The request came too slowly: it was torn on its way, and no part of it was applied.
        408 => (Category::Validation, Verdict::Transient),
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
        let tables = SERVICES.iter().copied();
        let shared = [
            ("every service", every_service::CODES),
            ("identity center", identity_center::CODES),
        ];
        for (service, table) in tables.chain(shared) {
            for pair in table.windows(2) {
                let (first, second) = (pair[0].0, pair[1].0);
                assert!(first < second, "{service}: {first} stands before {second}");
            }
        }
        assert!(SERVICES.is_sorted_by_key(|(service, _)| service));
    }

    #[test]
    fn advice_is_a_sentence_without_a_full_stop() {
        let shared = [
            ("every service", every_service::CODES),
            ("identity center", identity_center::CODES),
        ];
        for (service, table) in SERVICES.iter().copied().chain(shared) {
            for (code, .., advice) in table {
                let plain = advice.replace("{action}", "");
                let at_fault = format!("{service} {code}: {advice}");
                assert!(
                    !advice.ends_with('.') && !plain.contains(['{', '}', '\n']),
                    "{at_fault}"
                );
                assert!(
                    !advice.starts_with(|first: char| first.is_ascii_uppercase()),
                    "{at_fault}"
                );
            }
        }
    }

    /// Where the status is lost, a code stands for it: these alone are sent with a 5xx, by the SDKs' models, "Error
    /// responses" of S3 and "Common errors" of the API references, or tell of an internal error in an event stream.
    #[test]
    fn these_codes_alone_blame_the_service() {
        let mut found = Vec::new();
        let tables = SERVICES.iter().copied();
        for (service, table) in tables.chain([("every service", every_service::CODES)]) {
            for &(code, category, verdict, _) in table {
                let facts = crate::Facts::new(crate::Stage::Answered, category, verdict);
                if facts.blames_the_service() {
                    found.push(format!("{service} {code}"));
                }
            }
        }
        let expected = [
            "cloudwatch InternalServiceError",
            "cloudwatch InternalServiceFault",
            "cloudwatchlogs InternalServerException",
            "cloudwatchlogs InternalStreamingException",
            "cloudwatchlogs ServiceUnavailableException",
            "cloudwatchlogs SessionStreamingException",
            "dynamodb InternalServerError",
            "eventbridge InternalException",
            "iam ServiceFailure",
            "kms DependencyTimeoutException",
            "kms KMSInternalException",
            "kms KeyUnavailableException",
            "lambda EC2UnexpectedException",
            "lambda ServiceException",
            "s3 InternalError",
            "s3 ServiceUnavailable",
            "secretsmanager InternalServiceError",
            "every service InternalError",
            "every service InternalException",
            "every service InternalFailure",
            "every service InternalServerError",
            "every service InternalServerException",
            "every service InternalServiceError",
            "every service InternalServiceErrorException",
            "every service InternalServiceException",
            "every service ServiceUnavailable",
            "every service ServiceUnavailableException",
        ];
        assert_eq!(found, expected);
    }

    #[track_caller]
    fn check(service: &str, code: &str, expected: (Category, Verdict)) {
        let meaning = Meaning::of(service, code).unwrap();
        assert_eq!((meaning.category, meaning.verdict), expected);
    }

    #[test]
    fn a_limit_is_a_quota_or_a_pace_as_the_service_means_it() {
        let quota = (Category::QuotaExceeded, Verdict::Final);
        let pace = (Category::RateLimit, Verdict::Throttled);
        check("kms", "LimitExceededException", quota);
        check("iam", "LimitExceeded", quota);
        check("dynamodb", "LimitExceededException", pace);
        check("costexplorer", "LimitExceededException", pace);
        check("dynamodb", "ProvisionedThroughputExceededException", pace);
        check("lambda", "LimitExceededException", quota);
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
    fn without_its_service_a_code_means_what_all_tables_agree_on() {
        let category = |code| Meaning::of_any_service(code).map(|meaning| meaning.category);
        assert_eq!(category("NoSuchBucket"), Some(Category::NotFound));
        assert_eq!(
            category("AccessDeniedException"),
            Some(Category::Authorization)
        );
        // A key of KMS for KMS, and a key for environment variables of Lambda: both are about encryption.
        assert_eq!(
            category("KMSInvalidStateException"),
            Some(Category::Encryption)
        );
        assert_eq!(category("InvalidNextToken"), Some(Category::Validation));
        let shape = Meaning::of_any_service("IDPCommunicationErrorException").unwrap();
        assert_eq!(shape.code, "IDPCommunicationError");
        assert_eq!(category("NewInTwentyTwentySeven"), None);
    }

    #[cfg(feature = "sdk")]
    #[test]
    fn an_unknown_code_is_left_to_the_status() {
        assert_eq!(Meaning::of("kms", "NewInTwentyTwentySeven"), None);
        assert_eq!(by_status(400), (Category::Validation, Verdict::Final));
        assert_eq!(
            by_status(503),
            (Category::ServiceUnavailable, Verdict::Transient)
        );
        assert_eq!(by_status(500), (Category::Internal, Verdict::Transient));
        assert_eq!(by_status(504), (Category::Internal, Verdict::Transient));
        assert_eq!(by_status(301), (Category::Configuration, Verdict::Final));
        assert_eq!(by_status(300), (Category::Unknown, Verdict::Final));
    }
}
