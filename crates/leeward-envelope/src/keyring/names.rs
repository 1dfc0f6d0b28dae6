//! How raw keyrings are called.

/// How long a namespace or a name may be; the rest of the 65,535 bytes is for what a keyring adds.
pub(super) const MAX_LEN: usize = 65_000;

/// Whether the provider id is one of those that the specification keeps for KMS keyrings.
pub(super) fn is_reserved(namespace: &str) -> bool {
    namespace.starts_with("aws-kms")
}
