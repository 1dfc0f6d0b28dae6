//! Answers of a service: the code decides, then the status.

use crate::made::{answer, response};
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_kms::operation::generate_data_key::GenerateDataKeyError;
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::ErrorMetadata;
use leeward_error_taxonomy::{Category, Classify, Failure, Stage, Verdict};
use std::time::{Duration, SystemTime};

fn kms(code: &str, status: u16) -> SdkError<GenerateDataKeyError, HttpResponse> {
    let response = response(status, &[("x-amzn-requestid", "4f-1")]);
    answer(GenerateDataKeyError::generic, code, "as told", response)
}

#[track_caller]
fn check(code: &str, status: u16, category: Category, verdict: Verdict, blames: bool) {
    let error = kms(code, status);
    let facts = error.facts();
    let seen = (
        facts.stage,
        facts.category,
        facts.verdict,
        facts.blames_the_service(),
    );
    assert_eq!(seen, (Stage::Answered, category, verdict, blames), "{code}");
}

#[test]
fn the_code_decides_and_the_status_stands_in_for_a_code_that_is_new() {
    check(
        "ThrottlingException",
        400,
        Category::RateLimit,
        Verdict::Throttled,
        false,
    );
    check(
        "LimitExceededException",
        400,
        Category::QuotaExceeded,
        Verdict::Final,
        false,
    );
    check(
        "AccessDeniedException",
        400,
        Category::Authorization,
        Verdict::Final,
        false,
    );
    check(
        "ExpiredTokenException",
        400,
        Category::Authentication,
        Verdict::Final,
        false,
    );
    check(
        "KMSInternalException",
        500,
        Category::Internal,
        Verdict::Transient,
        true,
    );
    check(
        "KeyUnavailableException",
        500,
        Category::ServiceUnavailable,
        Verdict::Transient,
        true,
    );
    check(
        "DependencyTimeoutException",
        503,
        Category::Timeout,
        Verdict::Transient,
        true,
    );
    check(
        "KMSInvalidStateException",
        400,
        Category::Encryption,
        Verdict::Final,
        false,
    );
    check(
        "DependencyTimeoutException",
        400,
        Category::Timeout,
        Verdict::Transient,
        false,
    );
    check(
        "XksProxyUriUnreachableException",
        400,
        Category::Configuration,
        Verdict::Transient,
        false,
    );
    check(
        "RequestTimeoutException",
        408,
        Category::Validation,
        Verdict::Transient,
        false,
    );
    check(
        "BornYesterday",
        408,
        Category::Validation,
        Verdict::Transient,
        false,
    );
    check(
        "BornYesterday",
        503,
        Category::ServiceUnavailable,
        Verdict::Transient,
        true,
    );
    check(
        "BornYesterday",
        400,
        Category::Validation,
        Verdict::Final,
        false,
    );
}

#[test]
fn one_code_means_two_things_to_two_services() {
    let meta = ErrorMetadata::builder()
        .code("LimitExceededException")
        .build();
    let error = SdkError::service_error(CreateTableError::generic(meta), response(400, &[]));
    assert_eq!(error.facts().verdict, Verdict::Throttled);
    assert_eq!(
        kms("LimitExceededException", 400).facts().verdict,
        Verdict::Final
    );
}

#[test]
fn the_record_of_an_answer_fits_on_one_line() {
    let failure = Failure::from(&kms("ThrottlingException", 400).facts());
    assert_eq!(
        failure.to_string(),
        "ThrottlingException: as told (HTTP 400, request 4f-1)"
    );
}

#[test]
fn the_pause_is_read_in_milliseconds_or_seconds() {
    let asked = |headers| {
        let meta = ErrorMetadata::builder().code("ThrottlingException").build();
        let error: SdkError<_, _> =
            SdkError::service_error(GenerateDataKeyError::generic(meta), response(400, headers));
        error.facts().retry_after
    };
    assert_eq!(
        asked(&[("x-amz-retry-after", "1500")]),
        Some(Duration::from_millis(1500))
    );
    assert_eq!(asked(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
    assert_eq!(
        asked(&[("x-amz-retry-after", "10"), ("retry-after", "2")]),
        Some(Duration::from_millis(10))
    );
    assert_eq!(asked(&[("retry-after", "soon")]), None);
    assert_eq!(asked(&[]), None);
}

#[test]
fn a_torn_answer_may_have_been_applied() {
    let error: SdkError<GenerateDataKeyError, _> =
        SdkError::response_error("cut short", response(200, &[]));
    let facts = error.facts();
    assert_eq!(
        (facts.stage, facts.category),
        (Stage::MaybeSent, Category::Network)
    );
    assert_eq!(facts.cause.unwrap().to_string(), "cut short");
}

#[test]
fn a_date_is_a_pause_by_the_clock_of_the_service() {
    let dates = [
        ("retry-after", "Wed, 21 Oct 2015 07:28:05 GMT"),
        ("date", "Wed, 21 Oct 2015 07:28:00 GMT"),
    ];
    let error = |headers| {
        let response = response(503, headers);
        answer(
            GenerateDataKeyError::generic,
            "ServiceUnavailable",
            "",
            response,
        )
    };
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(error(&dates).facts().retry_after, seconds(5));
    let undated = error(&dates[..1]);
    let facts = undated.facts();
    assert_eq!(facts.retry_after, None);
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_480);
    assert_eq!(facts.pause(now), seconds(5));
}

#[test]
fn both_ids_of_an_answer_of_s3_are_kept() {
    let headers = [
        ("x-amz-request-id", "4442587FB7D0A2F9"),
        ("x-amz-id-2", "9+/="),
    ];
    let response = response(404, &headers);
    let error = answer(GenerateDataKeyError::generic, "NotFound", "", response);
    let facts = error.facts();
    assert_eq!(facts.request_id, Some("4442587FB7D0A2F9"));
    assert_eq!(facts.extended_request_id, Some("9+/="));
}

#[test]
fn a_cancelled_transaction_is_judged_by_its_reasons() {
    let verdict = |reasons: &str| {
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{reasons}]"
        );
        let code = "TransactionCanceledException";
        let error = answer(
            CreateTableError::generic,
            code,
            &message,
            response(400, &[]),
        );
        let facts = error.facts();
        (facts.category, facts.verdict)
    };
    assert_eq!(
        verdict("None, TransactionConflict"),
        (Category::Conflict, Verdict::Transient)
    );
    assert_eq!(
        verdict("ThrottlingError"),
        (Category::RateLimit, Verdict::Throttled)
    );
    assert_eq!(
        verdict("ConditionalCheckFailed"),
        (Category::Conflict, Verdict::Final)
    );
    assert_eq!(verdict("None"), (Category::Conflict, Verdict::Final));
}
