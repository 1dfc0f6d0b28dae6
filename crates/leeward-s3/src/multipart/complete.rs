use super::{Started, patience::once_let_through};
use crate::{
    ObjectDetails, Uploaded,
    checksum::{Headers, ObjectChecksum, with_checksum},
    options::Condition,
    parts::Whole,
    service::is_absent_upload,
};
use aws_sdk_s3::{
    operation::complete_multipart_upload::{
        CompleteMultipartUploadInput, builders::CompleteMultipartUploadInputBuilder,
    },
    types::CompletedMultipartUpload,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, Category, Stage};
use leeward_resilience::Waiter;
use std::{ops::ControlFlow, time::Duration};

/// To put an object together "could take several minutes" ("CompleteMultipartUpload"), which may be longer than an attempt has.
const PATIENCE: Duration = Duration::from_secs(300);

impl Started {
    /// Has the object put together; also if it was by an attempt whose answer was lost, or that was not waited for.
    pub(crate) async fn complete(
        &self,
        whole: &Whole,
        condition: Option<&Condition>,
    ) -> Result<Uploaded, AwsError> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(whole.completed()));
        let complete = CompleteMultipartUploadInput::builder()
            .bucket(self.bucket.as_str())
            .key(self.key.as_str())
            .upload_id(self.id.as_str())
            .multipart_upload(parts.build())
            .set_checksum_type(whole.checksum().kind())
            .mpu_object_size(whole.len().cast_signed())
            .set_if_none_match(Condition::if_none_match(condition))
            .set_if_match(Condition::if_match(condition));
        // Of the checksums of parts S3 takes each with its part.
        let is_told = !whole.checksum().is_of_parts();
        let sum = whole.sum().filter(|_| is_told);
        let sum = sum.map(|(algorithm, value)| Headers::with(algorithm, value));
        let complete = with_checksum!(complete, sum.unwrap_or_default());
        let complete = Op::new(complete, CompleteMultipartUploadInputBuilder::send_with);
        let error = match self.s3.caller().call(complete.idempotent()).await {
            Ok(answer) => return uploaded(whole, answer.e_tag, answer.version_id),
            Err(error) => error,
        };
        if may_be_done(&error)
            && self.is_finished(&error, condition).await
            && let Some(found) = self.made(whole).await
        {
            tracing::debug!(target: "leeward::s3", bucket = self.bucket.as_str(), key = self.key.as_str(), "an upload was finished, and its answer lost");
            return uploaded(whole, Some(found.etag), found.version_id);
        }
        Err(error)
    }

    /// Whether S3 knows the upload no more: an object that is like it is somebody else's otherwise.
    ///
    /// Who may not ask takes what is there for the upload, unless a condition says that it must not be somebody else's.
    async fn is_finished(&self, error: &AwsError, condition: Option<&Condition>) -> bool {
        let look = || async {
            match once_let_through(|| self.is_known()).await {
                Ok(true) => Ok(ControlFlow::Continue("not put together")),
                Ok(false) => Ok(ControlFlow::Break(true)),
                Err(_) => Ok::<_, AwsError>(ControlFlow::Break(condition.is_none())),
            }
        };
        if is_slow(error) {
            let waited = Waiter::new(PATIENCE).wait(look, |_, _| {}).await;
            return waited.unwrap_or(false);
        }
        matches!(look().await, Ok(ControlFlow::Break(true)))
    }

    /// The object, if it is that of the upload.
    async fn made(&self, whole: &Whole) -> Option<ObjectDetails> {
        let look = || self.s3.look_at(&self.bucket, &self.key, None);
        let (found, _) = once_let_through(look).await.ok()?;
        is_what_was_sent(whole, &found).then_some(found)
    }
}

/// Whether nobody has waited to the end of an attempt.
fn is_slow(error: &AwsError) -> bool {
    error.category() == Category::Timeout || error.rejected().is_some()
}

/// Whether an attempt may have put the object together although the call failed: of an upload that is finished there is none any more,
/// and a condition that held before it holds no more.
fn may_be_done(error: &AwsError) -> bool {
    let is_gone = is_absent_upload(error) || error.code() == Some("PreconditionFailed");
    match error.stage() {
        Stage::NotSent => error.attempts() > Some(1),
        Stage::Answered => is_gone && error.attempts() > Some(1),
        _ => true,
    }
}

/// Whether an object is the one that parts were put together to: by the checksum if S3 keeps the same, else by the ETag.
fn is_what_was_sent(whole: &Whole, found: &ObjectDetails) -> bool {
    if found.size != whole.len() {
        return false;
    }
    if let (Some((algorithm, sent)), Some(kept)) = (whole.sum(), &found.checksum)
        && kept.algorithm == algorithm.name()
        && kept.is_of_parts() == whole.checksum().is_of_parts()
    {
        return kept.value == sent;
    }
    whole.etag().is_some_and(|etag| etag == found.etag)
}

fn uploaded(
    whole: &Whole,
    etag: Option<String>,
    version_id: Option<String>,
) -> Result<Uploaded, AwsError> {
    let sum = whole.sum();
    let checksum = sum.map(|(algorithm, value)| ObjectChecksum::new(algorithm.name(), value));
    Uploaded::new(etag, version_id, whole.len(), whole.count(), checksum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Checksum,
        checksum::{Algorithm, Sum, etag_of_bytes},
        parts::Done,
    };

    fn whole(checksum: Checksum) -> Whole {
        let parts = [&b"abc"[..], b"def"]
            .into_iter()
            .zip(1..)
            .map(|(bytes, number)| Done {
                number,
                etag: etag_of_bytes(bytes),
                len: 3,
                sum: checksum
                    .algorithm()
                    .map(|algorithm| Sum::of(algorithm, bytes)),
            });
        parts.fold(Whole::new(checksum), Whole::with)
    }

    #[test]
    fn an_object_is_told_from_another_by_its_checksum_or_its_etag() {
        let sent = whole(Checksum::Crc32);
        let etag = sent.etag().unwrap();
        let found = |size, etag: &str, checksum: Option<(&str, &str)>| {
            let mut found = ObjectDetails::sized(size, etag);
            found.checksum = checksum.map(|(name, value)| ObjectChecksum::new(name, value));
            found
        };
        let sum = Sum::of(Algorithm::Crc32, b"abcdef").encoded();
        for (found, expected) in [
            (found(6, "other", Some(("CRC32", &sum))), true),
            (found(7, "other", Some(("CRC32", &sum))), false),
            (found(6, &etag, Some(("CRC32", "AAAAAA=="))), false),
            (found(6, &etag, Some(("CRC64NVME", "AAAAAAAAAAA="))), true),
            (found(6, &etag, Some(("CRC32", "AAAAAA==-2"))), true),
            (found(6, &etag, None), true),
            (found(6, "other", None), false),
        ] {
            assert_eq!(is_what_was_sent(&sent, &found), expected, "{found:?}");
        }
        let bare = whole(Checksum::Nothing);
        assert!(is_what_was_sent(&bare, &found(6, &etag, None)));
        assert!(!is_what_was_sent(&bare, &found(6, "other", None)));
    }
}
