//! An archive with one file in it, as it is: what Lambda takes for code.

/// The ZIP archive (PKWARE APPNOTE 6.3, method 0: stored).
pub(super) fn of(name: &str, content: &[u8]) -> Vec<u8> {
    let length = |bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).expect("code of a few lines");
        length.to_le_bytes()
    };
    let short = |bytes: &[u8]| {
        let length = u16::try_from(bytes.len()).expect("a short name");
        length.to_le_bytes()
    };
    // Version, flags, method, time and date, which are those of both headers.
    let mut common = [20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0].to_vec();
    common.extend(checksum(content).to_le_bytes());
    common.extend(length(content));
    common.extend(length(content));
    common.extend(short(name.as_bytes()));

    let mut archive = b"PK\x03\x04".to_vec();
    archive.extend(&common);
    archive.extend([0; 2]);
    archive.extend(name.as_bytes());
    archive.extend(content);

    let mut directory = b"PK\x01\x02\x14\x03".to_vec();
    directory.extend(&common);
    // No extra field and no comment, the first disk, no kind; a file that all may read, at the beginning.
    directory.extend([0; 8]);
    directory.extend((0o100_644_u32 << 16).to_le_bytes());
    directory.extend([0; 4]);
    directory.extend(name.as_bytes());

    let start = length(&archive);
    let size = length(&directory);
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    archive.extend(size);
    archive.extend(start);
    archive.extend([0; 2]);
    archive
}

/// CRC-32.
fn checksum(content: &[u8]) -> u32 {
    let shift = |sum: u32| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
    !content.iter().fold(!0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| shift(sum))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_catalogue() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }
}
