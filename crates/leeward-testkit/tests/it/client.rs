//! SDK clients over plain HTTP that try once and give up soon, so that a test sees each fault as it is.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion, http::SharedHttpClient, orchestrator::HttpResponse,
    result::SdkError,
};
use aws_smithy_types::{
    error::metadata::ProvideErrorMetadata, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_types::SdkConfig;
use leeward_error_taxonomy::Region;
use leeward_testkit::{ACCESS_KEY_ID, Aws, SECRET_ACCESS_KEY};
use std::time::Duration;

pub(crate) const EAST: Region = Region::from_static("us-east-1");
pub(crate) const WEST: Region = Region::from_static("us-west-2");

pub(crate) async fn two_regions() -> Aws {
    Aws::start(&[EAST, WEST]).await.unwrap()
}

/// Waits long enough for a busy machine to answer.
pub(crate) fn patient(aws: &Aws, region: &Region) -> SdkConfig {
    config(aws, region, Duration::from_secs(30))
}

/// Gives up within 200 ms, for calls that are not answered.
pub(crate) fn hasty(aws: &Aws, region: &Region) -> SdkConfig {
    config(aws, region, Duration::from_millis(200))
}

/// Signs with these credentials.
pub(crate) fn config_as(credentials: Credentials, aws: &Aws, region: &Region) -> SdkConfig {
    let credentials = SharedCredentialsProvider::new(credentials);
    let config = patient(aws, region).into_builder();
    config.credentials_provider(credentials).build()
}

/// A client of S3 that has made a bucket called `bucket`.
pub(crate) async fn s3_with_bucket(config: &SdkConfig) -> aws_sdk_s3::Client {
    let client = aws_sdk_s3::Client::new(config);
    let create = client.create_bucket().bucket("bucket");
    create.send().await.unwrap();
    client
}

fn config(aws: &Aws, region: &Region, attempt_timeout: Duration) -> SdkConfig {
    let http = aws_smithy_http_client::Builder::new().build_http();
    config_by(http, aws, region, attempt_timeout)
}

pub(crate) fn config_by(
    http: SharedHttpClient,
    aws: &Aws,
    region: &Region,
    attempt_timeout: Duration,
) -> SdkConfig {
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .region(aws_types::region::Region::new(region.as_str().to_owned()))
        .endpoint_url(aws.endpoint(region))
        .http_client(http)
        .retry_config(RetryConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(attempt_timeout)
                .build(),
        )
        .build()
}

/// What a client sees of an answered error: status, code, and a header.
#[track_caller]
pub(crate) fn answered<E: ProvideErrorMetadata>(
    error: &SdkError<E, HttpResponse>,
) -> (u16, String) {
    let SdkError::ServiceError(answer) = error else {
        panic!("not answered");
    };
    let code = answer.err().code().unwrap_or("no code").to_owned();
    (answer.raw().status().as_u16(), code)
}

pub(crate) fn header<'a, E>(error: &'a SdkError<E, HttpResponse>, name: &str) -> Option<&'a str> {
    error.raw_response()?.headers().get(name)
}
