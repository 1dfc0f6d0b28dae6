use crate::{Checksum, S3Builder, cleanup::Cleanup};
use aws_sdk_s3::Client;
use leeward_client_pool::Caller;
use std::{fmt, sync::Arc};

/// Does whole jobs with S3: uploads and downloads that survive torn connections, listings, and what there is to know of a bucket.
///
/// A clone is cheap and shares everything. Each verb tells what comes of it when its future is dropped.
///
/// ```no_run
/// use leeward_client_pool::Pool;
/// use leeward_error_taxonomy::AwsError;
/// use leeward_s3::{PutOptions, S3};
///
/// # async fn run(pool: Pool) -> Result<(), AwsError> {
/// let s3 = S3::new(pool.caller().await?);
/// let (bucket, key) = ("orders-archive".parse()?, "2026/11/22.json".parse()?);
/// s3.put(&bucket, &key, "[]", &PutOptions::new()).await?;
/// assert_eq!(s3.read(&bucket, &key, 1_024).await?, "[]");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct S3 {
    inner: Arc<Inner>,
}

struct Inner {
    caller: Caller<Client>,
    limits: Limits,
    cleanup: Cleanup,
}

/// What bounds a transfer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) part_size: usize,
    pub(crate) max_concurrency: usize,
    pub(crate) max_resumes: u32,
    pub(crate) checksum: Checksum,
    pub(crate) signs_payloads: bool,
    pub(crate) copy_part_size: usize,
    pub(crate) copy_threshold: u64,
}

impl S3 {
    /// Calls by `caller`, with the defaults of [`S3Builder`].
    #[must_use]
    pub fn new(caller: Caller<Client>) -> Self {
        Self::builder(caller).assembled()
    }

    /// Starts one with settings of its own.
    pub fn builder(caller: Caller<Client>) -> S3Builder {
        S3Builder::new(caller)
    }

    pub(crate) fn from_parts(caller: Caller<Client>, limits: Limits, cleanup: Cleanup) -> Self {
        Self {
            inner: Arc::new(Inner {
                caller,
                limits,
                cleanup,
            }),
        }
    }

    /// What it calls by, for calls that it has no verb for.
    #[must_use]
    pub fn caller(&self) -> &Caller<Client> {
        &self.inner.caller
    }

    /// Waits until uploads whose futures were dropped are aborted. It may be used on afterwards.
    ///
    /// Call it before the runtime ends. Each abort has the time that the caller gives a call, and 30 s before it where the circuit
    /// holds calls back. What S3 could not be brought to abort is told by `tracing` at WARN. Dropping it loses nothing.
    ///
    /// ```no_run
    /// use leeward_s3::UploadSource;
    /// use std::time::Duration;
    ///
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026.tar".parse()?);
    /// let upload = s3.upload(&bucket, &key, UploadSource::file("2026.tar")).send();
    /// if tokio::time::timeout(Duration::from_secs(60), upload).await.is_err() {
    ///     println!("nobody waits for it any longer, and its parts are deleted");
    /// }
    /// s3.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shutdown(&self) {
        self.inner.cleanup.done().await;
    }

    pub(crate) fn limits(&self) -> Limits {
        self.inner.limits
    }

    pub(crate) fn cleanup(&self) -> &Cleanup {
        &self.inner.cleanup
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3")
            .field("region", self.caller().region())
            .field("limits", &self.limits())
            .finish_non_exhaustive()
    }
}
