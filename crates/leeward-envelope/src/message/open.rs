use super::{
    MalformedMessage,
    body::{PIECE_COST, Pieces},
    content_key::ContentKey,
    parse::Message,
    plaintext::{Place, Unproved},
    unlock::Unlocked,
};
use crate::{
    pace::TURN,
    parallelism::{self, Parallelism},
    signature::{HASH_COST, Verifier},
};
use aws_lc_rs::error::Unspecified;
use std::mem;

/// Verifies the signature of a whole message, if there is one, and decrypts it piece by piece, or several at once.
///
/// The plaintext goes behind what a buffer holds, or in its place, and is wiped from there unless all of it is proved.
pub(crate) struct Opener<'a, 'out> {
    content: ContentKey,
    pieces: Pieces<'a>,
    /// How many pieces are left.
    count: u32,
    /// How many bytes of plaintext are left.
    len: usize,
    /// None behind the signature.
    signed: Option<Signed<'a>>,
    plaintext: Unproved<'out>,
    /// None for a message that is too short for several threads.
    parallelism: Option<&'a Parallelism>,
}

/// What a signature covers, as far as it is not hashed yet.
struct Signed<'a> {
    verifier: Verifier,
    hashed: usize,
    rest: &'a [u8],
    signature: &'a [u8],
}

impl<'a, 'out> Opener<'a, 'out> {
    pub(crate) fn new(
        message: &Message<'a>,
        unlocked: Unlocked,
        out: &'out mut Vec<u8>,
        place: Place,
        parallelism: &'a Parallelism,
    ) -> Self {
        let signed = unlocked.verifier.zip(message.footer);
        let (len, count) = (message.plaintext_len, message.count);
        let cost = len.saturating_add((count as usize).saturating_mul(PIECE_COST));
        let parallelism = Some(parallelism).filter(|it| it.is_for(cost, signed.is_some()));
        Self {
            content: unlocked.content,
            pieces: message.pieces.clone(),
            count,
            len,
            signed: signed.map(|(verifier, footer)| Signed {
                verifier,
                hashed: 0,
                rest: footer.signed,
                signature: footer.signature,
            }),
            plaintext: Unproved::new(out, len, place),
            parallelism,
        }
    }

    /// Works on for a turn; answers whether there is more to do.
    pub(crate) fn advance(&mut self) -> Result<bool, Unspecified> {
        match self.parallelism {
            Some(parallelism) => self.share(parallelism),
            None => self.go_on(),
        }
    }

    /// Leaves the plaintext in the buffer, once [`advance`](Self::advance) has said that there is no more; answers how long it is.
    pub(crate) fn finish(self) -> usize {
        self.plaintext.release()
    }

    /// Wipes some more of the plaintext of a message that was changed, `about` so many bytes; answers whether there are more.
    ///
    /// What is not wiped so is wiped on drop, in one go.
    pub(crate) fn wipe(&mut self, about: usize) -> bool {
        self.plaintext.wipe(about)
    }

