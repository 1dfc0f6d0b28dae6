//! Where the frames of a message are, told from its length alone.

use super::{
    MalformedMessage,
    body::{FINAL_OVERHEAD, FRAME_OVERHEAD, Kind, Piece},
    content_key::ContentKey,
    cursor::Cursor,
    header::Content,
    unlock::Unlocked,
};
use crate::DecryptError;
use std::{num::NonZeroU32, ops::Range};

/// The frames of a message of which only the length is known: claims about where they are and how long the last one is.
///
/// A message that was cut off or grew has its frames elsewhere than these say, or another last one, and no tag proves them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    header_len: u64,
    frame_length: NonZeroU32,
    /// The number of the last frame, counted from 0.
    last: u32,
    last_len: u32,
}

impl Layout {
    /// The layout of a message of `len` bytes, if there is one that long.
    pub(crate) fn new(
        header_len: u64,
        frame_length: NonZeroU32,
        len: u64,
    ) -> Result<Self, MalformedMessage> {
        const LEAST: u64 = (FRAME_OVERHEAD + FINAL_OVERHEAD) as u64;
        let truncated = || MalformedMessage::Truncated {
            part: "body",
            len: usize::try_from(len).unwrap_or(usize::MAX),
        };
        let body = len.checked_sub(header_len);
        let rest = body.and_then(|body| body.checked_sub(LEAST));
        let rest = rest.ok_or_else(truncated)?;
        let stride = u64::from(frame_length.get()) + FRAME_OVERHEAD as u64;
        // The last number there is marks the final frame, and is that of none other.
        let last = u32::try_from(rest / stride)
            .ok()
            .filter(|it| *it < u32::MAX);
        let last_len = u32::try_from(rest % stride).ok();
        match last.zip(last_len) {
            Some((last, last_len)) if last_len <= frame_length.get() => Ok(Self {
                header_len,
                frame_length,
                last,
                last_len,
            }),
            // It ends within the overhead of a frame.
            _ => Err(truncated()),
        }
    }

    /// How many bytes of plaintext there are.
    pub(crate) const fn plaintext_len(&self) -> u64 {
        self.last as u64 * self.frame_length.get() as u64 + self.last_len as u64
    }

    pub(crate) const fn last(&self) -> u32 {
        self.last
    }

    /// The frame that a byte of the plaintext is in.
    pub(crate) fn frame_of(&self, at: u64) -> u32 {
        let frame = at / u64::from(self.frame_length.get());
        u32::try_from(frame).unwrap_or(u32::MAX).min(self.last)
    }

    /// Where the plaintext of a frame begins.
    pub(crate) const fn plaintext_start(&self, frame: u32) -> u64 {
        frame as u64 * self.frame_length.get() as u64
    }

    /// Which bytes of the message a frame is.
    pub(crate) const fn bytes(&self, frame: u32) -> Range<u64> {
        let stride = self.frame_length.get() as u64 + FRAME_OVERHEAD as u64;
        let start = self.header_len + frame as u64 * stride;
        let len = if frame == self.last {
            (FRAME_OVERHEAD + FINAL_OVERHEAD) as u64 + self.last_len as u64
        } else {
            stride
        };
        start..start + len
    }
}

/// Decrypts frames by themselves.
pub(crate) struct FrameOpener {
    content_key: ContentKey,
    layout: Layout,
}

impl FrameOpener {
    pub(crate) fn new(unlocked: Unlocked, layout: Layout) -> Self {
        Self {
            content_key: unlocked.content,
            layout,
        }
    }

    pub(crate) const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Appends the plaintext of a frame, once its tag has proved that it is this one; on failure some of it may be left.
    pub(crate) fn open(
        &self,
        frame: u32,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), DecryptError> {
        let start = usize::try_from(self.layout.bytes(frame).start).unwrap_or(usize::MAX);
        let mut cursor = Cursor::behind(start, bytes);
        let content = Content::Framed(self.layout.frame_length);
        let piece = Piece::parse(&mut cursor, content, frame + 1)?;
        cursor.finish()?;
        // A final frame stands at the end of the source, and another nowhere else, or something is missing.
        if (piece.kind == Kind::FinalFrame) != (frame == self.layout.last) {
            return Err(cursor.corrupt("final frame").into());
        }
        let len = out.len();
        out.resize(len + piece.ciphertext.len(), 0);
        let opened = self.content_key.open(&piece, &mut out[len..]);
        opened.map_err(|_| DecryptError::Unauthentic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_this_table() {
        // Header 100, frames of 10: a regular frame takes 42, a final one 40 and what is in it.
        let frame_length = NonZeroU32::new(10).unwrap();
        let layout = |len| Layout::new(100, frame_length, len).ok();
        for (len, plaintext_len) in [
            (0, None),
            (99, None),
            (139, None),
            (140, Some(0)),
            (150, Some(10)),
            // No final frame is that long, and no frame that short.
            (151, None),
            (181, None),
            // An empty final frame behind a full one.
            (182, Some(10)),
            (183, Some(11)),
            (192, Some(20)),
            (193, None),
            (u64::MAX, None),
        ] {
            let found = layout(len).map(|layout| layout.plaintext_len());
            assert_eq!(found, plaintext_len, "{len}");
        }
        let layout = layout(183).unwrap();
        assert_eq!(layout.bytes(0), 100..142);
        assert_eq!(layout.bytes(1), 142..183);
        assert_eq!((layout.frame_of(9), layout.frame_of(10)), (0, 1));
        assert_eq!(layout.plaintext_start(1), 10);
    }
}
