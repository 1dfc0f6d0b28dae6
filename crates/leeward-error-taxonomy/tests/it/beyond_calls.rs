//! Errors of what is more than one call, or none yet: event streams, waiters, inputs.

use crate::made::{answer, response};
use aws_sdk_kms::operation::generate_data_key::GenerateDataKeyError;
use aws_smithy_runtime_api::client::{
    result::{ConnectorError, SdkError},
    waiters::{
        FinalPoll,
        error::{ExceededMaxWait, FailureState, OperationFailed, WaiterError},
    },
};
use aws_smithy_types::{
    error::{ErrorMetadata, operation::BuildError},
    event_stream::RawMessage,
};
use leeward_error_taxonomy::{AwsError, Category, Classify, Rejected, Stage, Verdict};
use std::{error::Error, io, time::Duration};

type InStream = SdkError<GenerateDataKeyError, RawMessage>;
type Wait = WaiterError<(), GenerateDataKeyError>;

fn modelled(code: &str) -> GenerateDataKeyError {
    let meta = ErrorMetadata::builder().code(code).message("as told");
    GenerateDataKeyError::generic(meta.build())
}

#[track_caller]
fn check(error: impl Into<AwsError>, expected: (Stage, Category, Verdict), text: &str) {
    let error = error.into();
    let seen = (error.stage(), error.category(), error.verdict());
    assert_eq!(seen, expected, "{error}");
    assert_eq!(error.to_string(), text);
    assert!(!error.facts().blames_the_service() || error.verdict() == Verdict::Transient);
}

#[test]
fn an_error_in_a_stream_is_one_of_its_service() {
    let raw = || RawMessage::invalid(None);
    check(
        InStream::service_error(modelled("DisabledException"), raw()),
        (Stage::Answered, Category::Encryption, Verdict::Final),
        "kms.GenerateDataKey: DisabledException: as told",
    );
    check(
        InStream::response_error("cut short", raw()),
        (Stage::MaybeSent, Category::Network, Verdict::Transient),
        "kms.GenerateDataKey: cut short",
    );
    let reset = io::Error::from(io::ErrorKind::ConnectionReset);
    check(
        InStream::dispatch_failure(ConnectorError::io(reset.into())),
        (Stage::MaybeSent, Category::Network, Verdict::Transient),
        "kms.GenerateDataKey: connection reset",
    );
}

#[test]
fn a_stream_was_opened_by_a_request_that_was_sent() {
    let what_a_call_says = SdkError::<GenerateDataKeyError, _>::from(Rejected::LimiterFull);
    assert_eq!(what_a_call_says.facts().stage, Stage::NotSent);
    let error = InStream::construction_failure(Rejected::LimiterFull);
    assert_eq!(error.facts().stage, Stage::MaybeSent);
}

#[test]
fn a_wait_that_was_too_long_is_no_fault_of_the_service() {
    let seconds = Duration::from_secs;
    check(
        Wait::ExceededMaxWait(ExceededMaxWait::new(seconds(60), seconds(61), 13)),
        (Stage::Answered, Category::Conflict, Verdict::Transient),
        "kms.GenerateDataKey: exceeded max wait time (60s)",
    );
}

#[test]
fn a_wait_that_ended_says_what_its_last_poll_said() {
    check(
        Wait::FailureState(FailureState::new(FinalPoll::new(Ok(())))),
        (Stage::Answered, Category::Conflict, Verdict::Final),
        "kms.GenerateDataKey: waiting failed",
    );
    let poll = FinalPoll::new(Err(modelled("DisabledException")));
    check(
        Wait::FailureState(FailureState::new(poll)),
        (Stage::Answered, Category::Encryption, Verdict::Final),
        "kms.GenerateDataKey: DisabledException: as told",
    );
    let response = response(503, &[("x-amzn-requestid", "4f-1")]);
    let failed = answer(GenerateDataKeyError::generic, "Born", "oh", response);
    check(
        Wait::OperationFailed(OperationFailed::new(failed)),
        (
            Stage::Answered,
            Category::ServiceUnavailable,
            Verdict::Transient,
        ),
        "kms.GenerateDataKey: Born: oh (HTTP 503, request 4f-1)",
    );
    check(
        Wait::construction_failure("no id"),
        (Stage::NotSent, Category::Validation, Verdict::Final),
        "kms.GenerateDataKey: no id",
    );
}

#[test]
fn an_input_that_cannot_be_built_was_not_sent_though_its_type_is_lost() {
    let error: Box<dyn Error + Send + Sync> =
        BuildError::missing_field("key_id", "required").into();
    let error = AwsError::from_erased(error);
    let seen = (error.stage(), error.category(), error.verdict());
    assert_eq!(seen, (Stage::NotSent, Category::Validation, Verdict::Final));
    assert_eq!(error.to_string(), "key_id was missing: required");
}
