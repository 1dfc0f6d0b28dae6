//! What the providers of aws-config say when they cannot have credentials, and what the call that wanted them is told.

use aws_config::{
    BehaviorVersion, SdkConfig,
    provider_config::ProviderConfig,
    retry::RetryConfig,
    sso::SsoCredentialsProvider,
    sts::AssumeRoleProvider,
    web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider},
};
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError};
use aws_sdk_kms::{
    Client,
    config::{Credentials, Region, SharedCredentialsProvider},
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use aws_types::sdk_config::SharedTimeSource;
use leeward_error_taxonomy::{AwsError, Category, Classify, Obstacle, Stage, Verdict};
use std::{io, path::PathBuf};

const REGION: Region = Region::from_static("us-east-1");

/// Answers every request with the same, or with nothing at all.
#[derive(Clone, Debug)]
struct Says(Option<(u16, String)>);

impl HttpConnector for Says {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(match &self.0 {
            None => Err(ConnectorError::io(
                io::Error::from(io::ErrorKind::ConnectionRefused).into(),
            )),
            Some((status, body)) => {
                let status = (*status).try_into().unwrap();
                let mut response = HttpResponse::new(status, SdkBody::from(body.as_str()));
                response.headers_mut().insert("x-amzn-requestid", "4f-sts");
                Ok(response)
            }
        })
    }
}

impl HttpClient for Says {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// STS refuses with `code` and `message`.
fn sts(status: u16, code: &str, message: &str) -> Says {
    let error = format!(
        "<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Says(Some((
        status,
        format!("<ErrorResponse>{error}<RequestId>4f-sts</RequestId></ErrorResponse>"),
    )))
}

async fn to_assume_a_role(says: Says) -> AssumeRoleProvider {
    let key = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(REGION)
        .retry_config(RetryConfig::disabled())
        .time_source(SharedTimeSource::default())
        .http_client(says)
        .credentials_provider(SharedCredentialsProvider::new(key.clone()))
        .build();
    let role = AssumeRoleProvider::builder("arn:aws:iam::111122223333:role/writer");
    let role = role.configure(&config).session_name("test");
    role.build_from_provider(key).await
}

fn without_network(says: Says) -> ProviderConfig {
    ProviderConfig::empty()
        .with_region(Some(REGION))
        .with_retry_config(RetryConfig::disabled())
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_http_client(says)
}

/// What a call is told whose credentials come from `provider`; it has no server to be sent to.
async fn told(provider: impl ProvideCredentials + 'static) -> AwsError {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(REGION)
        .retry_config(RetryConfig::disabled())
        .http_client(Says(None))
        .credentials_provider(provider);
    let client = Client::from_conf(config.build());
    let error = client.list_keys().send().await.unwrap_err();
    assert!(!error.facts().blames_the_service());
    let error = AwsError::from(error);
    assert_eq!(error.stage(), Stage::NotSent, "{error}");
    error
}

#[track_caller]
fn check(error: &AwsError, kind: (Category, Verdict, Obstacle), text: &str, advice: &str) {
    let seen = (error.category(), error.verdict(), error.obstacle());
    assert_eq!(seen, (kind.0, kind.1, Some(kind.2)), "{error}");
    assert_eq!(error.to_string(), text);
    let said = error.advice().to_string();
    assert!(said.starts_with(advice), "{said}");
}

const DENIED: &str = "User: arn:aws:iam::111122223333:user/eve is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/writer";

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_named_with_the_action() {
    let error = told(to_assume_a_role(sts(403, "AccessDenied", DENIED)).await).await;
    let kind = (
        Category::Authorization,
        Verdict::Final,
        Obstacle::Credentials,
    );
    let text = format!("sts.AssumeRole: AccessDenied: {DENIED} (request 4f-sts)");
    let advice = "allow sts:AssumeRole on the role in the caller's policy, and name the caller in the role's trust policy";
    check(&error, kind, &text, advice);
    assert_eq!(error.code(), Some("AccessDenied"));
    assert_eq!(
        error.advice().action().unwrap().to_string(),
        "sts:AssumeRole"
    );

    let why = format!("{DENIED} because no identity-based policy allows the sts:AssumeRole action");
    let error = told(to_assume_a_role(sts(403, "AccessDenied", &why)).await).await;
    let text = format!("sts.AssumeRole: AccessDenied: {why} (request 4f-sts)");
    check(
        &error,
        kind,
        &text,
        "allow sts:AssumeRole in an identity policy of the caller",
    );
}

#[tokio::test]
async fn an_answer_of_sts_that_its_model_names_says_as_much() {
    let told_of =
        |code, message| async move { told(to_assume_a_role(sts(403, code, message)).await).await };
    let error = told_of("RegionDisabledException", "STS is off here").await;
    let kind = (
        Category::Configuration,
        Verdict::Final,
        Obstacle::CredentialsSetup,
    );
    let text = "kms.ListKeys: RegionDisabledException: STS is off here";
    check(&error, kind, text, "activate STS for this Region");
    let error = told_of("ExpiredTokenException", "too old").await;
    let kind = (
        Category::Authentication,
        Verdict::Final,
        Obstacle::Credentials,
    );
    let text = "kms.ListKeys: ExpiredTokenException: too old";
    check(&error, kind, text, "get a new identity token");
}

