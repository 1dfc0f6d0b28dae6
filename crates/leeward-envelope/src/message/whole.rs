use super::{
    body::{FRAME_OVERHEAD, Kind, PIECE_COST},
    content_key::ContentKey,
    seal::{self, FrameError, Sealer, room},
};
use crate::{
    pace::TURN,
    parallelism::{self, Parallelism},
    signature::HASH_COST,
};
use aws_lc_rs::error::Unspecified;
use std::mem;

/// Writes a message whose plaintext is all there, frame after frame, or several at once.
///
/// Number, IV and additional data of a frame tell its place alone, and so do they tell its bytes in the message: threads
/// write to parts of the buffer that do not touch. Only the hash of a signature goes through the message from one end to
/// the other; it follows behind the frames, on the caller's thread, while another goes ahead.
pub(crate) struct WholeSealer<'a> {
    sealer: Sealer,
    plaintext: &'a [u8],
    /// Up to here the buffer holds the message.
    at: usize,
    /// Up to here the message is hashed, if it is to be signed.
    hashed: usize,
    /// None for a message that is too short for several threads.
    parallelism: Option<&'a Parallelism>,
}

impl<'a> WholeSealer<'a> {
    /// Writes the header from `start` on, over what stands there.
    pub(crate) fn new(
        mut sealer: Sealer,
        plaintext: &'a [u8],
        out: &mut Vec<u8>,
        start: usize,
        parallelism: &'a Parallelism,
    ) -> Self {
        let len = plaintext.len();
        let frames = len / sealer.frame_length.get() as usize;
        let cost = len.saturating_add(frames.saturating_mul(PIECE_COST));
        let is_signed = sealer.signer.is_some();
        let at = sealer.header_at(out, start);
        Self {
            sealer,
            plaintext,
            at,
            hashed: at,
            parallelism: Some(parallelism).filter(|it| it.is_for(cost, is_signed)),
        }
    }

    /// Works on for a turn; answers whether there is more to do before the [end](Self::finish).
    pub(crate) fn advance(&mut self, out: &mut Vec<u8>) -> Result<bool, FrameError> {
        match self.parallelism {
            Some(parallelism) => Ok(self.share(parallelism, out)?),
            None => self.go_on(out),
        }
    }

    /// Writes what is left, the signature included, and takes off what stands behind.
    pub(crate) fn finish(self, out: &mut Vec<u8>) -> Result<(), Unspecified> {
        if self.parallelism.is_none() {
            return self.sealer.finish_at(self.plaintext, out, self.at);
        }
        out.truncate(self.at);
        self.sealer.sign(out)
    }

