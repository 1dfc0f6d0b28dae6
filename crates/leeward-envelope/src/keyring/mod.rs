//! The crate's one joint: who makes data keys and gets them back.

mod attempt;
mod cause;
mod digest;
mod error;
mod multi;
mod names;
mod pem;
mod raw;
mod raw_aes;
mod raw_rsa;
mod several;

pub use attempt::KeyAttempt;
pub use cause::{KeyringCause, WrappingKey};
pub(crate) use digest::{KeyDigest, Wrapping};
pub use error::KeyringError;
pub use multi::{MultiKeyring, MultiKeyringBuilder, NoKeyrings};
pub use raw_aes::{InvalidRawAesKeyring, RawAesKeyring};
pub use raw_rsa::{
    InvalidRawRsaKeyring, RawRsaKeyring, RawRsaKeyringBuilder, RsaKeyHalf, RsaPadding,
};

use crate::{DecryptionMaterials, EncryptedDataKey, EncryptionMaterials};
use std::{fmt::Debug, pin::Pin, sync::Arc};

/// A future on the heap, as an object-safe trait must return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Makes and wraps data keys, and unwraps them again.
///
/// Implement it to put data keys under your own key store; [`Encryptor`](crate::Encryptor) and
/// [`Decryptor`](crate::Decryptor) do the rest. Both calls may wait for a network: nothing is locked meanwhile, calls run
/// side by side, and dropping a future gives the call up. A keyring bounds its own waiting.
pub trait Keyring: Debug + Send + Sync + 'static {
    /// Makes a data key unless the materials hold one, and adds at least one wrapped form of it.
    ///
    /// # Errors
    ///
    /// [`KeyringError`] if no data key could be made or wrapped.
    ///
    /// Specification: keyring-interface, "OnEncrypt".
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>>;

    /// Unwraps the first of `keys` that this keyring can, and sets it as the data key.
    ///
    /// Keys of other keyrings are passed over; one that fails does not keep the next from being tried. Materials that
    /// hold a data key already are refused.
    ///
    /// # Errors
    ///
    /// [`KeyringError::undecryptable`] with what each of `keys` met.
    ///
    /// Specification: keyring-interface, "OnDecrypt".
    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>>;

    /// Whether [`on_decrypt`](Self::on_decrypt) would try `key`, as far as can be told without a call; true by default.
    ///
    /// Asked before a decryptor keeps a data key that it has [from an encryptor](crate::DecryptorBuilder::with_data_keys_of):
    /// it is to read nothing that its keyring would pass over.
    fn may_unwrap(&self, key: &EncryptedDataKey) -> bool {
        let _ = key;
        true
    }
}

impl<K: Keyring + ?Sized> Keyring for Arc<K> {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        (**self).on_encrypt(materials)
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        (**self).on_decrypt(materials, keys)
    }

    fn may_unwrap(&self, key: &EncryptedDataKey) -> bool {
        (**self).may_unwrap(key)
    }
}

impl<K: Keyring + ?Sized> Keyring for Box<K> {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        (**self).on_encrypt(materials)
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        (**self).on_decrypt(materials, keys)
    }

    fn may_unwrap(&self, key: &EncryptedDataKey) -> bool {
        (**self).may_unwrap(key)
    }
}
