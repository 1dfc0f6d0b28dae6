use std::fmt;

/// Names how a message is encrypted: cipher, key derivation, commitment, signature.
///
/// New messages are written under [`Aes256GcmHkdfSha512Commit`](Self::Aes256GcmHkdfSha512Commit) unless another is chosen.
///
/// Specification: algorithm-suites, "Supported Algorithm Suites".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AlgorithmSuite {
    /// 0x0014: AES-128-GCM under the data key itself.
    Aes128Gcm,
    /// 0x0046: AES-192-GCM under the data key itself.
    Aes192Gcm,
    /// 0x0078: AES-256-GCM under the data key itself.
    Aes256Gcm,
    /// 0x0114: AES-128-GCM, HKDF-SHA-256.
    Aes128GcmHkdfSha256,
    /// 0x0146: AES-192-GCM, HKDF-SHA-256.
    Aes192GcmHkdfSha256,
    /// 0x0178: AES-256-GCM, HKDF-SHA-256.
    Aes256GcmHkdfSha256,
    /// 0x0214: AES-128-GCM, HKDF-SHA-256, signed with ECDSA P-256.
    Aes128GcmHkdfSha256EcdsaP256,
    /// 0x0346: AES-192-GCM, HKDF-SHA-384, signed with ECDSA P-384.
    Aes192GcmHkdfSha384EcdsaP384,
    /// 0x0378: AES-256-GCM, HKDF-SHA-384, signed with ECDSA P-384.
    Aes256GcmHkdfSha384EcdsaP384,
    /// 0x0478: AES-256-GCM, HKDF-SHA-512, commits to its key.
    Aes256GcmHkdfSha512Commit,
    /// 0x0578: AES-256-GCM, HKDF-SHA-512, commits to its key, signed with ECDSA P-384.
    Aes256GcmHkdfSha512CommitEcdsaP384,
}

/// How the content key comes from the data key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Derivation {
    /// The data key is the content key: one data key must never serve two messages.
    Identity,
    Sha256,
    Sha384,
    /// Derives a commitment as well, and takes the message id as salt.
    Sha512Commit,
}

/// The curve of the signature; each has its one hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
}

/// Which layout the header has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

impl AlgorithmSuite {
    /// All suites that are known.
    pub const ALL: [Self; 11] = [
        Self::Aes128Gcm,
        Self::Aes192Gcm,
        Self::Aes256Gcm,
        Self::Aes128GcmHkdfSha256,
        Self::Aes192GcmHkdfSha256,
        Self::Aes256GcmHkdfSha256,
        Self::Aes128GcmHkdfSha256EcdsaP256,
        Self::Aes192GcmHkdfSha384EcdsaP384,
        Self::Aes256GcmHkdfSha384EcdsaP384,
        Self::Aes256GcmHkdfSha512Commit,
        Self::Aes256GcmHkdfSha512CommitEcdsaP384,
    ];

    /// The suite under the id that stands in messages.
    #[must_use]
    pub fn from_id(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.id() == id)
    }

    /// The id that stands in messages.
    #[must_use]
    pub const fn id(self) -> u16 {
        self.facts().id
    }

    /// How many bytes a data key has.
    #[must_use]
    pub const fn data_key_len(self) -> usize {
        self.facts().key_len
    }

    /// Whether a message decrypts under one key only, by construction.
    #[must_use]
    pub const fn is_committing(self) -> bool {
        matches!(self.facts().derivation, Derivation::Sha512Commit)
    }

    /// Whether a message ends in a signature.
    #[must_use]
    pub const fn is_signing(self) -> bool {
        self.facts().curve.is_some()
    }

    /// Whether one data key may serve several messages: only if each derives its own content key.
    #[must_use]
    pub const fn may_reuse_data_key(self) -> bool {
        !matches!(self.facts().derivation, Derivation::Identity)
    }

    pub(crate) const fn derivation(self) -> Derivation {
        self.facts().derivation
    }

    pub(crate) const fn curve(self) -> Option<Curve> {
        self.facts().curve
    }

    pub(crate) const fn version(self) -> Version {
        match self.facts().derivation {
            Derivation::Sha512Commit => Version::V2,
            _ => Version::V1,
        }
    }

    const fn facts(self) -> SuiteFacts {
        use Curve::{P256, P384};
        use Derivation::{Identity, Sha256, Sha384, Sha512Commit};
        match self {
            Self::Aes128Gcm => suite(0x0014, 16, Identity, None),
            Self::Aes192Gcm => suite(0x0046, 24, Identity, None),
            Self::Aes256Gcm => suite(0x0078, 32, Identity, None),
            Self::Aes128GcmHkdfSha256 => suite(0x0114, 16, Sha256, None),
            Self::Aes192GcmHkdfSha256 => suite(0x0146, 24, Sha256, None),
            Self::Aes256GcmHkdfSha256 => suite(0x0178, 32, Sha256, None),
            Self::Aes128GcmHkdfSha256EcdsaP256 => suite(0x0214, 16, Sha256, Some(P256)),
            Self::Aes192GcmHkdfSha384EcdsaP384 => suite(0x0346, 24, Sha384, Some(P384)),
            Self::Aes256GcmHkdfSha384EcdsaP384 => suite(0x0378, 32, Sha384, Some(P384)),
            Self::Aes256GcmHkdfSha512Commit => suite(0x0478, 32, Sha512Commit, None),
            Self::Aes256GcmHkdfSha512CommitEcdsaP384 => suite(0x0578, 32, Sha512Commit, Some(P384)),
        }
    }
}

/// `0x0478 (AES-256-GCM, HKDF, key commitment)`
impl fmt::Display for AlgorithmSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = self.facts();
        write!(f, "0x{:04x} (AES-{}-GCM", facts.id, facts.key_len * 8)?;
        if self.may_reuse_data_key() {
            f.write_str(", HKDF")?;
        }
        if self.is_committing() {
            f.write_str(", key commitment")?;
        }
        if self.is_signing() {
            f.write_str(", signature")?;
        }
        f.write_str(")")
    }
}

struct SuiteFacts {
    id: u16,
    key_len: usize,
    derivation: Derivation,
    curve: Option<Curve>,
}

const fn suite(
    id: u16,
    key_len: usize,
    derivation: Derivation,
    curve: Option<Curve>,
) -> SuiteFacts {
    SuiteFacts {
        id,
        key_len,
        derivation,
        curve,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_is_found_under_its_id_and_foreign_ids_are_not() {
        for suite in AlgorithmSuite::ALL {
            assert_eq!(AlgorithmSuite::from_id(suite.id()), Some(suite));
        }
        // Reserved for ever; the S3 client's; the DynamoDB client's.
        for id in [0x0000, 0x0070, 0x0074, 0x6700, 0x6701] {
            assert_eq!(AlgorithmSuite::from_id(id), None, "{id:#06x}");
        }
    }

    #[test]
    fn says_what_it_is_made_of() {
        let text = |suite: AlgorithmSuite| suite.to_string();
        assert_eq!(text(AlgorithmSuite::Aes128Gcm), "0x0014 (AES-128-GCM)");
        assert_eq!(
            text(AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384),
            "0x0578 (AES-256-GCM, HKDF, key commitment, signature)"
        );
    }
}
