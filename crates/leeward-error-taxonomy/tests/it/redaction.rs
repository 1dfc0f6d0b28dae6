//! Whatever secret stands in any field of an error, it does not come out.

use crate::made::{answer, response};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::operation::encrypt::EncryptError;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use leeward_error_taxonomy::{AwsError, Classify, Facts, Failure, Rejected, Stage};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed},
};
use std::error::Error;

/// What must not come out, and how it stands in a text.
#[derive(Clone, Debug)]
struct Planted {
    secret: String,
    written: String,
}

fn planted(form: &str, secret: String) -> Planted {
    let written = form.replace("{}", &secret);
    Planted { secret, written }
}

fn full() -> bool {
    std::env::var_os("LEEWARD_FULL").is_some_and(|value| value == "1")
}

/// Secrets that their own form gives away, and secrets that a name or a header gives away.
fn secret() -> impl Strategy<Value = Planted> {
    let has_all = |text: &String| {
        let has = |class: fn(char) -> bool| text.contains(class);
        has(|char| char.is_ascii_uppercase())
            && has(|char| char.is_ascii_lowercase())
            && has(|char| !char.is_ascii_alphabetic())
    };
    let secret_key = "[A-Za-z0-9+/]{40}".prop_filter("as issued", has_all);
    let token = "IQoJb3JpZ2lu[A-Za-z0-9+/]{100,400}";
    let key_id = "(AKIA|ASIA)[A-Z2-7]{16}";
    let alone = prop_oneof![
        secret_key.prop_map(|secret| planted("{}", secret)),
        token.prop_map(|secret| planted("{}", secret)),
        "FwoGZXIvYXdz[A-Za-z0-9+/]{100,300}".prop_map(|secret| planted("{}==", secret)),
        key_id.prop_map(|secret| planted("{}", secret)),
        "eyJ[A-Za-z0-9_-]{20,60}\\.eyJ[A-Za-z0-9_-]{20,60}\\.[A-Za-z0-9_-]{20,60}"
            .prop_map(|secret| planted("{}", secret)),
        "[0-9a-f]{64}".prop_map(|secret| planted("{}", secret)),
    ];
    // No word of these letters stands in a form or in an error's own words.
    let word = "[qxz]{8,30}";
    let named = (
        word,
        proptest::sample::select(vec![
            "aws_secret_access_key={}",
            "AWS_SECRET_ACCESS_KEY = {}",
            "secretAccessKey: {}",
            "\"SecretAccessKey\": \"{}\"",
            "{\\\"SessionToken\\\":\\\"{}\\\"}",
            "<SessionToken>{}</SessionToken>",
            "?X-Amz-Security-Token={}&X-Amz-Date=1",
            "?X-Amz-Signature={}",
            "x-amz-signature%3D{}%26a",
            "Authorization: Basic {}",
            "\"Authorization\": \"Bearer {}\"",
            "Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature={}",
            "\"Plaintext\":\"{}=\"",
            "Plaintext: Some(Blob { inner: [{}] })",
            "\"SecretString\":\"a, {}\"",
            "x-amz-server-side-encryption-customer-key: {}",
            "password={}",
            "proxy http://eve:{}@proxy:3128 refused",
            "-----BEGIN RSA PRIVATE KEY----- {} -----END RSA PRIVATE KEY-----",
        ]),
    );
    let named = named.prop_map(|(secret, form)| planted(form, secret));
    prop_oneof![alone, named]
}

/// Printable words around it, as a header may hold them too.
fn words() -> &'static str {
    "[ -~]{0,40}"
}

/// Errors that hold `text` wherever an error can hold one.
fn errors(text: &str) -> Vec<AwsError> {
    let text = || text.to_owned();
    let headers = [
        ("x-amzn-requestid", text()),
        ("x-amz-id-2", text()),
        ("retry-after", text()),
    ];
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let whole = answer(
        EncryptError::generic,
        &text(),
        &text(),
        response(400, &headers),
    );
    let denied = format!("User: u is not authorized to perform: {}", text());
    let denied = answer(
        EncryptError::generic,
        "AccessDenied",
        &denied,
        response(403, &[]),
    );
    let dispatch = |error: ConnectorError| SdkError::<EncryptError, _>::dispatch_failure(error);
    let no_credentials = CredentialsError::provider_error(text());
    let refused = Rejected::unavailable(text());
    let exhausted = {
        let region = leeward_error_taxonomy::Region::from_static("us-east-1");
        let met = Failure::from(&whole.facts());
        let tried = vec![leeward_error_taxonomy::Attempt::new(region, met)];
        Rejected::Exhausted { tried }
    };
    vec![
        whole.into(),
        denied.into(),
        dispatch(ConnectorError::io(text().into())).into(),
        dispatch(ConnectorError::other(no_credentials.into(), None)).into(),
        SdkError::<EncryptError, _>::timeout_error(text()).into(),
        SdkError::<EncryptError, _>::construction_failure(text()).into(),
        SdkError::<EncryptError, _>::response_error(text(), response(200, &headers)).into(),
        refused.into(),
        exhausted.into(),
        AwsError::from_erased(text()),
        AwsError::from_erased(anyhow::anyhow!(text()).context(text())),
    ]
}

/// Everything that an error and what is made of it print.
fn printed(error: &AwsError) -> Vec<String> {
    let facts: Facts<'_> = error.facts();
    let mut printed = vec![
        format!("{error}"),
        format!("{error:?}"),
        format!("{error:#?}"),
        format!("{facts:?}"),
        format!("{}", error.failure()),
        format!("{:?}", error.failure()),
        error.advice().to_string(),
        format!("{:?}", error.advice()),
    ];
    #[cfg(feature = "serde")]
    printed.extend([
        serde_json::to_string(error).unwrap(),
        serde_json::to_string(error.failure()).unwrap(),
    ]);
    let sources = std::iter::successors(error.source(), |&error| error.source());
    printed.extend(sources.flat_map(|error| [format!("{error}"), format!("{error:?}")]));
    printed
}

proptest! {
    #![proptest_config(Config {
        cases: if full() { 16_384 } else { 512 },
        rng_seed: RngSeed::Fixed(0x1eea),
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn no_secret_comes_out(secret in secret(), before in words(), after in words()) {
        let text = format!("{before} {} {after}", secret.written);
        for error in errors(&text) {
            for printed in printed(&error) {
                prop_assert!(!printed.contains(&secret.secret), "{printed}");
            }
        }
    }
}

#[test]
fn the_errors_hold_what_is_planted() {
    // What is no secret comes out of each of them: else the property above would hold for errors that drop everything.
    for error in errors("plain words") {
        assert!(
            printed(&error).concat().contains("plain words"),
            "{error:?}"
        );
    }
}

#[test]
fn an_access_key_id_can_still_be_told_from_another() {
    let told = "The key AKIAIOSFODNN7EXAMPLE is inactive";
    let error = answer(
        EncryptError::generic,
        "InvalidClientTokenId",
        told,
        response(403, &[]),
    );
    let error = AwsError::from(error);
    assert_eq!(error.message(), Some("The key AKIA****MPLE is inactive"));
    assert_eq!(error.stage(), Stage::Answered);
}
