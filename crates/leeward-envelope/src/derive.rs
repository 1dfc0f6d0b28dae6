use crate::{AlgorithmSuite, DataKey, cipher, suite::Derivation};
use aws_lc_rs::{
    aead::LessSafeKey,
    error::Unspecified,
    hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512},
};
use std::sync::OnceLock;
use zeroize::Zeroizing;

pub(crate) const COMMITMENT_LEN: usize = 32;

/// The longest output of the hashes in use.
const MAX_HASH_LEN: usize = 64;

/// What one message is encrypted with.
pub(crate) struct MessageKeys {
    pub(crate) content: LessSafeKey,
    pub(crate) commitment: Option<[u8; COMMITMENT_LEN]>,
}

/// How a writer understood the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Standard,
    /// Version 4.0.0 of the SDK for .NET, and no other: version 1 of the header derives its key without the message id, and
    /// the tag of a header covers the count of the pairs left out even if there are none.
    Net400,
}

/// Derives the keys of one message from its data key.
///
/// Specification: algorithm-suites, "Algorithm Suites Encryption Key Derivation Settings" and "Algorithm Suites Commit Key
/// Derivation Settings".
pub(crate) fn message_keys(
    suite: AlgorithmSuite,
    data_key: &DataKey,
    message_id: &[u8],
    dialect: Dialect,
) -> Result<MessageKeys, Unspecified> {
    let id = suite.id().to_be_bytes();
    let info_of_v1 = match dialect {
        Dialect::Standard => message_id,
        Dialect::Net400 => &[],
    };
    let unsalted = data_key.extracted();
    let salted;
    let (derived, info) = match suite.derivation() {
        Derivation::Identity => {
            return Ok(MessageKeys {
                content: cipher::gcm(data_key.expose()).ok_or(Unspecified)?,
                commitment: None,
            });
        }
        Derivation::Sha256 => (unsalted.sha256(data_key)?, info_of_v1),
        Derivation::Sha384 => (unsalted.sha384(data_key)?, info_of_v1),
        Derivation::Sha512Commit => {
            salted = Hkdf::extract(HMAC_SHA512, message_id, data_key.expose())?;
            (&salted, &b"DERIVEKEY"[..])
        }
    };
    let content = derived.expand([&id, info])?;
    let commitment = match suite.derivation() {
        Derivation::Sha512Commit => {
            let whole = derived.expand([b"COMMITKEY", b""])?;
            whole.first_chunk().copied()
        }
        _ => None,
    };
    Ok(MessageKeys {
        content: cipher::gcm(&content[..suite.data_key_len()]).ok_or(Unspecified)?,
        commitment,
    })
}

/// The first stage of HKDF for suites without commitment, which takes no salt, hence depends on the data key alone.
///
/// Made when a message first needs it. It is as secret as the data key, belongs to it, and is wiped with it.
#[derive(Default)]
pub(crate) struct Extracted {
    sha256: OnceLock<Box<Hkdf>>,
    sha384: OnceLock<Box<Hkdf>>,
}

impl Extracted {
    fn sha256(&self, data_key: &DataKey) -> Result<&Hkdf, Unspecified> {
        unsalted(&self.sha256, HMAC_SHA256, &[0; 32], data_key)
    }

    fn sha384(&self, data_key: &DataKey) -> Result<&Hkdf, Unspecified> {
        unsalted(&self.sha384, HMAC_SHA384, &[0; 48], data_key)
    }
}

fn unsalted<'a>(
    cell: &'a OnceLock<Box<Hkdf>>,
    algorithm: hmac::Algorithm,
    zeros: &[u8],
    data_key: &DataKey,
) -> Result<&'a Hkdf, Unspecified> {
    if let Some(extracted) = cell.get() {
        return Ok(extracted);
    }
    let extracted = Hkdf::extract(algorithm, zeros, data_key.expose())?;
    Ok(cell.get_or_init(|| Box::new(extracted)))
}

/// HKDF (RFC 5869) for outputs of at most one hash.
///
/// Built on HMAC rather than taken from `aws_lc_rs::hkdf` so that the key schedule of the second stage is computed once
/// for both of its outputs, which matters to short messages.
struct Hkdf {
    derived: hmac::Key,
}

impl Hkdf {
    fn extract(
        algorithm: hmac::Algorithm,
        salt: &[u8],
        secret: &[u8],
    ) -> Result<Self, Unspecified> {
        let mut derived = Zeroizing::new([0; MAX_HASH_LEN]);
        let salted = hmac::Key::new(algorithm, salt);
        let derived = hmac::sign_to_buffer(&salted, secret, derived.as_mut_slice())?;
        Ok(Self {
            derived: hmac::Key::new(algorithm, derived),
        })
    }

