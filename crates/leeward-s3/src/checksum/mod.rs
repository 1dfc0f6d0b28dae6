//! What S3 compares an upload with, and what it keeps of an object: S3 User Guide, "Checking object integrity in Amazon S3".

mod choice;
mod kept;
mod md5;
mod sum;
mod verifier;

pub use choice::Checksum;
pub use kept::ObjectChecksum;

pub(crate) use md5::{etag_of_bytes, etag_of_parts};
pub(crate) use sum::{Algorithm, Headers, Sum};
pub(crate) use verifier::{Kept, Tally, Verifier};

/// Sets the checksum on a builder of the SDK: one list for all operations that take one.
macro_rules! with_checksum {
    ($request:expr, $headers:expr) => {{
        let headers: $crate::checksum::Headers = $headers;
        $request
            .set_checksum_crc32(headers.crc32)
            .set_checksum_crc32_c(headers.crc32_c)
            .set_checksum_crc64_nvme(headers.crc64_nvme)
    }};
}

pub(crate) use with_checksum;
