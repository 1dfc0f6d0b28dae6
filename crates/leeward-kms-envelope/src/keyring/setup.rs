use leeward_client_pool::regional::{KeyArn, KeyId};

/// Says why a keyring could not be set up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringSetupError {
    /// The key exists in one Region only.
    #[error(
        "{key} is a single-Region key and cannot survive an outage of {}: create a multi-Region key (its id begins with \
         mrk-) and its replicas, or say KmsKeyring::single if it need not", key.region()
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
    /// No key was given.
    #[error("no KMS key was given: name one to make data keys under, or those to wrap them under")]
    NoKeys,
    /// Several of the keys are replicas of one multi-Region key, hence wrap alike.
    #[error("the keys {keys:?} are of one multi-Region key each: name each multi-Region key once")]
    SameMultiRegionKey {
        /// All the keys that share their id with another one.
        keys: Vec<KeyId>,
    },
    /// A discovery keyring may go nowhere.
    #[error("a discovery keyring without Regions finds nothing: name those that it may call")]
    NoRegions,
    /// A discovery filter lets nothing through.
    #[error(
        "a discovery filter without accounts lets nothing through: name those whose keys may be used"
    )]
    NoAccounts,
    /// What should be an account is none.
    #[error("{account:?} is no account: give its twelve digits")]
    Account {
        /// What was given.
        account: String,
    },
    /// What should be a partition is none.
    #[error("{partition:?} is no partition: give aws, aws-cn or aws-us-gov")]
    Partition {
        /// What was given.
        partition: String,
    },
}