    /// The first block of output; what the hash does not fill is zero.
    fn expand(&self, info: [&[u8]; 2]) -> Result<Zeroizing<[u8; MAX_HASH_LEN]>, Unspecified> {
        let mut output = Zeroizing::new([0; MAX_HASH_LEN]);
        let [first, second] = info;
        let info = [first, second, &[1]].concat();
        hmac::sign_to_buffer(&self.derived, &info, output.as_mut_slice())?;
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::{
        aead::{Aad, Nonce},
        hkdf,
    };
    use std::ptr;

    #[test]
    fn agrees_with_the_library_s_hkdf() {
        for (ours, theirs) in [
            (HMAC_SHA256, hkdf::HKDF_SHA256),
            (HMAC_SHA384, hkdf::HKDF_SHA384),
            (HMAC_SHA512, hkdf::HKDF_SHA512),
        ] {
            let (salt, secret) = ([3; 32], [5; 24]);
            let prk = hkdf::Salt::new(theirs, &salt).extract(&secret);
            let mut expected = [0; 32];
            prk.expand(&[b"one", b"two"], hkdf::HKDF_SHA256)
                .unwrap()
                .fill(&mut expected)
                .unwrap();
            let derived = Hkdf::extract(ours, &salt, &secret).unwrap();
            let output = derived.expand([b"one", b"two"]).unwrap();
            assert_eq!(output[..32], expected);
        }
    }

    /// What tells a content key from others: the tag of nothing under it.
    fn tag(suite: AlgorithmSuite, data_key: &DataKey, id: u8) -> Vec<u8> {
        let keys = message_keys(suite, data_key, &[id; 16], Dialect::Standard).unwrap();
        let nonce = Nonce::assume_unique_for_key([0; cipher::IV_LEN]);
        let tag = keys
            .content
            .seal_in_place_separate_tag(nonce, Aad::empty(), &mut []);
        tag.unwrap().as_ref().to_vec()
    }

    #[test]
    fn what_is_kept_with_a_data_key_changes_nothing_that_is_derived() {
        let data_key = |byte: u8| DataKey::new(vec![byte; 32]);
        let kept = data_key(7);
        // One with SHA-256 and one with SHA-384, by turns.
        let suites = [
            AlgorithmSuite::Aes256GcmHkdfSha256,
            AlgorithmSuite::Aes256GcmHkdfSha384EcdsaP384,
        ];
        let mut tags = Vec::new();
        let Extracted { sha256, sha384 } = kept.extracted();
        let mut found = [None; 2];
        for (at, id) in [(0, 1), (1, 1), (0, 2), (1, 2), (0, 1)] {
            let suite = suites[at];
            tags.push(tag(suite, &kept, id));
            // Made by the first message, and left alone by the others.
            let held = [sha256, sha384][at].get().map(|it| ptr::from_ref(&**it));
            assert!(held.is_some() && held == found[at].or(held));
            found[at] = held;
            assert_eq!(tags.last().unwrap(), &tag(suite, &data_key(7), id));
            assert_ne!(tags.last().unwrap(), &tag(suite, &data_key(8), id));
        }
        assert_eq!(tags[0], tags[4]);
        tags.truncate(4);
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), 4);
    }

    #[test]
    fn what_is_kept_with_a_data_key_is_what_is_used() {
        let (suite, other) = (
            AlgorithmSuite::Aes256GcmHkdfSha256,
            DataKey::new(vec![8; 32]),
        );
        let data_key = DataKey::new(vec![7; 32]);
        let extracted = Hkdf::extract(HMAC_SHA256, &[0; 32], other.expose()).unwrap();
        assert!(data_key.extracted().sha256.set(Box::new(extracted)).is_ok());
        assert_eq!(tag(suite, &data_key, 1), tag(suite, &other, 1));
    }

    #[test]
    fn each_message_has_its_own_commitment() {
        let suite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;
        let data_key = DataKey::random(suite).unwrap();
        let commitment = |id: u8| {
            message_keys(suite, &data_key, &[id; 32], Dialect::Standard)
                .unwrap()
                .commitment
                .unwrap()
        };
        assert_ne!(commitment(1), commitment(2));
        assert_eq!(commitment(1), commitment(1));
    }
}
