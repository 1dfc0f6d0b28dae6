use crate::{DecryptError, data_key::DEFAULT_MAX_ENCRYPTED_DATA_KEYS};
use std::num::NonZeroU16;

/// How much of a message a reader takes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadLimits {
    pub(crate) max_encrypted_data_keys: Option<NonZeroU16>,
    pub(crate) max_header_len: Option<usize>,
    pub(crate) max_frame_length: Option<u64>,
    pub(crate) max_plaintext_len: Option<u64>,
}

impl Default for ReadLimits {
    /// Room for the largest context and ten keys of KMS, several times over.
    fn default() -> Self {
        Self {
            max_encrypted_data_keys: DEFAULT_MAX_ENCRYPTED_DATA_KEYS,
            max_header_len: Some(128 << 10),
            max_frame_length: Some(64 << 20),
            max_plaintext_len: None,
        }
    }
}

impl ReadLimits {
    /// Takes any message.
    pub(crate) const NONE: Self = Self {
        max_encrypted_data_keys: None,
        max_header_len: None,
        max_frame_length: None,
        max_plaintext_len: None,
    };

    pub(crate) fn check_keys(&self, found: u16) -> Result<(), DecryptError> {
        match self.max_encrypted_data_keys {
            Some(max) if found > max.get() => {
                Err(DecryptError::TooManyEncryptedDataKeys { found, max })
            }
            _ => Ok(()),
        }
    }

    /// Fails once a header is known to have `len` bytes or more.
    pub(crate) fn check_header(&self, len: usize) -> Result<(), DecryptError> {
        match self.max_header_len {
            Some(max) if len > max => Err(DecryptError::HeaderTooLong { max }),
            _ => Ok(()),
        }
    }

    pub(crate) fn check_frame(&self, found: u64) -> Result<(), DecryptError> {
        match self.max_frame_length {
            Some(max) if found > max => Err(DecryptError::FrameTooLong { found, max }),
            _ => Ok(()),
        }
    }

    /// Fails once a message is known to hold `len` bytes or more.
    pub(crate) fn check_plaintext(&self, len: u64) -> Result<(), DecryptError> {
        match self.max_plaintext_len {
            Some(max) if len > max => Err(DecryptError::PlaintextTooLong { max }),
            _ => Ok(()),
        }
    }
}
