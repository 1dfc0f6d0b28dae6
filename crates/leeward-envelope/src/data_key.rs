use crate::{AlgorithmSuite, KeyringError, WrappingKey, derive::Extracted};
use std::{fmt, num::NonZeroU16};
use zeroize::Zeroizing;

/// As many wrapped keys as a keyring with replicas and a spare needs, and few enough that a hostile message cannot make a
/// reader call KMS all day.
///
/// Specification: client, "Maximum Number Of Encrypted Data Keys".
pub(crate) const DEFAULT_MAX_ENCRYPTED_DATA_KEYS: Option<NonZeroU16> = NonZeroU16::new(10);

/// A plaintext data key: wiped on drop, printed nowhere, copied by nothing.
pub struct DataKey {
    bytes: Zeroizing<Vec<u8>>,
    /// What is derived from it before a message is known.
    extracted: Extracted,
}

impl DataKey {
    /// Takes over the bytes of a key, without leaving a copy behind.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self::wiping(Zeroizing::new(bytes))
    }

    /// Makes a random key of the length that `suite` needs.
    ///
    /// # Errors
    ///
    /// [`KeyringError::Wrap`] if the system gives no randomness.
    pub fn random(suite: AlgorithmSuite) -> Result<Self, KeyringError> {
        let mut bytes = Zeroizing::new(vec![0; suite.data_key_len()]);
        aws_lc_rs::rand::fill(&mut bytes)
            .map_err(|_| KeyringError::wrap("any key", "the system gave no randomness"))?;
        Ok(Self::wiping(bytes))
    }

    fn wiping(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self {
            bytes,
            extracted: Extracted::default(),
        }
    }

    /// The bytes of the key: never log, store or copy them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) const fn extracted(&self) -> &Extracted {
        &self.extracted
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// A data key in its wrapped form, as it stands in a message.
///
/// Specification: structures, "Encrypted Data Keys".
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EncryptedDataKey {
    provider_id: String,
    provider_info: Vec<u8>,
    ciphertext: Vec<u8>,
}

/// Says that a part of an [`EncryptedDataKey`] does not fit into a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {part} of an encrypted data key takes {len} bytes, 65535 at most: shorten it")]
pub struct EncryptedDataKeyTooLong {
    part: &'static str,
    len: usize,
}

impl EncryptedDataKey {
    /// Takes what a keyring writes: who wrapped the key, under which key, and the wrapped key.
    ///
    /// The provider info is the ARN for KMS; other keyrings may put any bytes there.
    ///
    /// # Errors
    ///
    /// [`EncryptedDataKeyTooLong`] if a part takes more than 65,535 bytes.
    pub fn new(
        provider_id: impl Into<String>,
        provider_info: impl Into<Vec<u8>>,
        ciphertext: impl Into<Vec<u8>>,
    ) -> Result<Self, EncryptedDataKeyTooLong> {
        let key = Self {
            provider_id: provider_id.into(),
            provider_info: provider_info.into(),
            ciphertext: ciphertext.into(),
        };
        for (part, len) in [
            ("provider id", key.provider_id.len()),
            ("provider info", key.provider_info.len()),
            ("ciphertext", key.ciphertext.len()),
        ] {
            if len > usize::from(u16::MAX) {
                return Err(EncryptedDataKeyTooLong { part, len });
            }
        }
        Ok(key)
    }

    /// Who wrapped it: `aws-kms`, or the namespace of a raw keyring.
    #[must_use]
    pub fn provider_id(&self) -> &str {
        &self.provider_id
    }

    /// What the provider needs to know: for KMS, the ARN of the key.
    #[must_use]
    pub fn provider_info(&self) -> &[u8] {
        &self.provider_info
    }

    /// The wrapped key.
    #[must_use]
    pub fn ciphertext(&self) -> &[u8] {
        &self.ciphertext
    }

    /// How many bytes it takes in a header.
    pub(crate) fn serialised_len(&self) -> usize {
        6 + self.provider_id.len() + self.provider_info.len() + self.ciphertext.len()
    }

    pub(crate) fn serialise_into(&self, bytes: &mut Vec<u8>) {
        for part in [
            self.provider_id.as_bytes(),
            &self.provider_info,
            &self.ciphertext,
        ] {
            bytes.extend_from_slice(&(part.len() as u16).to_be_bytes());
            bytes.extend_from_slice(part);
        }
    }
}

/// `aws-kms arn:aws:kms:…`, `my-app 2026-11`: the wrapped key itself tells a reader nothing.
impl fmt::Display for EncryptedDataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Anybody may write a header: what is shown of it is bounded.
        const SHOWN: usize = 160;
        let id: String = self.provider_id.chars().take(SHOWN).collect();
        let name = WrappingKey::name(&self.provider_info);
        let shown = &name[..name.len().min(SHOWN)];
        write!(f, "{} {}", id.escape_debug(), shown.escape_ascii())
    }
}

impl fmt::Debug for EncryptedDataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncryptedDataKey({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_key_prints_nothing_of_itself() {
        let key = DataKey::new(vec![0xab; 32]);
        assert_eq!(format!("{key:?}"), "DataKey(..)");
        assert_eq!(key.expose(), [0xab; 32]);
    }

    #[test]
    fn a_random_key_has_the_length_of_the_suite() {
        for suite in AlgorithmSuite::ALL {
            let key = DataKey::random(suite).unwrap();
            assert_eq!(key.expose().len(), suite.data_key_len());
            assert!(key.expose().iter().any(|byte| *byte != 0));
        }
    }

    #[test]
    fn what_does_not_fit_into_a_header_is_refused() {
        let long = vec![0; 65_536];
        assert_eq!(
            EncryptedDataKey::new("aws-kms", "arn", long)
                .unwrap_err()
                .to_string(),
            "the ciphertext of an encrypted data key takes 65536 bytes, 65535 at most: shorten it"
        );
    }

    #[test]
    fn a_hostile_provider_cannot_flood_or_forge_a_log_line() {
        let key = EncryptedDataKey::new("a\nb", vec![b'\r'; 60_000], []).unwrap();
        let text = key.to_string();
        assert!(text.starts_with("a\\nb \\r\\r"), "{text}");
        assert!(text.len() < 400);
    }
}
