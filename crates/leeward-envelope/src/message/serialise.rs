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
    ///
    /// Specification: message-header, "Header Body"; encrypt, "Construct the header".
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
///
/// Specification: message-header, "Header Authentication".
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
    use crate::{decryptor::ReadLimits, message::Parser};
    use base64::{Engine, prelude::BASE64_STANDARD};
    use std::{fs, path::PathBuf};

    fn vectors(path: &str) -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "tests/vectors", path]
            .iter()
            .collect()
    }

    /// The messages of a folder of the .NET set, each with its name.
    fn messages(folder: &str) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(vectors(folder)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        let paths = paths.filter(|path| path.extension().is_some_and(|it| it == "message"));
        paths
            .map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
            .collect()
    }

    fn commitment_vectors() -> Vec<(String, Vec<u8>)> {
        let text = fs::read_to_string(vectors("commitment-test-vectors.json")).unwrap();
        let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
        let tests = vectors["tests"].as_array().unwrap().iter();
        let text = |test: &serde_json::Value, name: &str| test[name].as_str().unwrap().to_owned();
        tests
            .map(|test| {
                let message = BASE64_STANDARD.decode(text(test, "ciphertext")).unwrap();
                (text(test, "comment"), message)
            })
            .collect()
    }

    #[derive(Debug, Default, PartialEq)]
    struct Seen {
        suites: Vec<AlgorithmSuite>,
        headers: usize,
        unframed: usize,
        unsorted: usize,
    }

    impl Seen {
        fn look(&mut self, name: &str, message: &[u8]) {
            let parser = Parser::new(message, &ReadLimits::NONE).unwrap();
            let header_len = parser.header_len();
            let (header, ..) = parser.into_parts();
            let frame_length = header.content.frame_length();
            let mut written = Outline {
                suite: header.suite,
                message_id: header.message_id,
                context: &header.context,
                keys: &header.encrypted_data_keys,
                frame_length: frame_length.unwrap_or(NonZeroU32::MIN),
                commitment: header.commitment,
            }
            .serialise();
            let capacity = written.capacity();
            if frame_length.is_none() {
                // We write frames alone: content type and frame length are the only fields that are told apart.
                assert_eq!(header.suite.version(), Version::V2, "{name}");
                let at = written.len() - COMMITMENT_LEN - 5;
                assert_eq!(written[at..][..5], [FRAMED, 0, 0, 0, 1]);
                written[at..][..5].copy_from_slice(&[1, 0, 0, 0, 0]);
                self.unframed += 1;
            }
            serialise_proof(&mut written, header.suite.version(), header.tag);
            assert_eq!(written.len(), capacity, "{name}: the length was known");
            if written != message[..header_len] {
                // Some writers did not sort the pairs, as we do: then these are all that differs.
                let context = header.context.as_bytes();
                let start = 3 + MESSAGE_ID_LEN_V2 + 2;
                let end = start + context.len();
                assert_eq!(&written[start..end], context, "{name}");
                assert_eq!(written[..start], message[..start], "{name}");
                assert_eq!(written[end..], message[end..header_len], "{name}");
                self.unsorted += 1;
            }
            self.headers += 1;
            if !self.suites.contains(&header.suite) {
                self.suites.push(header.suite);
                self.suites.sort_unstable();
            }
        }
    }

    #[test]
    fn headers_of_all_official_messages_are_written_as_they_were_read() {
        let mut seen = Seen::default();
        for (name, message) in ["raw-aes", "raw-rsa"].into_iter().flat_map(messages) {
            seen.look(&name, &message);
        }
        let of_net = Seen {
            suites: AlgorithmSuite::ALL.to_vec(),
            headers: 99,
            unframed: 0,
            unsorted: 0,
        };
        assert_eq!(seen, of_net);
        for (name, message) in commitment_vectors() {
            seen.look(&name, &message);
        }
        let (unframed, unsorted) = (seen.unframed, seen.unsorted);
        assert_eq!((seen.headers, unframed, unsorted), (99 + 46, 7, 4));
    }
}
