use super::{CopyId, Original, source};
use crate::{
    BucketName, Checksum, ObjectKey, Progress, PutOptions, S3, TransferError, Uploaded,
    checksum::{Algorithm, Sum},
    multipart::{Started, Unfinished},
    parts::{Done, MAX_PART, MAX_PARTS, MIN_PART, Present, Whole, part_size},
    progress::Told,
};
use aws_sdk_s3::{
    operation::upload_part_copy::{UploadPartCopyInput, builders::UploadPartCopyInputBuilder},
    types::CopyPartResult,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use std::{
    future::ready,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// A copy by parts; asked for by [`S3::copy_by_parts`].
#[derive(Debug)]
#[must_use = "nothing is copied before it is sent"]
pub struct ObjectCopy {
    s3: S3,
    seen_by: S3,
    from: (BucketName, ObjectKey),
    to: (BucketName, ObjectKey),
    options: PutOptions,
    progress: Told,
    unfinished: Option<CopyId>,
    is_tagged: bool,
}

impl S3 {
    /// Copies an object within S3 by parts, several at once: what is larger than 5 GiB. No byte of it comes here.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (from, to) = ("orders".parse()?, "orders-archive".parse()?);
    /// let key = "2026.tar".parse()?;
    /// let copy = s3.copy_by_parts((&from, &key), (&to, &key));
    /// copy.with_progress(|done| println!("{} bytes", done.bytes)).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn copy_by_parts(
        &self,
        from: (&BucketName, &ObjectKey),
        to: (&BucketName, &ObjectKey),
    ) -> ObjectCopy {
        ObjectCopy {
            s3: self.clone(),
            seen_by: self.clone(),
            from: (from.0.clone(), from.1.clone()),
            to: (to.0.clone(), to.1.clone()),
            options: PutOptions::new(),
            progress: Told::default(),
            unfinished: None,
            is_tagged: true,
        }
    }
}

impl ObjectCopy {
    /// Sets how the copy is to be kept. Default: as the bucket says, with the metadata and the tags of the original.
    pub fn with_options(mut self, options: PutOptions) -> Self {
        self.options = options;
        self
    }

    /// Leaves the tags of the original behind, for who may not read them. Default: they come along, and what may not be read fails it.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (from, to) = ("orders".parse()?, "orders-archive".parse()?);
    /// let key = "2026.tar".parse()?;
    /// s3.copy_by_parts((&from, &key), (&to, &key)).without_tags().send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn without_tags(mut self) -> Self {
        self.is_tagged = false;
        self
    }

    /// Looks at the original by this, for a bucket of another Region. Default: by whom the copy is made.
    ///
    /// ```no_run
    /// use leeward_s3::S3;
    ///
    /// # async fn run(here: S3, there: S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (from, to) = ("orders-eu".parse()?, "orders-archive".parse()?);
    /// let key = "2026.tar".parse()?;
    /// let copy = here.copy_by_parts((&from, &key), (&to, &key));
    /// copy.with_original_seen_by(&there).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_original_seen_by(mut self, s3: &S3) -> Self {
        self.seen_by = s3.clone();
        self
    }

    /// Tells `tell` of each part that is there. Default: nobody.
    ///
    /// It is called within the copy, which stands still meanwhile.
    pub fn with_progress(mut self, tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = Told::new(tell);
        self
    }

    /// Goes on with a copy that [`begin`](Self::begin) began, and leaves it there if it fails or is dropped.
    ///
    /// It is cut as it was at first. A part is not copied again if S3 has one of that number and length. Of the options only a condition
    /// counts.
    pub fn continuing(mut self, id: CopyId) -> Self {
        self.unfinished = Some(id);
        self
    }

    /// Begins a copy that outlives its failures: to be [continued](Self::continuing), by this process or another, or aborted by
    /// [`abort_upload`](S3::abort_upload).
    ///
    /// # Errors
    ///
    /// As of [`send`](Self::send).
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (from, to) = ("orders".parse()?, "orders-archive".parse()?);
    /// let key = "2026.tar".parse()?;
    /// let copy = || s3.copy_by_parts((&from, &key), (&to, &key));
    /// let id = copy().begin().await?;
    /// if copy().continuing(id.clone()).send().await.is_err() {
    ///     copy().continuing(id).send().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn begin(self) -> Result<CopyId, AwsError> {
        let original = self.tagged(self.original().await?).await?;
        let checksum = original.checksum(self.s3.limits().checksum);
        let part_size = self.part_size(&original)?;
        let create = original.create(&self.to.0, &self.to.1, &self.options, checksum);
        let upload = self.s3.create_upload(create).await?;
        Ok(CopyId::new(upload, original.details.etag, part_size))
    }

    /// Copies it.
    ///
    /// Every part is of the content that was there at the beginning. Where S3 keeps a checksum of the whole original it compares the copy
    /// with it. What it has begun it aborts when it fails or is dropped, as an [`Upload`](crate::Upload::send) does, with the same reservations.
    ///
    /// # Errors
    ///
    /// `AccessDenied` if its tags may not be read; with the code `NotFound` if the original is not there, `PreconditionFailed` if it is replaced meanwhile,
    /// [`TransferError::Replaced`] if it was since what is continued was begun, [`TransferError::Setting`] if that was not begun in parts
    /// of such a size, `NoSuchUpload` if it is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (from, to) = ("orders".parse()?, "orders-archive".parse()?);
    /// let key = "2026.tar".parse()?;
    /// let copied = s3.copy_by_parts((&from, &key), (&to, &key)).send().await?;
    /// println!("{} bytes in {} parts", copied.size, copied.parts);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(self) -> Result<Uploaded, AwsError> {
        let original = self.original().await?;
        self.send_of(original).await
    }

    async fn original(&self) -> Result<Original, AwsError> {
        Original::seen_by(&self.seen_by, self.origin()).await
    }

    async fn tagged(&self, original: Original) -> Result<Original, AwsError> {
        match self.is_tagged {
            true => original.with_tags(&self.seen_by, self.origin()).await,
            false => Ok(original),
        }
    }

    const fn origin(&self) -> (&BucketName, &ObjectKey) {
        (&self.from.0, &self.from.1)
    }

    pub(super) async fn send_of(mut self, original: Original) -> Result<Uploaded, AwsError> {
        if let Some(id) = self.unfinished.take() {
            return self.continued(id, &original).await;
        }
        let original = self.tagged(original).await?;
        let checksum = original.checksum(self.s3.limits().checksum);
        let part_size = self.part_size(&original)?;
        let create = original.create(&self.to.0, &self.to.1, &self.options, checksum);
        let unfinished = Unfinished::begin(&self.s3, &self.to.0, &self.to.1, create).await?;
        let started = unfinished.started().clone();
        let sent = self.parts(started, &original, part_size, Present::default(), checksum);
        unfinished.see_through(sent).await
    }

    async fn continued(self, id: CopyId, original: &Original) -> Result<Uploaded, AwsError> {
        if id.etag != original.details.etag {
            return Err(AwsError::new(TransferError::Replaced {
                begun: id.etag,
                found: original.details.etag.clone(),
            }));
        }
        if !is_cut_by(original.details.size, id.part_size) {
            return Err(AwsError::new(TransferError::Setting {
                setting: "the part size of the copy that is continued",
                found: id.part_size,
                rule: "that with which it was begun",
            }));
        }
        let started = Started {
            s3: self.s3.clone(),
            bucket: self.to.0.clone(),
            key: self.to.1.clone(),
            id: id.upload,
        };
        let (present, checksum) = started.present().await?;
        self.parts(started, original, id.part_size, present, checksum)
            .await
    }

    fn part_size(&self, original: &Original) -> Result<u64, TransferError> {
        let wanted = self.s3.limits().copy_part_size;
        Ok(part_size(Some(original.details.size), wanted)? as u64)
    }

    /// Copies the parts that are missing, and has the object put together.
    async fn parts(
        &self,
        started: Started,
        original: &Original,
        part_size: u64,
        present: Present,
        checksum: Checksum,
    ) -> Result<Uploaded, AwsError> {
        let (limits, size) = (self.s3.limits(), original.details.size);
        let parts = ranges(size, part_size);
        let copied = Arc::new(AtomicU64::new(0));
        let is_one = parts.len() == 1;
        let from = UploadPartCopyInput::builder()
            .bucket(started.bucket.as_str())
            .key(started.key.as_str())
            .upload_id(started.id.as_str())
            .copy_source(source::written(&self.from.0, &self.from.1))
            .copy_source_if_match(&original.details.etag);
        let (from, present, started_ref) = (&from, &present, &started);
        let whole = stream::iter(parts.into_iter().zip(1_u32..))
            .map(|(range, number)| {
                let copied = Arc::clone(&copied);
                async move {
                    let len = range.end - range.start;
                    let done = match present.copied(number, len, checksum) {
                        Some(done) => done,
                        None => {
                            // A range is refused of what is small enough for one part.
                            let range = Some(range).filter(|_| !is_one);
                            let range =
                                range.map(|it| format!("bytes={}-{}", it.start, it.end - 1));
                            let part = from.clone().set_copy_source_range(range);
                            let part = part.part_number(number.cast_signed());
                            let part = Op::new(part, UploadPartCopyInputBuilder::send_with);
                            let answer = started_ref.s3.caller().call(part.idempotent()).await?;
                            let told = answer.copy_part_result;
                            part_of(number, len, told, checksum.algorithm())?
                        }
                    };
                    let bytes = copied.fetch_add(len, Relaxed) + len;
                    self.progress.tell(bytes, Some(size));
                    Ok::<_, AwsError>(done)
                }
            })
            .buffer_unordered(limits.max_concurrency)
            .try_fold(Whole::new(checksum), |whole, part| {
                ready(Ok(whole.with(part)))
            })
            .await?;
        let whole = whole.expecting(original.expected(checksum));
        started
            .complete(&whole, self.options.condition.as_ref())
            .await
    }
}

