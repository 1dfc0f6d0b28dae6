//! Values that are sealed as JSON.

use crate::{context, keyrings::raw, run};
use leeward_envelope::{DecryptError, Decryptor, Encryptor, OpenJsonError, SealJsonError};
use serde::{Deserialize, Serialize, Serializer, ser::Error};
use std::{collections::BTreeMap, error::Error as _};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    number: String,
    year: u16,
    tags: BTreeMap<String, Option<f64>>,
}

fn card() -> Card {
    Card {
        number: "4242-4242 \"quoted\" \u{1f4b3}\n".repeat(40),
        year: 2030,
        tags: [("limit".to_owned(), Some(12.5)), ("x".to_owned(), None)].into(),
    }
}

fn both() -> (Encryptor, Decryptor) {
    (
        Encryptor::builder(raw()).build().unwrap(),
        Decryptor::builder(raw()).build().unwrap(),
    )
}

#[test]
fn a_value_comes_back_as_message_and_as_text() {
    let (encryptor, decryptor) = both();
    let bound = context(&[("customer", "81")]);
    let message = run(encryptor.seal_json(&card(), &bound)).unwrap();
    let opened: Card = run(decryptor.open_json(&message, &bound)).unwrap();
    assert_eq!(opened, card());
    let plaintext = run(decryptor.decrypt(&message)).unwrap().into_plaintext();
    assert_eq!(plaintext, serde_json::to_vec(&card()).unwrap());
    let text = run(encryptor.seal_json_text(&card(), &bound)).unwrap();
    assert!(text.is_ascii());
    let opened: Card = run(decryptor.open_json_text(&text, &bound)).unwrap();
    assert_eq!(opened, card());
    let other = context(&[("customer", "82")]);
    let refused = run(decryptor.open_json::<Card>(&message, &other)).unwrap_err();
    assert!(matches!(
        refused,
        OpenJsonError::Decrypt(DecryptError::ContextMismatch { .. })
    ));
    // Values without a size of their own, too.
    let message = run(encryptor.seal_json("4242", &bound)).unwrap();
    let opened: String = run(decryptor.open_json(&message, &bound)).unwrap();
    assert_eq!(opened, "4242");
}

#[test]
fn what_is_no_number_becomes_null() {
    let (encryptor, decryptor) = both();
    let none = context(&[]);
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let message = run(encryptor.seal_json(&number, &none)).unwrap();
        assert_eq!(
            run(decryptor.decrypt(&message)).unwrap().plaintext(),
            b"null"
        );
        let opened = run(decryptor.open_json::<Option<f64>>(&message, &none));
        assert_eq!(opened.unwrap(), None);
        let opened = run(decryptor.open_json::<f64>(&message, &none));
        assert!(matches!(opened, Err(OpenJsonError::Value { .. })));
    }
}

/// Fails as some serializers do: by quoting what they were given.
struct Quoting;

impl Serialize for Quoting {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("cannot write 4242-4242"))
    }
}

#[track_caller]
fn is_opaque(error: &(dyn std::error::Error + 'static), secret: &str) {
    let mut next = Some(error);
    while let Some(error) = next {
        let text = format!("{error} {error:?} {error:#?}");
        assert!(!text.contains(secret), "{text}");
        next = error.source();
    }
}

#[test]
fn no_error_quotes_the_value() {
    let (encryptor, decryptor) = both();
    let none = context(&[]);
    let refused = run(encryptor.seal_json(&Quoting, &none)).unwrap_err();
    assert!(matches!(refused, SealJsonError::Value { .. }));
    is_opaque(&refused, "4242");
    assert!(refused.source().is_none());

    // What serde itself says of these quotes them.
    for (sealed, found) in [
        (
            r#"{"number":"n","year":"4242-4242","tags":{}}"#,
            "JSON of another shape",
        ),
        (
            r#"{"number":"n","year":1,"tags":{},"4242":1}"#,
            "JSON of another shape",
        ),
        (r#"{"number":"4242"#, "JSON that breaks off"),
        ("pan 4242-4242", "no JSON"),
    ] {
        let message = run(encryptor.encrypt(sealed.as_bytes(), &none)).unwrap();
        let refused = run(decryptor.open_json::<Card>(&message, &none)).unwrap_err();
        is_opaque(&refused, "4242");
        let text = refused.to_string();
        assert!(
            text.starts_with(&format!("what was sealed is {found}, where ")),
            "{text}"
        );
        assert!(
            text.ends_with("::Card was expected: open it as the type that was sealed"),
            "{text}"
        );
    }
    let refused = run(decryptor.open_json_text::<Card>("4242!", &none)).unwrap_err();
    assert!(matches!(refused, OpenJsonError::Text));
    is_opaque(&refused, "4242");
}
