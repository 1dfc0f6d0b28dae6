use crate::AlgorithmSuite;

/// Which suites may be written and read, by whether they commit to their key.
///
/// Without commitment a sender who knows two keys can write one message that decrypts to two different plaintexts.
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
        }
        assert_eq!(CommitmentPolicy::default(), RequireEncryptRequireDecrypt);
    }
}
