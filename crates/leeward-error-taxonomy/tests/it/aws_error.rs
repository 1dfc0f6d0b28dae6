//! The opaque error: one pointer, one line, nothing lost.

use crate::made::{answer, response};
use aws_sdk_kms::{
    operation::generate_data_key::GenerateDataKeyError, types::error::DisabledException,
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::ErrorMetadata;
use leeward_error_taxonomy::{
    Advice, AwsError, Category, Classify, Facts, OperationName, Region, Rejected, Stage, Verdict,
};
#[cfg(feature = "serde")]
use std::time::SystemTime;
use std::{error::Error, time::Duration};

const REGION: Region = Region::from_static("us-east-1");

fn throttled() -> AwsError {
    let response = response(400, &[("x-amzn-requestid", "4f-1"), ("retry-after", "2")]);
    let code = "ThrottlingException";
    answer(
        GenerateDataKeyError::generic,
        code,
        "rate exceeded",
        response,
    )
    .into()
}

#[test]
fn it_is_one_pointer_wide_and_goes_anywhere() {
    fn goes_anywhere<T: Error + Classify + From<Rejected> + Send + Sync + 'static>() {}
    goes_anywhere::<AwsError>();
    assert_eq!(size_of::<AwsError>(), size_of::<usize>());
    assert_eq!(size_of::<Result<(), AwsError>>(), size_of::<usize>());
}

#[test]
fn what_was_found_out_since_ends_its_advice() {
    let advice = throttled().advice().to_string();
    let found = "by policy no-keys;\nSecretAccessKey=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let error = throttled().with_finding(found);
    let expected = format!("{advice}; found since: by policy no-keys; SecretAccessKey=[redacted]");
    assert_eq!(error.advice().to_string(), expected);
    assert_eq!(error.to_string(), throttled().to_string());
    #[cfg(feature = "serde")]
    assert_eq!(serde_json::to_value(&error).unwrap()["advice"], expected);
}

#[test]
fn it_says_everything_on_one_line() {
    let error = throttled();
    assert_eq!(
        error.to_string(),
        "kms.GenerateDataKey: ThrottlingException: rate exceeded (HTTP 400, request 4f-1)"
    );
    let error = error.with_attempts(3).with_region(REGION);
    assert_eq!(
        error.to_string(),
        "kms.GenerateDataKey: ThrottlingException: rate exceeded (HTTP 400, request 4f-1, 3 attempts, us-east-1)"
    );
    let named = error
        .with_operation(OperationName::new("kms", "Encrypt"))
        .with_attempts(1);
    assert!(named.to_string().starts_with("kms.Encrypt: "), "{named}");
    assert!(named.to_string().contains(", 1 attempt, "), "{named}");
    assert_eq!(
        AwsError::from(Rejected::LimiterFull).to_string(),
        "limiter full"
    );
}

#[test]
fn a_modelled_error_is_still_there() {
    let disabled = DisabledException::builder()
        .message("key is disabled")
        .meta(
            ErrorMetadata::builder()
                .code("DisabledException")
                .message("key is disabled")
                .build(),
        )
        .build();
    let modelled = GenerateDataKeyError::DisabledException(disabled);
    let error = AwsError::from(SdkError::service_error(modelled, response(400, &[])));
    assert_eq!(
        (error.category(), error.code()),
        (Category::Encryption, Some("DisabledException"))
    );
    let modelled: &GenerateDataKeyError = error.downcast_ref().unwrap();
    assert!(modelled.is_disabled_exception());
    assert!(error.downcast_ref::<DisabledException>().is_some());
    let whole: &SdkError<GenerateDataKeyError, HttpResponse> = error.downcast_ref().unwrap();
    assert_eq!(whole.raw_response().unwrap().status().as_u16(), 400);
    assert!(error.advice().to_string().contains("kms:EnableKey"));
    assert!(
        error
            .inner()
            .is::<SdkError<GenerateDataKeyError, HttpResponse>>()
    );
    assert!(
        error
            .into_inner()
            .downcast::<SdkError<GenerateDataKeyError, HttpResponse>>()
            .is_ok()
    );
}

#[test]
fn a_layer_reads_it_as_it_reads_what_it_was_made_of() {
    let error = throttled();
    let facts = error.facts();
    let seen = (facts.stage, facts.category, facts.verdict, facts.status);
    let expected = (
        Stage::Answered,
        Category::RateLimit,
        Verdict::Throttled,
        Some(400),
    );
    assert_eq!(seen, expected);
    assert_eq!(facts.retry_after, Some(Duration::from_secs(2)));
    let refused = AwsError::from(Rejected::CircuitOpen {
        retry_in: Duration::from_secs(1),
    });
    assert!(
        refused
            .facts()
            .rejected
            .is_some_and(Rejected::is_free_to_fail_over)
    );
    // Also when the refusal came out of the SDK.
    let sdk = SdkError::<GenerateDataKeyError, _>::from(Rejected::LimiterFull);
    assert!(matches!(
        AwsError::from(sdk).rejected(),
        Some(Rejected::LimiterFull)
    ));
}

#[test]
fn what_was_not_sent_at_last_may_have_been_sent_before() {
    let refused = || AwsError::from(Rejected::LimiterFull);
    assert_eq!(refused().with_attempts(1).stage(), Stage::NotSent);
    assert_eq!(refused().with_attempts(2).stage(), Stage::MaybeSent);
    assert_eq!(throttled().with_attempts(2).stage(), Stage::Answered);
}

#[test]
fn an_error_that_has_counted_attempts_itself_speaks_for_all_of_them() {
    #[derive(Debug)]
    struct Refused(u32);
    impl std::fmt::Display for Refused {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("refused")
        }
    }
    impl Error for Refused {}
    impl Classify for Refused {
        fn facts(&self) -> Facts<'_> {
            let mut facts = Facts::new(Stage::NotSent, Category::Network, Verdict::Transient);
            facts.attempts = Some(self.0);
            facts
        }
    }
    let error = AwsError::new(Refused(2));
    assert_eq!((error.stage(), error.attempts()), (Stage::NotSent, Some(2)));
}

