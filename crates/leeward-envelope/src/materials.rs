use crate::{
    AlgorithmSuite, DataKey, EncryptedDataKey, EncryptionContext, KeyUse, KeyringError, WrappingKey,
};
use std::sync::Arc;

/// What a keyring fills in for a message to be written: a data key and its wrapped forms.
///
/// Specification: structures, "Encryption Materials".
#[derive(Debug)]
pub struct EncryptionMaterials {
    suite: AlgorithmSuite,
    context: EncryptionContext,
    data_key: Option<Arc<DataKey>>,
    encrypted_data_keys: Vec<EncryptedDataKey>,
    key_use: Option<KeyUse>,
}

impl EncryptionMaterials {
    /// Asks for a data key for `suite`, to be bound to `context`.
    #[must_use]
    pub const fn new(suite: AlgorithmSuite, context: EncryptionContext) -> Self {
        Self {
            suite,
            context,
            data_key: None,
            encrypted_data_keys: Vec::new(),
            key_use: None,
        }
    }

    /// The suite, which says how long the data key is.
    #[must_use]
    pub const fn suite(&self) -> AlgorithmSuite {
        self.suite
    }

    /// What the wrapped data key is to be bound to.
    #[must_use]
    pub const fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The data key, if a keyring before this one made it.
    #[must_use]
    pub fn data_key(&self) -> Option<&DataKey> {
        self.data_key.as_deref()
    }

    /// The wrapped forms so far.
    #[must_use]
    pub fn encrypted_data_keys(&self) -> &[EncryptedDataKey] {
        &self.encrypted_data_keys
    }

    /// Sets the data key.
    ///
    /// # Errors
    ///
    /// [`KeyringError::Contract`] if there is one already, or if its length is not that of the suite.
    pub fn with_data_key(mut self, data_key: DataKey) -> Result<Self, KeyringError> {
        let data_key = accept(self.suite, self.data_key.as_deref(), data_key)?;
        self.data_key = Some(Arc::new(data_key));
        Ok(self)
    }

    /// Adds a wrapped form of the data key.
    #[must_use]
    pub fn with_encrypted_data_key(mut self, key: EncryptedDataKey) -> Self {
        self.encrypted_data_keys.push(key);
        self
    }

    /// Says where the data key was made, for those who audit; without it, its first wrapped form does.
    #[must_use]
    pub fn with_key_use(self, key_use: KeyUse) -> Self {
        Self {
            key_use: Some(key_use),
            ..self
        }
    }

    /// The data key, for whom it serves beside these materials.
    pub(crate) fn data_key_shared(&self) -> Option<Arc<DataKey>> {
        self.data_key.clone()
    }

    /// Where the data key was made.
    pub(crate) fn key_use(&self) -> Option<KeyUse> {
        let first = || self.encrypted_data_keys.first().map(WrappingKey::of);
        self.key_use.clone().or_else(|| Some(first()?.to_use()))
    }
}

/// What a keyring fills in for a message to be read: the data key.
///
/// Specification: structures, "Decryption Materials".
#[derive(Debug)]
pub struct DecryptionMaterials {
    suite: AlgorithmSuite,
    context: EncryptionContext,
    data_key: Option<DataKey>,
    key_use: Option<KeyUse>,
}

impl DecryptionMaterials {
    /// Asks for the data key of a message under `suite`, bound to `context`.
    #[must_use]
    pub const fn new(suite: AlgorithmSuite, context: EncryptionContext) -> Self {
        Self {
            suite,
            context,
            data_key: None,
            key_use: None,
        }
    }

    /// The suite, which says how long the data key is.
    #[must_use]
    pub const fn suite(&self) -> AlgorithmSuite {
        self.suite
    }

    /// What the wrapped data key is bound to.
    #[must_use]
    pub const fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The data key, once a keyring has unwrapped it.
    #[must_use]
    pub const fn data_key(&self) -> Option<&DataKey> {
        self.data_key.as_ref()
    }

    /// Sets the data key.
    ///
    /// # Errors
    ///
    /// [`KeyringError::Contract`] if there is one already, or if its length is not that of the suite.
    pub fn with_data_key(mut self, data_key: DataKey) -> Result<Self, KeyringError> {
        self.data_key = Some(accept(self.suite, self.data_key.as_ref(), data_key)?);
        Ok(self)
    }

    /// Fails if there is a data key, which a keyring must not unwrap another beside.
    pub(crate) fn refuse_second(&self) -> Result<(), KeyringError> {
        refuse_second(self.data_key.as_ref())
    }

    /// Says which key unwrapped the data key and where, for those who audit and for the cache, which lets go of the data key when
    /// that key is [withdrawn](crate::KeyringCause); without it, when any key is that the message names.
    #[must_use]
    pub fn with_key_use(self, key_use: KeyUse) -> Self {
        Self {
            key_use: Some(key_use),
            ..self
        }
    }

    /// What the keyring found, and where.
    pub(crate) fn into_found(self) -> (Option<DataKey>, Option<KeyUse>) {
        (self.data_key, self.key_use)
    }
}

fn accept(
    suite: AlgorithmSuite,
    present: Option<&DataKey>,
    data_key: DataKey,
) -> Result<DataKey, KeyringError> {
    refuse_second(present)?;
    let (len, needed) = (data_key.expose().len(), suite.data_key_len());
    if len != needed {
        return Err(KeyringError::contract(format!(
            "a data key of {len} bytes for suite {suite}, which needs {needed}"
        )));
    }
    Ok(data_key)
}

fn refuse_second(present: Option<&DataKey>) -> Result<(), KeyringError> {
    match present {
        Some(_) => Err(KeyringError::contract("materials hold a data key already")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;

    #[test]
    fn a_second_data_key_is_refused() {
        let materials = DecryptionMaterials::new(SUITE, EncryptionContext::empty())
            .with_data_key(DataKey::new(vec![1; 32]))
            .unwrap();
        assert_eq!(
            materials
                .with_data_key(DataKey::new(vec![2; 32]))
                .unwrap_err()
                .to_string(),
            "a keyring broke its contract: materials hold a data key already"
        );
    }

    #[test]
    fn a_data_key_of_another_length_is_refused() {
        let refused = EncryptionMaterials::new(SUITE, EncryptionContext::empty())
            .with_data_key(DataKey::new(vec![1; 16]))
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            "a keyring broke its contract: a data key of 16 bytes for suite 0x0478 (AES-256-GCM, HKDF, key commitment), which needs 32"
        );
    }

    #[test]
    fn materials_print_no_key() {
        let materials = EncryptionMaterials::new(SUITE, EncryptionContext::empty())
            .with_data_key(DataKey::new(vec![0xab; 32]))
            .unwrap();
        let text = format!("{materials:?}");
        assert!(text.contains("DataKey(..)"), "{text}");
        assert!(!text.contains("171") && !text.contains("ab, ab"), "{text}");
    }
}
