//! Headers as they are written: framed, in either version.

use super::header::{
    CUSTOMER_AUTHENTICATED, Content, FRAMED, MESSAGE_ID_LEN_V1, MESSAGE_ID_LEN_V2, V1, V2,
};
use crate::{
    AlgorithmSuite, EncryptedDataKey, EncryptionContext,
    cipher::{IV_LEN, TAG_LEN},
    derive::COMMITMENT_LEN,
    suite::Version,
};
use std::num::NonZeroU32;

/// What a header to be written says.
pub(super) struct Outline<'a> {
    pub(super) suite: AlgorithmSuite,
    pub(super) message_id: &'a [u8],
    pub(super) context: &'a EncryptionContext,
    pub(super) keys: &'a [EncryptedDataKey],
    pub(super) frame_length: NonZeroU32,
    pub(super) commitment: Option<&'a [u8; COMMITMENT_LEN]>,
}

impl Version {
    pub(super) const fn message_id_len(self) -> usize {
        match self {
            Self::V1 => MESSAGE_ID_LEN_V1,
            Self::V2 => MESSAGE_ID_LEN_V2,
        }
    }

    /// How many bytes follow the encrypted data keys, tag included.
    pub(super) const fn tail_len(self) -> usize {
        match self {
            Self::V1 => 1 + 4 + 1 + 4 + IV_LEN + TAG_LEN,
            Self::V2 => 1 + 4 + COMMITMENT_LEN + TAG_LEN,
        }
    }
}

impl Outline<'_> {
    /// What the tag of the header covers, with room for the rest of the header behind it.
    pub(super) fn serialise(&self) -> Vec<u8> {
        let version = self.suite.version();
        let keys: usize = self.keys.iter().map(EncryptedDataKey::serialised_len).sum();
        let start: &[u8] = match version {
            Version::V1 => &[V1, CUSTOMER_AUTHENTICATED],
            Version::V2 => &[V2],
        };
        let context = self.context.as_bytes();
        let fixed = start.len() + 2 + version.message_id_len() + 2 + 2 + version.tail_len();
        let len = fixed + context.len() + keys;
        let mut header = Vec::with_capacity(len);
        header.extend_from_slice(start);
        header.extend_from_slice(&self.suite.id().to_be_bytes());
        header.extend_from_slice(self.message_id);
        header.extend_from_slice(&(context.len() as u16).to_be_bytes());
        header.extend_from_slice(context);
        header.extend_from_slice(&(self.keys.len() as u16).to_be_bytes());
        for key in self.keys {
            key.serialise_into(&mut header);
        }
        header.push(FRAMED);
        if version == Version::V1 {
            header.extend_from_slice(&[0, 0, 0, 0, IV_LEN as u8]);
        }
        header.extend_from_slice(&self.frame_length.get().to_be_bytes());
        if let Some(commitment) = self.commitment {
            header.extend_from_slice(commitment);
        }
        header
    }
}

/// Appends the proof of a header: its tag, and in version 1 the IV before it.
pub(super) fn serialise_proof(header: &mut Vec<u8>, version: Version, tag: &[u8; TAG_LEN]) {
    if version == Version::V1 {
        header.extend_from_slice(&[0; IV_LEN]);
    }
    header.extend_from_slice(tag);
}

impl Content {
    /// The frame length, if there are frames.
    pub(crate) const fn frame_length(self) -> Option<NonZeroU32> {
        match self {
            Self::Unframed => None,
            Self::Framed(frame_length) => Some(frame_length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limits::ReadLimits, message::Parser};
    use std::{fs, path::Path};

    #[test]
    fn headers_of_the_official_messages_are_written_as_they_were_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/raw-aes");
        let mut suites = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_none_or(|extension| extension != "message")
            {
                continue;
            }
            let message = fs::read(&path).unwrap();
            let parser = Parser::new(&message, &ReadLimits::NONE).unwrap();
            let header_len = parser.header_len();
            let (header, ..) = parser.into_parts();
            let mut written = Outline {
                suite: header.suite,
                message_id: header.message_id,
                context: &header.context,
                keys: &header.encrypted_data_keys,
                frame_length: header.content.frame_length().unwrap(),
                commitment: header.commitment,
            }
            .serialise();
            assert_eq!(written, header.authenticated, "{}", path.display());
            let capacity = written.capacity();
            serialise_proof(&mut written, header.suite.version(), header.tag);
            assert_eq!(written, message[..header_len], "{}", path.display());
            assert_eq!(written.len(), capacity, "the length was known");
            suites.push(header.suite);
        }
        suites.sort_unstable();
        suites.dedup();
        assert_eq!(suites, AlgorithmSuite::ALL);
    }
}