/// An error whose source is itself.
#[derive(Debug)]
struct Circle;

impl std::fmt::Display for Circle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("round and round")
    }
}

impl Error for Circle {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self)
    }
}

#[test]
fn a_chain_that_runs_in_a_circle_is_left() {
    let sdk = SdkError::<GenerateDataKeyError, HttpResponse>::timeout_error(Circle);
    let facts = sdk.facts();
    assert!(facts.cause.is_some_and(|cause| cause.is::<Circle>()));
    for error in [
        AwsError::from_erased(Circle),
        AwsError::from(SdkError::<GenerateDataKeyError, HttpResponse>::timeout_error(Circle)),
        AwsError::from(
            SdkError::<GenerateDataKeyError, HttpResponse>::construction_failure(Circle),
        ),
    ] {
        assert!(error.rejected().is_none());
        assert!(error.downcast_ref::<Rejected>().is_none());
        assert!(error.to_string().contains("round and round"), "{error}");
        let sources = std::iter::successors(error.source(), |&error| error.source());
        assert!(sources.count() < 100);
    }
}

#[test]
fn advice_names_the_action_of_the_very_operation() {
    let message = "User: arn:aws:iam::111122223333:user/eve is not authorized to perform: kms:GenerateDataKey on resource: arn because no resource-based policy allows the kms:GenerateDataKey action";
    let code = "AccessDeniedException";
    let error = answer(
        GenerateDataKeyError::generic,
        code,
        message,
        response(400, &[]),
    );
    let error = AwsError::from(error);
    let advice: Advice<'_> = error.advice();
    assert_eq!(advice.action().unwrap().to_string(), "kms:GenerateDataKey");
    assert_eq!(
        advice.to_string(),
        "allow kms:GenerateDataKey in the resource's own policy, such as that of a key, a bucket or a secret"
    );
    let terse = answer(GenerateDataKeyError::generic, code, "", response(400, &[]));
    let terse = AwsError::from(terse);
    assert!(
        terse
            .advice()
            .to_string()
            .starts_with("allow kms:GenerateDataKey in the caller's")
    );
}

#[cfg(feature = "serde")]
#[test]
fn it_is_a_flat_record() {
    let error = throttled().with_attempts(3).with_region(REGION);
    let expected = serde_json::json!({
        "service": "kms",
        "operation": "GenerateDataKey",
        "stage": "answered",
        "category": "rate_limit",
        "verdict": "throttled",
        "code": "ThrottlingException",
        "message": "rate exceeded",
        "status": 400,
        "request_id": "4f-1",
        "retry_after_ms": 2000,
        "attempts": 3,
        "region": "us-east-1",
        "advice": error.advice().to_string(),
    });
    assert_eq!(serde_json::to_value(&error).unwrap(), expected);
    let failure = serde_json::to_value(error.failure()).unwrap();
    assert_eq!(failure["retry_after_ms"], 2000);
}

#[cfg(feature = "serde")]
#[test]
fn a_date_to_wait_for_stands_in_the_record() {
    // Without a `Date` of the service there is no clock to measure it by.
    let date = [("retry-after", "Thu, 01 Jan 2026 00:00:00 GMT")];
    let error = answer(
        GenerateDataKeyError::generic,
        "ThrottlingException",
        "rate exceeded",
        response(503, &date),
    );
    let error = AwsError::from(error);
    let expected = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    assert_eq!(error.retry_at(), Some(expected));
    assert_eq!(error.failure().retry_at(), Some(expected));
    let record = serde_json::to_value(&error).unwrap();
    assert_eq!(record["retry_at_epoch_s"], 1_767_225_600);
    let failure = serde_json::to_value(error.failure()).unwrap();
    assert_eq!(failure["retry_at_epoch_s"], 1_767_225_600);
}

#[test]
fn an_error_of_ones_own_speaks_for_itself_where_its_facts_say_nothing() {
    #[derive(Debug)]
    struct Unknown;
    impl std::fmt::Display for Unknown {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no such account")
        }
    }
    impl Error for Unknown {}
    impl Classify for Unknown {
        fn facts(&self) -> Facts<'_> {
            Facts::new(Stage::Answered, Category::NotFound, Verdict::Final)
        }
    }
    assert_eq!(AwsError::new(Unknown).to_string(), "no such account");
}
