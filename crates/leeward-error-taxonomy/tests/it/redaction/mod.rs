//! Whatever secret stands in any field of an error, it does not come out.

mod planted;

use crate::made::{answer, response};
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kms::operation::encrypt::EncryptError;
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{ConnectorError, SdkError},
};
use leeward_error_taxonomy::{
    Attempt, AwsError, Category, Classify, Facts, Failure, OperationName, Region, Rejected, Stage,
    Verdict, redact,
};
use planted::{formed, named, neighbour};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed},
};
use std::error::Error;

fn full() -> bool {
    std::env::var_os("LEEWARD_FULL").is_some_and(|value| value == "1")
}

/// Errors that hold `text` wherever an error can hold one.
fn errors(text: &str) -> Vec<AwsError> {
    let text = || text.to_owned();
    // A header holds no other bytes; what it cannot hold does not come in by it.
    let value = text().replace(char::is_whitespace, " ");
    let value: String = value.chars().filter(char::is_ascii).collect();
    let headers = [
        ("x-amzn-requestid", value.as_str()),
        ("x-amz-id-2", value.as_str()),
        ("retry-after", value.as_str()),
    ];
    let whole = answer(
        EncryptError::generic,
        &text(),
        &text(),
        response(400, &headers),
    );
    let dispatch =
        |error: ConnectorError| SdkError::<EncryptError, HttpResponse>::dispatch_failure(error);
    let no_credentials = CredentialsError::provider_error(text());
    let attempt = || {
        let met = Failure::from(&whole.facts());
        vec![Attempt::new(Region::from_static("us-east-1"), met)]
    };
    let refused = [
        Rejected::unavailable(text()),
        Rejected::Exhausted { tried: attempt() },
        Rejected::BudgetSpent { tried: attempt() },
    ];
    let refused = refused.map(AwsError::from);
    let whole = AwsError::from(whole);
    let mut errors = vec![
        dispatch(ConnectorError::io(text().into())).into(),
        dispatch(ConnectorError::other(no_credentials.into(), None)).into(),
        SdkError::<EncryptError, HttpResponse>::timeout_error(text()).into(),
        SdkError::<EncryptError, HttpResponse>::construction_failure(text()).into(),
        SdkError::<EncryptError, _>::response_error(text(), response(200, &headers)).into(),
        AwsError::from_erased(text()),
        AwsError::from_erased(anyhow::anyhow!(text()).context(text())),
        AwsError::from_erased(anyhow::Error::from(AwsError::from_erased(text()))),
        whole,
    ];
    errors.extend(refused);
    errors.extend(denials(&text()).iter().map(|message| denied(message)));
    errors
}

/// Denials in IAM's own words, with `text` before them, in the place of the action and after them.
fn denials(text: &str) -> Vec<String> {
    let because = "because no session policy allows the";
    vec![
        format!("{text} is not authorized to perform: s3:GetObject"),
        format!("User: u is not authorized to perform: {text}"),
        format!("not authorized to perform: s3:{text} {because} s3:{text} action"),
        format!("{because} {text} action"),
        format!("not authorized to perform: s3:GetObject on resource: {text}"),
    ]
}

/// Such denials of an action with a part of `text` for its name, which is a secret where it is told as one.
fn named_after(text: &str) -> Vec<String> {
    // The longest that may be taken for an action.
    let is_of_it = |char: char| char.is_ascii_alphanumeric() || char == '*';
    let words = text.split(|char| !is_of_it(char));
    let word = words.max_by_key(|word| word.len()).unwrap_or_default();
    vec![
        format!("{text} is not authorized to perform: s3:{word}"),
        format!("{text} not authorized to perform: {word}:{word} on resource: r"),
        format!("{text} because no identity-based policy allows the iam:{word} action"),
        format!("not authorized to perform: s3:{word} on resource: {text}"),
    ]
}

/// An error that a service denied with `message`.
fn denied(message: &str) -> AwsError {
    let code = "AccessDenied";
    answer(EncryptError::generic, code, message, response(403, &[])).into()
}

/// Everything that an error and what is made of it print.
fn printed(error: &AwsError) -> Vec<String> {
    let facts: Facts<'_> = error.facts();
    let mut printed = vec![
        format!("{error}"),
        format!("{error:?}"),
        format!("{error:#?}"),
        format!("{facts:?}"),
        format!("{facts:#?}"),
        format!("{}", error.failure()),
        format!("{:?}", error.failure()),
        format!("{:#?}", error.failure()),
        error.advice().to_string(),
        format!("{:?}", error.advice()),
        format!("{:?} {:?}", error.code(), error.message()),
        format!("{:?} {:?}", error.request_id(), error.extended_request_id()),
    ];
    printed.extend(raw(error));
    if let Some(refused) = error.rejected() {
        printed.extend([
            format!("{refused}"),
            format!("{refused:?}"),
            format!("{refused:#?}"),
        ]);
    }
    #[cfg(feature = "serde")]
    printed.extend([
        serde_json::to_string(error).unwrap(),
        serde_json::to_string(error.failure()).unwrap(),
    ]);
    let sources = std::iter::successors(error.source(), |&error| error.source());
    printed.extend(sources.flat_map(|error| {
        [
            format!("{error}"),
            format!("{error:?}"),
            format!("{error:#?}"),
        ]
    }));
    printed
}

