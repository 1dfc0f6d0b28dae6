//! Messages as the tests write and read them.

use crate::{keyrings::raw, run};
use leeward_envelope::{
    AlgorithmSuite, CommitmentPolicy, DecryptError, Decrypted, Decryptor, DecryptorBuilder,
    EncryptionContext, Encryptor, EncryptorBuilder, Keyring,
};
use std::num::NonZeroU32;

/// Writes under `suite`, by the policy that allows it.
pub(crate) fn writer(keyring: impl Keyring, suite: AlgorithmSuite) -> EncryptorBuilder {
    let policy = match suite.is_committing() {
        true => CommitmentPolicy::RequireEncryptRequireDecrypt,
        false => CommitmentPolicy::ForbidEncryptAllowDecrypt,
    };
    Encryptor::builder(keyring)
        .with_commitment_policy(policy)
        .with_suite(suite)
}

/// Reads whatever the suite.
pub(crate) fn reader(keyring: impl Keyring) -> DecryptorBuilder {
    Decryptor::builder(keyring).with_commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
}

/// A message in frames of 16 bytes.
pub(crate) fn write(
    suite: AlgorithmSuite,
    plaintext: &[u8],
    context: &EncryptionContext,
) -> Vec<u8> {
    let encryptor = writer(raw(), suite)
        .with_frame_length(NonZeroU32::new(16).unwrap())
        .build()
        .unwrap();
    let message = run(encryptor.encrypt(plaintext, context)).unwrap();
    assert_eq!(
        message.len(),
        message.capacity(),
        "{suite}: allocated exactly once"
    );
    message
}

pub(crate) fn read(message: &[u8]) -> Result<Decrypted, DecryptError> {
    run(reader(raw()).build().unwrap().decrypt(message))
}

pub(crate) fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|at| at as u8).collect()
}
