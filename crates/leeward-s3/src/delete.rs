use crate::{BucketName, ObjectKey, S3};
use aws_sdk_s3::{
    operation::{
        delete_object::{DeleteObjectInput, builders::DeleteObjectInputBuilder},
        delete_objects::{DeleteObjectsInput, builders::DeleteObjectsInputBuilder},
    },
    types::{Delete, ObjectIdentifier},
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts};

/// As many as one call takes: "DeleteObjects".
const MAX_KEYS: usize = 1_000;

/// An object that could not be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct NotDeleted {
    /// Its key.
    pub key: String,
    /// Why not, as S3 calls it: `AccessDenied`, `InternalError` …
    pub code: Option<String>,
    /// Why not, in words.
    pub message: Option<String>,
}

/// Objects were not deleted, since a call failed as a whole; found in an `AwsError` by `downcast_ref`.
#[derive(Debug, thiserror::Error)]
#[error("{} of {of} objects may not be deleted, since a call failed; {} before them could not be", .rest.len(), .left.len())]
pub struct Undeleted {
    rest: Vec<ObjectKey>,
    left: Vec<NotDeleted>,
    of: usize,
    #[source]
    error: AwsError,
}

impl Undeleted {
    /// The objects of the call that failed, some of which may be deleted, and all behind them, of which none is: to be given again.
    #[must_use]
    pub fn rest(&self) -> &[ObjectKey] {
        &self.rest
    }

    /// Those before that could not be deleted. All others are.
    #[must_use]
    pub fn left(&self) -> &[NotDeleted] {
        &self.left
    }
}

impl Classify for Undeleted {
    fn facts(&self) -> Facts<'_> {
        self.error.facts()
    }
}

impl S3 {
    /// Deletes an object; one that is not there is no error.
    ///
    /// A bucket that keeps versions gets a delete marker, and may get two of them, since the call is sent again after a failure.
    ///
    /// # Errors
    ///
    /// With the code `NoSuchBucket` if there is no such bucket. Dropped, it may have been applied.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// s3.delete(&"orders-archive".parse()?, &"2026/11/22.json".parse()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(&self, bucket: &BucketName, key: &ObjectKey) -> Result<(), AwsError> {
        let delete = DeleteObjectInput::builder()
            .bucket(bucket.as_str())
            .key(key.as_str());
        let delete = Op::new(delete, DeleteObjectInputBuilder::send_with).idempotent();
        self.caller().call(delete).await.map(drop)
    }

    /// Deletes objects, a thousand by each call; answers which could not be deleted, each with its reason.
    ///
    /// Keys that XML 1.0 cannot write go by calls of their own. What is not there counts as deleted. See [`delete`](Self::delete) for versions.
    ///
    /// # Errors
    ///
    /// [`Undeleted`] if a call failed as a whole, which classifies it: it tells what is still to be deleted, and what before that could
    /// not be. Dropped, some are deleted.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let keys = ["2025/1.json".parse()?, "2025/2.json".parse()?];
    /// for left in s3.delete_all(&"orders-archive".parse()?, &keys).await? {
    ///     println!("{}: {:?}", left.key, left.code);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete_all(
        &self,
        bucket: &BucketName,
        keys: &[ObjectKey],
    ) -> Result<Vec<NotDeleted>, AwsError> {
        let mut left = Vec::new();
        let (plain, odd): (Vec<_>, Vec<_>) = keys.iter().partition(|key| is_writable(key));
        for (calls, chunk) in plain.chunks(MAX_KEYS).enumerate() {
            let delete = DeleteObjectsInput::builder()
                .bucket(bucket.as_str())
                .delete(named(chunk));
            let delete = Op::new(delete, DeleteObjectsInputBuilder::send_with).idempotent();
            let answer = match self.caller().call(delete).await {
                Ok(answer) => answer,
                Err(error) => {
                    let rest = plain[calls * MAX_KEYS..].iter().chain(&odd);
                    return Err(undeleted(rest, left, keys.len(), error));
                }
            };
            let errors = answer.errors.unwrap_or_default().into_iter();
            left.extend(errors.map(|error| NotDeleted {
                key: error.key.unwrap_or_default(),
                code: error.code,
                message: error.message,
            }));
        }
        for (at, key) in odd.iter().enumerate() {
            match self.delete(bucket, key).await {
                Ok(()) => {}
                Err(error) if error.category() == Category::Authorization => {
                    left.push(NotDeleted {
                        key: key.as_str().to_owned(),
                        code: error.code().map(str::to_owned),
                        message: error.message().map(str::to_owned),
                    })
                }
                Err(error) => return Err(undeleted(&odd[at..], left, keys.len(), error)),
            }
        }
        Ok(left)
    }
}

/// Whether XML 1.0 has all characters of it: one that it does not have would spoil a whole call.
fn is_writable(key: &ObjectKey) -> bool {
    let is_character = |c: char| match c {
        '\t' | '\n' | '\r' => true,
        c => c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'),
    };
    key.as_str().chars().all(is_character)
}

fn undeleted<'k>(
    rest: impl IntoIterator<Item = &'k &'k ObjectKey>,
    left: Vec<NotDeleted>,
    of: usize,
    error: AwsError,
) -> AwsError {
    AwsError::new(Undeleted {
        rest: rest.into_iter().copied().cloned().collect(),
        left,
        of,
        error,
    })
}

/// All of `keys`, of which there is one at least.
fn named(keys: &[&ObjectKey]) -> Delete {
    let keys = keys.iter().map(|key| {
        let key = ObjectIdentifier::builder().key(key.as_str());
        key.build().expect("it has a key")
    });
    // Quiet: only what could not be deleted is answered.
    let delete = Delete::builder()
        .set_objects(Some(keys.collect()))
        .quiet(true);
    delete.build().expect("it has objects")
}
