//! What KMS is asked word for word, and answers that are not to be trusted.
//!
//! A client whose HTTP side is scripted: no emulator gives such answers.

use crate::cloud::{EAST, context};
use aws_sdk_kms::{
    Client,
    config::{
        BehaviorVersion, Credentials, Region,
        http::{HttpRequest, HttpResponse},
    },
};
use aws_smithy_runtime_api::{
    client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use base64::{Engine, prelude::BASE64_STANDARD};
use leeward_client_pool::Target;
use leeward_envelope::{
    AlgorithmSuite, DataKey, DecryptionMaterials, EncryptedDataKey, EncryptionContext,
    EncryptionMaterials, Encryptor, Keyring,
};
use leeward_kms_envelope::{KeyArn, KmsKeyring};
use serde_json::{Value, json};
use std::{
    error::Error,
    sync::{Arc, Mutex},
};

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;

type Asked = Arc<Mutex<Vec<Value>>>;

/// Writes down what it is asked, and always answers the same.
#[derive(Clone, Debug)]
struct Script {
    answer: String,
    asked: Asked,
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let asked = serde_json::from_slice(body).unwrap();
        self.asked.lock().unwrap().push(asked);
        let ok = StatusCode::try_from(200).unwrap();
        let answer = HttpResponse::new(ok, SdkBody::from(self.answer.clone()));
        HttpConnectorFuture::ready(Ok(answer))
    }
}

/// A keyring over a client to whom KMS always answers `answer`, and what it was asked.
fn keyring(answer: String) -> (KmsKeyring<Target<Client>>, Asked) {
    let asked = Asked::default();
    let script = SharedHttpConnector::new(Script {
        answer,
        asked: asked.clone(),
    });
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ))
        .http_client(http_client_fn(move |_, _| script.clone()))
        .build();
    let target = Target::new(Client::from_conf(config), EAST);
    let key: KeyArn = KEY.parse().unwrap();
    let keyring = KmsKeyring::multi_region(key, target).unwrap();
    (
        keyring.with_grant_tokens(["grant".to_owned()]).unwrap(),
        asked,
    )
}

fn answer(key: Option<&str>, plaintext: Option<&[u8]>) -> String {
    let plaintext = plaintext.map(|bytes| BASE64_STANDARD.encode(bytes));
    json!({"KeyId": key, "Plaintext": plaintext, "CiphertextBlob": "d3JhcHBlZA=="}).to_string()
}

fn wrapped() -> [EncryptedDataKey; 1] {
    [EncryptedDataKey::new("aws-kms", KEY, "wrapped").unwrap()]
}

#[tokio::test]
async fn kms_hears_the_context_the_tokens_and_the_length() {
    let (keyring, asked) = keyring(answer(Some(KEY), Some(&[7; 32])));
    let materials = EncryptionMaterials::new(SUITE, context());
    keyring.on_encrypt(materials).await.unwrap();
    let materials = DecryptionMaterials::new(SUITE, context());
    keyring.on_decrypt(materials, &wrapped()).await.unwrap();
    let context = json!({"tenant": "blue", "purpose": "test"});
    assert_eq!(
        *asked.lock().unwrap(),
        [
            json!({"KeyId": KEY, "NumberOfBytes": 32, "EncryptionContext": context, "GrantTokens": ["grant"]}),
            json!({"KeyId": KEY, "CiphertextBlob": "d3JhcHBlZA==", "EncryptionContext": context, "GrantTokens": ["grant"]}),
        ]
    );
}

#[tokio::test]
async fn an_empty_context_is_not_sent() {
    let (keyring, asked) = keyring(answer(Some(KEY), Some(&[7; 32])));
    let materials = EncryptionMaterials::new(SUITE, EncryptionContext::empty());
    keyring.on_encrypt(materials).await.unwrap();
    assert_eq!(asked.lock().unwrap()[0].get("EncryptionContext"), None);
}