    /// Verifies the signature, then opens the pieces.
    fn go_on(&mut self) -> Result<bool, Unspecified> {
        if let Some(signed) = &mut self.signed {
            let next = signed.next();
            signed.verifier.update(next);
            if !signed.rest.is_empty() {
                return Ok(true);
            }
        }
        self.verify()?;
        let mut cost = 0_usize;
        while let Some(piece) = self.pieces.next().map_err(|_| Unspecified)? {
            let len = piece.ciphertext.len();
            self.content.open(&piece, self.plaintext.next(len))?;
            cost = cost.saturating_add(len + PIECE_COST);
            if cost >= TURN {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Opens pieces, and hashes meanwhile what the signature covers.
    fn share(&mut self, parallelism: &Parallelism) -> Result<bool, Unspecified> {
        let threads = parallelism.for_a_turn();
        let piece_len = self.pieces.regular_len().unwrap_or(self.len);
        let piece_cost = piece_len.saturating_add(PIECE_COST);
        let to_hash = self.signed.as_mut().map_or(&[][..], Signed::next);
        let left = usize::try_from(self.count).unwrap_or(usize::MAX);
        let count = match &self.signed {
            None => threads.turn(piece_cost, left),
            Some(_) if to_hash.is_empty() => threads.turn(piece_cost, left),
            // The hash is what takes long: another thread keeps ahead of it. A thread alone does one after the other.
            Some(signed) if !threads.is_one() && self.pieces.at() < signed.hashed => {
                (TURN / piece_cost).max(1)
            }
            Some(_) => 0,
        };
        let count = u32::try_from(count).unwrap_or(u32::MAX).min(self.count);
        let is_last = count == self.count;
        let len = if is_last {
            self.len
        } else {
            piece_len * count as usize
        };
        let taken = self.pieces.take(count, is_last).map_err(|_| Unspecified)?;
        let portions = Portion {
            pieces: taken,
            count,
            is_last,
            piece_len,
            plaintext: self.plaintext.next(len),
        }
        .split(parallelism::job(piece_cost));

        let (content, signed) = (&self.content, &mut self.signed);
        let others = match to_hash.is_empty() {
            true => portions.len().saturating_sub(1),
            false => portions.len().min(1),
        };
        let hash = || {
            if let Some(signed) = signed {
                signed.verifier.update(to_hash);
            }
        };
        let open =
            |portion: Result<Portion<'_, '_>, _>| portion.map_err(|_| Unspecified)?.open(content);
        threads.share(others, portions, open, hash)?;

        self.count -= count;
        self.len -= len;
        if self
            .signed
            .as_ref()
            .is_some_and(|signed| !signed.rest.is_empty())
        {
            return Ok(true);
        }
        self.verify()?;
        Ok(self.count > 0)
    }

    /// Verifies the signature, once all that it covers is hashed.
    ///
    /// Specification: decrypt, "Verify the signature".
    fn verify(&mut self) -> Result<(), Unspecified> {
        match self.signed.take() {
            Some(signed) => signed.verifier.finish(signed.signature),
            None => Ok(()),
        }
    }
}

impl<'a> Signed<'a> {
    /// What is to be hashed in a turn.
    fn next(&mut self) -> &'a [u8] {
        let len = (TURN / HASH_COST).min(self.rest.len());
        let (next, rest) = self.rest.split_at(len);
        self.hashed += len;
        self.rest = rest;
        next
    }
}

/// Pieces that follow one another, and where their plaintext goes.
struct Portion<'a, 'out> {
    pieces: Pieces<'a>,
    count: u32,
    /// Whether the last of them, if there is any, is the last of the message.
    is_last: bool,
    /// How long each is but the last.
    piece_len: usize,
    plaintext: &'out mut [u8],
}

impl<'a, 'out> Portion<'a, 'out> {
    /// Takes them apart, so many at a time.
    fn split(
        mut self,
        count: usize,
    ) -> impl ExactSizeIterator<Item = Result<Self, MalformedMessage>> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        (0..self.count.div_ceil(count) as usize).map(move |_| self.take(count))
    }

    /// Takes off so many from the front, or all.
    fn take(&mut self, count: u32) -> Result<Self, MalformedMessage> {
        let count = count.min(self.count);
        let is_all = count == self.count;
        let plaintext: &'out mut [u8] = mem::take(&mut self.plaintext);
        let len = match is_all {
            true => plaintext.len(),
            false => self.piece_len * count as usize,
        };
        let (now, later) = plaintext.split_at_mut(len);
        self.plaintext = later;
        self.count -= count;
        Ok(Self {
            pieces: self.pieces.take(count, is_all && self.is_last)?,
            count,
            is_last: is_all && self.is_last,
            piece_len: self.piece_len,
            plaintext: now,
        })
    }

    fn open(mut self, content: &ContentKey) -> Result<(), Unspecified> {
        for _ in 0..self.count {
            let piece = self.pieces.next().map_err(|_| Unspecified)?;
            let piece = piece.ok_or(Unspecified)?;
            let len = piece.ciphertext.len();
            let plaintext = mem::take(&mut self.plaintext).split_at_mut_checked(len);
            let (now, later) = plaintext.ok_or(Unspecified)?;
            content.open(&piece, now)?;
            self.plaintext = later;
        }
        // Else something would be released that was not written.
        match self.plaintext {
            [] => Ok(()),
            _ => Err(Unspecified),
        }
    }
}
