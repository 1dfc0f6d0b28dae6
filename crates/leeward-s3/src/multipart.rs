use crate::{
    BucketName, ObjectDetails, ObjectKey, PutOptions, S3, TransferError, Upload, Uploaded,
    checksum::{Verifier, crc32},
    options::{Condition, with_options},
    parts::{Done, MAX_PARTS, Present, whole},
    progress::Told,
    service::named,
    source::Reader,
};
use aws_sdk_s3::{
    Client,
    operation::{
        abort_multipart_upload::{
            AbortMultipartUploadInput, builders::AbortMultipartUploadInputBuilder,
        },
        complete_multipart_upload::{
            CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
            builders::CompleteMultipartUploadInputBuilder,
        },
        create_multipart_upload::{
            CreateMultipartUploadInput, builders::CreateMultipartUploadInputBuilder,
        },
        list_parts::{ListPartsInput, builders::ListPartsInputBuilder},
    },
    primitives::ByteStream,
    types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload},
};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use leeward_resilience::Plain;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Under which S3 knows an upload that is not finished.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UploadId(String);

impl UploadId {
    /// Takes the id that S3 gave.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// As S3 writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl S3 {
    /// Begins an upload that outlives its failures: to be [continued](Upload::continuing), or aborted by
    /// [`abort_upload`](Self::abort_upload).
    ///
    /// It is sent again after a failure, even if it may have been applied: what is then left is an upload without parts, which costs nothing.
    ///
    /// # Errors
    ///
    /// With the code `NoSuchBucket` if there is none.
    ///
    /// ```no_run
    /// use leeward_s3::{PutOptions, UploadSource};
    ///
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026.tar".parse()?);
    /// let id = s3.begin_upload(&bucket, &key, &PutOptions::new()).await?;
    /// let upload = || s3.upload(&bucket, &key, UploadSource::file("2026.tar")).continuing(id.clone());
    /// if upload().send().await.is_err() {
    ///     upload().send().await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn begin_upload(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        options: &PutOptions,
    ) -> Result<UploadId, AwsError> {
        let create = CreateMultipartUploadInput::builder()
            .bucket(bucket.as_str())
            .key(key.as_str())
            .checksum_algorithm(ChecksumAlgorithm::Crc32)
            .checksum_type(ChecksumType::FullObject);
        let create = with_options!(create, options);
        let create = Op::new(create, CreateMultipartUploadInputBuilder::send_with).idempotent();
        let answer = self.caller().call(create).await?;
        let id = answer
            .upload_id
            .ok_or(TransferError::Lacking("upload id"))?;
        Ok(UploadId::new(id))
    }

    /// Aborts an upload, and has its parts deleted; one that is not there is aborted already.
    ///
    /// # Errors
    ///
    /// Every failure but that it is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3, id: leeward_s3::UploadId) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// s3.abort_upload(&"orders-archive".parse()?, &"2026.tar".parse()?, &id).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn abort_upload(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        id: &UploadId,
    ) -> Result<(), AwsError> {
        let abort = AbortMultipartUploadInput::builder()
            .bucket(bucket.as_str())
            .key(key.as_str())
            .upload_id(id.as_str());
        let abort = Op::new(abort, AbortMultipartUploadInputBuilder::send_with).idempotent();
        self.caller().find(abort, is_absent).await.map(drop)
    }
}

/// Whether an upload is not there, or no more.
fn is_absent(error: &AwsError) -> bool {
    error.code() == Some("NoSuchUpload")
}

impl Upload {
    /// Begins an upload of its own, and sees to it that it does not stay.
    pub(crate) async fn by_parts(
        self,
        first: Bytes,
        reader: Reader,
        part_size: usize,
    ) -> Result<Uploaded, AwsError> {
        let id = self
            .s3
            .begin_upload(&self.bucket, &self.key, &self.options)
            .await?;
        let unfinished = Unfinished {
            sender: self.sender(id),
            is_left: true,
        };
        let sender = unfinished.sender.clone();
        let parts = Parts::new(Some(first), reader, part_size, Present::default());
        match sender.send(parts, &self.options, &self.progress).await {
            Ok(uploaded) => {
                unfinished.finished();
                Ok(uploaded)
            }
            Err(error) => {
                unfinished.abort().await;
                Err(error)
            }
        }
    }

    pub(crate) async fn continued(
        self,
        id: UploadId,
        reader: Reader,
        part_size: usize,
    ) -> Result<Uploaded, AwsError> {
        let sender = self.sender(id);
        let parts = Parts::new(None, reader, part_size, sender.present().await?);
        sender.send(parts, &self.options, &self.progress).await
    }

    fn sender(&self, id: UploadId) -> Sender {
        Sender {
            s3: self.s3.clone(),
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            id,
        }
    }
}

/// An upload that was begun here, and is aborted unless it is finished.
struct Unfinished {
    sender: Sender,
    is_left: bool,
}

impl Unfinished {
    fn finished(mut self) {
        self.is_left = false;
    }

    async fn abort(mut self) {
        self.sender.abort().await;
        self.is_left = false;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_left {
            return;
        }
        let sender = self.sender.clone();
        let is_begun = self
            .sender
            .s3
            .cleanup()
            .spawn(async move { sender.abort().await });
        if !is_begun {
            self.sender.left("there is no runtime to abort it on");
        }
    }
}

/// Sends the parts of one upload.
#[derive(Clone)]
struct Sender {
    s3: S3,
    bucket: BucketName,
    key: ObjectKey,
    id: UploadId,
}

