//! Pages of a list as long as the prefix says, which nobody has to keep.

use super::BUCKET;
use std::fmt::Write;

/// As many as S3 gives at the most.
pub(crate) const KEYS_OF_A_PAGE: u32 = 1_000;

/// The prefix of keys that fill so many pages.
pub(crate) fn prefix(pages: u32) -> String {
    format!("{pages}-pages/")
}

/// A page, from 0 on; nothing where there is none.
pub(super) fn page(prefix: &str, page: u32) -> Option<String> {
    let pages: u32 = prefix.strip_suffix("-pages/")?.parse().ok()?;
    let is_last = page + 1 == pages;
    if page >= pages {
        return None;
    }
    let mut xml = String::with_capacity(512 * KEYS_OF_A_PAGE as usize);
    let _ = write!(
        xml,
        "<ListBucketResult><Name>{BUCKET}</Name><Prefix>{prefix}</Prefix><KeyCount>{KEYS_OF_A_PAGE}</KeyCount>\
         <MaxKeys>{KEYS_OF_A_PAGE}</MaxKeys><IsTruncated>{}</IsTruncated>",
        !is_last,
    );
    if !is_last {
        let _ = write!(
            xml,
            "<NextContinuationToken>{}</NextContinuationToken>",
            page + 1
        );
    }
    for key in 0..KEYS_OF_A_PAGE {
        let _ = write!(
            xml,
            "<Contents><Key>{prefix}{page:06}/order-{key:06}.json</Key><LastModified>2026-11-22T10:00:00.000Z</LastModified>\
             <ETag>&quot;9b2cf535f27731c974343645a3985328&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>\
             <ChecksumType>FULL_OBJECT</ChecksumType><Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
            1_000 + key,
        );
    }
    xml.push_str("</ListBucketResult>");
    Some(xml)
}
