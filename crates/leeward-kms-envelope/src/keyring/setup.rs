use leeward_client_pool::regional::KeyArn;

/// Says why a keyring could not be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringSetupError {
    /// The key exists in one Region only.
    #[error(
        "{key} is a single-Region key and cannot survive an outage of {}: create a multi-Region key (its id begins with \
         mrk-) and its replicas", key.region()
    )]
    SingleRegion {
        /// The key that was given.
        key: KeyArn,
    },
    /// KMS takes ten grant tokens at most.
    #[error("{count} grant tokens were given, KMS takes 10 at most")]
    TooManyGrantTokens {
        /// How many were given.
        count: usize,
    },
}
