use super::{Started, patience::once_let_through};
use crate::{
    ObjectDetails, Uploaded,
    checksum::{Headers, ObjectChecksum, with_checksum},
    options::Condition,
    parts::Whole,
};
use aws_sdk_s3::{
    operation::complete_multipart_upload::{
        CompleteMultipartUploadInput, builders::CompleteMultipartUploadInputBuilder,
    },
    types::CompletedMultipartUpload,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, Category, Obstacle, Rejected, Stage};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// To put an object together "could take several minutes" ("CompleteMultipartUpload"), which may be longer than an attempt has, and a call.
const PATIENCE: Duration = Duration::from_secs(300);

/// Between a call that was not waited for to its end and the next one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(10);

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
        let complete = complete.idempotent();
        let (begun, mut pause, mut may_be) = (Instant::now(), FIRST_PAUSE, false);
        loop {
            let call = || self.s3.caller().call(complete.clone());
            let called = match may_be {
                false => call().await,
                // What was begun is seen to its end.
                true => once_let_through(call).await,
            };
            let error = match called {
                Ok(answer) => return uploaded(whole, answer.e_tag, answer.version_id),
                Err(error) => error,
            };
            // By one call that was not waited for; whatever the next one is answered.
            may_be |= may_be_done(&error);
            if !may_be {
                return Err(error);
            }
            match self.standing(whole, condition).await {
                Standing::Made(found) => {
                    tracing::debug!(target: "leeward::s3", bucket = self.bucket.as_str(), key = self.key.as_str(), "an upload was finished, and its answer lost");
                    return uploaded(whole, Some(found.etag), found.version_id);
                }
                Standing::Known if is_slow(&error) && begun.elapsed() + pause < PATIENCE => {
                    sleep(pause).await;
                    pause = (2 * pause).min(LAST_PAUSE);
                }
                Standing::Known | Standing::Unmade => return Err(error),
            }
        }
    }

    /// Where the upload is after a call that may have finished it: an object that is like it may be somebody else's, or older.
    async fn standing(&self, whole: &Whole, condition: Option<&Condition>) -> Standing {
        match once_let_through(|| self.is_known()).await {
            Ok(true) => Standing::Known,
            Ok(false) => self
                .made(whole)
                .await
                .map_or(Standing::Unmade, Standing::made),
            // Who may not ask takes what is there for it, unless it must not be somebody else's.
            Err(error) if error.category() == Category::Authorization => match condition {
                None => self
                    .made(whole)
                    .await
                    .map_or(Standing::Known, Standing::made),
                Some(_) => Standing::Unmade,
            },
            Err(_) => Standing::Unmade,
        }
    }

    /// The object, if it is that of the upload.
    async fn made(&self, whole: &Whole) -> Option<ObjectDetails> {
        let look = || self.s3.look_at(&self.bucket, &self.key, None);
        let (found, _) = once_let_through(look).await.ok()?;
        is_what_was_sent(whole, &found).then_some(found)
    }
}

/// What became of an upload.
enum Standing {
    /// The object is there.
    Made(Box<ObjectDetails>),
    /// S3 has the upload still, as far as anybody may know: it may be at work.
    Known,
    /// It is not there, or nobody can say.
    Unmade,
}

impl Standing {
    fn made(found: ObjectDetails) -> Self {
        Self::Made(Box::new(found))
    }
}

/// Whether it was sent, and not waited for to its end.
fn is_slow(error: &AwsError) -> bool {
    let was_sent = !matches!(error.rejected(), Some(Rejected::NotSentInTime { .. }))
        && error.obstacle() != Some(Obstacle::ConnectTimeout);
    was_sent && error.category() == Category::Timeout
}

/// Whether an attempt may have put the object together although the call failed, whatever the last one was answered.
fn may_be_done(error: &AwsError) -> bool {
    match error.stage() {
        Stage::NotSent | Stage::Answered => error.attempts() > Some(1),
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