/// What both calls say of an answer; a keyring error's source has the reason.
async fn refusals(answer: String) -> [String; 2] {
    let (keyring, _) = keyring(answer);
    let reason = |error: &dyn Error| {
        error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string)
    };
    let wrapping = keyring
        .on_encrypt(EncryptionMaterials::new(SUITE, context()))
        .await;
    let unwrapping = keyring
        .on_decrypt(DecryptionMaterials::new(SUITE, context()), &wrapped())
        .await;
    [
        reason(&wrapping.unwrap_err()),
        reason(&unwrapping.unwrap_err()),
    ]
}

#[tokio::test]
async fn an_answer_under_another_key_is_refused() {
    let other = "arn:aws:kms:us-east-1:111122223333:key/mrk-other";
    for key in [Some(other), Some("alias/app"), None] {
        for text in refusals(answer(key, Some(&[7; 32]))).await {
            assert!(
                text.contains(key.unwrap_or("none")) && text.contains(KEY),
                "{text}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_key_is_refused() {
    for text in refusals(answer(Some(KEY), None)).await {
        assert!(text.contains("without a data key"), "{text}");
    }
}

#[tokio::test]
async fn a_key_of_another_length_is_refused() {
    let [wrapping, unwrapping] = refusals(answer(Some(KEY), Some(&[7; 16]))).await;
    let expected = "KMS answered with a data key of 16 bytes, the suite needs 32";
    assert_eq!(wrapping, expected);
    // The suite is the word of the message, so that whoever changed it is told nothing.
    let opaque = "the encrypted data key does not belong to this key and context";
    assert_eq!(unwrapping, opaque);
}

#[tokio::test]
async fn a_data_key_of_another_keyring_is_encrypted_under_its_context() {
    let (keyring, asked) = keyring(answer(Some(KEY), None));
    let materials = EncryptionMaterials::new(SUITE, context())
        .with_data_key(DataKey::new(vec![7; 32]))
        .unwrap();
    let made = keyring.on_encrypt(materials).await.unwrap();
    assert_eq!(made.data_key().unwrap().expose(), [7; 32]);
    let wrapped = &made.encrypted_data_keys()[0];
    assert_eq!(wrapped.provider_info(), KEY.as_bytes());
    assert_eq!(wrapped.ciphertext(), b"wrapped");
    let context = json!({"tenant": "blue", "purpose": "test"});
    let plaintext = BASE64_STANDARD.encode([7; 32]);
    assert_eq!(
        *asked.lock().unwrap(),
        [
            json!({"KeyId": KEY, "Plaintext": plaintext, "EncryptionContext": context, "GrantTokens": ["grant"]})
        ]
    );
}

#[tokio::test]
async fn a_name_in_a_message_that_is_no_arn_is_an_error_and_asks_nothing() {
    let (keyring, asked) = keyring(answer(Some(KEY), Some(&[7; 32])));
    // Not even for the key beside it, which it might decrypt.
    let [good] = wrapped();
    let keys = [
        good,
        EncryptedDataKey::new("aws-kms", "not an arn", "wrapped").unwrap(),
    ];
    let error = keyring
        .on_decrypt(DecryptionMaterials::new(SUITE, context()), &keys)
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("not the ARN of a KMS key"),
        "{error}"
    );
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_error_prints_the_plaintext_of_an_answer_that_cannot_be_read() {
    let secret = BASE64_STANDARD.encode([0x53; 32]);
    let (keyring, _) = keyring(format!(r#"{{"Plaintext":"{secret}","CiphertextBlob":17}}"#));
    let encryptor = Encryptor::builder(keyring).build().unwrap();
    let error = encryptor.encrypt(b"x", &context()).await.unwrap_err();
    let mut next: Option<&(dyn Error + 'static)> = Some(&error);
    let mut seen = 0;
    while let Some(error) = next {
        let text = format!("{error} {error:?}");
        assert!(!text.contains(&secret), "{text}");
        next = error.source();
        seen += 1;
    }
    assert!(seen > 2, "the cause is still told");
}