/// Whether S3 lets so many bytes be cut into parts of this size.
fn is_cut_by(size: u64, part_size: u64) -> bool {
    let is_allowed = (MIN_PART as u64..=MAX_PART).contains(&part_size);
    is_allowed && size.div_ceil(part_size) <= u64::from(MAX_PARTS)
}

/// The parts of so many bytes, at most 10,000; one of nothing.
fn ranges(size: u64, part_size: u64) -> Vec<Range<u64>> {
    let starts = (0..size.max(1)).step_by(usize::try_from(part_size).unwrap_or(usize::MAX));
    let ranges = starts.map(|start| start..start.saturating_add(part_size).min(size));
    ranges.collect()
}

fn part_of(
    number: u32,
    len: u64,
    told: Option<CopyPartResult>,
    algorithm: Option<Algorithm>,
) -> Result<Done, TransferError> {
    let told = told.unwrap_or_else(|| CopyPartResult::builder().build());
    let sum = algorithm.and_then(|algorithm| {
        let sum = match algorithm {
            Algorithm::Crc32 => told.checksum_crc32(),
            Algorithm::Crc32C => told.checksum_crc32_c(),
            Algorithm::Crc64Nvme => told.checksum_crc64_nvme(),
        };
        Sum::told(algorithm, sum?, len)
    });
    Ok(Done {
        number,
        etag: told.e_tag.ok_or(TransferError::Lacking("ETag"))?,
        len,
        sum,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_original_and_no_more() {
        let cut = |size| {
            let ranges = ranges(size, 5).into_iter();
            ranges
                .map(|part| (part.start, part.end))
                .collect::<Vec<_>>()
        };
        assert_eq!(cut(0), [(0, 0)]);
        assert_eq!(cut(5), [(0, 5)]);
        assert_eq!(cut(11), [(0, 5), (5, 10), (10, 11)]);
    }

    #[test]
    fn a_copy_is_cut_as_s3_allows() {
        let least = MIN_PART as u64;
        assert!(is_cut_by(0, least) && is_cut_by(10_000 * least, least));
        for (size, part_size) in [
            (10_000 * least + 1, least),
            (1, least - 1),
            (1, MAX_PART + 1),
            (1, 0),
        ] {
            assert!(!is_cut_by(size, part_size), "{size} by {part_size}");
        }
    }
}
