use crate::{DecryptError, EncryptError, MalformedMessage};
use std::io;

/// Keeps the error: `get_ref` and a downcast give it back.
impl From<EncryptError> for io::Error {
    fn from(error: EncryptError) -> Self {
        let kind = match error {
            EncryptError::OtherLength { .. } | EncryptError::TooLong { .. } => {
                io::ErrorKind::InvalidInput
            }
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// Keeps the error: `get_ref` and a downcast give it back. A message that is cut off is an unexpected end of file.
impl From<DecryptError> for io::Error {
    fn from(error: DecryptError) -> Self {
        let kind = match error {
            DecryptError::Malformed(MalformedMessage::Truncated { .. }) => {
                io::ErrorKind::UnexpectedEof
            }
            DecryptError::Keyring(_) => io::ErrorKind::Other,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

/// Whether a source or sink that failed so may be asked again: nothing has been lost.
pub(super) fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
    )
}
