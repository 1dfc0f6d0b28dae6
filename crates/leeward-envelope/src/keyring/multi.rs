use super::{BoxFuture, Keyring, KeyringError};
use crate::{DataKey, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials, KeyUse};
use aws_lc_rs::constant_time;
use futures_util::future::try_join_all;
use std::sync::Arc;

/// Wraps one data key under the keys of several keyrings, so that any of them reads the message.
///
/// To encrypt, the generator makes the data key, then all children wrap it **at the same time**; if one of them cannot, there
/// is no message, and the others are given up. To decrypt, the generator is asked first, then each child in turn, and the
/// first data key is taken; if nobody has one, the error tells what each of them met. A keyring of
/// [`RsaPadding::Pkcs1`](crate::RsaPadding::Pkcs1) refuses no key of its name, so put it last. How long it waits at most is the sum
/// of what its keyrings wait to decrypt, and the longest child's time after the generator's to encrypt.
///
/// A multi-keyring is a keyring: it may be a generator or a child of another. One with a generator makes a data key of its
/// own, hence refuses to wrap another's.
///
/// Specification: multi-keyring, "OnEncrypt" and "OnDecrypt".
///
/// ```
/// use leeward_envelope::{Decryptor, Encryptor, EncryptionContext, MultiKeyring, RawAesKeyring};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let [ours, theirs] = [[1; 32], [2; 32]];
/// let keyring = MultiKeyring::builder()
///     .with_generator(RawAesKeyring::new("us", "2026-11", &ours)?)
///     .with_child(RawAesKeyring::new("them", "archive", &theirs)?)
///     .build()?;
/// let encryptor = Encryptor::builder(keyring).build()?;
/// let message = encryptor.encrypt(b"for both", &EncryptionContext::empty()).await?;
/// let they = Decryptor::builder(RawAesKeyring::new("them", "archive", &theirs)?).build()?;
/// assert_eq!(they.decrypt(&message).await?.plaintext(), b"for both");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MultiKeyring {
    generator: Option<Arc<dyn Keyring>>,
    children: Vec<Arc<dyn Keyring>>,
}

/// Makes a [`MultiKeyring`].
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct MultiKeyringBuilder {
    generator: Option<Arc<dyn Keyring>>,
    children: Vec<Arc<dyn Keyring>>,
}

/// Says that a [`MultiKeyring`] has neither a generator nor a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a multi-keyring without keyrings: give it a generator, a child or both")]
pub struct NoKeyrings;

impl MultiKeyring {
    /// Starts with no keyring.
    pub fn builder() -> MultiKeyringBuilder {
        MultiKeyringBuilder::default()
    }

    async fn encrypt(
        &self,
        materials: EncryptionMaterials,
    ) -> Result<EncryptionMaterials, KeyringError> {
        let mut materials = self.generate(materials).await?;
        let wrapped = {
            let data_key = materials.data_key().expect("looked for by generate()");
            let children = self.children.iter();
            try_join_all(children.map(|child| wrap(child, &materials, data_key))).await?
        };
        for key in wrapped.into_iter().flatten() {
            materials = materials.with_encrypted_data_key(key);
        }
        Ok(materials)
    }

    /// Materials with a data key: the generator's, or the one that is there where there is no generator.
    async fn generate(
        &self,
        materials: EncryptionMaterials,
    ) -> Result<EncryptionMaterials, KeyringError> {
        let has_data_key = materials.data_key().is_some();
        let Some(generator) = &self.generator else {
            return if has_data_key {
                Ok(materials)
            } else {
                Err(KeyringError::unsupported(
                    "a multi-keyring without a generator makes no data key: give it one, or make it a child of one that has",
                ))
            };
        };
        if has_data_key {
            return Err(KeyringError::contract(
                "a multi-keyring was given a data key but has a generator, which makes its own: leave the generator out",
            ));
        }
        let (suite, context) = (materials.suite(), materials.context().clone());
        let made = generator.on_encrypt(materials).await?;
        if made.suite() != suite || *made.context() != context {
            return Err(other_materials());
        }
        if made.data_key().is_none() {
            return Err(KeyringError::contract("the generator made no data key"));
        }
        Ok(made)
    }

