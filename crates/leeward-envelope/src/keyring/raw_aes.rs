use super::{
    BoxFuture, Keyring, KeyringError,
    names::{MAX_LEN, is_reserved},
    raw::{self, RawKey, Unwrapped},
};
use crate::{
    DataKey, DecryptionMaterials, EncryptedDataKey, EncryptionContext, EncryptionMaterials,
    cipher::{self, IV_LEN, TAG_LEN},
};
use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};
use std::{fmt, future};
use zeroize::Zeroizing;

/// Wraps data keys under an AES key that this process holds: for tests, local use, and messages of other SDKs.
///
/// Every data key is wrapped with a random 96-bit IV, so one wrapping key is good for 2^32 of them (NIST SP 800-38D,
/// section 8.3).
///
/// ```
/// use leeward_envelope::RawAesKeyring;
///
/// let keyring = RawAesKeyring::new("my-app", "2026-11", &[7; 32])?;
/// # Ok::<(), leeward_envelope::InvalidRawAesKeyring>(())
/// ```
pub struct RawAesKeyring {
    namespace: String,
    name: String,
    key: LessSafeKey,
}

/// Says why a [`RawAesKeyring`] cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRawAesKeyring {
    /// The key is not an AES key.
    #[error("a wrapping key of {len} bytes: AES takes 16, 24 or 32")]
    KeyLength {
        /// How many bytes were given.
        len: usize,
    },
    /// The namespace is that of KMS.
    #[error(
        "namespace {namespace:?} begins with aws-kms, which is for KMS keyrings: choose another"
    )]
    ReservedNamespace {
        /// The namespace.
        namespace: String,
    },
    /// Namespace or name do not fit into a message.
    #[error("namespace and name may take 65000 bytes each, one takes {len}: shorten it")]
    TooLong {
        /// How many bytes the longer one takes.
        len: usize,
    },
}

/// Tag bits and IV bytes, as the provider info states them after the name.
///
/// Specification: raw-aes-keyring, "Key Provider Information".
const INFO_LENGTHS: [u8; 8] = [0, 0, 0, 8 * TAG_LEN as u8, 0, 0, 0, IV_LEN as u8];

impl RawAesKeyring {
    /// Takes an AES key of 16, 24 or 32 bytes, and the names under which messages refer to it.
    ///
    /// The bytes are copied into the cipher's own, wiped, state; wiping `key` is up to the caller. Other SDKs call
    /// `namespace` the provider id.
    ///
    /// # Errors
    ///
    /// [`InvalidRawAesKeyring`] if it is no AES key, or if a name cannot stand in a message.
    pub fn new(
        namespace: impl Into<String>,
        name: impl Into<String>,
        key: &[u8],
    ) -> Result<Self, InvalidRawAesKeyring> {
        let (namespace, name) = (namespace.into(), name.into());
        if is_reserved(&namespace) {
            return Err(InvalidRawAesKeyring::ReservedNamespace { namespace });
        }
        let len = namespace.len().max(name.len());
        if len > MAX_LEN {
            return Err(InvalidRawAesKeyring::TooLong { len });
        }
        let key = cipher::gcm(key).ok_or(InvalidRawAesKeyring::KeyLength { len: key.len() })?;
        Ok(Self {
            namespace,
            name,
            key,
        })
    }

    /// The IV, if the key was wrapped under a key of this name.
    fn iv_of(&self, key: &EncryptedDataKey) -> Option<[u8; IV_LEN]> {
        if key.provider_id() != self.namespace {
            return None;
        }
        let rest = key.provider_info().strip_prefix(self.name.as_bytes())?;
        rest.strip_prefix(&INFO_LENGTHS)?.try_into().ok()
    }

    /// The data key, or nothing for any reason at all.
    fn open(
        &self,
        key: &EncryptedDataKey,
        iv: [u8; IV_LEN],
        context: &EncryptionContext,
    ) -> Option<DataKey> {
        let (ciphertext, tag) = key.ciphertext().split_last_chunk::<TAG_LEN>()?;
        let mut data_key = Zeroizing::new(vec![0; ciphertext.len()]);
        self.key
            .open_separate_gather(
                Nonce::assume_unique_for_key(iv),
                Aad::from(context.as_bytes()),
                ciphertext,
                tag,
                &mut data_key,
            )
            .ok()?;
        Some(DataKey::new(std::mem::take(&mut *data_key)))
    }
}

