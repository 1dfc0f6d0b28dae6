use super::{
    Started, Unfinished, UploadId, create,
    cut::{Numbered, Parts},
};
use crate::{
    Checksum, PutOptions, TransferError, Upload, Uploaded,
    checksum::{Sum, send_with_sum},
    parts::{Done, Present, Whole, part_size},
    progress::Told,
    service::named,
    source::Reader,
};
use aws_sdk_s3::{Client, primitives::ByteStream};
use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use leeward_error_taxonomy::AwsError;
use leeward_resilience::Plain;
use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

impl Upload {
    /// Begins an upload of its own, and sees to it that it does not stay.
    pub(crate) async fn by_parts(
        self,
        first: Bytes,
        reader: Reader,
        part_size: usize,
    ) -> Result<Uploaded, AwsError> {
        let checksum = self.s3.limits().checksum;
        let create = create(&self.bucket, &self.key, &self.options, checksum);
        let unfinished = Unfinished::begin(&self.s3, &self.bucket, &self.key, create).await?;
        let sender = Sender {
            upload: unfinished.started().clone(),
            checksum,
        };
        let parts = Parts::new(Some(first), reader, part_size, Present::default());
        let sent = sender.send(parts, &self.options, &self.progress);
        unfinished.see_through(sent).await
    }

    /// Sends what is missing of an upload that is there.
    pub(crate) async fn continued(
        self,
        id: UploadId,
        reader: Reader,
    ) -> Result<Uploaded, AwsError> {
        let upload = Started {
            s3: self.s3.clone(),
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            id,
        };
        let (present, checksum) = upload.present().await?;
        let wanted = present.part_size(self.s3.limits().part_size);
        let part_size = part_size(reader.len, wanted)?;
        let parts = Parts::new(None, reader, part_size, present);
        let sender = Sender { upload, checksum };
        sender.send(parts, &self.options, &self.progress).await
    }
}

/// Sends the parts of one upload.
#[derive(Clone)]
struct Sender {
    upload: Started,
    checksum: Checksum,
}

impl Sender {
    async fn send(
        self,
        parts: Parts,
        options: &PutOptions,
        progress: &Told,
    ) -> Result<Uploaded, AwsError> {
        let (total, sent) = (parts.total(), Arc::new(AtomicU64::new(0)));
        let max_concurrency = self.upload.s3.limits().max_concurrency;
        let sender = self.clone();
        // A part is read only when there is room for it: what is in memory is bounded by parts at once.
        let whole = stream::try_unfold(parts, Parts::next)
            .map_ok(move |part| {
                let (sender, sent, progress) = (sender.clone(), sent.clone(), progress.clone());
                async move {
                    let tasks = sender.upload.s3.cleanup().clone();
                    let done = tasks.apart(async move { sender.part(part).await }).await?;
                    let bytes = sent.fetch_add(done.len, Relaxed) + done.len;
                    progress.tell(bytes, total);
                    Ok::<_, AwsError>(done)
                }
            })
            .try_buffer_unordered(max_concurrency)
            .try_fold(Whole::new(self.checksum), |whole, part| {
                ready(Ok(whole.with(part)))
            })
            .await?;
        let condition = options.condition.as_ref();
        self.upload.complete(&whole, condition).await
    }

    async fn part(&self, part: Numbered) -> Result<Done, AwsError> {
        let Numbered {
            number,
            bytes,
            present,
        } = part;
        let algorithm = self.checksum.algorithm();
        let sum = algorithm.map(|algorithm| Sum::of(algorithm, &bytes));
        if let Some(done) = present.part(number, &bytes, sum) {
            return Ok(done);
        }
        let (upload, len) = (self.upload.clone(), bytes.len() as u64);
        let signs_payload = upload.s3.limits().signs_payloads;
        let part = Plain::new(move |s3: Client| async move {
            let part = s3
                .upload_part()
                .bucket(upload.bucket.as_str())
                .key(upload.key.as_str())
                .upload_id(upload.id.as_str())
                .part_number(number.cast_signed())
                .body(ByteStream::from(bytes));
            send_with_sum!(part, sum, signs_payload)
        });
        let part = part.named(named("UploadPart")).idempotent();
        let answer = self.upload.s3.caller().call(part).await?;
        let etag = answer.e_tag.ok_or(TransferError::Lacking("ETag"))?;
        Ok(Done {
            number,
            etag,
            len,
            sum,
        })
    }
}
