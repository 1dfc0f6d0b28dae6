use crate::{
    Checksum, S3, TransferError,
    cleanup::Cleanup,
    client::Limits,
    parts::{MAX_PART, MIN_PART},
};
use aws_sdk_s3::Client;
use leeward_client_pool::Caller;
use leeward_error_taxonomy::AwsError;
use tokio::runtime::Handle;

/// Sets up an [`S3`].
#[derive(Debug)]
#[must_use = "it does nothing until it is built"]
pub struct S3Builder {
    caller: Caller<Client>,
    limits: Limits,
    runtime: Option<Handle>,
}

const MIB: usize = 1 << 20;

/// The most that S3 copies in one go: `CopyObject`.
const MAX_COPY: u64 = 5 << 30;

impl S3Builder {
    pub(crate) fn new(caller: Caller<Client>) -> Self {
        Self {
            caller,
            limits: Limits {
                part_size: 8 * MIB,
                max_concurrency: 8,
                max_resumes: 10,
                checksum: Checksum::default(),
                signs_payloads: false,
                copy_part_size: 64 * MIB,
                copy_threshold: 256 << 20,
            },
            runtime: Handle::try_current().ok(),
        }
    }

    /// Cuts what is uploaded and downloaded by parts into parts of so many bytes, 5 MiB to 5 GiB. Default: 8 MiB.
    ///
    /// An upload of known length that would have more than 10,000 of them has larger ones. A part that is uploaded has to be
    /// through within the time of an attempt: give slow connections smaller parts, or the caller more time by `with_timeouts`.
    pub fn with_part_size(mut self, bytes: usize) -> Self {
        self.limits.part_size = bytes;
        self
    }

    /// Moves so many parts at once, 1 to 256. Default: 8.
    ///
    /// A transfer holds this many times the part size in memory at most.
    pub fn with_max_concurrency(mut self, parts: usize) -> Self {
        self.limits.max_concurrency = parts;
        self
    }

    /// Goes on so often with one body that breaks off; with a part, where the download is by parts. Default: 10.
    pub fn with_max_resumes(mut self, times: u32) -> Self {
        self.limits.max_resumes = times;
        self
    }

    /// Has S3 compare uploads with this checksum, and keep it. Default: [`Checksum::Crc64Nvme`], as it is S3's.
    ///
    /// An upload that is [continued](crate::Upload::continuing) has that with which it was begun, where the store says which.
    pub fn with_checksum(mut self, checksum: Checksum) -> Self {
        self.limits.checksum = checksum;
        self
    }

    /// Hashes each body for its signature as well. Default: only a body that no checksum goes with.
    ///
    /// The checksum is signed in any case, and S3 compares what comes with it, as it is where AWS's own clients stream. The hash takes
    /// longer than all else that an upload does. It is for buckets whose policy refuses `UNSIGNED-PAYLOAD`, and for plain HTTP, where
    /// somebody on the way could make another body of the same checksum.
    pub fn with_signed_payloads(mut self) -> Self {
        self.limits.signs_payloads = true;
        self
    }

    /// Copies by parts what has more bytes than that, up to 5 GiB, which is the most that S3 copies in one go. Default: 256 MiB.
    ///
    /// S3 answers when all is copied: what goes in one has to be through within the time of an attempt.
    pub fn with_copy_threshold(mut self, bytes: u64) -> Self {
        self.limits.copy_threshold = bytes;
        self
    }

    /// Cuts what is copied by parts into parts of so many bytes, 5 MiB to 5 GiB; none of them comes here. Default: 64 MiB.
    pub fn with_copy_part_size(mut self, bytes: usize) -> Self {
        self.limits.copy_part_size = bytes;
        self
    }

    /// Moves parts, each in a task, and aborts uploads whose futures are dropped on this runtime. Default: that in which the builder was made, if it was in one.
    pub fn with_runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Builds it.
    ///
    /// # Errors
    ///
    /// [`TransferError::Setting`] if a number is none that S3 could work with.
    pub fn build(self) -> Result<S3, AwsError> {
        let Limits {
            part_size,
            max_concurrency,
            copy_part_size,
            copy_threshold,
            ..
        } = self.limits;
        let refused = |setting, found: u64, rule| {
            Err(AwsError::new(TransferError::Setting {
                setting,
                found,
                rule,
            }))
        };
        for (setting, found) in [
            ("the part size", part_size),
            ("the part size of copies", copy_part_size),
        ] {
            if found < MIN_PART || found as u64 > MAX_PART {
                return refused(setting, found as u64, "5 MiB to 5 GiB");
            }
        }
        if copy_threshold > MAX_COPY {
            return refused(
                "the size up to which copies go in one",
                copy_threshold,
                "5 GiB at most",
            );
        }
        if !(1..=256).contains(&max_concurrency) {
            let found = max_concurrency as u64;
            return refused("the number of parts at once", found, "1 to 256");
        }
        Ok(self.assembled())
    }

    /// With the numbers as they are.
    pub(crate) fn assembled(self) -> S3 {
        S3::from_parts(self.caller, self.limits, Cleanup::on(self.runtime))
    }
}
