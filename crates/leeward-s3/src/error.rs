use aws_sdk_s3::primitives::ByteStreamError;
use leeward_envelope::{DecryptError, EncryptError};
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use std::{borrow::Cow, error::Error, io, ops::Range, path::PathBuf};

/// Says what went wrong on this side of a transfer; found in an `AwsError` by `downcast_ref`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    /// A body was torn more often than it may be.
    #[error("the body broke off at byte {at} of {end}, for the {times}. time")]
    Torn {
        /// Where in the object.
        at: u64,
        /// Where what was asked for ends.
        end: u64,
        /// How often it broke off.
        times: u32,
        /// What was seen the last time, if anything but an early end was.
        source: Option<ByteStreamError>,
    },
    /// What came is not what S3 has: its checksum differs. Download it again.
    #[error("what came has another {algorithm} than S3 keeps of the object")]
    Corrupt {
        /// Which checksum.
        algorithm: &'static str,
    },
    /// The service answered with another part of the object than was asked for, as one that knows no ranges does.
    #[error("asked for the bytes {} to {}, the service answered with {}", asked.start, asked.end.saturating_sub(1), answered(found.as_deref()))]
    OtherRange {
        /// What was asked for.
        asked: Range<u64>,
        /// The `Content-Range` of the answer, if that is where it shows.
        found: Option<String>,
    },
    /// What is to be gone on with ends before that.
    #[error("byte {at} is to be gone on from, and the object has {size} bytes")]
    BehindEnd {
        /// From where.
        at: u64,
        /// How large the object is.
        size: u64,
    },
    /// The object is larger than the caller wants to hold.
    #[error("the object has {size} bytes, {max} at most: raise the limit, or stream it")]
    TooLarge {
        /// How large it is.
        size: u64,
        /// How large it may be.
        max: u64,
    },
    /// There is more to upload than fits into 10,000 parts.
    #[error("the upload has more than 10000 parts of {part_size} bytes: choose larger parts")]
    TooManyParts {
        /// How large a part is.
        part_size: usize,
    },
    /// What was to be uploaded has another length than was said of it.
    #[error("{len} bytes were to be uploaded, and there are {}", if *is_longer { "more" } else { "fewer" })]
    OtherLength {
        /// How many were announced.
        len: u64,
        /// Whether there are more.
        is_longer: bool,
    },
    /// The object was replaced since what is continued was begun: begin again.
    #[error("the object has the ETag {found}, and had {begun}: it was replaced")]
    Replaced {
        /// The ETag that it had.
        begun: String,
        /// The one that it has.
        found: String,
    },
    /// The upload was begun, by something else, with a checksum that this version does not make: abort it, or end it with what began it.
    #[error("the upload was begun with the checksum {algorithm}, which is not made here")]
    OtherChecksum {
        /// Which one.
        algorithm: String,
    },
    /// The runtime that sees to uploads has ended: see [`S3Builder::with_runtime`](crate::S3Builder::with_runtime).
    #[error("the runtime that sees to uploads has ended")]
    RuntimeEnded,
    /// The stream that was to be uploaded failed.
    #[error("what was to be uploaded could not be read")]
    Source(#[source] Box<dyn Error + Send + Sync>),
    /// A file could not be read or written.
    #[error("cannot {what} {}", path.display())]
    File {
        /// What was to be done with it.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The answer lacks what S3 always tells.
    #[error("the answer of the service has no {0}")]
    Lacking(&'static str),
    /// The object could not be sealed.
    #[error("the object could not be sealed")]
    Seal(#[source] EncryptError),
    /// The object could not be opened.
    #[error("the object could not be opened")]
    Open(#[source] DecryptError),
    /// A setting makes no sense.
    #[error("{setting} is {found}, and has to be {rule}")]
    Setting {
        /// Which one.
        setting: &'static str,
        /// What it was set to.
        found: u64,
        /// What it may be.
        rule: &'static str,
    },
}

/// Quoted, since anything can stand in a header.
fn answered(content_range: Option<&str>) -> Cow<'static, str> {
    content_range.map_or("other ones".into(), |found| format!("{found:?}").into())
}

impl TransferError {
    pub(crate) fn file(what: &'static str, path: &std::path::Path, source: io::Error) -> AwsError {
        AwsError::new(Self::File {
            what,
            path: path.to_owned(),
            source,
        })
    }
}

impl Classify for TransferError {
    fn facts(&self) -> Facts<'_> {
        let (stage, category, verdict) = match self {
            Self::Torn { .. } | Self::Corrupt { .. } => {
                (Stage::Answered, Category::Network, Verdict::Transient)
            }
            Self::OtherRange { .. } | Self::Lacking(_) => {
                (Stage::Answered, Category::Internal, Verdict::Final)
            }
            Self::Replaced { .. } => (Stage::Answered, Category::Conflict, Verdict::Final),
            Self::OtherChecksum { .. } => (Stage::Answered, Category::Validation, Verdict::Final),
            Self::OtherLength { .. } => (Stage::NotSent, Category::Validation, Verdict::Final),
            Self::RuntimeEnded => (Stage::NotSent, Category::Configuration, Verdict::Final),
            Self::TooLarge { .. } | Self::BehindEnd { .. } => {
                (Stage::Answered, Category::Validation, Verdict::Final)
            }
            Self::TooManyParts { .. } => (Stage::Answered, Category::QuotaExceeded, Verdict::Final),
            Self::Source(_) | Self::File { .. } => {
                (Stage::NotSent, Category::Unknown, Verdict::Final)
            }
            Self::Setting { .. } => (Stage::NotSent, Category::Configuration, Verdict::Final),
            Self::Seal(error) => (Stage::NotSent, error.category(), Verdict::Final),
            Self::Open(error) => (Stage::Answered, error.category(), Verdict::Final),
        };
        Facts::new(stage, category, verdict)
    }
}

impl From<TransferError> for AwsError {
    fn from(error: TransferError) -> Self {
        Self::new(error)
    }
}
