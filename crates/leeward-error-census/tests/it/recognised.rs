//! The service and the operation are read off one real error type of each SDK crate.

use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::SdkError},
    http::StatusCode,
};
use aws_smithy_types::{
    body::SdkBody,
    error::{ErrorMetadata, metadata::ProvideErrorMetadata},
    event_stream::RawMessage,
};
use leeward_error_taxonomy::{AwsError, Category, Verdict};
use std::error::Error;

/// Makes the error of an operation that answers with `code`, and checks what it is taken for.
#[track_caller]
fn check<E>(
    generic: fn(ErrorMetadata) -> E,
    code: &str,
    name: &str,
    expected: (Category, Verdict),
    advice: &str,
) where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let meta = ErrorMetadata::builder().code(code).build();
    let status = StatusCode::try_from(400).unwrap();
    let response = HttpResponse::new(status, SdkBody::empty());
    let error = AwsError::from(SdkError::service_error(generic(meta), response));
    assert_eq!(error.operation().unwrap().to_string(), name);
    assert_eq!((error.category(), error.verdict()), expected, "{error}");
    let said = error.advice().to_string();
    assert!(said.contains(advice), "{name}: {said}");
    assert!(error.downcast_ref::<E>().is_some(), "{name}");
}

const QUOTA: (Category, Verdict) = (Category::QuotaExceeded, Verdict::Final);
const DENIED: (Category, Verdict) = (Category::Authorization, Verdict::Final);
const PACE: (Category, Verdict) = (Category::RateLimit, Verdict::Throttled);

#[test]
fn every_service_is_recognised_by_its_error_type() {
    check(
        aws_sdk_cloudformation::operation::create_stack::CreateStackError::generic,
        "LimitExceededException",
        "cloudformation.CreateStack",
        QUOTA,
        "split the template",
    );
    check(
        aws_sdk_cloudwatch::operation::put_metric_data::PutMetricDataError::generic,
        "AccessDenied",
        "cloudwatch.PutMetricData",
        DENIED,
        "cloudwatch:PutMetricData",
    );
    check(
        aws_sdk_cloudwatchlogs::operation::put_log_events::PutLogEventsError::generic,
        "AccessDeniedException",
        "cloudwatchlogs.PutLogEvents",
        DENIED,
        "logs:PutLogEvents",
    );
    check(
        aws_sdk_costexplorer::operation::get_cost_and_usage::GetCostAndUsageError::generic,
        "LimitExceededException",
        "costexplorer.GetCostAndUsage",
        PACE,
        "pause",
    );
    check(
        aws_sdk_dynamodb::operation::create_table::CreateTableError::generic,
        "LimitExceededException",
        "dynamodb.CreateTable",
        PACE,
        "fewer tables at once",
    );
    check(
        aws_sdk_eventbridge::operation::put_events::PutEventsError::generic,
        "AccessDeniedException",
        "eventbridge.PutEvents",
        DENIED,
        "events:PutEvents",
    );
    check(
        aws_sdk_iam::operation::create_role::CreateRoleError::generic,
        "LimitExceeded",
        "iam.CreateRole",
        QUOTA,
        "policies per role",
    );
    check(
        aws_sdk_kms::operation::encrypt::EncryptError::generic,
        "LimitExceededException",
        "kms.Encrypt",
        QUOTA,
        "KMS keys",
    );
    check(
        aws_sdk_lambda::operation::invoke::InvokeError::generic,
        "AccessDeniedException",
        "lambda.Invoke",
        DENIED,
        "lambda:InvokeFunction",
    );
    check(
        aws_sdk_s3::operation::head_object::HeadObjectError::generic,
        "AccessDenied",
        "s3.HeadObject",
        DENIED,
        "s3:GetObject",
    );
    check(
        aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueError::generic,
        "DecryptionFailure",
        "secretsmanager.GetSecretValue",
        (Category::Encryption, Verdict::Final),
        "kms:Decrypt",
    );
    check(
        aws_sdk_sts::operation::assume_role::AssumeRoleError::generic,
        "AccessDenied",
        "sts.AssumeRole",
        DENIED,
        "sts:AssumeRole on the role",
    );
}

#[test]
fn the_operation_of_an_event_stream_is_read_off_the_name_of_the_stream() {
    fn name<E>(generic: fn(ErrorMetadata) -> E) -> String
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let meta = ErrorMetadata::builder().code("ThrottlingException").build();
        let error = SdkError::service_error(generic(meta), RawMessage::invalid(None));
        AwsError::from(error).operation().unwrap().to_string()
    }
    assert_eq!(
        name(aws_sdk_cloudwatchlogs::types::error::StartLiveTailResponseStreamError::generic),
        "cloudwatchlogs.StartLiveTail"
    );
    assert_eq!(
        name(aws_sdk_cloudwatchlogs::types::error::GetLogObjectResponseStreamError::generic),
        "cloudwatchlogs.GetLogObject"
    );
    assert_eq!(
        name(aws_sdk_lambda::types::error::InvokeWithResponseStreamResponseEventError::generic),
        "lambda.InvokeWithResponseStream"
    );
    assert_eq!(
        name(aws_sdk_s3::types::error::SelectObjectContentEventStreamError::generic),
        "s3.SelectObjectContent"
    );
}
