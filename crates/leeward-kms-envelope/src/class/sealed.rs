use super::ContextPolicy;
use leeward_envelope::{
    CacheStats, ContextError, DecryptError, Decrypted, Decryptor, EncryptError, EncryptionContext,
    Encryptor, Partition, Purge,
};
#[cfg(feature = "json")]
use leeward_envelope::{OpenJsonError, SealJsonError};
#[cfg(feature = "json")]
use serde::{Serialize, de::DeserializeOwned};

/// Writes and reads the messages of one class of keys; of [`KeyClasses::class`](crate::KeyClasses::class).
#[derive(Clone, Debug)]
pub struct Class {
    pub(super) name: String,
    pub(super) contexts: ContextPolicy,
    pub(super) encryptor: Encryptor,
    pub(super) decryptor: Decryptor,
}

impl Class {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Encrypts `plaintext` and binds it to `context` and the pairs of the class.
    ///
    /// # Errors
    ///
    /// As [`Encryptor::encrypt`]; [`EncryptError::Context`] also if `context` has another value than the class under a key that
    /// the class fixes.
    pub async fn encrypt(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
    ) -> Result<Vec<u8>, EncryptError> {
        self.encryptor
            .encrypt(plaintext, &self.bound(context)?)
            .await
    }

    /// Decrypts a message of this class that is bound to every pair of `expected`.
    ///
    /// # Errors
    ///
    /// As [`Decryptor::decrypt_with_context`]; a message that names another class is a
    /// [`ContextMismatch`](DecryptError::ContextMismatch), and one that names none does not authenticate.
    pub async fn decrypt(
        &self,
        message: &[u8],
        expected: &EncryptionContext,
    ) -> Result<Decrypted, DecryptError> {
        let expected = self.bound(expected)?;
        self.decryptor
            .decrypt_with_context(message, &expected)
            .await
    }

    /// Writes `value` as JSON and encrypts that; see [`Encryptor::seal_json`].
    ///
    /// # Errors
    ///
    /// As [`Encryptor::seal_json`] and [`encrypt`](Self::encrypt).
    #[cfg(feature = "json")]
    pub async fn seal_json<T>(
        &self,
        value: &T,
        context: &EncryptionContext,
    ) -> Result<Vec<u8>, SealJsonError>
    where
        T: Serialize + ?Sized,
    {
        let context = self.bound(context).map_err(EncryptError::from)?;
        self.encryptor.seal_json(value, &context).await
    }

    /// [`seal_json`](Self::seal_json) for a column of text, in base64.
    ///
    /// # Errors
    ///
    /// As [`seal_json`](Self::seal_json).
    #[cfg(feature = "json")]
    pub async fn seal_json_text<T>(
        &self,
        value: &T,
        context: &EncryptionContext,
    ) -> Result<String, SealJsonError>
    where
        T: Serialize + ?Sized,
    {
        let context = self.bound(context).map_err(EncryptError::from)?;
        self.encryptor.seal_json_text(value, &context).await
    }

    /// Decrypts what [`seal_json`](Self::seal_json) wrote; see [`Decryptor::open_json`].
    ///
    /// # Errors
    ///
    /// As [`Decryptor::open_json`] and [`decrypt`](Self::decrypt).
    #[cfg(feature = "json")]
    pub async fn open_json<T>(
        &self,
        message: &[u8],
        expected: &EncryptionContext,
    ) -> Result<T, OpenJsonError>
    where
        T: DeserializeOwned,
    {
        let expected = self.bound(expected).map_err(DecryptError::from)?;
        self.decryptor.open_json(message, &expected).await
    }

    /// Decrypts what [`seal_json_text`](Self::seal_json_text) wrote.
    ///
    /// # Errors
    ///
    /// As [`Decryptor::open_json_text`] and [`decrypt`](Self::decrypt).
    #[cfg(feature = "json")]
    pub async fn open_json_text<T>(
        &self,
        text: &str,
        expected: &EncryptionContext,
    ) -> Result<T, OpenJsonError>
    where
        T: DeserializeOwned,
    {
        let expected = self.bound(expected).map_err(DecryptError::from)?;
        self.decryptor.open_json_text(text, &expected).await
    }

    /// The context with the pairs of the class, for streams through [`encryptor`](Self::encryptor) and
    /// [`decryptor`](Self::decryptor).
    ///
    /// # Errors
    ///
    /// [`ContextError::Fixed`] if `context` has another value than the class under a key that the class fixes,
    /// [`ContextError::TooLong`] if the two do not fit into a header.
    pub fn bound(&self, context: &EncryptionContext) -> Result<EncryptionContext, ContextError> {
        self.contexts.apply(context)
    }

    /// What it writes with: for streams, with a context that is [`bound`](Self::bound) to the class.
    #[must_use]
    pub const fn encryptor(&self) -> &Encryptor {
        &self.encryptor
    }

    /// What it reads with: for streams, with a context that is [`bound`](Self::bound) to the class.
    #[must_use]
    pub const fn decryptor(&self) -> &Decryptor {
        &self.decryptor
    }

    /// The same class for the messages of one partition; see [`Encryptor::in_partition`].
    #[must_use]
    pub fn in_partition(&self, partition: Partition) -> Self {
        Self {
            encryptor: self.encryptor.in_partition(partition.clone()),
            decryptor: self.decryptor.in_partition(partition),
            ..self.clone()
        }
    }

    /// Lets go of cached data keys, those to write and those to read, and answers how many; one that serves for both counts twice.
    #[allow(
        clippy::must_use_candidate,
        reason = "how many is for those who want to know"
    )]
    pub fn purge(&self, what: &Purge) -> u64 {
        self.encryptor.purge(what) + self.decryptor.purge(what)
    }

    /// How often KMS was called to write and to read, and how often that was saved.
    #[must_use]
    pub fn stats(&self) -> [CacheStats; 2] {
        [self.encryptor.stats(), self.decryptor.stats()]
    }
}
