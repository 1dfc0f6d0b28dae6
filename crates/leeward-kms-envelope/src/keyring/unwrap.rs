//! What all KMS keyrings do with the encrypted data keys of a message.

use super::{
    KmsCalls, KmsError, PROVIDER_ID,
    error::UnusableAnswer,
    grant_tokens::GrantTokens,
    operation::{self, DECRYPT},
    secret,
    wrapping_key::WrappingKey,
};
use aws_sdk_kms::operation::RequestId;
use leeward_client_pool::regional::KeyArn;
use leeward_envelope::{
    DataKey, DecryptionMaterials, EncryptedDataKey, KeyAttempt, KeyUse, KeyringError,
};
use std::ops::RangeInclusive;
use tower::ServiceExt;

/// The keys of a message with the ARN of each that KMS wrapped.
///
/// Not one request is made for a message of which a key of KMS has a name that is no ARN: that is an error and no key of
/// somebody else's.
///
/// Specification: aws-kms-keyring, aws-kms-mrk-keyring, aws-kms-discovery-keyring and aws-kms-mrk-discovery-keyring,
/// "OnDecrypt".
pub(super) fn named(
    keys: &[EncryptedDataKey],
) -> Result<Vec<(&EncryptedDataKey, Option<KeyArn>)>, KeyringError> {
    let mut named = Vec::with_capacity(keys.len());
    for key in keys {
        let is_of_kms = key.provider_id() == PROVIDER_ID;
        let arn = is_of_kms.then(|| String::from_utf8_lossy(key.provider_info()).parse::<KeyArn>());
        match arn.transpose() {
            Ok(arn) => named.push((key, arn)),
            Err(error) => {
                let met = KeyAttempt::failed(key, error);
                return Err(KeyringError::undecryptable(vec![met]));
            }
        }
    }
    Ok(named)
}

/// The key of KMS that a message says it was wrapped under, if that is what it says.
pub(super) fn arn_of(key: &EncryptedDataKey) -> Option<KeyArn> {
    let name = str::from_utf8(key.provider_info()).ok();
    let name = name.filter(|_| key.provider_id() == PROVIDER_ID);
    name?.parse().ok()
}

/// Unwraps the first of `keys` for which `ours` knows the KMS key to use.
///
/// A key that KMS fails with, for whatever other reason than the ciphertext, is asked for once: a message may name it as often as it
/// likes.
pub(super) async fn first_of<S: KmsCalls>(
    kms: &S,
    grant_tokens: &GrantTokens,
    materials: DecryptionMaterials,
    keys: &[EncryptedDataKey],
    ours: impl Fn(KeyArn) -> Option<WrappingKey> + Send,
) -> Result<DecryptionMaterials, KeyringError> {
    if materials.data_key().is_some() {
        return Err(KeyringError::contract(
            "asked to unwrap a data key that is there already",
        ));
    }
    let mut met = Vec::new();
    // Keys of which KMS said, or did not say in time, what it would of anything wrapped under them: of want of a right or of
    // credentials, of an outage, of the key.
    let mut lost: Vec<WrappingKey> = Vec::new();
    for (wrapped, arn) in named(keys)? {
        let Some(key) = arn.and_then(&ours) else {
            met.push(KeyAttempt::skipped(wrapped));
            continue;
        };
        if !CIPHERTEXT_LEN.contains(&wrapped.ciphertext().len()) {
            met.push(KeyAttempt::refused(wrapped));
            continue;
        }
        if lost.contains(&key) {
            continue;
        }
        match unwrap(kms, grant_tokens, &key, &materials, wrapped).await {
            Ok((data_key, used)) => {
                return Ok(materials.with_data_key(data_key)?.with_key_use(used));
            }
            Err(attempt) => {
                if attempt.failure().is_some() {
                    lost.push(key);
                }
                met.push(attempt);
            }
        }
    }
    Err(KeyringError::undecryptable(met))
}

/// How long what KMS decrypts may be (KMS API reference, `Decrypt`, "CiphertextBlob"); of any other it says no more than that.
const CIPHERTEXT_LEN: RangeInclusive<usize> = 1..=6144;

async fn unwrap<S: KmsCalls>(
    kms: &S,
    grant_tokens: &GrantTokens,
    key: &WrappingKey,
    materials: &DecryptionMaterials,
    wrapped: &EncryptedDataKey,
) -> Result<(DataKey, KeyUse), KeyAttempt> {
    let tokens = grant_tokens.as_slice();
    let request = operation::decrypt(key, wrapped, materials.context(), tokens);
    let output = kms.clone().oneshot(request).await.map_err(|error| {
        let error = KmsError::new(DECRYPT, key, error);
        if error.is_of_the_ciphertext() {
            KeyAttempt::refused(wrapped)
        } else {
            let (cause, record) = (error.cause(), error.failure().clone());
            let regions = error.regions().to_vec();
            let failed = KeyAttempt::failed(wrapped, error).because(cause);
            failed.recorded_as(record).tried_in(regions)
        }
    })?;
    let request_id = output.request_id().map(str::to_owned);
    // Taken first, so that it is wiped whatever else is wrong with the answer.
    let data_key = output.plaintext.map(secret);
    let arn = answering(key, output.key_id.as_deref())
        .filter(|arn| key.is(arn))
        .ok_or_else(|| {
            let another = UnusableAnswer::other_key(key, output.key_id.as_deref());
            KeyAttempt::failed(wrapped, another)
        })?;
    let no_key = || KeyAttempt::failed(wrapped, UnusableAnswer::NoKey);
    let data_key = data_key.ok_or_else(no_key)?;
    // The suite is the word of the message: a key of another length is one that was wrapped for another message.
    if data_key.expose().len() != materials.suite().data_key_len() {
        return Err(KeyAttempt::refused(wrapped));
    }
    Ok((data_key, used(&arn, request_id.as_deref())))
}

/// The key that KMS says it used, for those who audit.
pub(super) fn used(arn: &KeyArn, request_id: Option<&str>) -> KeyUse {
    let used = KeyUse::new(arn.to_string()).with_region(arn.region().clone());
    match request_id {
        Some(id) => used.with_request_id(id),
        None => used,
    }
}

/// The key that KMS says it used, if that may be `key`.
pub(super) fn answering(key: &WrappingKey, answered: Option<&str>) -> Option<KeyArn> {
    let arn: KeyArn = answered?.parse().ok()?;
    key.may_be(&arn).then_some(arn)
}
