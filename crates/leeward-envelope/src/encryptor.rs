use crate::{
    AlgorithmSuite, BuildError, CachePolicy, CacheStats, EncryptError, EncryptionContext, Keyring,
    materials_manager::EncryptionMaterialsManager,
    message::{Sealer, frame_count},
    pace::{self, TURN},
};
use leeward_resilience::Clock;
use std::{
    num::{NonZeroU16, NonZeroU32},
    sync::Arc,
};

/// Encrypts whole messages under data keys of a keyring.
///
/// Messages are written under suite 0x0478 (AES-256-GCM, HKDF-SHA-512, key commitment, no signature), in frames. A clone
/// shares keyring, cached data keys and counters.
///
/// ```
/// use leeward_envelope::{CachePolicy, EncryptionContext, Encryptor, RawAesKeyring};
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keyring = RawAesKeyring::new("my-app", "2026-11", &[7; 32])?;
/// let encryptor = Encryptor::builder(keyring)
///     .with_cache(CachePolicy::new(Duration::from_secs(300)))
///     .build()?;
///
/// let context = EncryptionContext::new([("tenant", "acme")])?;
/// let message = encryptor.encrypt(b"attack at dawn", &context).await?;
/// assert_eq!(message[..3], [0x02, 0x04, 0x78]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Encryptor {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    materials: EncryptionMaterialsManager,
    frame_length: NonZeroU32,
    max_encrypted_data_keys: Option<NonZeroU16>,
}

impl Encryptor {
    /// Starts one that takes its data keys from `keyring`.
    pub fn builder(keyring: impl Keyring) -> EncryptorBuilder {
        EncryptorBuilder {
            materials: EncryptionMaterialsManager::new(Arc::new(keyring)),
            frame_length: const { NonZeroU32::new(4096).expect("not zero") },
            max_encrypted_data_keys: DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
            refused: None,
        }
    }

    /// Encrypts `plaintext` and binds it to `context`, which stands in the message in the clear.
    ///
    /// Waits for the keyring, unless a cached data key serves. The cipher runs on the caller's thread, at gigabytes a
    /// second, and lets other tasks run after every MiB or frame, whichever is larger; each frame counts for a KiB more than
    /// is in it.
    ///
    /// # Errors
    ///
    /// [`EncryptError::Context`] if the context has a reserved key, [`EncryptError::Keyring`] if there is no data key.
    pub async fn encrypt(
        &self,
        plaintext: &[u8],
        context: &EncryptionContext,
    ) -> Result<Vec<u8>, EncryptError> {
        let frame_length = self.inner.frame_length;
        context.refuse_reserved()?;
        let frames = frame_count(plaintext.len(), frame_length).ok_or(EncryptError::TooLong {
            len: plaintext.len(),
            frame_length,
        })?;
        let granted = self
            .inner
            .materials
            .materials(
                AlgorithmSuite::Aes256GcmHkdfSha512Commit,
                context,
                Some(plaintext.len() as u64),
            )
            .await?;
        let (materials, data_key) = (granted.materials(), granted.data_key());
        let found = materials.encrypted_data_keys().len();
        // A header counts them in 16 bits, whatever the limit.
        let max = self
            .inner
            .max_encrypted_data_keys
            .unwrap_or(NonZeroU16::MAX);
        if found > usize::from(max.get()) {
            return Err(EncryptError::TooManyEncryptedDataKeys { found, max });
        }
        let cipher = |_| EncryptError::Cipher;
        let mut sealer =
            Sealer::new(materials, data_key, frame_length, frames, plaintext).map_err(cipher)?;
        while sealer.advance(TURN).map_err(cipher)? {
            pace::let_others_run().await;
        }
        Ok(sealer.finish())
    }

    /// How often the keyring was called, and how often that was saved.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.inner.materials.stats()
    }
}

/// As many wrapped keys as a keyring with replicas and a spare needs, and few enough that a hostile message cannot make a
/// reader call KMS all day.
pub(crate) const DEFAULT_MAX_ENCRYPTED_DATA_KEYS: Option<NonZeroU16> = NonZeroU16::new(10);

/// Makes an [`Encryptor`].
#[derive(Debug)]
#[must_use]
pub struct EncryptorBuilder {
    materials: EncryptionMaterialsManager,
    frame_length: NonZeroU32,
    max_encrypted_data_keys: Option<NonZeroU16>,
    refused: Option<BuildError>,
}

impl EncryptorBuilder {
    /// How many bytes of plaintext a frame holds; 4096 by default.
    ///
    /// Every frame adds 32 bytes. A reader holds one frame at a time at least.
    pub fn with_frame_length(self, frame_length: NonZeroU32) -> Self {
        Self {
            frame_length,
            ..self
        }
    }

    /// How many wrapped forms of its data key a message may have; 10 by default, `None` for as many as the format can.
    pub fn with_max_encrypted_data_keys(self, max: impl Into<Option<NonZeroU16>>) -> Self {
        Self {
            max_encrypted_data_keys: max.into(),
            ..self
        }
    }

    /// Uses a data key for several messages of the same context; by default each message has its own.
    pub fn with_cache<C: Clock>(self, policy: CachePolicy<C>) -> Self {
        Self {
            refused: policy.check().err(),
            materials: self.materials.with_cache(policy),
            ..self
        }
    }

    /// Makes the encryptor.
    ///
    /// # Errors
    ///
    /// [`BuildError::MaxAgeTooShort`] if cached data keys could not be used even once.
    pub fn build(self) -> Result<Encryptor, BuildError> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        Ok(Encryptor {
            inner: Arc::new(Inner {
                materials: self.materials,
                frame_length: self.frame_length,
                max_encrypted_data_keys: self.max_encrypted_data_keys,
            }),
        })
    }
}
