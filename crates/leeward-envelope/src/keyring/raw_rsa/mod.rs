mod builder;
mod error;
mod padding;

pub use builder::RawRsaKeyringBuilder;
pub use error::{InvalidRawRsaKeyring, RsaKeyHalf};
pub use padding::RsaPadding;

use super::{
    BoxFuture, Keyring, KeyringError,
    raw::{self, RawKey, Unwrapped},
};
use crate::{
    DataKey, DecryptionMaterials, EncryptedDataKey, EncryptionContext, EncryptionMaterials,
};
use padding::{PrivateKey, PublicKey};
use std::{fmt, future};

/// Wraps data keys under an RSA key: whoever has the public half writes, and only the private half reads.
///
/// The public half is never taken from the private one: to encrypt, give it. Either half alone does its part. Unlike AES or
/// KMS, RSA does **not bind the encryption context** to the wrapped key; the message does so nevertheless.
///
/// Both are done on the thread of the caller, where other tasks wait meanwhile: wrapping takes some ten microseconds, unwrapping a
/// millisecond with 2048 bits and two to three with 4096, too little to hand it to another thread. Of a message with several keys of
/// this name others get their turn between one and the next. Cache data keys, see
/// [`DecryptorBuilder::with_cache`](crate::DecryptorBuilder::with_cache).
///
/// ```no_run
/// use leeward_envelope::{Encryptor, RawRsaKeyring, RsaPadding};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keyring = RawRsaKeyring::builder("my-app", "2026-11", RsaPadding::OaepSha256)
///     .with_public_pem(&std::fs::read_to_string("public.pem")?)
///     .build()?;
/// let encryptor = Encryptor::builder(keyring).build()?;
/// # Ok(())
/// # }
/// ```
pub struct RawRsaKeyring {
    namespace: String,
    name: String,
    padding: RsaPadding,
    public: Option<PublicKey>,
    private: Option<PrivateKey>,
}

impl RawRsaKeyring {
    /// Starts from the names under which messages refer to the key, and the padding; other SDKs call `namespace` the
    /// provider id.
    pub fn builder(
        namespace: impl Into<String>,
        name: impl Into<String>,
        padding: RsaPadding,
    ) -> RawRsaKeyringBuilder {
        RawRsaKeyringBuilder::new(namespace.into(), name.into(), padding)
    }

    /// Whether `key` says that it was wrapped under this one.
    fn is_named(&self, key: &EncryptedDataKey) -> bool {
        key.provider_id() == self.namespace && key.provider_info() == self.name.as_bytes()
    }
}

const NO_PRIVATE_KEY: &str = "this RSA keyring has no private key and only encrypts: give it the PEM of the private key to decrypt";

impl RawKey for RawRsaKeyring {
    fn wrap(
        &self,
        data_key: &DataKey,
        _: &EncryptionContext,
    ) -> Result<EncryptedDataKey, KeyringError> {
        let Some(public) = &self.public else {
            return Err(KeyringError::unsupported(format!(
                "the RSA keyring {self} has no public key and only decrypts: give it the PEM of the public key to encrypt"
            )));
        };
        let wrapped = public
            .wrap(data_key)
            .ok_or_else(|| KeyringError::wrap(self.to_string(), "the cipher failed"))?;
        let (namespace, name) = (self.namespace.as_str(), self.name.as_str());
        Ok(EncryptedDataKey::new(namespace, name, wrapped)?)
    }

    fn unwrap(&self, key: &EncryptedDataKey, _: &EncryptionContext) -> Unwrapped {
        if !self.is_named(key) {
            return Unwrapped::NotOurs;
        }
        let Some(private) = &self.private else {
            return Unwrapped::Failed(NO_PRIVATE_KEY);
        };
        // Whatever is wrong, padding and length included, is one and the same answer.
        private
            .unwrap(key.ciphertext())
            .map_or(Unwrapped::Refused, Unwrapped::Found)
    }

    // Even that would be an oracle for Bleichenbacher: a key that is refused leads to the next, one that is not does not.
    fn hides_refusals(&self) -> bool {
        self.padding == RsaPadding::Pkcs1
    }
}

impl Keyring for RawRsaKeyring {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        Box::pin(future::ready(raw::encrypt(self, materials)))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        Box::pin(raw::decrypt(self, materials, keys))
    }

    fn may_unwrap(&self, key: &EncryptedDataKey) -> bool {
        self.is_named(key) && self.private.is_some()
    }
}

impl fmt::Display for RawRsaKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.namespace, self.name)
    }
}

impl fmt::Debug for RawRsaKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRsaKeyring")
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .field("padding", &self.padding)
            .field("encrypts", &self.public.is_some())
            .field("decrypts", &self.private.is_some())
            .finish_non_exhaustive()
    }
}