/// What the facts of the error within print, whose texts are as they came.
fn raw(error: &AwsError) -> Vec<String> {
    let within: Option<&SdkError<EncryptError, HttpResponse>> = error.downcast_ref();
    let Some(within) = within else {
        return Vec::new();
    };
    let facts = within.facts();
    let advice = facts.advice();
    vec![
        format!("{facts:?}"),
        format!("{facts:#?}"),
        advice.to_string(),
        format!("{advice:?}"),
    ]
}

fn cases(quick: u32) -> Config {
    Config {
        cases: if full() { quick * 32 } else { quick },
        rng_seed: RngSeed::Fixed(0x1eea),
        failure_persistence: None,
        max_shrink_iters: 4096,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(cases(4096))]

    #[test]
    fn no_secret_comes_out_of_a_text(
        secret in prop_oneof![formed(), named()],
        before in neighbour(),
        after in neighbour(),
    ) {
        let text = format!("{before} {} {after}", secret.written);
        let clean = redact(&text);
        for piece in &secret.pieces {
            prop_assert!(!clean.contains(piece), "{piece} of {text}\nis in {clean}");
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn no_secret_comes_out_of_an_error(
        secret in prop_oneof![formed(), named()],
        before in neighbour(),
        after in neighbour(),
    ) {
        let alone = secret.written.clone();
        for text in [alone, format!("{before} {} {after}", secret.written)] {
            for error in errors(&text) {
                for printed in printed(&error) {
                    for piece in &secret.pieces {
                        prop_assert!(!printed.contains(piece), "{piece} of {text}\nis in {printed}");
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn no_secret_comes_out_of_the_advice_on_a_denial(
        secret in prop_oneof![formed(), named()],
        before in neighbour(),
        after in neighbour(),
    ) {
        let text = format!("{before} {} {after}", secret.written);
        for message in denials(&secret.written).into_iter().chain(named_after(&text)) {
            let error = denied(&message);
            let advice = error.advice().to_string();
            let debug = format!("{:?}", error.advice());
            let shown = error.message().unwrap_or_default().to_owned();
            // The record is read after it was shown, and so is a copy of it below another error.
            prop_assert_eq!(&advice, &error.advice().to_string());
            let copy = AwsError::from_erased(anyhow::Error::from(error));
            prop_assert_eq!(&advice, &copy.advice().to_string(), "{}", message);
            for piece in secret.pieces.iter().filter(|piece| !shown.contains(*piece)) {
                prop_assert!(!advice.contains(piece), "{piece} of {message}\nis in {advice}");
                prop_assert!(!debug.contains(piece), "{piece} of {message}\nis in {debug}");
            }
            if let Some(action) = error_action(&advice) {
                let of_the_operation = action == "kms:Encrypt";
                prop_assert!(of_the_operation || shown.contains(&action), "{action}\nis not in {shown}");
            }
        }
    }
}

/// The action that advice on a denial of `kms.Encrypt` names.
fn error_action(advice: &str) -> Option<String> {
    let mut words = advice.split(' ').filter(|word| word.contains(':'));
    Some(words.next()?.trim_end_matches(',').to_owned())
}

#[test]
fn an_action_within_a_secret_is_not_advised() {
    for (message, advised) in [
        (
            "passphrase: not authorized to perform: s3:hunter2",
            "kms:Encrypt",
        ),
        (
            "plaintext: you are authorized to perform kms:hunter2horse today",
            "kms:Encrypt",
        ),
        (
            "password=\"a is not authorized to perform: sts:correcthorse\" x",
            "kms:Encrypt",
        ),
        (
            "{\"SecretString\":\"allows the iam:swordfish action",
            "kms:Encrypt",
        ),
        (
            "not authorized to perform: s3:AKIAIOSFODNN7EXAMPLE",
            "kms:Encrypt",
        ),
        (
            "authorized to perform: s3:GetObject with password=hunter2",
            "s3:GetObject",
        ),
        (
            "password=hunter2 is not authorized to perform: s3:GetObject",
            "s3:GetObject",
        ),
    ] {
        let error = denied(message);
        for advice in [error.advice(), error.facts().advice()] {
            assert_eq!(advice.action().unwrap().to_string(), advised, "{message}");
        }
        let raw: &SdkError<EncryptError, HttpResponse> = error.downcast_ref().unwrap();
        let facts = raw.facts();
        assert_eq!(facts.advice().to_string(), error.advice().to_string());
        assert_eq!(facts.advice().action(), error.advice().action());
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
fn an_operation_that_is_none_is_not_named() {
    let planted = OperationName::new("kms", "password=hunter2");
    let mut facts = Facts::new(Stage::Answered, Category::Authorization, Verdict::Final);
    facts.operation = Some(planted);
    let error = AwsError::from(Rejected::LimiterFull).with_operation(planted);
    let mut printed = printed(&error);
    printed.push(format!("{facts:?}"));
    assert!(!printed.concat().contains("hunter2"), "{printed:?}");
    assert_eq!(error.to_string(), "unknown.unknown: limiter full");
}

#[test]
fn an_action_that_may_be_a_secret_is_not_advised() {
    let advice = |message| {
        let mut facts = Facts::new(Stage::Answered, Category::Authorization, Verdict::Final);
        facts.message = Some(message);
        facts.advice().to_string()
    };
    let told = "not authorized to perform: password:qxzqxz";
    assert!(!advice(told).contains("qxz"), "{}", advice(told));
    let told = "Cookie: a, not authorized to perform: qxz:qxzq";
    assert!(!advice(told).contains("qxz"), "{}", advice(told));
    let told = "not authorized to perform: kms:Decrypt with password=qxz";
    assert!(advice(told).contains("kms:Decrypt"), "{}", advice(told));
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
