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
        let start = 2 + 2 + version.message_id_len();
        let context = self.context.as_bytes();
        let len = start + 2 + context.len() + 2 + keys + version.tail_len();
        let mut header = Vec::with_capacity(len);
        match version {
            Version::V1 => header.extend_from_slice(&[V1, CUSTOMER_AUTHENTICATED]),
            Version::V2 => header.push(V2),
        }
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
