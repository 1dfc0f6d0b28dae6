/// Says why bytes are no message that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedMessage {
    /// The bytes are text.
    #[error("the message is in base64: decode it first")]
    Base64,
    /// The bytes are text, of the digits that stand for them.
    #[error("the message is in hexadecimal: decode it first")]
    Hex,
    /// The bytes are something else.
    #[error(
        "no message of the AWS Encryption SDK begins with byte 0x{first:02x}: check what is being decrypted"
    )]
    NotAMessage {
        /// The first byte, which would be the version.
        first: u8,
    },
    /// The suite is not one of the AWS Encryption SDK, or not of this version of the header.
    #[error(
        "suite 0x{id:04x} in a header of version {version} is not supported: the message was written by another library or changed"
    )]
    UnsupportedSuite {
        /// The id of the suite.
        id: u16,
        /// The version of the header.
        version: u8,
    },
    /// The message is cut off.
    #[error("the message ends after {len} bytes, inside its {part}: fetch the whole of it")]
    Truncated {
        /// Where it ends.
        part: &'static str,
        /// How many bytes there are.
        len: usize,
    },
    /// A part is not as the format wants it.
    #[error("the {part} before byte {at} breaks the format: the message was damaged or changed")]
    Corrupt {
        /// Which part.
        part: &'static str,
        /// Where reading stopped.
        at: usize,
    },
    /// Something follows the message.
    #[error("{count} bytes follow the end of the message: pass the message alone")]
    TrailingBytes {
        /// How many bytes too many there are.
        count: usize,
    },
}
