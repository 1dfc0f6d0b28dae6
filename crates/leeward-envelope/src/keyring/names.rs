//! What the raw keyrings have in common: how they are called, and what they take for a data key.

use crate::{AlgorithmSuite, DataKey};

/// How long a namespace or a name may be; the rest of the 65,535 bytes is for what a keyring adds.
pub(super) const MAX_LEN: usize = 65_000;

/// Whether the provider id is one of those that the specification keeps for KMS keyrings.
pub(super) fn is_reserved(namespace: &str) -> bool {
    namespace.starts_with("aws-kms")
}

/// Whether the data key has the length that the suite needs.
pub(super) fn fits(data_key: &DataKey, suite: AlgorithmSuite) -> bool {
    data_key.expose().len() == suite.data_key_len()
}