    async fn decrypt(
        &self,
        materials: DecryptionMaterials,
        keys: &[EncryptedDataKey],
    ) -> Result<DecryptionMaterials, KeyringError> {
        materials.refuse_second()?;
        let mut errors = Vec::new();
        for keyring in self.generator.iter().chain(&self.children) {
            match unwrap(keyring, &materials, keys).await {
                Ok((data_key, key_use)) => {
                    let materials = materials.with_data_key(data_key)?;
                    return Ok(match key_use {
                        Some(key_use) => materials.with_key_use(key_use),
                        None => materials,
                    });
                }
                Err(error) => errors.push(error),
            }
        }
        Err(KeyringError::of_several(errors))
    }
}

impl MultiKeyringBuilder {
    /// Sets which keyring makes the data key; without one, only data keys that another keyring made are wrapped.
    pub fn with_generator(self, generator: impl Keyring) -> Self {
        Self {
            generator: Some(Arc::new(generator)),
            ..self
        }
    }

    /// Adds a keyring that wraps the data key as well; as many as readers accept encrypted data keys.
    pub fn with_child(mut self, child: impl Keyring) -> Self {
        self.children.push(Arc::new(child));
        self
    }

    /// Makes the multi-keyring.
    ///
    /// # Errors
    ///
    /// [`NoKeyrings`] if it has none.
    pub fn build(self) -> Result<MultiKeyring, NoKeyrings> {
        if self.generator.is_none() && self.children.is_empty() {
            return Err(NoKeyrings);
        }
        Ok(MultiKeyring {
            generator: self.generator,
            children: self.children,
        })
    }
}

impl Keyring for MultiKeyring {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        Box::pin(self.encrypt(materials))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        Box::pin(self.decrypt(materials, keys))
    }

    fn may_unwrap(&self, key: &EncryptedDataKey) -> bool {
        let mut keyrings = self.generator.iter().chain(&self.children);
        keyrings.any(|keyring| keyring.may_unwrap(key))
    }
}

/// What `child` wraps `data_key` into; it gets a copy, which its materials wipe.
async fn wrap(
    child: &Arc<dyn Keyring>,
    materials: &EncryptionMaterials,
    data_key: &DataKey,
) -> Result<Vec<EncryptedDataKey>, KeyringError> {
    let copy = DataKey::new(data_key.expose().to_vec());
    let asked = EncryptionMaterials::new(materials.suite(), materials.context().clone());
    let made = child.on_encrypt(asked.with_data_key(copy)?).await?;
    if made.suite() != materials.suite() || made.context() != materials.context() {
        return Err(other_materials());
    }
    let is_same = |made: &DataKey| {
        constant_time::verify_slices_are_equal(made.expose(), data_key.expose()).is_ok()
    };
    if !made.data_key().is_some_and(is_same) {
        return Err(KeyringError::contract("a child changed the data key"));
    }
    let wrapped = made.encrypted_data_keys().to_vec();
    if wrapped.is_empty() {
        return Err(KeyringError::contract("a child did not wrap the data key"));
    }
    Ok(wrapped)
}

async fn unwrap(
    keyring: &Arc<dyn Keyring>,
    materials: &DecryptionMaterials,
    keys: &[EncryptedDataKey],
) -> Result<(DataKey, Option<KeyUse>), KeyringError> {
    let asked = DecryptionMaterials::new(materials.suite(), materials.context().clone());
    let found = keyring.on_decrypt(asked, keys).await?;
    if found.suite() != materials.suite() || found.context() != materials.context() {
        return Err(other_materials());
    }
    let (data_key, key_use) = found.into_found();
    let data_key =
        data_key.ok_or_else(|| KeyringError::contract("a keyring returned no data key"))?;
    Ok((data_key, key_use))
}

fn other_materials() -> KeyringError {
    KeyringError::contract("a keyring returned materials for another suite or context")
}
