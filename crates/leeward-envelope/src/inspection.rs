use crate::{
    AlgorithmSuite, DecryptError, EncryptedDataKey, EncryptionContext, MalformedMessage,
    decryptor::ReadLimits, message::Parser,
};
use std::{fmt, num::NonZeroU32};

/// What a message claims about itself. Nothing of it is authenticated: anybody can have written it.
///
/// Good for finding out which key a message needs; no ground for any decision about its plaintext.
#[derive(Clone, Debug)]
pub struct Inspection {
    suite: AlgorithmSuite,
    context: EncryptionContext,
    encrypted_data_keys: Vec<EncryptedDataKey>,
    frame_length: Option<NonZeroU32>,
    header_len: usize,
    plaintext_len: Option<u64>,
}

/// Reads what a message claims about itself, without any key.
///
/// The beginning of a message will do, if its header is all there. Steps over every frame that is there, in one go.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use leeward_envelope::{EncryptionContext, Encryptor, RawAesKeyring};
/// # let keyring = RawAesKeyring::new("my-app", "2026-11", &[7; 32])?;
/// # let context = EncryptionContext::new([("tenant", "acme")])?;
/// # let message = Encryptor::builder(keyring).build()?.encrypt(b"attack at dawn", &context).await?;
/// let claims = leeward_envelope::inspect(&message)?;
/// assert_eq!(claims.suite().id(), 0x0478);
/// assert_eq!(claims.context().get("tenant"), Some("acme"));
/// assert_eq!(claims.encrypted_data_keys()[0].provider_id(), "my-app");
/// assert_eq!(claims.plaintext_len(), Some(14));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`DecryptError::Malformed`] if the header is not all there, or if the bytes are no message.
pub fn inspect(message: &[u8]) -> Result<Inspection, DecryptError> {
    let mut parser = Parser::new(message, &ReadLimits::NONE)?;
    let header_len = parser.header_len();
    let walked = loop {
        match parser.advance(usize::MAX) {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    let (header, plaintext_len, end) = parser.into_parts();
    let whole = walked.and_then(|()| end.map_err(DecryptError::from));
    let plaintext_len = match whole {
        Ok(()) => Some(plaintext_len as u64),
        Err(DecryptError::Malformed(MalformedMessage::Truncated { .. })) => None,
        Err(error) => return Err(error),
    };
    Ok(Inspection {
        suite: header.suite,
        frame_length: header.content.frame_length(),
        context: header.context,
        encrypted_data_keys: header.encrypted_data_keys,
        header_len,
        plaintext_len,
    })
}

impl Inspection {
    /// The suite that it would be decrypted under.
    #[must_use]
    pub const fn suite(&self) -> AlgorithmSuite {
        self.suite
    }

    /// The pairs in the header; required ones may be missing here.
    #[must_use]
    pub const fn context(&self) -> &EncryptionContext {
        &self.context
    }

    /// The wrapped forms of its data key; each shows as provider and key, for KMS the ARN.
    #[must_use]
    pub fn encrypted_data_keys(&self) -> &[EncryptedDataKey] {
        &self.encrypted_data_keys
    }

    /// How many bytes a frame holds; none if the body is one block.
    #[must_use]
    pub const fn frame_length(&self) -> Option<NonZeroU32> {
        self.frame_length
    }

    /// How many bytes the header has, which the body follows.
    #[must_use]
    pub const fn header_len(&self) -> usize {
        self.header_len
    }

    /// How many bytes were encrypted; none if not all of the message was there to be looked at.
    #[must_use]
    pub const fn plaintext_len(&self) -> Option<u64> {
        self.plaintext_len
    }
}

/// `not authenticated: suite 0x0478 (…), keys [aws-kms arn:…], context {…}, frames of 4096, 14 bytes`
impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not authenticated: suite {}, keys [", self.suite)?;
        for (at, key) in self.encrypted_data_keys.iter().enumerate() {
            let separator = if at == 0 { "" } else { "; " };
            write!(f, "{separator}{key}")?;
        }
        write!(f, "], context {:?}, ", self.context)?;
        match self.frame_length {
            Some(frame_length) => write!(f, "frames of {frame_length}, ")?,
            None => f.write_str("one block, ")?,
        }
        match self.plaintext_len {
            Some(len) => write!(f, "{len} bytes"),
            None => f.write_str("not all there"),
        }
    }
}
