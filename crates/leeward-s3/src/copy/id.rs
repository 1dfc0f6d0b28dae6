use crate::UploadId;

/// A copy by parts that is not finished. Keep it, and another process can go on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CopyId {
    /// Under which S3 knows it: to abort it by [`abort_upload`](crate::S3::abort_upload).
    pub upload: UploadId,
    /// The ETag of the original, so that what is copied later is of the same content.
    pub etag: String,
    /// Into parts of how many bytes it is cut: where a part belongs is told by its number only.
    pub part_size: u64,
}

impl CopyId {
    /// Puts one together of what was kept.
    #[must_use]
    pub fn new(upload: UploadId, etag: impl Into<String>, part_size: u64) -> Self {
        let etag = etag.into();
        Self {
            upload,
            etag,
            part_size,
        }
    }
}
