use super::{MalformedMessage, cursor::Cursor};
use crate::{
    AlgorithmSuite, DecryptError, EncryptedDataKey, EncryptionContext,
    cipher::{IV_LEN, TAG_LEN},
    decryptor::ReadLimits,
    derive::COMMITMENT_LEN,
    signature::PUBLIC_KEY,
    suite::Version,
};
use std::num::NonZeroU32;

pub(super) const V1: u8 = 1;
pub(super) const V2: u8 = 2;
/// The one type of message that version 1 knows; version 2 leaves it out.
pub(super) const CUSTOMER_AUTHENTICATED: u8 = 0x80;
const UNFRAMED: u8 = 1;
pub(super) const FRAMED: u8 = 2;

pub(super) const MESSAGE_ID_LEN_V1: usize = 16;
pub(super) const MESSAGE_ID_LEN_V2: usize = 32;

/// How the body is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// One block; only old writers do so.
    Unframed,
    /// Frames of this many bytes, the last one of at most as many.
    Framed(NonZeroU32),
}

/// A header as it was read: claims, until its tag has been verified.
///
/// Specification: message-header, "Header Body" and "Header Authentication".
#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub(crate) suite: AlgorithmSuite,
    pub(crate) message_id: &'a [u8],
    pub(crate) context: EncryptionContext,
    pub(crate) encrypted_data_keys: Vec<EncryptedDataKey>,
    pub(crate) content: Content,
    pub(super) commitment: Option<&'a [u8; COMMITMENT_LEN]>,
    /// What the tag covers, byte for byte: writers need not sort the context, so it is not written anew.
    pub(super) authenticated: &'a [u8],
    pub(super) iv: &'a [u8; IV_LEN],
    pub(super) tag: &'a [u8; TAG_LEN],
}

impl<'a> Header<'a> {
    pub(super) fn parse(
        cursor: &mut Cursor<'a>,
        limits: &ReadLimits,
    ) -> Result<Self, DecryptError> {
        let start = cursor.at();
        let (suite, message_id) = parse_start(cursor)?;
        let context = parse_context(cursor, suite)?;
        limits.check_header(cursor.at() - start)?;
        let encrypted_data_keys = parse_keys(cursor, limits)?;
        let content = parse_content(cursor, suite)?;
        let commitment = match suite.version() {
            Version::V1 => None,
            Version::V2 => Some(cursor.array("key commitment")?),
        };
        let authenticated = cursor.since(start);
        let iv = match suite.version() {
            Version::V1 => cursor.array("header IV")?,
            Version::V2 => &[0; IV_LEN],
        };
        let tag = cursor.array("header tag")?;
        limits.check_header(cursor.at() - start)?;
        if let Some(frame_length) = content.frame_length() {
            limits.check_frame(frame_length.get().into())?;
        }
        Ok(Self {
            suite,
            message_id,
            context,
            encrypted_data_keys,
            content,
            commitment,
            authenticated,
            iv,
            tag,
        })
    }
}

fn parse_start<'a>(
    cursor: &mut Cursor<'a>,
) -> Result<(AlgorithmSuite, &'a [u8]), MalformedMessage> {
    let suite = parse_suite(cursor)?;
    let id_len = suite.version().message_id_len();
    Ok((suite, cursor.take(id_len, "message id")?))
}

/// Reads version and suite, the first four bytes at most.
pub(super) fn parse_suite(cursor: &mut Cursor<'_>) -> Result<AlgorithmSuite, MalformedMessage> {
    if cursor.ahead().is_some_and(looks_like_base64) {
        return Err(MalformedMessage::Base64);
    }
    if cursor.ahead().is_some_and(looks_like_hex) {
        return Err(MalformedMessage::Hex);
    }
    let (version, expected) = match cursor.u8("version")? {
        V1 => {
            if cursor.u8("message type")? != CUSTOMER_AUTHENTICATED {
                return Err(cursor.corrupt("message type"));
            }
            (V1, Version::V1)
        }
        V2 => (V2, Version::V2),
        first => return Err(MalformedMessage::NotAMessage { first }),
    };
    let id = cursor.u16("suite")?;
    AlgorithmSuite::from_id(id)
        .filter(|suite| suite.version() == expected)
        .ok_or(MalformedMessage::UnsupportedSuite { id, version })
}

