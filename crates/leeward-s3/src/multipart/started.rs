use super::{UploadId, patience::once_let_through};
use crate::{
    BucketName, Checksum, ObjectKey, S3, TransferError, parts::Present, service::is_absent_upload,
};
use aws_sdk_s3::operation::list_parts::{ListPartsInput, builders::ListPartsInputBuilder};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;

/// AWS says to abort until `ListParts` finds nothing: "AbortMultipartUpload".
const MAX_ABORTS: u32 = 3;

/// An upload that S3 knows of.
#[derive(Clone)]
pub(crate) struct Started {
    pub(crate) s3: S3,
    pub(crate) bucket: BucketName,
    pub(crate) key: ObjectKey,
    pub(crate) id: UploadId,
}

impl Started {
    /// What S3 has of it, and by which checksum: that of the settings if S3 does not say.
    pub(crate) async fn present(&self) -> Result<(Present, Checksum), AwsError> {
        let (mut present, mut marker) = (Present::default(), None);
        loop {
            let list = self.list().set_part_number_marker(marker.clone());
            let list = Op::new(list, ListPartsInputBuilder::send_with);
            let answer = self.s3.caller().call(list).await?;
            present.add(answer.parts.unwrap_or_default());
            let next = answer.next_part_number_marker;
            if answer.is_truncated == Some(true) && next.is_some() && next != marker {
                marker = next;
                continue;
            }
            let checksum = match &answer.checksum_algorithm {
                None => self.s3.limits().checksum,
                Some(algorithm) => Checksum::told(algorithm, answer.checksum_type.as_ref())
                    .ok_or_else(|| TransferError::OtherChecksum {
                        algorithm: algorithm.as_str().to_owned(),
                    })?,
            };
            return Ok((present, checksum));
        }
    }

    /// Whether S3 has it, neither finished nor aborted.
    pub(super) async fn is_known(&self) -> Result<bool, AwsError> {
        let list = Op::new(self.list().max_parts(1), ListPartsInputBuilder::send_with);
        let found = self.s3.caller().find(list, is_absent_upload).await?;
        Ok(found.is_some())
    }

    fn list(&self) -> ListPartsInputBuilder {
        ListPartsInput::builder()
            .bucket(self.bucket.as_str())
            .key(self.key.as_str())
            .upload_id(self.id.as_str())
    }

    /// Aborts it until it is gone, as far as anybody may look: a part that was on its way can come behind.
    pub(crate) async fn abort(&self) {
        for _ in 0..MAX_ABORTS {
            let abort = || self.s3.abort_upload(&self.bucket, &self.key, &self.id);
            if let Err(error) = once_let_through(abort).await {
                return self.left(&error.to_string());
            }
            if self.present().await.is_err() {
                return;
            }
        }
        self.left("S3 knows it still");
    }

    pub(crate) fn left(&self, error: &str) {
        tracing::warn!(target: "leeward::s3", bucket = self.bucket.as_str(), key = self.key.as_str(), upload_id = self.id.as_str(), error, "an upload is left unfinished");
    }
}
