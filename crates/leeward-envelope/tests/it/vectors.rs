use crate::{context, keyrings::Fixed};
use base64::{Engine, prelude::BASE64_STANDARD};
use leeward_envelope::{
    CommitmentPolicy, DecryptError, Decryptor, EncryptionContext, RawAesKeyring,
};
use serde::Deserialize;
use std::{collections::BTreeMap, fs, path::PathBuf};

fn vectors(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests/vectors", path]
        .iter()
        .collect()
}

#[derive(Deserialize)]
struct CommitmentVectors {
    tests: Vec<CommitmentVector>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct CommitmentVector {
    ciphertext: String,
    decrypted_dek: String,
    encryption_context: BTreeMap<String, String>,
    #[serde(default)]
    plaintext_frames: Vec<String>,
    status: bool,
    comment: String,
}

#[tokio::test]
async fn the_official_commitment_vectors_decrypt_or_fail_as_they_say() {
    let text = fs::read_to_string(vectors("commitment-test-vectors.json")).unwrap();
    let vectors: CommitmentVectors = serde_json::from_str(&text).unwrap();
    assert_eq!(vectors.tests.len(), 46);
    let mut decrypted = 0;
    for vector in vectors.tests {
        let name = &vector.comment;
        let decode = |text: &str| BASE64_STANDARD.decode(text).unwrap();
        let keyring = Fixed {
            data_key: decode(&vector.decrypted_dek),
            wrapped: Vec::new(),
        };
        let decryptor = Decryptor::builder(keyring).build().unwrap();
        let result = decryptor.decrypt(&decode(&vector.ciphertext)).await;
        if vector.status {
            let message = result.unwrap_or_else(|error| panic!("{name}: {error}"));
            let plaintext = vector.plaintext_frames.concat();
            assert_eq!(message.plaintext(), plaintext.as_bytes(), "{name}");
            let found: BTreeMap<String, String> = message
                .context()
                .iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            assert_eq!(found, vector.encryption_context, "{name}");
            decrypted += 1;
        } else {
            let error = result.unwrap_err();
            assert!(
                matches!(error, DecryptError::Unauthentic),
                "{name}: {error}"
            );
        }
    }
    assert_eq!(decrypted, 41);
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct RawAesVectors {
    provider_id: String,
    key_id: String,
    key: String,
    tests: Vec<RawAesVector>,
}

#[derive(Deserialize)]
struct RawAesVector {
    message: String,
    suite: String,
    cmm: String,
    context: BTreeMap<String, String>,
}

#[tokio::test]
async fn messages_of_the_dotnet_sdk_decrypt_under_every_suite() {
    let text = fs::read_to_string(vectors("raw-aes/manifest.json")).unwrap();
    let vectors_of: RawAesVectors = serde_json::from_str(&text).unwrap();
    let plaintext = fs::read(vectors("raw-aes/plaintext")).unwrap();
    let key = BASE64_STANDARD.decode(&vectors_of.key).unwrap();
    let keyring = RawAesKeyring::new(vectors_of.provider_id, vectors_of.key_id, &key).unwrap();
    let decryptor = Decryptor::builder(keyring)
        .with_commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
        .build()
        .unwrap();
    assert_eq!(vectors_of.tests.len(), 33);
    for vector in vectors_of.tests {
        let name = &vector.message;
        let message = fs::read(vectors("raw-aes").join(name)).unwrap();
        let expected = EncryptionContext::new(vector.context).unwrap();
        let decrypted = decryptor
            .decrypt_with_context(&message, &expected)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(decrypted.plaintext(), plaintext, "{name}");
        let suite = format!("{:04x}", decrypted.suite().id());
        assert_eq!(suite, vector.suite, "{name}");
        for (key, value) in expected.iter() {
            assert_eq!(decrypted.context().get(key), Some(value), "{name}");
        }
        // Pairs that the header leaves out are bound to the message all the same.
        if vector.cmm == "RequiredEncryptionContext" {
            let result = decryptor.decrypt(&message).await;
            assert!(result.is_err(), "{name} without its required pairs");
            let other = context(&[("key1", "val1"), ("key2", "other")]);
            let result = decryptor.decrypt_with_context(&message, &other).await;
            assert!(result.is_err(), "{name} with another value");
        }
    }
}

/// One of the official messages whose body is one block.
pub(crate) struct Unframed {
    pub(crate) data_key: Vec<u8>,
    pub(crate) message: Vec<u8>,
    pub(crate) plaintext: Vec<u8>,
}

/// Those of the commitment vectors that decrypt, the shortest first.
pub(crate) fn unframed() -> Vec<Unframed> {
    let text = fs::read_to_string(vectors("commitment-test-vectors.json")).unwrap();
    let vectors: CommitmentVectors = serde_json::from_str(&text).unwrap();
    let decode = |text: &str| BASE64_STANDARD.decode(text).unwrap();
    let good = vectors.tests.into_iter().filter(|vector| vector.status);
    let mut unframed: Vec<_> = good
        .map(|vector| Unframed {
            data_key: decode(&vector.decrypted_dek),
            message: decode(&vector.ciphertext),
            plaintext: vector.plaintext_frames.concat().into_bytes(),
        })
        .filter(|vector| {
            let claims = leeward_envelope::inspect(&vector.message).unwrap();
            claims.frame_length().is_none()
        })
        .collect();
    unframed.sort_by_key(|vector| vector.message.len());
    unframed
}
