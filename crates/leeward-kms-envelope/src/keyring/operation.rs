//! The KMS operations of a keyring, as values that a layer may send again and elsewhere.

use super::wrapping_key::WrappingKey;
use aws_sdk_kms::{
    Client,
    operation::{
        decrypt::{DecryptError, DecryptInput, DecryptOutput, builders::DecryptInputBuilder},
        encrypt::{EncryptError, EncryptInput, EncryptOutput, builders::EncryptInputBuilder},
        generate_data_key::{
            GenerateDataKeyError, GenerateDataKeyInput, GenerateDataKeyOutput,
            builders::GenerateDataKeyInputBuilder,
        },
    },
    primitives::Blob,
};
use leeward_client_pool::{Op, Sender};
use leeward_envelope::{DataKey, EncryptedDataKey, EncryptionContext};
use leeward_error_taxonomy::OperationName;
use std::{collections::HashMap, fmt, sync::Arc};

/// `kms:GenerateDataKey`, rewritten for the Region it is sent to.
pub type GenerateDataKey = Op<
    GenerateDataKeyInputBuilder,
    Sender<Client, GenerateDataKeyInputBuilder, GenerateDataKeyOutput, GenerateDataKeyError>,
    GenerateDataKeyOutput,
    GenerateDataKeyError,
>;

/// `kms:Encrypt` of a data key, rewritten for the Region it is sent to.
pub type EncryptDataKey = Op<
    EncryptDataKeyInput,
    Sender<Client, EncryptDataKeyInput, EncryptOutput, EncryptError>,
    EncryptOutput,
    EncryptError,
>;

/// `kms:Decrypt`, rewritten for the Region it is sent to.
pub type Decrypt = Op<
    DecryptInputBuilder,
    Sender<Client, DecryptInputBuilder, DecryptOutput, DecryptError>,
    DecryptOutput,
    DecryptError,
>;

/// What [`EncryptDataKey`] sends: layers copy the request, and all copies share one data key, which is wiped with the last.
#[derive(Clone)]
pub struct EncryptDataKeyInput {
    builder: EncryptInputBuilder,
    data_key: Arc<DataKey>,
}

pub(super) const GENERATE_DATA_KEY: OperationName = OperationName::new("kms", "GenerateDataKey");
pub(super) const ENCRYPT: OperationName = OperationName::new("kms", "Encrypt");
pub(super) const DECRYPT: OperationName = OperationName::new("kms", "Decrypt");

/// A second data key that nobody uses does no harm, so it may be sent twice.
pub(super) fn generate_data_key(
    key: &WrappingKey,
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
        .placed(key.placement())
}

pub(super) fn encrypt(
    key: &WrappingKey,
    data_key: &DataKey,
    context: &EncryptionContext,
    grant_tokens: &[String],
) -> EncryptDataKey {
    let builder = EncryptInput::builder()
        .set_encryption_context(pairs(context))
        .set_grant_tokens(given(grant_tokens));
    let input = EncryptDataKeyInput {
        builder,
        data_key: Arc::new(DataKey::new(data_key.expose().to_vec())),
    };
    let send: Sender<_, _, _, _> = |input: EncryptDataKeyInput, client| {
        let plaintext = Blob::new(input.data_key.expose());
        Box::pin(input.builder.plaintext(plaintext).send_with(client))
    };
    Op::new(input, send)
        .named(ENCRYPT)
        .idempotent()
        .naming(key.clone(), |input, key| EncryptDataKeyInput {
            builder: input.builder.key_id(key),
            ..input
        })
        .placed(key.placement())
}

pub(super) fn decrypt(
    key: &WrappingKey,
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
        .placed(key.placement())
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

/// Without the input, which holds a data key and grant tokens.
impl fmt::Debug for EncryptDataKeyInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptDataKeyInput")
            .finish_non_exhaustive()
    }
}
