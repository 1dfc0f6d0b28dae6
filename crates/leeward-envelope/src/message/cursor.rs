use super::MalformedMessage;

/// Reads big-endian fields off the front of a message.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    message: &'a [u8],
    at: usize,
    /// How much of the message has gone before.
    base: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(message: &'a [u8]) -> Self {
        Self::behind(0, message)
    }

    /// Reads a part of a message that has `base` bytes before it.
    pub(super) const fn behind(base: usize, message: &'a [u8]) -> Self {
        Self {
            message,
            at: 0,
            base,
        }
    }

    /// How many bytes have been read.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// What has not been read, if there is anything.
    pub(super) fn ahead(&self) -> Option<&'a [u8]> {
        Some(self.rest()).filter(|rest| !rest.is_empty())
    }

    /// What has been read since `start`.
    pub(super) fn since(&self, start: usize) -> &'a [u8] {
        &self.message[start..self.at]
    }

    pub(super) fn take(
        &mut self,
        len: usize,
        part: &'static str,
    ) -> Result<&'a [u8], MalformedMessage> {
        let (taken, _) = self
            .rest()
            .split_at_checked(len)
            .ok_or_else(|| self.truncated(part))?;
        self.at += len;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(
        &mut self,
        part: &'static str,
    ) -> Result<&'a [u8; N], MalformedMessage> {
        let (taken, _) = self
            .rest()
            .split_first_chunk()
            .ok_or_else(|| self.truncated(part))?;
        self.at += N;
        Ok(taken)
    }

    pub(super) fn u8(&mut self, part: &'static str) -> Result<u8, MalformedMessage> {
        self.array(part).copied().map(u8::from_be_bytes)
    }

    pub(super) fn u16(&mut self, part: &'static str) -> Result<u16, MalformedMessage> {
        self.array(part).copied().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self, part: &'static str) -> Result<u32, MalformedMessage> {
        self.array(part).copied().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self, part: &'static str) -> Result<u64, MalformedMessage> {
        self.array(part).copied().map(u64::from_be_bytes)
    }

    /// A field behind its length in 16 bits.
    pub(super) fn field(&mut self, part: &'static str) -> Result<&'a [u8], MalformedMessage> {
        let len = self.u16(part)?;
        self.take(usize::from(len), part)
    }

    /// A field of text behind its length in 16 bits.
    pub(super) fn text(&mut self, part: &'static str) -> Result<&'a str, MalformedMessage> {
        let bytes = self.field(part)?;
        std::str::from_utf8(bytes).map_err(|_| self.corrupt(part))
    }

    /// Fails unless everything has been read.
    pub(super) fn finish(&self) -> Result<(), MalformedMessage> {
        match self.rest().len() {
            0 => Ok(()),
            count => Err(MalformedMessage::TrailingBytes { count }),
        }
    }

    pub(super) const fn corrupt(&self, part: &'static str) -> MalformedMessage {
        MalformedMessage::Corrupt {
            part,
            at: self.base.saturating_add(self.at),
        }
    }

    const fn truncated(&self, part: &'static str) -> MalformedMessage {
        MalformedMessage::Truncated {
            part,
            len: self.base.saturating_add(self.message.len()),
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.message[self.at..]
    }
}
