//! Errors whose type is lost, in a box or in `anyhow`.

use crate::made::{answer, response};
use anyhow::Context as _;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::{
    operation::generate_data_key::GenerateDataKeyError, types::error::DisabledException,
};
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{ConnectorError, SdkError},
};
use leeward_error_taxonomy::{
    AwsError, Category, Facts, Obstacle, Region, Rejected, Stage, Verdict,
};
use std::{error::Error, io};

type Failed = SdkError<GenerateDataKeyError, HttpResponse>;

fn denied() -> Failed {
    let code = "AccessDeniedException";
    answer(
        GenerateDataKeyError::generic,
        code,
        "not for you",
        response(400, &[]),
    )
}

fn disabled() -> Failed {
    let disabled = DisabledException::builder().message("off").build();
    let modelled = GenerateDataKeyError::DisabledException(disabled);
    SdkError::service_error(modelled, response(400, &[]))
}

fn refused() -> Failed {
    SdkError::dispatch_failure(ConnectorError::io(
        io::Error::from(io::ErrorKind::ConnectionRefused).into(),
    ))
}

/// The same in a box, in `anyhow` and in `anyhow` under a context.
#[track_caller]
fn check(make: fn() -> Failed, stage: Stage, category: Category, code: Option<&str>) {
    let boxed: Box<dyn Error + Send + Sync> = make().into();
    let plain = anyhow::Error::from(make());
    let facts = Facts::of_erased(plain.as_ref());
    assert_eq!(
        (facts.stage, facts.category, facts.code),
        (stage, category, code)
    );
    let told = Err::<(), _>(make()).context("while saving").unwrap_err();
    for error in [
        AwsError::from_erased(boxed),
        AwsError::from_erased(plain),
        AwsError::from_erased(told),
    ] {
        assert_eq!(
            (error.stage(), error.category(), error.code()),
            (stage, category, code),
            "{error}"
        );
    }
}

#[test]
fn what_the_sdk_said_is_found_again() {
    let answered = Stage::Answered;
    check(
        denied,
        answered,
        Category::Authorization,
        Some("AccessDeniedException"),
    );
    check(
        disabled,
        answered,
        Category::Encryption,
        Some("DisabledException"),
    );
    // Without the step that failed, nobody can tell that there was no connection yet.
    check(refused, Stage::MaybeSent, Category::Network, None);
    check(
        || Rejected::LimiterFull.into(),
        Stage::NotSent,
        Category::Rejected,
        None,
    );
    check(
        || SdkError::timeout_error("too slow"),
        Stage::MaybeSent,
        Category::Timeout,
        None,
    );
    check(
        || SdkError::construction_failure("no id"),
        Stage::NotSent,
        Category::Validation,
        None,
    );
    check(
        || SdkError::response_error("cut short", response(200, &[])),
        Stage::MaybeSent,
        Category::Network,
        None,
    );
}

#[test]
fn a_message_does_not_repeat_its_code() {
    let told = AwsError::from_erased(anyhow::Error::from(disabled()));
    assert_eq!(told.to_string(), "DisabledException: off");
    let told = AwsError::from_erased(anyhow::Error::from(denied()));
    assert_eq!(told.to_string(), "AccessDeniedException: not for you");
}

#[test]
fn a_code_in_the_words_of_others_is_no_answer() {
    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Said(&'static str, #[source] Option<Box<Self>>);
    let said = |text, below: Option<&'static str>| {
        let below = below.map(|text| Box::new(Said(text, None)));
        AwsError::from_erased(Said(text, below))
    };
    for (text, below, stage, category) in [
        (
            "ThrottlingException: gave up on the queue",
            None,
            Stage::MaybeSent,
            Category::RateLimit,
        ),
        (
            "ThrottlingException",
            None,
            Stage::MaybeSent,
            Category::RateLimit,
        ),
        (
            "not saved",
            Some("AccessDenied: by the proxy"),
            Stage::MaybeSent,
            Category::Authorization,
        ),
        (
            "a [AccessDenied] b: c",
            None,
            Stage::MaybeSent,
            Category::Unknown,
        ),
        (
            "a b [AccessDenied]: c",
            None,
            Stage::MaybeSent,
            Category::Authorization,
        ),
        (
            "KmsInternalException [KMSInternalException]: x",
            None,
            Stage::Answered,
            Category::Internal,
        ),
        (
            "service error",
            Some("DisabledException: off"),
            Stage::Answered,
            Category::Encryption,
        ),
        (
            "service errors",
            Some("DisabledException: off"),
            Stage::MaybeSent,
            Category::Encryption,
        ),
    ] {
        let error = said(text, below);
        assert_eq!(
            (error.stage(), error.category()),
            (stage, category),
            "{text}"
        );
    }
}

