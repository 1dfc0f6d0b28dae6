use crate::{EncryptedDataKey, KeyUse};
use std::fmt;

/// What kept a keyring from a data key, as far as it matters to those who cached others under the same key.
///
/// A keyring tells it by [`KeyringError::because`](crate::KeyringError::because) and
/// [`KeyAttempt::because`](crate::KeyAttempt::because).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyringCause {
    /// Nothing that tells of other data keys.
    #[default]
    Other,
    /// The key store was not reached, did not answer in time, or could not serve: data keys that are there are as good as
    /// before.
    Unavailable,
    /// The wrapping key is disabled, about to be deleted, or not there any more: the data keys that it gave are let go of.
    KeyUnusable,
    /// The caller has no right to use the wrapping key: the data keys that it gave are let go of.
    Denied,
}

impl KeyringCause {
    /// Whether what the wrapping key gave before must not be used any more.
    pub(crate) const fn is_withdrawal(self) -> bool {
        matches!(self, Self::Denied | Self::KeyUnusable)
    }

    /// The one that decides, of two that were met: a withdrawal before an outage, an outage before anything else.
    pub(crate) const fn or_worse(self, other: Self) -> Self {
        if self as u8 >= other as u8 {
            self
        } else {
            other
        }
    }
}

/// Names a key that wraps data keys, as messages name it.
///
/// For KMS the provider is `aws-kms` and the info the ARN of the key; for a raw keyring they are namespace and name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WrappingKey {
    provider_id: String,
    provider_info: Vec<u8>,
}

impl WrappingKey {
    /// Takes the two names.
    pub fn new(provider_id: impl Into<String>, provider_info: impl Into<Vec<u8>>) -> Self {
        Self {
            provider_id: provider_id.into(),
            provider_info: provider_info.into(),
        }
    }

    /// The key that wrapped `key`, whatever it wrapped.
    pub(crate) fn of(key: &EncryptedDataKey) -> Self {
        Self::new(key.provider_id(), Self::name(key.provider_info()))
    }

    /// What an info of an encrypted data key calls the wrapping key.
    ///
    /// A raw AES keyring writes behind the name how long tag and nonce are, and the nonce, which is new every time.
    pub(crate) fn name(info: &[u8]) -> &[u8] {
        info.len()
            .checked_sub(RAW_AES_LENGTHS.len() + RAW_AES_NONCE_LEN)
            .map(|len| info.split_at(len))
            .filter(|(_, rest)| rest.starts_with(&RAW_AES_LENGTHS))
            .map_or(info, |(name, _)| name)
    }

    /// The key, without the Region if it is a replica of a multi-Region key: all replicas hold the same material, so that
    /// what one of them wrapped any of them unwraps.
    pub(crate) fn in_any_region(&self) -> Self {
        let text = str::from_utf8(&self.provider_info).unwrap_or_default();
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts[..] {
            [arn, partition, kms, _, account, key]
                if self.provider_id == KMS && key.starts_with("key/mrk-") =>
            {
                Self::new(KMS, [arn, partition, kms, "", account, key].join(":"))
            }
            _ => self.clone(),
        }
    }

    /// The key for those who audit: the ARN alone, of any other keyring provider and name.
    pub(crate) fn to_use(&self) -> KeyUse {
        let name = String::from_utf8_lossy(&self.provider_info);
        match super::names::is_reserved(&self.provider_id) {
            true => KeyUse::new(name),
            false => KeyUse::new(format!("{} {name}", self.provider_id)),
        }
    }
}

/// The provider id of KMS, whose infos are ARNs.
pub(super) const KMS: &str = "aws-kms";

/// Of the tag in bits, of the nonce in bytes.
const RAW_AES_LENGTHS: [u8; 8] = [0, 0, 0, 128, 0, 0, 0, 12];
const RAW_AES_NONCE_LEN: usize = 12;

/// `aws-kms arn:aws:kms:…`, shortened where somebody made it long.
impl fmt::Debug for WrappingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 160;
        let id: String = self.provider_id.chars().take(SHOWN).collect();
        let info = &self.provider_info[..self.provider_info.len().min(SHOWN)];
        write!(
            f,
            "WrappingKey({} {})",
            id.escape_debug(),
            info.escape_ascii()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_withdrawal_decides_before_an_outage() {
        use KeyringCause::{Denied, KeyUnusable, Other, Unavailable};
        for (one, other, worse) in [
            (Other, Unavailable, Unavailable),
            (KeyUnusable, Unavailable, KeyUnusable),
            (Denied, Other, Denied),
        ] {
            assert_eq!(one.or_worse(other), worse);
            assert_eq!(other.or_worse(one), worse);
        }
    }

    #[test]
    fn the_replicas_of_a_key_are_one_key_and_others_are_not() {
        let key = |provider: &str, region: &str, name: &str| {
            let arn = format!("arn:aws:kms:{region}:111122223333:{name}");
            WrappingKey::new(provider, arn).in_any_region()
        };
        let east = |name| key("aws-kms", "us-east-1", name);
        let west = |name| key("aws-kms", "us-west-2", name);
        assert_eq!(east("key/mrk-1"), west("key/mrk-1"));
        assert_ne!(east("key/mrk-1"), east("key/mrk-2"));
        assert_ne!(east("key/1"), west("key/1"));
        assert_ne!(east("alias/mrk-1"), west("alias/mrk-1"));
        let ours = |region| key("ours", region, "key/mrk-1");
        assert_ne!(ours("us-east-1"), ours("us-west-2"));
    }

    #[test]
    fn the_nonce_of_a_raw_key_is_no_part_of_its_name() {
        let info = [&b"2026-11"[..], &RAW_AES_LENGTHS, &[7; 12]].concat();
        let key = EncryptedDataKey::new("my-app", info, "wrapped").unwrap();
        assert_eq!(WrappingKey::of(&key), WrappingKey::new("my-app", "2026-11"));
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";
        let key = EncryptedDataKey::new("aws-kms", arn, "wrapped").unwrap();
        assert_eq!(WrappingKey::of(&key), WrappingKey::new("aws-kms", arn));
    }
}
