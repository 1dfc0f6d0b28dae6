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

/// Sends a body with its checksum, which is signed in its place unless `$signs_payload`; without one the body itself is signed.
macro_rules! send_with_sum {
    ($request:expr, $sum:expr, $signs_payload:expr) => {{
        let sum: Option<$crate::checksum::Sum> = $sum;
        let headers = $crate::checksum::Headers::of(sum);
        let request = $crate::checksum::with_checksum!($request, headers).customize();
        let request = match sum {
            Some(_) if $signs_payload => request,
            Some(_) => request.disable_payload_signing(),
            None => request.config_override($crate::service::unsummed()),
        };
        request.send().await
    }};
}

pub(crate) use send_with_sum;
pub(crate) use with_checksum;
