use super::{
    InvalidRawRsaKeyring, RawRsaKeyring, RsaKeyHalf, RsaPadding,
    padding::{PrivateKey, PublicKey},
};
use crate::keyring::{
    names::{MAX_LEN, is_reserved},
    pem,
};
use aws_lc_rs::{
    encoding::AsDer,
    rsa::{PrivateDecryptingKey, PublicEncryptingKey},
};
use std::fmt;
use zeroize::Zeroizing;

/// Makes a [`RawRsaKeyring`].
#[must_use]
pub struct RawRsaKeyringBuilder {
    namespace: String,
    name: String,
    padding: RsaPadding,
    public: Option<Der>,
    private: Option<Der>,
}

type Der = Result<Zeroizing<Vec<u8>>, InvalidRawRsaKeyring>;

impl RawRsaKeyringBuilder {
    pub(super) const fn new(namespace: String, name: String, padding: RsaPadding) -> Self {
        Self {
            namespace,
            name,
            padding,
            public: None,
            private: None,
        }
    }

    /// Encrypts under this public key: the PEM of a `PUBLIC KEY` (SubjectPublicKeyInfo).
    pub fn with_public_pem(self, pem: &str) -> Self {
        Self {
            public: Some(from_pem(RsaKeyHalf::Public, pem)),
            ..self
        }
    }

    /// Encrypts under this public key: the DER of a SubjectPublicKeyInfo.
    pub fn with_public_der(self, der: &[u8]) -> Self {
        Self {
            public: Some(Ok(Zeroizing::new(der.to_vec()))),
            ..self
        }
    }

    /// Decrypts with this private key: the PEM of a `PRIVATE KEY` (PKCS #8, unencrypted). Wiping `pem` is up to the caller.
    pub fn with_private_pem(self, pem: &str) -> Self {
        Self {
            private: Some(from_pem(RsaKeyHalf::Private, pem)),
            ..self
        }
    }

    /// Decrypts with this private key: the DER of PKCS #8, unencrypted. Wiping `der` is up to the caller.
    pub fn with_private_der(self, der: &[u8]) -> Self {
        Self {
            private: Some(Ok(Zeroizing::new(der.to_vec()))),
            ..self
        }
    }

    /// Makes the keyring.
    ///
    /// # Errors
    ///
    /// [`InvalidRawRsaKeyring`] if there is no key, if a half is not an RSA key of 2048 bits or more in the form that it
    /// should be in, if the halves are of two keys, or if a name cannot stand in a message.
    pub fn build(self) -> Result<RawRsaKeyring, InvalidRawRsaKeyring> {
        let Self {
            namespace,
            name,
            padding,
            public,
            private,
        } = self;
        if is_reserved(&namespace) {
            return Err(InvalidRawRsaKeyring::ReservedNamespace { namespace });
        }
        let len = namespace.len().max(name.len());
        if len > MAX_LEN {
            return Err(InvalidRawRsaKeyring::TooLong { len });
        }
        let public = public.transpose()?.map(|der| {
            PublicEncryptingKey::from_der(&der).map_err(|why| rejected(RsaKeyHalf::Public, why))
        });
        let private = private.transpose()?.map(|der| {
            PrivateDecryptingKey::from_pkcs8(&der).map_err(|why| rejected(RsaKeyHalf::Private, why))
        });
        let (public, private) = (public.transpose()?, private.transpose()?);
        match (&public, &private) {
            (None, None) => return Err(InvalidRawRsaKeyring::NoKey),
            (Some(public), Some(private)) if !is_one_key(public, private) => {
                return Err(InvalidRawRsaKeyring::HalvesOfTwoKeys);
            }
            _ => {}
        }
        let public = public.map(|key| {
            PublicKey::new(key, padding).map_err(|why| rejected(RsaKeyHalf::Public, why))
        });
        let private = private.map(|key| {
            PrivateKey::new(key, padding).map_err(|why| rejected(RsaKeyHalf::Private, why))
        });
        Ok(RawRsaKeyring {
            namespace,
            name,
            padding,
            public: public.transpose()?,
            private: private.transpose()?,
        })
    }
}

/// Without the keys.
impl fmt::Debug for RawRsaKeyringBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRsaKeyringBuilder")
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .field("padding", &self.padding)
            .finish_non_exhaustive()
    }
}

fn from_pem(half: RsaKeyHalf, text: &str) -> Der {
    pem::decode(text, half.label()).map_err(|found| InvalidRawRsaKeyring::not_pem(half, &found))
}

fn rejected(half: RsaKeyHalf, why: impl fmt::Display) -> InvalidRawRsaKeyring {
    InvalidRawRsaKeyring::Rejected {
        half,
        reason: why.to_string(),
    }
}

/// Compares only: what encrypts is the public key that was given.
fn is_one_key(public: &PublicEncryptingKey, private: &PrivateDecryptingKey) -> bool {
    match (public.as_der(), private.public_key().as_der()) {
        (Ok(given), Ok(derived)) => given.as_ref() == derived.as_ref(),
        _ => false,
    }
}