/// A header begins with 01 80, 02 04 or 02 05; in base64, either alphabet, these begin with two certain letters.
///
/// Text may have been wrapped or quoted, and then something stands before them that no header begins with.
fn looks_like_base64(message: &[u8]) -> bool {
    let is_around = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'');
    // Nobody puts more before it, but for those who want it read in vain.
    let message = &message[..message.len().min(64)];
    let start = message.iter().position(|byte| !is_around(byte));
    let text = start.map_or(&[][..], |start| &message[start..]);
    text.starts_with(b"AY") || text.starts_with(b"Ag")
}

/// The digits of what a header begins with, behind what databases and logs write before digits: `\x`, `0x`, `x'`.
fn looks_like_hex(message: &[u8]) -> bool {
    const STARTS: [&[u8]; 3] = [b"0180", b"0204", b"0205"];
    let near = &message[..message.len().min(16)];
    let is_before = |byte: &u8| byte.is_ascii_whitespace() || b"\"'\\xX".contains(byte);
    let mut text = near.trim_ascii_start();
    if let Some(rest) = text.strip_prefix(b"0x").or(text.strip_prefix(b"0X")) {
        text = rest;
    }
    let start = text.iter().position(|byte| !is_before(byte));
    let digits = start.map_or(&[][..], |start| &text[start..]);
    // The first bytes of a stream may be all that is there.
    let is_one = |start: &[u8]| digits.starts_with(start) || start.starts_with(digits);
    digits.len() >= 2 && STARTS.into_iter().any(is_one)
}

/// Specification: message-header, "AAD".
fn parse_context(
    cursor: &mut Cursor<'_>,
    suite: AlgorithmSuite,
) -> Result<EncryptionContext, MalformedMessage> {
    const PART: &str = "encryption context";
    let section = cursor.field(PART)?;
    let corrupt = cursor.corrupt(PART);
    let context = if section.is_empty() {
        EncryptionContext::empty()
    } else {
        parse_pairs(section).ok_or_else(|| corrupt.clone())?
    };
    if context.get(PUBLIC_KEY).is_some() != suite.is_signing() {
        return Err(corrupt);
    }
    Ok(context)
}

/// Reads pairs in whatever order: some official writers do not sort them.
fn parse_pairs(section: &[u8]) -> Option<EncryptionContext> {
    let mut cursor = Cursor::new(section);
    let count = cursor.u16("").ok().filter(|count| *count > 0)?;
    let mut pairs = Vec::new();
    for _ in 0..count {
        let key = cursor.text("").ok()?;
        let value = cursor.text("").ok()?;
        pairs.push((key.to_owned(), value.to_owned()));
    }
    cursor.finish().ok()?;
    EncryptionContext::with_reserved(pairs).ok()
}

/// Specification: message-header, "Encrypted Data Keys".
fn parse_keys(
    cursor: &mut Cursor<'_>,
    limits: &ReadLimits,
) -> Result<Vec<EncryptedDataKey>, DecryptError> {
    const PART: &str = "encrypted data keys";
    let count = cursor.u16(PART)?;
    if count == 0 {
        return Err(cursor.corrupt(PART).into());
    }
    limits.check_keys(count)?;
    let mut keys = Vec::new();
    for _ in 0..count {
        let provider_id = cursor.text(PART)?;
        let provider_info = cursor.field(PART)?;
        let ciphertext = cursor.field(PART)?;
        let key = EncryptedDataKey::new(provider_id, provider_info, ciphertext)
            .expect("lengths of 16 bits fit into 16 bits");
        keys.push(key);
        limits.check_header(cursor.at())?;
    }
    Ok(keys)
}

/// Specification: message-header, "Content Type" and "Frame Length".
fn parse_content(
    cursor: &mut Cursor<'_>,
    suite: AlgorithmSuite,
) -> Result<Content, MalformedMessage> {
    let kind = cursor.u8("content type")?;
    if suite.version() == Version::V1 {
        if cursor.u32("reserved field")? != 0 {
            return Err(cursor.corrupt("reserved field"));
        }
        if usize::from(cursor.u8("IV length")?) != IV_LEN {
            return Err(cursor.corrupt("IV length"));
        }
    }
    let frame_length = cursor.u32("frame length")?;
    match (kind, NonZeroU32::new(frame_length)) {
        (UNFRAMED, None) => Ok(Content::Unframed),
        (FRAMED, Some(frame_length)) => Ok(Content::Framed(frame_length)),
        _ => Err(cursor.corrupt("content type or frame length")),
    }
}
