//! Keyrings that do what they must not.

use crate::{context, keyrings::raw, run};
use leeward_envelope::{
    AlgorithmSuite, BoxFuture, DataKey, DecryptionMaterials, Decryptor, EncryptedDataKey,
    EncryptionMaterials, Encryptor, Keyring, KeyringError,
};
use std::{error::Error, sync::Arc};

#[derive(Clone, Copy, Debug)]
enum Breach {
    NoDataKey,
    NoEncryptedDataKey,
    OtherContext,
    OtherSuite,
}

impl Keyring for Breach {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        Box::pin(async move {
            let other = AlgorithmSuite::Aes256GcmHkdfSha256;
            let materials = match self {
                Self::OtherContext => {
                    EncryptionMaterials::new(materials.suite(), context(&[("x", "y")]))
                }
                Self::OtherSuite => EncryptionMaterials::new(other, materials.context().clone()),
                _ => materials,
            };
            let wrapped = EncryptedDataKey::new("tests", "", "")?;
            match self {
                Self::NoDataKey => Ok(materials.with_encrypted_data_key(wrapped)),
                Self::NoEncryptedDataKey => materials.with_data_key(DataKey::new(vec![1; 32])),
                _ => Ok(materials
                    .with_data_key(DataKey::new(vec![1; 32]))?
                    .with_encrypted_data_key(wrapped)),
            }
        })
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        _: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        Box::pin(async move {
            let other = AlgorithmSuite::Aes256GcmHkdfSha256;
            let key = DataKey::new(vec![1; 32]);
            match self {
                Self::NoDataKey | Self::NoEncryptedDataKey => Ok(materials),
                Self::OtherContext => {
                    DecryptionMaterials::new(materials.suite(), context(&[("x", "y")]))
                        .with_data_key(key)
                }
                Self::OtherSuite => {
                    DecryptionMaterials::new(other, materials.context().clone()).with_data_key(key)
                }
            }
        })
    }
}

#[test]
fn a_breach_of_the_contract_is_named_and_nothing_is_encrypted() {
    for (breach, text) in [
        (Breach::NoDataKey, "it returned no data key"),
        (
            Breach::NoEncryptedDataKey,
            "it returned no encrypted data key",
        ),
        (
            Breach::OtherContext,
            "it returned materials for another suite or context",
        ),
        (
            Breach::OtherSuite,
            "it returned materials for another suite or context",
        ),
    ] {
        let encryptor = Encryptor::builder(breach).build().unwrap();
        let error = run(encryptor.encrypt(b"", &context(&[]))).unwrap_err();
        assert_eq!(
            error.source().unwrap().to_string(),
            format!("a keyring broke its contract: {text}")
        );
    }
}

#[test]
fn a_breach_of_the_contract_is_named_and_nothing_is_decrypted() {
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    let message = run(encryptor.encrypt(b"", &context(&[]))).unwrap();
    for (breach, text) in [
        (Breach::NoDataKey, "it returned no data key"),
        (
            Breach::OtherContext,
            "it returned materials for another suite or context",
        ),
        (
            Breach::OtherSuite,
            "it returned materials for another suite or context",
        ),
    ] {
        let decryptor = Decryptor::builder(breach).build().unwrap();
        let error = run(decryptor.decrypt(&message)).unwrap_err();
        assert_eq!(
            error.source().unwrap().to_string(),
            format!("a keyring broke its contract: {text}")
        );
    }
}

#[test]
fn a_keyring_chosen_at_run_time_serves() {
    let shared: Arc<dyn Keyring> = Arc::new(raw());
    let boxed: Box<dyn Keyring> = Box::new(Arc::clone(&shared));
    let encryptor = Encryptor::builder(shared).build().unwrap();
    let decryptor = Decryptor::builder(boxed).build().unwrap();
    let message = run(encryptor.encrypt(b"dyn", &context(&[]))).unwrap();
    assert_eq!(
        run(decryptor.decrypt(&message)).unwrap().plaintext(),
        b"dyn"
    );
}

#[test]
fn a_keyring_refuses_to_replace_a_data_key() {
    let materials =
        DecryptionMaterials::new(AlgorithmSuite::Aes256GcmHkdfSha512Commit, context(&[]))
            .with_data_key(DataKey::new(vec![1; 32]))
            .unwrap();
    let error = run(raw().on_decrypt(materials, &[])).unwrap_err();
    assert!(matches!(error, KeyringError::Contract { .. }));
}
