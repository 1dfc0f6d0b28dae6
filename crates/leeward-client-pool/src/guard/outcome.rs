use super::attempt::Attempt;
use aws_smithy_runtime::client::retries::classifiers::run_classifiers_on_ctx;
use aws_smithy_runtime_api::client::{
    interceptors::context::FinalizerInterceptorContextRef,
    retries::classifiers::{RetryAction, RetryReason},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{config_bag::ConfigBag, retry::ErrorKind, timeout::TimeoutConfig};
use leeward_error_taxonomy::{Category, Facts, Meaning, Rejected, Stage, Verdict};
use std::{error::Error, time::Duration};

/// What came of an attempt.
#[derive(Debug)]
pub(super) enum Outcome<'a> {
    Succeeded,
    Failed(Facts<'a>),
    /// Its time was over before it had the time of an attempt.
    GivenUp,
}

/// How the time of an attempt was spent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spent {
    /// All of it.
    pub(super) age: Duration,
    /// That since it was sent; nothing if it was not.
    pub(super) under_way: Option<Duration>,
}

impl<'a> Outcome<'a> {
    /// What the SDK's context says of an attempt; nothing if it came to no end.
    ///
    /// The type of a service's error is lost here. Its text leads with the code, which the tables of the service know; of what
    /// they do not know, the SDK's own classifiers say whether it throttles or may pass, and the status the rest.
    pub(super) fn of(
        context: &'a FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &ConfigBag,
        attempt: &Attempt,
    ) -> Option<Self> {
        let error = match context.output_or_error()? {
            Ok(_) => return Some(Self::Succeeded),
            Err(error) => error,
        };
        if error.is_timeout_error() {
            let timeouts = config.load::<TimeoutConfig>();
            let timeout = timeouts.and_then(TimeoutConfig::operation_attempt_timeout);
            return Some(timed_out(timeout, attempt.spent()));
        }
        if let Some(error) = error.as_connector_error() {
            let facts = match find::<Rejected>(error) {
                Some(rejected) => leeward_error_taxonomy::Classify::facts(rejected),
                None => Facts::of_erased(error),
            };
            return Some(Self::Failed(facts));
        }
        if error.is_response_error() {
            // An answer that ended half way.
            return Some(Self::Failed(Facts::new(
                Stage::MaybeSent,
                Category::Network,
                Verdict::Transient,
            )));
        }
        let Some(answer) = error.as_operation_error() else {
            // Credentials, the endpoint, an interceptor: the service was not asked.
            return Some(Self::Failed(Facts::new(
                Stage::NotSent,
                Category::Configuration,
                Verdict::Final,
            )));
        };
        let text = answer.to_string();
        let status = context
            .response()
            .map(|response| response.status().as_u16());
        let action = run_classifiers_on_ctx(components.retry_classifiers(), context.inner());
        let facts = answered(attempt.service(), &text, status, &action);
        Some(Self::Failed(facts))
    }

    /// Whether it may say something of the service.
    pub(super) fn is_of_the_service(&self) -> bool {
        match self {
            Self::Succeeded => true,
            Self::Failed(facts) => facts.stage != Stage::NotSent,
            Self::GivenUp => false,
        }
    }
}

/// An attempt that had all its time, and was under way for half of it, is the service's fault; one that was cut short is no more
/// than dropped. One that never set out took its time with credentials, the signature or our own lines.
fn timed_out<'a>(timeout: Option<Duration>, spent: Spent) -> Outcome<'a> {
    let failed = |stage| Outcome::Failed(Facts::new(stage, Category::Timeout, Verdict::Transient));
    match (timeout, spent.under_way) {
        (_, None) => failed(Stage::NotSent),
        (Some(timeout), Some(under_way)) if spent.age >= timeout && under_way >= timeout / 2 => {
            failed(Stage::MaybeSent)
        }
        _ => Outcome::GivenUp,
    }
}

fn answered<'a>(service: &str, text: &str, status: Option<u16>, action: &RetryAction) -> Facts<'a> {
    let reason = match action {
        RetryAction::RetryIndicated(RetryReason::RetryableError { kind, retry_after }) => {
            Some((*kind, *retry_after))
        }
        _ => None,
    };
    let by_the_sdk = || match (reason, status) {
        (Some((ErrorKind::ThrottlingError, _)), _) => (Category::RateLimit, Verdict::Throttled),
        (Some((ErrorKind::TransientError | ErrorKind::ServerError, _)), _) | (_, Some(500..)) => {
            (Category::ServiceUnavailable, Verdict::Transient)
        }
        _ => (Category::Unknown, Verdict::Final),
    };
    let known = Meaning::of(service, code(text));
    let (category, verdict) =
        known.map_or_else(by_the_sdk, |known| (known.category, known.verdict));
    let mut facts = Facts::new(Stage::Answered, category, verdict);
    facts.status = status;
    facts.retry_after = reason.and_then(|(_, retry_after)| retry_after);
    facts
}