#[tokio::test]
async fn what_troubles_sts_for_the_moment_may_pass_and_is_no_fault_of_the_service_called() {
    let of_the_clock = "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z";
    for (says, category, verdict, obstacle, advice) in [
        (
            sts(400, "Throttling", "slow down"),
            Category::RateLimit,
            Verdict::Transient,
            Obstacle::Credentials,
            "send fewer calls",
        ),
        (
            sts(500, "InternalFailure", "oh"),
            Category::Authentication,
            Verdict::Transient,
            Obstacle::Credentials,
            "send it again",
        ),
        (
            sts(403, "SignatureDoesNotMatch", of_the_clock),
            Category::Authentication,
            Verdict::Final,
            Obstacle::Credentials,
            "set the clock",
        ),
        (
            sts(400, "BornYesterday", "oh"),
            Category::Authentication,
            Verdict::Final,
            Obstacle::Credentials,
            "give the client credentials",
        ),
        (
            Says(None),
            Category::Authentication,
            Verdict::Transient,
            Obstacle::CredentialsTimeout,
            "look at where the credentials come from",
        ),
    ] {
        let error = told(to_assume_a_role(says).await).await;
        let seen = (error.category(), error.verdict(), error.obstacle());
        assert_eq!(seen, (category, verdict, Some(obstacle)), "{error}");
        let said = error.advice().to_string();
        assert!(said.starts_with(advice), "{said}");
    }
}

fn web_identity(says: Says, token_file: PathBuf) -> WebIdentityTokenCredentialsProvider {
    WebIdentityTokenCredentialsProvider::builder()
        .configure(&without_network(says))
        .static_configuration(StaticConfiguration {
            web_identity_token_file: token_file,
            role_arn: "arn:aws:iam::111122223333:role/writer".to_owned(),
            session_name: "test".to_owned(),
        })
        .build()
}

#[tokio::test]
async fn a_web_identity_that_is_refused_says_why() {
    let here = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
    let denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    let error = told(web_identity(sts(403, "AccessDenied", denied), here.clone())).await;
    let kind = (
        Category::Authorization,
        Verdict::Final,
        Obstacle::Credentials,
    );
    let text = format!("sts.AssumeRoleWithWebIdentity: AccessDenied: {denied} (request 4f-sts)");
    check(
        &error,
        kind,
        &text,
        "allow sts:AssumeRoleWithWebIdentity on the role",
    );

    let error = told(web_identity(
        sts(400, "IDPCommunicationError", "no keys"),
        here,
    ))
    .await;
    let kind = (
        Category::Configuration,
        Verdict::Transient,
        Obstacle::Credentials,
    );
    let text = "kms.ListKeys: IDPCommunicationError: no keys";
    check(
        &error,
        kind,
        text,
        "send it again, and check that AWS can reach",
    );

    let error = told(web_identity(Says(None), "/no/such/token".into())).await;
    let kind = (
        Category::Authentication,
        Verdict::Final,
        Obstacle::Credentials,
    );
    assert_eq!(
        (error.category(), error.verdict(), error.obstacle()),
        (kind.0, kind.1, Some(kind.2))
    );
    assert!(
        error
            .advice()
            .to_string()
            .contains("AWS_WEB_IDENTITY_TOKEN_FILE"),
        "{error}: {}",
        error.advice()
    );
}

#[tokio::test]
async fn a_session_of_identity_center_that_has_ended_asks_for_a_login() {
    let sso = SsoCredentialsProvider::builder()
        .configure(&without_network(Says(None)))
        .account_id("111122223333")
        .role_name("writer")
        .region(REGION)
        .start_url("https://example.awsapps.com/start");
    let error = told(sso.session_name("leeward-has-no-such-session").build()).await;
    assert_eq!(error.obstacle(), Some(Obstacle::Credentials));
    let said = error.advice().to_string();
    assert!(
        said.starts_with("log in again with aws sso login"),
        "{error}: {said}"
    );
}

/// As aws-sdk-sso writes it.
#[derive(Debug, thiserror::Error)]
#[error("UnauthorizedException: Session token not found or invalid")]
struct Unauthorized;

#[test]
fn what_identity_center_answers_is_known_without_the_types_of_its_crate() {
    let error = AwsError::from_erased(CredentialsError::provider_error(Unauthorized));
    let kind = (
        Category::Authentication,
        Verdict::Final,
        Obstacle::Credentials,
    );
    let text = "UnauthorizedException: Session token not found or invalid";
    check(&error, kind, text, "log in again with aws sso login");
}

#[test]
fn the_provider_that_has_most_to_say_is_heard() {
    let wrong =
        CredentialsError::invalid_configuration("profile `dev` was not defined: no such profile");
    let error = AwsError::from_erased(CredentialsError::provider_error(wrong));
    let kind = (
        Category::Configuration,
        Verdict::Final,
        Obstacle::CredentialsSetup,
    );
    let text = "profile `dev` was not defined: no such profile";
    check(&error, kind, text, "write the profile that AWS_PROFILE");
}
