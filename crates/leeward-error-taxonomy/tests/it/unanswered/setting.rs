//! What the SDK could not settle before sending is no fault of the network.

use super::{config, fails, met, silence};
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError, future};
use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::interceptors::{Intercept, context},
};
use aws_smithy_types::config_bag::ConfigBag;
use leeward_error_taxonomy::{Category, Obstacle, Stage, Verdict};
use std::time::Duration;

/// Fails in one hook of the attempt.
#[derive(Debug)]
struct Hook {
    before_transmit: bool,
}

impl Intercept for Hook {
    fn name(&self) -> &'static str {
        "Hook"
    }

    fn read_before_transmit(
        &self,
        _: &context::BeforeTransmitInterceptorContextRef<'_>,
        _: &aws_smithy_runtime_api::client::runtime_components::RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.before_transmit {
            Err("no".into())
        } else {
            Ok(())
        }
    }

    fn read_after_attempt(
        &self,
        _: &context::FinalizerInterceptorContextRef<'_>,
        _: &aws_smithy_runtime_api::client::runtime_components::RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.before_transmit {
            Ok(())
        } else {
            Err("no".into())
        }
    }
}

#[tokio::test]
async fn a_hook_that_fails_is_no_fault_of_the_network() {
    for (before_transmit, stage) in [(true, Stage::NotSent), (false, Stage::MaybeSent)] {
        let (listener, address) = silence().await;
        drop(listener);
        let config = config(address).interceptor(Hook { before_transmit });
        let expected = (
            stage,
            Category::Internal,
            Verdict::Final,
            Obstacle::Interceptor,
        );
        assert_eq!(met(config).await, expected);
    }
}
#[tokio::test]
async fn every_obstacle_is_told_from_the_others() {
    let (_listener, address) = silence().await;
    let bare = || {
        aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
    };
    let key = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let no_region = bare().credentials_provider(key);
    assert_eq!(met(no_region).await.3, Obstacle::NoRegion);
    let no_provider = bare().region(Region::new("us-east-1"));
    assert_eq!(met(no_provider).await.3, Obstacle::NoCredentialsProvider);
    let both = config(address).use_fips(true);
    assert_eq!(met(both).await.3, Obstacle::Endpoint);
    let nowhere = config(address).endpoint_url("http://kms.invalid:1");
    assert_eq!(met(nowhere).await.3, Obstacle::Dns);
    for (error, obstacle) in [
        (
            CredentialsError::not_loaded_no_source as fn() -> _,
            Obstacle::Credentials,
        ),
        (
            || CredentialsError::invalid_configuration("x"),
            Obstacle::CredentialsSetup,
        ),
        (
            || CredentialsError::provider_timed_out(Duration::from_secs(1)),
            Obstacle::CredentialsTimeout,
        ),
    ] {
        let config = config(address).credentials_provider(Provider(error));
        assert_eq!(met(config).await.3, obstacle);
    }
    let timeouts = aws_sdk_kms::config::timeout::TimeoutConfig::builder();
    let timeouts = timeouts.read_timeout(Duration::from_millis(50)).build();
    let silent = config(address).timeout_config(timeouts);
    assert_eq!(met(silent).await.3, Obstacle::Timeout);
}
#[tokio::test]
async fn a_client_without_credentials_is_no_fault_of_the_network() {
    let (_listener, address) = silence().await;
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{address}"));
    let (stage, category, verdict, _) = fails(config).await;
    let expected = (Stage::NotSent, Category::Authentication, Verdict::Final);
    assert_eq!((stage, category, verdict), expected);
}
#[derive(Debug)]
struct Provider(fn() -> CredentialsError);

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err((self.0)()))
    }
}
#[tokio::test]
async fn a_provider_that_fails_is_no_fault_of_the_network() {
    let (_listener, address) = silence().await;
    let slow = || CredentialsError::provider_timed_out(Duration::from_secs(1));
    for (error, category, verdict) in [
        (
            CredentialsError::not_loaded_no_source as fn() -> _,
            Category::Authentication,
            Verdict::Final,
        ),
        (
            || CredentialsError::invalid_configuration("no such profile"),
            Category::Configuration,
            Verdict::Final,
        ),
        (slow, Category::Authentication, Verdict::Transient),
    ] {
        let seen = fails(config(address).credentials_provider(Provider(error))).await;
        assert_eq!(
            (seen.0, seen.1, seen.2),
            (Stage::NotSent, category, verdict),
            "{}",
            seen.3
        );
    }
}
#[tokio::test]
async fn a_missing_region_is_no_fault_of_the_network() {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ));
    let (stage, category, verdict, text) = fails(config).await;
    assert_eq!(
        (stage, category, verdict),
        (Stage::NotSent, Category::Configuration, Verdict::Final)
    );
    assert!(text.contains("Region"), "{text}");
}
