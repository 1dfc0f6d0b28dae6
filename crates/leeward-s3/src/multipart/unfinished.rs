use super::Started;
use crate::{BucketName, ObjectKey, S3, TransferError, Uploaded};
use aws_sdk_s3::operation::create_multipart_upload::builders::CreateMultipartUploadInputBuilder;
use leeward_error_taxonomy::AwsError;
use std::future::Future;
use tokio::sync::oneshot;
use tracing::Instrument;

/// An upload that was begun here, and is aborted unless it is finished.
pub(crate) struct Unfinished {
    started: Started,
    is_left: bool,
}

impl Unfinished {
    /// Begins it by the side, so that one whose future is dropped meanwhile is known and aborted all the same.
    pub(crate) async fn begin(
        s3: &S3,
        bucket: &BucketName,
        key: &ObjectKey,
        create: CreateMultipartUploadInputBuilder,
    ) -> Result<Self, AwsError> {
        let (s3, bucket, key) = (s3.clone(), bucket.clone(), key.clone());
        let cleanup = s3.cleanup().clone();
        let begin = async move {
            let id = s3.create_upload(create).await?;
            let started = Started {
                s3,
                bucket,
                key,
                id,
            };
            Ok(Self {
                started,
                is_left: true,
            })
        };
        if !cleanup.has_runtime() {
            return begin.await;
        }
        let (tell, told) = oneshot::channel();
        let begin = async move {
            // What nobody takes is dropped, and so aborted.
            drop(tell.send(begin.await));
        };
        cleanup.spawn(begin.in_current_span());
        let ended = |_| AwsError::new(TransferError::RuntimeEnded);
        told.await.map_err(ended)?
    }

    pub(crate) const fn started(&self) -> &Started {
        &self.started
    }

    /// Waits for what finishes it; aborts it if that fails.
    pub(crate) async fn see_through(
        mut self,
        work: impl Future<Output = Result<Uploaded, AwsError>>,
    ) -> Result<Uploaded, AwsError> {
        let uploaded = work.await;
        if uploaded.is_err() {
            self.started.abort().await;
        }
        self.is_left = false;
        uploaded
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_left {
            return;
        }
        let started = self.started.clone();
        let cleanup = self.started.s3.cleanup();
        if !cleanup.spawn(async move { started.abort().await }) {
            self.started.left("there is no runtime to abort it on");
        }
    }
}
