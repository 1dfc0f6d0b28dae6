//! The two KMS operations of a keyring, as values that a layer may send again and elsewhere.

use aws_sdk_kms::{
    Client,
    operation::{
        decrypt::{DecryptError, DecryptInput, DecryptOutput, builders::DecryptInputBuilder},
        generate_data_key::{
            GenerateDataKeyError, GenerateDataKeyInput, GenerateDataKeyOutput,
            builders::GenerateDataKeyInputBuilder,
        },
    },
    primitives::Blob,
};
use leeward_client_pool::{Op, Sender, regional::KeyArn};
use leeward_envelope::{EncryptedDataKey, EncryptionContext};
use leeward_error_taxonomy::OperationName;
use std::collections::HashMap;

/// `kms:GenerateDataKey`, rewritten for the Region it is sent to.
pub type GenerateDataKey = Op<
    GenerateDataKeyInputBuilder,
    Sender<Client, GenerateDataKeyInputBuilder, GenerateDataKeyOutput, GenerateDataKeyError>,
    GenerateDataKeyOutput,
    GenerateDataKeyError,
>;

/// `kms:Decrypt`, rewritten for the Region it is sent to.
pub type Decrypt = Op<
    DecryptInputBuilder,
    Sender<Client, DecryptInputBuilder, DecryptOutput, DecryptError>,
    DecryptOutput,
    DecryptError,
>;

pub(super) const GENERATE_DATA_KEY: OperationName = OperationName::new("kms", "GenerateDataKey");
pub(super) const DECRYPT: OperationName = OperationName::new("kms", "Decrypt");

/// A second data key that nobody uses does no harm, so it may be sent twice.
pub(super) fn generate_data_key(
    key: &KeyArn,
    bytes: i32,
    context: &EncryptionContext,
    grant_tokens: &[String],
) -> GenerateDataKey {
    let builder = GenerateDataKeyInput::builder()
        .number_of_bytes(bytes)
        .set_encryption_context(pairs(context))
        .set_grant_tokens(given(grant_tokens));
    let send: Sender<_, _, _, _> =
        |builder: GenerateDataKeyInputBuilder, client| Box::pin(builder.send_with(client));
    Op::new(builder, send)
        .named(GENERATE_DATA_KEY)
        .idempotent()
        .naming(key.clone(), GenerateDataKeyInputBuilder::key_id)
}

pub(super) fn decrypt(
    key: &KeyArn,
    wrapped: &EncryptedDataKey,
    context: &EncryptionContext,
    grant_tokens: &[String],
) -> Decrypt {
    let builder = DecryptInput::builder()
        .ciphertext_blob(Blob::new(wrapped.ciphertext()))
        .set_encryption_context(pairs(context))
        .set_grant_tokens(given(grant_tokens));
    let send: Sender<_, _, _, _> =
        |builder: DecryptInputBuilder, client| Box::pin(builder.send_with(client));
    Op::new(builder, send)
        .named(DECRYPT)
        .idempotent()
        .naming(key.clone(), DecryptInputBuilder::key_id)
}

fn pairs(context: &EncryptionContext) -> Option<HashMap<String, String>> {
    let pairs: HashMap<_, _> = context
        .iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    (!pairs.is_empty()).then_some(pairs)
}

fn given(grant_tokens: &[String]) -> Option<Vec<String>> {
    (!grant_tokens.is_empty()).then(|| grant_tokens.to_vec())
}