#[test]
fn an_aws_error_comes_out_as_it_was() {
    let error = AwsError::from(denied()).with_attempts(2);
    let text = error.to_string();
    let boxed: Box<dyn Error + Send + Sync> = error.into();
    let error = AwsError::from_erased(boxed);
    assert_eq!(error.to_string(), text);
    assert!(error.downcast_ref::<GenerateDataKeyError>().is_some());
    let told = anyhow::Error::from(error).context("while saving");
    let error = AwsError::from_erased(told);
    assert_eq!(
        (error.category(), error.code()),
        (Category::Authorization, Some("AccessDeniedException"))
    );
}

/// What an error of one's own around an `AwsError` looks like.
#[derive(Debug)]
struct Wrapped(Box<AwsError>);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not saved")
    }
}

impl Error for Wrapped {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // A box, which is an error of a type of its own.
        Some(&self.0)
    }
}

fn known() -> AwsError {
    let headers = [("x-amzn-requestid", "4f-1")];
    let code = "ThrottlingException";
    let error = answer(
        GenerateDataKeyError::generic,
        code,
        "rate exceeded",
        response(400, &headers),
    );
    AwsError::from(error)
        .with_region(Region::from_static("eu-central-1"))
        .with_attempts(3)
}

#[test]
fn nothing_that_an_aws_error_knows_is_lost_below_another_error() {
    let text = known().to_string();
    assert_eq!(
        text,
        "kms.GenerateDataKey: ThrottlingException: rate exceeded (HTTP 400, request 4f-1, 3 attempts, eu-central-1)"
    );
    let twice = AwsError::from_erased(anyhow::Error::from(known()).context("while saving"));
    let wrapped: [(Box<dyn Error + Send + Sync>, bool); 6] = [
        (known().into(), true),
        (Wrapped(Box::new(known())).into(), false),
        (anyhow::Error::from(known()).into(), false),
        (
            anyhow::Error::from(known()).context("while saving").into(),
            true,
        ),
        (anyhow::Error::from(twice).context("again").into(), true),
        (
            anyhow::Error::from(Wrapped(Box::new(known())))
                .context("while saving")
                .into(),
            false,
        ),
    ];
    for (error, is_seen) in wrapped {
        let facts = Facts::of_erased(&*error);
        assert_eq!(facts.operation, known().operation(), "{error}");
        assert_eq!(
            (facts.attempts, facts.request_id, facts.status),
            (Some(3), Some("4f-1"), Some(400)),
            "{error}"
        );
        let error = AwsError::from_erased(error);
        assert_eq!(error.to_string(), text);
        assert_eq!(error.downcast_ref::<Failed>().is_some(), is_seen);
    }
}

#[test]
fn a_refusal_is_found_below_a_context() {
    let refused = || AwsError::from(Rejected::LimiterFull);
    let told = anyhow::Error::from(refused()).context("while saving");
    let error = AwsError::from_erased(told);
    assert!(matches!(error.rejected(), Some(Rejected::LimiterFull)));
    // Its type is hidden, but what it means is not.
    let error = AwsError::from_erased(anyhow::Error::from(refused()));
    assert!(error.rejected().is_none());
    let seen = (error.stage(), error.category(), error.verdict());
    assert_eq!(seen, (Stage::NotSent, Category::Rejected, Verdict::Final));
}

#[test]
fn credentials_that_fail_alone_are_known() {
    let error = AwsError::from_erased(CredentialsError::not_loaded_no_source());
    assert_eq!(
        (error.stage(), error.category()),
        (Stage::NotSent, Category::Authentication)
    );
    assert_eq!(error.obstacle(), Some(Obstacle::Credentials));
    assert!(error.advice().to_string().contains("AWS_PROFILE"));
}

#[test]
fn a_missing_file_is_not_called_the_network() {
    let error = anyhow::Error::from(io::Error::from(io::ErrorKind::NotFound)).context("no input");
    let error = AwsError::from_erased(error);
    let seen = (error.stage(), error.category(), error.verdict());
    assert_eq!(seen, (Stage::MaybeSent, Category::Unknown, Verdict::Final));
    assert_eq!(error.to_string(), "no input");
    let sources: Vec<_> = anyhow::Chain::new(&error)
        .map(ToString::to_string)
        .collect();
    assert_eq!(sources, ["no input", "no input", "entity not found"]);
}
