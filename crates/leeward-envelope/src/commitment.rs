use crate::AlgorithmSuite;

/// Which suites may be written and read, by whether they commit to their key.
///
/// Without commitment a sender who knows two keys can write one message that decrypts to two different plaintexts.
///
/// Specification: client, "Commitment Policy".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CommitmentPolicy {
    /// Writes only suites without commitment and reads all: for a fleet with readers that know no commitment yet.
    ForbidEncryptAllowDecrypt,
    /// Writes only committing suites and reads all: while old messages are still about.
    RequireEncryptAllowDecrypt,
    /// Writes and reads only committing suites.
    #[default]
    RequireEncryptRequireDecrypt,
}

impl CommitmentPolicy {
    /// Whether a message may be written under `suite`.
    #[must_use]
    pub const fn allows_encrypt(self, suite: AlgorithmSuite) -> bool {
        match self {
            Self::ForbidEncryptAllowDecrypt => !suite.is_committing(),
            Self::RequireEncryptAllowDecrypt | Self::RequireEncryptRequireDecrypt => {
                suite.is_committing()
            }
        }
    }

    /// The suite that messages are written under if none is chosen: without signature, since who writes and who reads are
    /// taken to trust each other alike.
    ///
    /// 0x0478 where commitment is required, 0x0178 where it is forbidden. The SDKs of AWS take the signed 0x0578 and 0x0378
    /// here; choose those by [`EncryptorBuilder::with_suite`](crate::EncryptorBuilder::with_suite) where readers must not be
    /// able to write and hold no key that wraps data keys, and pay for it: a signature costs as much as encrypting half a
    /// megabyte, its verification more than twice that, and the hash of the message seven to fourteen times what its
    /// encryption costs, by the processor.
    #[must_use]
    pub const fn default_suite(self) -> AlgorithmSuite {
        match self {
            Self::ForbidEncryptAllowDecrypt => AlgorithmSuite::Aes256GcmHkdfSha256,
            Self::RequireEncryptAllowDecrypt | Self::RequireEncryptRequireDecrypt => {
                AlgorithmSuite::Aes256GcmHkdfSha512Commit
            }
        }
    }

    /// Whether a message under `suite` may be read.
    #[must_use]
    pub const fn allows_decrypt(self, suite: AlgorithmSuite) -> bool {
        match self {
            Self::ForbidEncryptAllowDecrypt | Self::RequireEncryptAllowDecrypt => true,
            Self::RequireEncryptRequireDecrypt => suite.is_committing(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CommitmentPolicy::{
        ForbidEncryptAllowDecrypt, RequireEncryptAllowDecrypt, RequireEncryptRequireDecrypt,
    };
    use super::*;

    #[test]
    fn the_policy_is_this_table() {
        // (encrypt plain, encrypt committing, decrypt plain, decrypt committing)
        for (policy, allowed) in [
            (ForbidEncryptAllowDecrypt, "y-yy"),
            (RequireEncryptAllowDecrypt, "-yyy"),
            (RequireEncryptRequireDecrypt, "-y-y"),
        ] {
            let plain = AlgorithmSuite::Aes256GcmHkdfSha384EcdsaP384;
            let committing = AlgorithmSuite::Aes256GcmHkdfSha512Commit;
            let seen: String = [
                policy.allows_encrypt(plain),
                policy.allows_encrypt(committing),
                policy.allows_decrypt(plain),
                policy.allows_decrypt(committing),
            ]
            .map(|yes| if yes { 'y' } else { '-' })
            .into_iter()
            .collect();
            assert_eq!(seen, allowed, "{policy:?}");
            let default = policy.default_suite();
            assert!(policy.allows_encrypt(default) && !default.is_signing());
        }
        assert_eq!(CommitmentPolicy::default(), RequireEncryptRequireDecrypt);
    }
}
