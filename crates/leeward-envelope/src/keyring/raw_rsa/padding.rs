use crate::DataKey;
use aws_lc_rs::{
    error::Unspecified,
    rsa::{
        OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512,
        OaepAlgorithm, OaepPrivateDecryptingKey, OaepPublicEncryptingKey,
        Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey, PrivateDecryptingKey,
        PublicEncryptingKey,
    },
};
use zeroize::Zeroizing;

/// How a data key is padded before it goes through RSA; writer and reader must agree, since no message says it.
///
/// Specification: raw-rsa-keyring, "Supported Padding Schemes".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RsaPadding {
    /// PKCS #1 v1.5, for messages that exist.
    ///
    /// Whether a padding was true nobody may learn who has forged messages decrypted, or he could learn a data key from many of them
    /// (Bleichenbacher). So a wrapped key that is refused yields a data key made at random, under which the message does not
    /// authenticate, and **ends the search**: neither a further key of the message under the same name nor a later keyring of a
    /// [`MultiKeyring`](crate::MultiKeyring) is tried. Let no two keys go by one name, and put such a keyring last. What is left is how
    /// long it takes, to the few hundred nanoseconds that make a random key: take OAEP where you may choose.
    Pkcs1,
    /// OAEP with SHA-1 and MGF1 with SHA-1, for messages that exist.
    OaepSha1,
    /// OAEP with SHA-256 and MGF1 with SHA-256.
    OaepSha256,
    /// OAEP with SHA-384 and MGF1 with SHA-384.
    OaepSha384,
    /// OAEP with SHA-512 and MGF1 with SHA-512.
    OaepSha512,
}

impl RsaPadding {
    /// The algorithm, unless it is PKCS #1 v1.5.
    fn oaep(self) -> Option<&'static OaepAlgorithm> {
        match self {
            Self::Pkcs1 => None,
            Self::OaepSha1 => Some(&OAEP_SHA1_MGF1SHA1),
            Self::OaepSha256 => Some(&OAEP_SHA256_MGF1SHA256),
            Self::OaepSha384 => Some(&OAEP_SHA384_MGF1SHA384),
            Self::OaepSha512 => Some(&OAEP_SHA512_MGF1SHA512),
        }
    }
}

pub(super) enum PublicKey {
    Pkcs1(Pkcs1PublicEncryptingKey),
    Oaep(OaepPublicEncryptingKey, &'static OaepAlgorithm),
}

/// Held and wiped by the cryptographic library.
pub(super) enum PrivateKey {
    Pkcs1(Pkcs1PrivateDecryptingKey),
    Oaep(OaepPrivateDecryptingKey, &'static OaepAlgorithm),
}

impl PublicKey {
    pub(super) fn new(key: PublicEncryptingKey, padding: RsaPadding) -> Result<Self, Unspecified> {
        Ok(match padding.oaep() {
            None => Self::Pkcs1(Pkcs1PublicEncryptingKey::new(key)?),
            Some(oaep) => Self::Oaep(OaepPublicEncryptingKey::new(key)?, oaep),
        })
    }

    pub(super) fn wrap(&self, data_key: &DataKey) -> Option<Vec<u8>> {
        let data_key = data_key.expose();
        let (mut wrapped, len);
        match self {
            Self::Pkcs1(key) => {
                wrapped = vec![0; key.ciphertext_size()];
                len = key.encrypt(data_key, &mut wrapped).ok()?.len();
            }
            Self::Oaep(key, oaep) => {
                wrapped = vec![0; key.ciphertext_size()];
                len = key.encrypt(oaep, data_key, &mut wrapped, None).ok()?.len();
            }
        }
        wrapped.truncate(len);
        Some(wrapped)
    }
}

impl PrivateKey {
    pub(super) fn new(key: PrivateDecryptingKey, padding: RsaPadding) -> Result<Self, Unspecified> {
        Ok(match padding.oaep() {
            None => Self::Pkcs1(Pkcs1PrivateDecryptingKey::new(key)?),
            Some(oaep) => Self::Oaep(OaepPrivateDecryptingKey::new(key)?, oaep),
        })
    }

    /// The data key, or nothing for any reason at all.
    pub(super) fn unwrap(&self, wrapped: &[u8]) -> Option<DataKey> {
        let padded = |len: usize| Zeroizing::new(vec![0; len]);
        let (mut plaintext, len);
        match self {
            Self::Pkcs1(key) => {
                plaintext = padded(key.min_output_size());
                len = key.decrypt(wrapped, &mut plaintext).ok()?.len();
            }
            Self::Oaep(key, oaep) => {
                plaintext = padded(key.min_output_size());
                len = key.decrypt(oaep, wrapped, &mut plaintext, None).ok()?.len();
            }
        }
        Some(DataKey::new(plaintext[..len].to_vec()))
    }
}
