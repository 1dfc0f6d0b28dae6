use crate::{
    BuildError, CachePolicy, CacheStats, CommitmentPolicy, DecryptError, Decrypted,
    EncryptionContext, Keyring,
    encryptor::DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
    materials_manager::DecryptionMaterialsManager,
    message::{Opener, Parser},
    pace::{self, TURN},
};
use leeward_resilience::Clock;
use std::{num::NonZeroU16, sync::Arc};

/// Decrypts whole messages with data keys that a keyring unwraps.
///
/// Reads all suites of the AWS Encryption SDK, framed or not, signed or not, as the policy on commitment allows. A clone
/// shares keyring, cached data keys and counters.
///
/// ```
/// use leeward_envelope::{Decryptor, EncryptionContext, Encryptor, RawAesKeyring};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = || RawAesKeyring::new("my-app", "2026-11", &[7; 32]);
/// # let context = EncryptionContext::new([("tenant", "acme"), ("table", "orders")])?;
/// # let message = Encryptor::builder(keyring()?).build()?.encrypt(b"attack at dawn", &context).await?;
/// let decryptor = Decryptor::builder(keyring()?).build()?;
/// let expected = EncryptionContext::new([("tenant", "acme")])?;
/// let decrypted = decryptor.decrypt_with_context(&message, &expected).await?;
/// assert_eq!(decrypted.plaintext(), b"attack at dawn");
/// assert_eq!(decrypted.context().get("table"), Some("orders"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Decryptor {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    materials: DecryptionMaterialsManager,
    policy: CommitmentPolicy,
    max_encrypted_data_keys: Option<NonZeroU16>,
}

impl Decryptor {
    /// Starts one that has its data keys unwrapped by `keyring`.
    pub fn builder(keyring: impl Keyring) -> DecryptorBuilder {
        DecryptorBuilder {
            materials: DecryptionMaterialsManager::new(Arc::new(keyring)),
            policy: CommitmentPolicy::default(),
            max_encrypted_data_keys: DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
            refused: None,
        }
    }

    /// Decrypts a message, whatever its context.
    ///
    /// Check the [context](Decrypted::context) before trusting the plaintext to be the one that was asked for, or have it
    /// checked by [`decrypt_with_context`](Self::decrypt_with_context). Waits for the keyring, unless a cached data key
    /// serves. The work is done on the caller's thread, signature included, and lets other tasks run as often as
    /// [`Encryptor::encrypt`](crate::Encryptor::encrypt) does. How long a frame is says the message, and old writers put all
    /// into one block: what is in one piece is decrypted in one go, so give huge messages of strangers a thread of their own.
    ///
    /// # Errors
    ///
    /// [`DecryptError`]; no part of the plaintext gets out then.
    pub async fn decrypt(&self, message: &[u8]) -> Result<Decrypted, DecryptError> {
        self.decrypt_with_context(message, &EncryptionContext::empty())
            .await
    }

    /// Decrypts a message that is bound to every pair of `expected`.
    ///
    /// The message may have more pairs. A pair that its header lacks may still be bound to it: some writers keep required
    /// pairs out of the header. If it is not, the message does not authenticate.
    ///
    /// # Errors
    ///
    /// [`DecryptError::ContextMismatch`] before any call to the keyring, if the header has another value under an expected
    /// key; otherwise as [`decrypt`](Self::decrypt).
    pub async fn decrypt_with_context(
        &self,
        message: &[u8],
        expected: &EncryptionContext,
    ) -> Result<Decrypted, DecryptError> {
        let mut parser = Parser::new(message, self.inner.max_encrypted_data_keys)?;
        while parser.advance(TURN)? {
            pace::let_others_run().await;
        }
        let message = parser.finish()?;
        let (suite, policy) = (message.header.suite, self.inner.policy);
        if !policy.allows_decrypt(suite) {
            return Err(DecryptError::Commitment { suite, policy });
        }
        let stated = &message.header.context;
        let other = |(key, value): &(&str, &str)| stated.get(key).is_some_and(|it| it != *value);
        if let Some((key, _)) = expected.iter().find(other) {
            return Err(DecryptError::ContextMismatch {
                key: key.to_owned(),
            });
        }
        let unsent = expected.without(stated);
        let context = stated.union(&unsent)?;
        let granted = self
            .inner
            .materials
            .materials(suite, &context, &message.header.encrypted_data_keys)
            .await?;

        let opener = Opener::new(&message, granted.data_key(), &unsent);
        self.inner.materials.settle(&granted, opener.is_ok());
        let mut opener = opener.map_err(|_| DecryptError::Unauthentic)?;
        loop {
            match opener.advance(TURN) {
                Ok(true) => pace::let_others_run().await,
                Ok(false) => return Ok(Decrypted::new(opener.finish(), context, suite)),
                Err(_) => break,
            }
        }
        while opener.wipe(TURN) {
            pace::let_others_run().await;
        }
        Err(DecryptError::Unauthentic)
    }

    /// How often the keyring was called, and how often that was saved.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.inner.materials.stats()
    }
}

/// Makes a [`Decryptor`].
#[derive(Debug)]
#[must_use]
pub struct DecryptorBuilder {
    materials: DecryptionMaterialsManager,
    policy: CommitmentPolicy,
    max_encrypted_data_keys: Option<NonZeroU16>,
    refused: Option<BuildError>,
}

impl DecryptorBuilder {
    /// Which suites are read; only committing ones by default.
    pub fn with_commitment_policy(self, policy: CommitmentPolicy) -> Self {
        Self { policy, ..self }
    }

    /// How many encrypted data keys a message may have; 10 by default, `None` for any number.
    ///
    /// A message over the limit is refused before any of them is read.
    pub fn with_max_encrypted_data_keys(self, max: impl Into<Option<NonZeroU16>>) -> Self {
        Self {
            max_encrypted_data_keys: max.into(),
            ..self
        }
    }

    /// Keeps unwrapped data keys for further messages under them; by default each message calls the keyring.
    ///
    /// Of the policy's limits only age and capacity matter here. A key whose use KMS forbids meanwhile goes on to serve
    /// until it is too old. Each takes some hundred bytes, however long the header was that named it, and stays only if that
    /// header has proved to be true.
    pub fn with_cache<C: Clock>(self, policy: CachePolicy<C>) -> Self {
        Self {
            refused: policy.check().err(),
            materials: self.materials.with_cache(policy),
            ..self
        }
    }

    /// Makes the decryptor.
    ///
    /// # Errors
    ///
    /// [`BuildError::MaxAgeTooShort`] if cached data keys could not be used even once.
    pub fn build(self) -> Result<Decryptor, BuildError> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        Ok(Decryptor {
            inner: Arc::new(Inner {
                materials: self.materials,
                policy: self.policy,
                max_encrypted_data_keys: self.max_encrypted_data_keys,
            }),
        })
    }
}
