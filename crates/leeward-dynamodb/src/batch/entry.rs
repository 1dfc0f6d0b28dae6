use crate::ItemError;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};

/// What a batch does not take. Nothing was sent, and the batch is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefusedEntry {
    /// It cannot be written as an item or a key.
    #[error(transparent)]
    Unwritable(#[from] ItemError),
    /// An attribute of the key is missing, is empty, or is neither text nor number nor bytes.
    #[error("entry {entry} has no {attribute} that can be of its key")]
    NoKey {
        /// Its place in the batch, counted from 0.
        entry: usize,
        /// The attribute.
        attribute: String,
    },
    /// A key has no attribute, or more than two.
    #[error("entry {entry} has {attributes} attributes, and a key has one or two")]
    KeySize {
        /// Its place in the batch, counted from 0.
        entry: usize,
        /// How many it has.
        attributes: usize,
    },
    /// An item is larger than the 400 KB that DynamoDB takes, which would refuse it with all that goes out in the same call.
    #[error("entry {entry} has {bytes} bytes or more, and an item has 409600 at the most")]
    TooLarge {
        /// Its place in the batch, counted from 0.
        entry: usize,
        /// How large it is at the least: DynamoDB counts some bytes for a number, here it is one.
        bytes: usize,
    },
    /// A key has attributes that are not of the key of the table.
    #[error("entry {entry} is to be deleted by more than its key")]
    MoreThanKey {
        /// Its place in the batch, counted from 0.
        entry: usize,
    },
    /// The key is that of another entry: DynamoDB refuses such a call as a whole, and in two calls nobody knows which comes last.
    #[error("entries {first} and {second} have the same key")]
    SameKey {
        /// The place of the one that is in the batch, counted from 0.
        first: usize,
        /// The place of the one that is refused.
        second: usize,
    },
}

impl Classify for RefusedEntry {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::NotSent, Category::Validation, Verdict::Final)
    }
}

impl From<RefusedEntry> for AwsError {
    fn from(error: RefusedEntry) -> Self {
        Self::new(error)
    }
}
