//! The same messages by the official crate: a raw AES keyring, a context of two pairs, frames of 4 KiB.
//!
//! It caches no data keys, so each message has one of its own, wrapped by a key that is at hand.

use aws_esdk::{
    AwsEncryptionSdkConfig, Client,
    material_providers::{
        client::Client as Materials,
        types::{
            AesWrappingAlg, EsdkAlgorithmSuiteId, keyring::KeyringRef,
            material_providers_config::MaterialProvidersConfig,
        },
    },
};
use leeward_bench::{
    Bar, BoxError, Case, Subject,
    envelope::{
        DECRYPT_1_KIB, DECRYPT_1_KIB_SIGNED, DECRYPT_1_MIB, ENCRYPT_1_KIB, ENCRYPT_1_KIB_SIGNED,
        ENCRYPT_1_MIB, LEEWARD, LEEWARD_SIGNED,
    },
};
use std::collections::HashMap;
use tokio::runtime::Builder;

const AWS_ESDK: &str = "aws-esdk 0x0478, 4 KiB frames";
const AWS_ESDK_SIGNED: &str = "aws-esdk 0x0578, 4 KiB frames";

const UNSIGNED: EsdkAlgorithmSuiteId = EsdkAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKey;
const SIGNED: EsdkAlgorithmSuiteId = EsdkAlgorithmSuiteId::AlgAes256GcmHkdfSha512CommitKeyEcdsaP384;

/// Twenty times as many messages a second.
const TWENTY_TIMES: Bar = Bar::AtLeast(20.0);

/// Adds the official crate where it does what the case is about.
pub(crate) fn with_peer(case: Case) -> Result<Case, BoxError> {
    let (short, long) = (1 << 10, 1 << 20);
    let unsigned =
        |case: Case, subject, bar| case.with(AWS_ESDK, subject).compare(LEEWARD, AWS_ESDK, bar);
    let signed = |case: Case, subject| {
        case.with(AWS_ESDK_SIGNED, subject)
            .compare(LEEWARD_SIGNED, AWS_ESDK_SIGNED, None)
    };
    Ok(match case.name() {
        ENCRYPT_1_KIB => unsigned(case, encrypt(UNSIGNED, short)?, Some(TWENTY_TIMES)),
        DECRYPT_1_KIB => unsigned(case, decrypt(UNSIGNED, short)?, Some(TWENTY_TIMES)),
        ENCRYPT_1_MIB => unsigned(case, encrypt(UNSIGNED, long)?, None),
        DECRYPT_1_MIB => unsigned(case, decrypt(UNSIGNED, long)?, None),
        ENCRYPT_1_KIB_SIGNED => signed(case, encrypt(SIGNED, short)?),
        DECRYPT_1_KIB_SIGNED => signed(case, decrypt(SIGNED, short)?),
        _ => case,
    })
}

fn encrypt(suite: EsdkAlgorithmSuiteId, len: usize) -> Result<Subject, BoxError> {
    let sdk = Sdk::new()?;
    let plaintext = plaintext(len);
    Ok(Subject::awaited(async move || {
        sdk.encrypt(suite, &plaintext).await
    })?)
}

fn decrypt(suite: EsdkAlgorithmSuiteId, len: usize) -> Result<Subject, BoxError> {
    let sdk = Sdk::new()?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let message = runtime.block_on(sdk.encrypt(suite, &plaintext(len)))?;
    Ok(Subject::awaited(async move || sdk.decrypt(&message).await)?)
}

/// The client, and the key that data keys are wrapped by.
struct Sdk {
    client: Client,
    keyring: KeyringRef,
    context: HashMap<String, String>,
}

impl Sdk {
    fn new() -> Result<Self, BoxError> {
        let materials = Materials::from_conf(MaterialProvidersConfig::builder().build()?);
        let materials = materials.map_err(text)?;
        let keyring = materials
            .create_raw_aes_keyring()
            .key_namespace("leeward")
            .key_name("bench")
            .wrapping_key(vec![0x2a; 32])
            .wrapping_alg(AesWrappingAlg::AlgAes256GcmIv12Tag16)
            .send();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let client = Client::from_conf(AwsEncryptionSdkConfig::builder().build()?);
        let pair = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        Ok(Self {
            client: client.map_err(text)?,
            keyring: runtime.block_on(keyring).map_err(text)?,
            context: [("tenant", "acme"), ("table", "orders")].map(pair).into(),
        })
    }

    async fn encrypt(
        &self,
        suite: EsdkAlgorithmSuiteId,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, BoxError> {
        let encrypted = self
            .client
            .encrypt()
            .plaintext(plaintext)
            .algorithm_suite_id(suite)
            .frame_length(4096_i64)
            .encryption_context(self.context.clone())
            .keyring(self.keyring.clone())
            .send();
        let message = encrypted.await.map_err(text)?.ciphertext;
        Ok(message.ok_or("aws-esdk gave no message")?.into_inner())
    }

    async fn decrypt(&self, message: &[u8]) -> Result<Vec<u8>, BoxError> {
        let decrypted = self
            .client
            .decrypt()
            .ciphertext(message)
            .keyring(self.keyring.clone())
            .send();
        let plaintext = decrypted.await.map_err(text)?.plaintext;
        Ok(plaintext.ok_or("aws-esdk gave no plaintext")?.into_inner())
    }
}

/// Its errors may belong to one thread, their texts do not.
fn text(error: impl std::fmt::Display) -> BoxError {
    error.to_string().into()
}

fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|at| at as u8).collect()
}