/// The code in the text of an error of the SDK: `Name [Code]: words`, `Name: words`, or `unhandled error (Code)`.
fn code(text: &str) -> &str {
    if let Some(code) = text.strip_prefix("unhandled error (") {
        return code.split(')').next().unwrap_or_default();
    }
    let name = text.split(": ").next().unwrap_or_default();
    match name.split_once(" [") {
        Some((_, code)) => code.trim_end_matches(']'),
        None => name,
    }
}

/// The first of its type among an error and its sources.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.take(64).find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        service: &str,
        text: &str,
        status: u16,
        action: &RetryAction,
        expected: (Verdict, bool),
    ) {
        let facts = answered(service, text, Some(status), action);
        assert_eq!(
            (facts.verdict, facts.blames_the_service()),
            expected,
            "{text}"
        );
    }

    #[test]
    fn the_tables_of_the_service_have_the_first_word() {
        let throttled = RetryAction::throttling_error();
        check(
            "kms",
            "ThrottlingException: slow down",
            400,
            &throttled,
            (Verdict::Throttled, false),
        );
        check(
            "kms",
            "unhandled error (ThrottlingException)",
            400,
            &throttled,
            (Verdict::Throttled, false),
        );
        // The SDK takes it for a plea for fewer calls, which it is only elsewhere.
        check(
            "kms",
            "LimitExceededException: a quota",
            400,
            &throttled,
            (Verdict::Final, false),
        );
        check(
            "dynamodb",
            "LimitExceededException: busy",
            400,
            &throttled,
            (Verdict::Throttled, false),
        );
    }

    #[test]
    fn the_sdk_and_the_status_have_the_next() {
        let nothing = RetryAction::NoActionIndicated;
        check(
            "own",
            "unhandled error",
            400,
            &RetryAction::throttling_error(),
            (Verdict::Throttled, false),
        );
        check(
            "own",
            "unhandled error",
            503,
            &RetryAction::transient_error(),
            (Verdict::Transient, true),
        );
        check(
            "own",
            "Broken: words",
            500,
            &nothing,
            (Verdict::Transient, true),
        );
        check(
            "own",
            "NoSuchThing: words",
            404,
            &nothing,
            (Verdict::Final, false),
        );
    }

    #[test]
    fn what_the_service_asks_to_wait_is_handed_on() {
        let pause = Duration::from_millis(1_500);
        let action =
            RetryAction::retryable_error_with_explicit_delay(ErrorKind::ThrottlingError, pause);
        let facts = answered("kms", "ThrottlingException", Some(400), &action);
        assert_eq!(facts.retry_after, Some(pause));
    }

    #[test]
    fn time_that_was_not_spent_under_way_is_no_fault_of_the_service() {
        let millis = Duration::from_millis;
        for (timeout, age, under_way, expected) in [
            (Some(100), 100, Some(99), Some(Stage::MaybeSent)),
            (Some(100), 100, Some(50), Some(Stage::MaybeSent)),
            (Some(100), 100, Some(49), None),
            (Some(100), 99, Some(99), None),
            (Some(100), 100, None, Some(Stage::NotSent)),
            (None, 100, None, Some(Stage::NotSent)),
            (None, 100, Some(100), None),
        ] {
            let spent = Spent {
                age: millis(age),
                under_way: under_way.map(millis),
            };
            let stage = match timed_out(timeout.map(millis), spent) {
                Outcome::Failed(facts) => Some(facts.stage),
                _ => None,
            };
            assert_eq!(stage, expected, "{age} of {timeout:?} ms, {under_way:?}");
        }
    }

    #[test]
    fn the_code_leads_the_text() {
        for (text, expected) in [
            ("NotFoundException: no such key", "NotFoundException"),
            (
                "KmsInternalException [KMSInternalException]: x",
                "KMSInternalException",
            ),
            ("unhandled error (SlowDown)", "SlowDown"),
            ("unhandled error", "unhandled error"),
            ("", ""),
        ] {
            assert_eq!(code(text), expected);
        }
    }
}