impl Sender {
    async fn send(
        self,
        parts: Parts,
        options: &PutOptions,
        progress: &Told,
    ) -> Result<Uploaded, AwsError> {
        let (total, sent) = (parts.reader.len, Arc::new(AtomicU64::new(0)));
        let max_concurrency = self.s3.limits().max_concurrency;
        let sender = self.clone();
        let done: Vec<Done> = stream::try_unfold(parts, Parts::next)
            .map_ok(move |part| {
                let (sender, sent, progress) = (sender.clone(), sent.clone(), progress.clone());
                async move {
                    let done = sender.part(part).await?;
                    let bytes = sent.fetch_add(done.crc.len, Relaxed) + done.crc.len;
                    progress.tell(bytes, total);
                    Ok::<_, AwsError>(done)
                }
            })
            .try_buffer_unordered(max_concurrency)
            .try_collect()
            .await?;
        self.complete(done, options.condition.as_ref()).await
    }

    async fn part(&self, part: Numbered) -> Result<Done, AwsError> {
        let Numbered {
            number,
            bytes,
            present,
        } = part;
        let crc = crc32(&bytes);
        if let Some(etag) = present.etag_of(number, crc) {
            return Ok(Done { number, etag, crc });
        }
        let sender = self.clone();
        let upload = Plain::new(move |s3: Client| {
            Box::pin(async move {
                s3.upload_part()
                    .bucket(sender.bucket.as_str())
                    .key(sender.key.as_str())
                    .upload_id(sender.id.as_str())
                    .part_number(number.cast_signed())
                    .checksum_crc32(crc.encoded())
                    .body(ByteStream::from(bytes))
                    .send()
                    .await
            })
        });
        let upload = upload.named(named("UploadPart")).idempotent();
        let answer = self.s3.caller().call(upload).await?;
        let etag = answer.e_tag.ok_or(TransferError::Lacking("ETag"))?;
        Ok(Done { number, etag, crc })
    }

    async fn complete(
        &self,
        parts: Vec<Done>,
        condition: Option<&Condition>,
    ) -> Result<Uploaded, AwsError> {
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let (parts, crc) = whole(parts);
        let upload = CompletedMultipartUpload::builder().set_parts(Some(parts));
        let complete = CompleteMultipartUploadInput::builder()
            .bucket(self.bucket.as_str())
            .key(self.key.as_str())
            .upload_id(self.id.as_str())
            .multipart_upload(upload.build())
            .checksum_type(ChecksumType::FullObject)
            .checksum_crc32(crc.encoded())
            .mpu_object_size(crc.len.cast_signed())
            .set_if_none_match(Condition::if_none_match(condition))
            .set_if_match(Condition::if_match(condition));
        let complete = Op::new(complete, CompleteMultipartUploadInputBuilder::send_with);
        let called = self.s3.caller().call(complete.idempotent()).await;
        let CompleteMultipartUploadOutput {
            e_tag, version_id, ..
        } = match called {
            Ok(answer) => answer,
            Err(error) => {
                // Of an upload that the first of several attempts has finished there is none any more.
                if is_absent(&error)
                    && error.attempts() > Some(1)
                    && let Ok((details, Some(kept))) = self.look().await
                    && details.size == crc.len
                    && kept.expects(&crc.encoded())
                {
                    return Uploaded::new(Some(details.etag), details.version_id, crc, count);
                }
                return Err(error);
            }
        };
        Uploaded::new(e_tag, version_id, crc, count)
    }

    async fn look(&self) -> Result<(ObjectDetails, Option<Verifier>), AwsError> {
        self.s3.look_at(&self.bucket, &self.key, None).await
    }

    /// What S3 has of the upload.
    async fn present(&self) -> Result<Present, AwsError> {
        let (mut present, mut marker) = (Present::default(), None);
        loop {
            let list = ListPartsInput::builder()
                .bucket(self.bucket.as_str())
                .key(self.key.as_str())
                .upload_id(self.id.as_str())
                .set_part_number_marker(marker.clone());
            let list = Op::new(list, ListPartsInputBuilder::send_with);
            let answer = self.s3.caller().call(list).await?;
            present.add(answer.parts.unwrap_or_default());
            let next = answer.next_part_number_marker;
            if answer.is_truncated != Some(true) || next.is_none() || next == marker {
                return Ok(present);
            }
            marker = next;
        }
    }

    async fn abort(&self) {
        let aborted = self
            .s3
            .abort_upload(&self.bucket, &self.key, &self.id)
            .await;
        if let Err(error) = aborted {
            self.left(&error.to_string());
        }
    }

    fn left(&self, error: &str) {
        tracing::warn!(target: "leeward::s3", bucket = self.bucket.as_str(), key = self.key.as_str(), upload_id = self.id.as_str(), error, "an upload is left unfinished");
    }
}

/// The parts of a source, read when there is room for them.
struct Parts {
    first: Option<Bytes>,
    reader: Reader,
    part_size: usize,
    number: u32,
    present: Arc<Present>,
}

struct Numbered {
    number: u32,
    bytes: Bytes,
    present: Arc<Present>,
}

impl Parts {
    fn new(first: Option<Bytes>, reader: Reader, part_size: usize, present: Present) -> Self {
        Self {
            first,
            reader,
            part_size,
            number: 1,
            present: Arc::new(present),
        }
    }

    async fn next(mut self) -> Result<Option<(Numbered, Self)>, AwsError> {
        let bytes = match self.first.take() {
            Some(first) => first,
            None => self.reader.part(self.part_size).await?,
        };
        let number = self.number;
        // Of nothing at all there is one part, which is empty.
        if bytes.is_empty() && number > 1 {
            return Ok(None);
        }
        if number > MAX_PARTS {
            let part_size = self.part_size;
            return Err(AwsError::new(TransferError::TooManyParts { part_size }));
        }
        self.number += 1;
        let present = Arc::clone(&self.present);
        Ok(Some((
            Numbered {
                number,
                bytes,
                present,
            },
            self,
        )))
    }
}
