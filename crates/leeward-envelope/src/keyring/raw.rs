//! What the keyrings have in common that hold their wrapping key themselves.

use super::{KeyAttempt, KeyringError};
use crate::{
    DataKey, DecryptionMaterials, EncryptedDataKey, EncryptionContext, EncryptionMaterials, KeyUse,
    pace,
};
use std::fmt;

/// Wraps and unwraps without any call; shows as namespace and name.
pub(super) trait RawKey: fmt::Display {
    fn wrap(
        &self,
        data_key: &DataKey,
        context: &EncryptionContext,
    ) -> Result<EncryptedDataKey, KeyringError>;

    fn unwrap(&self, key: &EncryptedDataKey, context: &EncryptionContext) -> Unwrapped;

    /// Whether nobody may learn that a key was refused, so that one made at random takes its place.
    fn hides_refusals(&self) -> bool {
        false
    }
}

/// What one encrypted data key of a message turned out to be.
pub(super) enum Unwrapped {
    Found(DataKey),
    /// It belongs to another keyring.
    NotOurs,
    /// Not what this key wrapped for this context; why, nobody may know.
    Refused,
    /// It is ours, and something is missing here that the caller can mend.
    Failed(&'static str),
}

/// Wraps the data key of `materials`, which is made at random if there is none.
pub(super) fn encrypt(
    key: &impl RawKey,
    materials: EncryptionMaterials,
) -> Result<EncryptionMaterials, KeyringError> {
    let materials = match materials.data_key() {
        Some(_) => materials,
        None => {
            let data_key = DataKey::random(materials.suite())?;
            materials.with_data_key(data_key)?
        }
    };
    let data_key = materials.data_key().expect("set above");
    let wrapped = key.wrap(data_key, materials.context())?;
    Ok(materials.with_encrypted_data_key(wrapped))
}

/// Unwraps the first of `keys` that `key` wrapped, and lets others run between those that it tries: one may take milliseconds.
pub(super) async fn decrypt(
    key: &(impl RawKey + Sync),
    materials: DecryptionMaterials,
    keys: &[EncryptedDataKey],
) -> Result<DecryptionMaterials, KeyringError> {
    materials.refuse_second()?;
    let mut met = Vec::new();
    let mut was_tried = false;
    for wrapped in keys {
        if std::mem::take(&mut was_tried) {
            pace::let_others_run().await;
        }
        met.push(match key.unwrap(wrapped, materials.context()) {
            // The suite is the word of the message: a key of another length is one that was wrapped for another message.
            Unwrapped::Found(data_key)
                if data_key.expose().len() == materials.suite().data_key_len() =>
            {
                let found = materials.with_data_key(data_key)?;
                return Ok(found.with_key_use(KeyUse::new(key.to_string())));
            }
            // No header authenticates under it, and what comes of that is the same as of any true one under another message.
            Unwrapped::Found(_) | Unwrapped::Refused if key.hides_refusals() => {
                let made_up = DataKey::random(materials.suite())?;
                let found = materials.with_data_key(made_up)?;
                return Ok(found.with_key_use(KeyUse::new(key.to_string())));
            }
            Unwrapped::Found(_) | Unwrapped::Refused => {
                was_tried = true;
                KeyAttempt::refused(wrapped)
            }
            Unwrapped::NotOurs => KeyAttempt::skipped(wrapped),
            Unwrapped::Failed(why) => KeyAttempt::failed(wrapped, why),
        });
    }
    Err(KeyringError::undecryptable(met))
}