impl RawKey for RawAesKeyring {
    fn wrap(
        &self,
        data_key: &DataKey,
        context: &EncryptionContext,
    ) -> Result<EncryptedDataKey, KeyringError> {
        let refused = |what: &'static str| KeyringError::wrap(self.to_string(), what);
        let mut iv = [0; IV_LEN];
        aws_lc_rs::rand::fill(&mut iv).map_err(|_| refused("the system gave no randomness"))?;
        // Holds the plaintext key until the cipher has run over it; never grows, so never leaves a copy.
        let mut wrapped = Zeroizing::new(Vec::with_capacity(data_key.expose().len() + TAG_LEN));
        wrapped.extend_from_slice(data_key.expose());
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(iv),
                Aad::from(context.as_bytes()),
                &mut wrapped,
            )
            .map_err(|_| refused("the cipher failed"))?;
        wrapped.extend_from_slice(tag.as_ref());
        let info = [self.name.as_bytes(), &INFO_LENGTHS, &iv].concat();
        let ciphertext = std::mem::take(&mut *wrapped);
        Ok(EncryptedDataKey::new(
            self.namespace.as_str(),
            info,
            ciphertext,
        )?)
    }

    fn unwrap(&self, key: &EncryptedDataKey, context: &EncryptionContext) -> Unwrapped {
        let Some(iv) = self.iv_of(key) else {
            return Unwrapped::NotOurs;
        };
        self.open(key, iv, context)
            .map_or(Unwrapped::Refused, Unwrapped::Found)
    }
}

impl Keyring for RawAesKeyring {
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
        self.iv_of(key).is_some()
    }
}

impl fmt::Display for RawAesKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.namespace, self.name)
    }
}

impl fmt::Debug for RawAesKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawAesKeyring")
            .field("namespace", &self.namespace)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AlgorithmSuite;
    use futures_util::FutureExt;

    const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;

    fn keyring(name: &str) -> RawAesKeyring {
        RawAesKeyring::new("here", name, &[7; 32]).unwrap()
    }

    fn context(value: &str) -> EncryptionContext {
        EncryptionContext::new([("for", value)]).unwrap()
    }

    fn encrypt(keyring: &RawAesKeyring) -> EncryptionMaterials {
        raw::encrypt(keyring, EncryptionMaterials::new(SUITE, context("a"))).unwrap()
    }

    fn decrypt(
        keyring: &RawAesKeyring,
        asked: DecryptionMaterials,
        keys: &[EncryptedDataKey],
    ) -> Result<DecryptionMaterials, KeyringError> {
        let found = raw::decrypt(keyring, asked, keys).now_or_never();
        found.expect("one key takes no second turn")
    }

    #[test]
    fn gets_back_what_it_wrapped_under_every_key_length() {
        for len in [16, 24, 32] {
            let keyring = RawAesKeyring::new("here", "k", &vec![7; len]).unwrap();
            let made = encrypt(&keyring);
            let keys = made.encrypted_data_keys();
            assert_eq!(keys.len(), 1);
            let asked = DecryptionMaterials::new(SUITE, context("a"));
            let found = decrypt(&keyring, asked, keys).unwrap();
            assert_eq!(
                found.data_key().unwrap().expose(),
                made.data_key().unwrap().expose()
            );
        }
    }

    #[test]
    fn states_name_and_lengths_and_iv_as_the_format_wants() {
        let made = encrypt(&keyring("name"));
        let key = &made.encrypted_data_keys()[0];
        assert_eq!(key.provider_id(), "here");
        assert!(key.provider_info().starts_with(b"name\0\0\0\x80\0\0\0\x0c"));
        assert_eq!(key.provider_info().len(), 4 + 8 + 12);
        assert_eq!(key.ciphertext().len(), 32 + 16);
    }

    #[test]
    fn wraps_a_data_key_that_is_there_already() {
        let materials = EncryptionMaterials::new(SUITE, context("a"))
            .with_data_key(DataKey::new(vec![9; 32]))
            .unwrap();
        let made = raw::encrypt(&keyring("k"), materials).unwrap();
        assert_eq!(made.data_key().unwrap().expose(), [9; 32]);
        assert_eq!(made.encrypted_data_keys().len(), 1);
    }

    #[test]
    fn another_context_or_name_gives_no_key() {
        let made = encrypt(&keyring("k"));
        let refusal = |keyring: RawAesKeyring, context| {
            let asked = DecryptionMaterials::new(SUITE, context);
            decrypt(&keyring, asked, made.encrypted_data_keys()).unwrap_err()
        };
        assert!(matches!(
            refusal(keyring("k"), context("b")),
            KeyringError::Unauthentic
        ));
        // A name that only begins like ours is another key's.
        for name in ["kk", "", "other"] {
            assert!(matches!(
                refusal(keyring(name), context("a")),
                KeyringError::NoMatchingKey { .. }
            ));
        }
    }

    #[test]
    fn says_which_keys_it_does_not_take() {
        let refusal = |namespace: &str, key: &[u8]| {
            RawAesKeyring::new(namespace, "k", key)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refusal("here", &[7; 20]),
            "a wrapping key of 20 bytes: AES takes 16, 24 or 32"
        );
        assert_eq!(
            refusal("aws-kms-mine", &[7; 32]),
            "namespace \"aws-kms-mine\" begins with aws-kms, which is for KMS keyrings: choose another"
        );
    }

    #[test]
    fn prints_no_key() {
        let text = format!("{:?}", keyring("k"));
        assert_eq!(
            text,
            r#"RawAesKeyring { namespace: "here", name: "k", .. }"#
        );
    }
}
