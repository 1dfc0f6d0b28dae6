use super::{MalformedMessage, cursor::Cursor};

/// A signature as it was read, and what it covers.
///
/// Specification: message-footer, "Structure".
#[derive(Clone, Copy, Debug)]
pub(super) struct Footer<'a> {
    pub(super) signed: &'a [u8],
    pub(super) signature: &'a [u8],
}

impl<'a> Footer<'a> {
    pub(super) fn parse(cursor: &mut Cursor<'a>) -> Result<Self, MalformedMessage> {
        let signed = cursor.since(0);
        Ok(Self {
            signed,
            signature: cursor.field("signature")?,
        })
    }
}