    /// Writes frames, all but the last, each of which is hashed while it is near.
    fn go_on(&mut self, out: &mut Vec<u8>) -> Result<bool, FrameError> {
        let frame_length = self.sealer.frame_length.get() as usize;
        let frame_cost = self.sealer.cost(frame_length);
        let mut cost = 0_usize;
        while self.plaintext.len() > frame_length {
            let (frame, later) = self.plaintext.split_at(frame_length);
            self.at = self.sealer.frame_at(frame, out, self.at)?;
            self.plaintext = later;
            cost = cost.saturating_add(frame_cost);
            if cost >= TURN {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Writes frames, the last one too, and hashes what was written in turns before.
    fn share(&mut self, parallelism: &Parallelism, out: &mut Vec<u8>) -> Result<bool, Unspecified> {
        let threads = parallelism.for_a_turn();
        let sealer = &mut self.sealer;
        let frame_length = sealer.frame_length.get() as usize;
        let frame_cost = frame_length.saturating_add(PIECE_COST);

        let waiting = self.at - self.hashed;
        let hash_len = waiting.min(TURN / HASH_COST);
        let portion = |cost: usize| (cost / frame_cost).max(1);
        let frames = match sealer.signer {
            None => threads.turn(frame_cost, self.plaintext.len().div_ceil(frame_length)),
            Some(_) if threads.is_one() && waiting == 0 => portion(TURN),
            // The hash is what takes long: it begins early, and another thread keeps ahead of it.
            Some(_) if waiting == 0 => portion(TURN / HASH_COST),
            Some(_) if !threads.is_one() && hash_len == waiting => portion(TURN),
            Some(_) => 0,
        };
        let len = frames.saturating_mul(frame_length);
        let (now, later) = self.plaintext.split_at(len.min(self.plaintext.len()));
        let mut frames = Frames {
            sequence: sealer.sequence,
            frame_length,
            plaintext: now,
            is_last: later.is_empty(),
            place: &mut [],
        };
        let end = self.at + frames.len();
        room(out, self.at, end);
        let (before, place) = out.split_at_mut(self.at);
        frames.place = &mut place[..end - self.at];
        // Behind the last frame that the format numbers comes none.
        let next_sequence = sealer.sequence.wrapping_add(frames.count());
        let jobs = frames.into_portions(parallelism::job(frame_cost));

        let (content, signer) = (&sealer.content, &mut sealer.signer);
        let is_signed = signer.is_some();
        let others = match hash_len {
            0 => jobs.len().saturating_sub(1),
            _ => jobs.len().min(1),
        };
        let hash = || {
            if let Some(signer) = signer {
                signer.update(&before[self.hashed..][..hash_len]);
            }
        };
        threads.share(others, jobs, |job| job.seal(content), hash)?;

        sealer.sequence = next_sequence;
        self.plaintext = later;
        self.at = end;
        self.hashed = if is_signed {
            self.hashed + hash_len
        } else {
            end
        };
        Ok(!later.is_empty() || self.hashed < self.at)
    }
}

/// Frames that follow one another: what is to be in them, and where they go.
struct Frames<'a, 'out> {
    sequence: u32,
    frame_length: usize,
    plaintext: &'a [u8],
    /// Whether the last of them, if there is any, is the final one of the message.
    is_last: bool,
    place: &'out mut [u8],
}

impl<'out> Frames<'_, 'out> {
    fn count(&self) -> u32 {
        self.plaintext.len().div_ceil(self.frame_length) as u32
    }

    /// How many bytes of the message they are.
    fn len(&self) -> usize {
        let kind = if self.is_last {
            Kind::FinalFrame
        } else {
            Kind::Frame
        };
        match self.count() as usize {
            0 => 0,
            count => seal::frame_len(kind, self.plaintext.len()) + (count - 1) * FRAME_OVERHEAD,
        }
    }

    /// Takes off so many frames from the front, or all.
    fn take(&mut self, count: usize) -> Self {
        let len = count.saturating_mul(self.frame_length);
        let (now, later) = self.plaintext.split_at(len.min(self.plaintext.len()));
        let mut taken = Self {
            plaintext: now,
            is_last: self.is_last && later.is_empty(),
            place: &mut [],
            ..*self
        };
        let place: &'out mut [u8] = mem::take(&mut self.place);
        (taken.place, self.place) = place.split_at_mut(taken.len());
        self.sequence = self.sequence.wrapping_add(taken.count());
        self.plaintext = later;
        taken
    }

    fn seal(mut self, content: &ContentKey) -> Result<(), Unspecified> {
        while !self.plaintext.is_empty() {
            let frame = self.take(1);
            let kind = if frame.is_last {
                Kind::FinalFrame
            } else {
                Kind::Frame
            };
            seal::seal_frame(content, kind, frame.sequence, frame.plaintext, frame.place)?;
        }
        Ok(())
    }

    /// Takes them apart, so many at a time.
    fn into_portions(mut self, count: usize) -> impl ExactSizeIterator<Item = Self> {
        let portions = (self.count() as usize).div_ceil(count);
        (0..portions).map(move |_| self.take(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_counted_behind_the_last_frame_that_has_a_number() {
        let mut place = [0; 100];
        let mut frames = Frames {
            sequence: u32::MAX - 1,
            frame_length: 1,
            plaintext: &[7; 2],
            is_last: true,
            place: &mut place,
        };
        let numbers = [(); 2].map(|()| frames.take(1).sequence);
        assert_eq!(numbers, [u32::MAX - 1, u32::MAX]);
        assert_eq!(frames.count(), 0);
    }
}
