use crate::{
    BucketName, ObjectKey, Progress, PutOptions, S3, TransferError, UploadSource,
    checksum::{ObjectChecksum, Sum, send_with_sum},
    multipart::UploadId,
    options::{Condition, with_options},
    parts::part_size,
    progress::Told,
    service::named,
};
use aws_sdk_s3::{Client, primitives::ByteStream};
use bytes::Bytes;
use leeward_error_taxonomy::AwsError;
use leeward_resilience::Plain;

/// An upload, by parts if it is large; asked for by [`S3::upload`].
#[derive(Debug)]
#[must_use = "nothing is uploaded before it is sent"]
pub struct Upload {
    pub(crate) s3: S3,
    pub(crate) bucket: BucketName,
    pub(crate) key: ObjectKey,
    source: UploadSource,
    pub(crate) options: PutOptions,
    pub(crate) progress: Told,
    unfinished: Option<UploadId>,
}

/// What was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Uploaded {
    /// What changes when the content of the object does.
    pub etag: String,
    /// Which version it is, where the bucket keeps versions.
    pub version_id: Option<String>,
    /// How many bytes it has.
    pub size: u64,
    /// In how many parts it was uploaded; 0 if in one go.
    pub parts: u32,
    /// The checksum that S3 has compared it with, or each of its parts; `None` if there was none.
    pub checksum: Option<ObjectChecksum>,
}

impl S3 {
    /// Writes a small object in one call.
    ///
    /// S3 compares it with a checksum that goes with it, see [`with_checksum`](crate::S3Builder::with_checksum). It is sent again after a failure, since what is written twice is the same: a bucket
    /// that keeps versions may get two of them. Conditions of the options forbid that. Dropped, it may have been applied.
    ///
    /// # Errors
    ///
    /// With the code `NoSuchBucket` if there is none, `PreconditionFailed` if a condition does not hold,
    /// `EntityTooLarge` above 5 GiB.
    ///
    /// ```no_run
    /// use leeward_s3::PutOptions;
    ///
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let options = PutOptions::new().with_content_type("application/json");
    /// s3.put(&"orders-archive".parse()?, &"2026/11/22.json".parse()?, "[]", &options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn put(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        bytes: impl Into<Bytes>,
        options: &PutOptions,
    ) -> Result<Uploaded, AwsError> {
        let bytes = bytes.into();
        let algorithm = self.limits().checksum.algorithm();
        let sum = algorithm.map(|algorithm| Sum::of(algorithm, &bytes));
        let size = bytes.len() as u64;
        let signs_payload = self.limits().signs_payloads;
        let (bucket, key, options) = (bucket.clone(), key.clone(), options.clone());
        let is_conditional = options.condition.is_some();
        let put = Plain::new(move |s3: Client| async move {
            let put = s3.put_object().bucket(bucket.as_str()).key(key.as_str());
            let put = with_options!(put, &options)
                .set_if_none_match(Condition::if_none_match(options.condition.as_ref()))
                .set_if_match(Condition::if_match(options.condition.as_ref()))
                .body(ByteStream::from(bytes));
            send_with_sum!(put, sum, signs_payload)
        });
        let put = put.named(named("PutObject"));
        let answer = match is_conditional {
            true => self.caller().call(put).await?,
            false => self.caller().call(put.idempotent()).await?,
        };
        let checksum = sum.map(|sum| ObjectChecksum::new(sum.algorithm.name(), sum.encoded()));
        Uploaded::new(answer.e_tag, answer.version_id, size, 0, checksum)
    }

    /// Uploads bytes, a file or a stream: by parts, several at once, if there is more than one of them.
    ///
    /// ```no_run
    /// use leeward_s3::UploadSource;
    ///
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026.tar".parse()?);
    /// let upload = s3.upload(&bucket, &key, UploadSource::file("2026.tar"));
    /// let uploaded = upload.with_progress(|done| println!("{done:?}")).send().await?;
    /// println!("{} in {} parts", uploaded.etag, uploaded.parts);
    /// # Ok(())
    /// # }
    /// ```
    pub fn upload(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        source: impl Into<UploadSource>,
    ) -> Upload {
        Upload {
            s3: self.clone(),
            bucket: bucket.clone(),
            key: key.clone(),
            source: source.into(),
            options: PutOptions::new(),
            progress: Told::default(),
            unfinished: None,
        }
    }
}

impl Upload {
    /// Sets how the object is to be kept. Default: as the bucket says.
    pub fn with_options(mut self, options: PutOptions) -> Self {
        self.options = options;
        self
    }

    /// Tells `tell` of each part that is there. Default: nobody.
    ///
    /// It is called within the upload, which stands still meanwhile.
    pub fn with_progress(mut self, tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = Told::new(tell);
        self
    }

    /// Goes on with an upload that [`begin_upload`](S3::begin_upload) began, and leaves it there if it fails or is dropped.
    ///
    /// Any process can, if it has bucket, key, id and source. A part is not sent again if S3 has one of that number, length and checksum:
    /// the source is read from its beginning, and may differ. Parts are cut as they were, unless the part size was larger then: all are sent
    /// again in that case. Without checksums a part is told by its ETag, which is its MD5 unless it is under a KMS key.
    /// How the object is kept was said at the beginning; of the options only a condition counts.
    pub fn continuing(mut self, id: UploadId) -> Self {
        self.unfinished = Some(id);
        self
    }

    /// Uploads it.
    ///
    /// S3 compares each part and the whole with a checksum, see [`with_checksum`](crate::S3Builder::with_checksum). What it has begun it
    /// aborts when it fails, and also when its
    /// future is dropped: on the runtime of [`with_runtime`](crate::S3Builder::with_runtime), see [`S3::shutdown`]. It looks
    /// whether the parts are gone, if it may. If the failures have opened the circuit, it waits until that lets the abort through, 30 s at the
    /// most. The end of the process can leave parts there, which cost: give the bucket a lifecycle rule
    /// that aborts incomplete uploads. The last call may have been applied when the future is dropped: then the object is there. If its answer is lost,
    /// the object is looked at: one of this content counts as uploaded.
    ///
    /// # Errors
    ///
    /// As of [`put`](S3::put); [`TransferError::Source`] or [`TransferError::File`] if the source fails,
    /// [`TransferError::OtherLength`] if it is not as long as was said, [`TransferError::TooManyParts`], and `NoSuchUpload` if what is continued is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// s3.upload(&"orders-archive".parse()?, &"log".parse()?, "one line").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send(mut self) -> Result<Uploaded, AwsError> {
        let source = std::mem::replace(&mut self.source, Bytes::new().into());
        let mut reader = source.open().await?;
        if let Some(id) = self.unfinished.take() {
            return self.continued(id, reader).await;
        }
        let size = part_size(reader.len, self.s3.limits().part_size)?;
        let first = reader.part(size).await?;
        if first.len() < size || reader.is_over() {
            let put = self.s3.put(&self.bucket, &self.key, first, &self.options);
            let uploaded = put.await?;
            self.progress.tell(uploaded.size, Some(uploaded.size));
            return Ok(uploaded);
        }
        self.by_parts(first, reader, size).await
    }
}

impl Uploaded {
    pub(crate) fn new(
        etag: Option<String>,
        version_id: Option<String>,
        size: u64,
        parts: u32,
        checksum: Option<ObjectChecksum>,
    ) -> Result<Self, AwsError> {
        Ok(Self {
            etag: etag.ok_or(TransferError::Lacking("ETag"))?,
            version_id,
            size,
            parts,
            checksum,
        })
    }
}
