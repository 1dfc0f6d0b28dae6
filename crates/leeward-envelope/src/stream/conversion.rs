use super::{CHUNK, cipher::sealed::Cipher, failure::is_passing};
use std::{fmt, io, mem};
use zeroize::{Zeroize, Zeroizing};

/// A message on its way: what became of the input so far, as far as nobody took it, and how it ended.
pub(super) struct Conversion<C: Cipher> {
    stage: Stage<C>,
    /// Bytes that are there are written over, and need not be cleared before.
    output: Zeroizing<Vec<u8>>,
    taken: usize,
    /// Up to here the output is what it says.
    end: usize,
}

enum Stage<C: Cipher> {
    Open(C),
    Finished(C::Proof),
    Failed(C::Error),
    /// The source or the sink failed for good.
    BrokenOff(io::ErrorKind),
}

impl<C: Cipher> Conversion<C> {
    pub(super) fn new(cipher: C) -> Self {
        Self {
            stage: Stage::Open(cipher),
            output: Zeroizing::default(),
            taken: 0,
            end: 0,
        }
    }

    /// What became of the input and is to be taken.
    pub(super) fn output(&self) -> &[u8] {
        &self.output[self.taken..self.end]
    }

    /// Takes so many bytes of the output.
    pub(super) fn consume(&mut self, len: usize) {
        self.taken = self.taken.saturating_add(len).min(self.end);
        if self.taken == self.end {
            // Written over by the next, and wiped in the end.
            (self.taken, self.end) = (0, 0);
        }
    }

    /// Takes all of the output.
    #[cfg(feature = "stream")]
    pub(super) fn take(&mut self) -> Vec<u8> {
        let mut output = mem::take(&mut *self.output);
        output.truncate(mem::take(&mut self.end));
        output.drain(..mem::take(&mut self.taken));
        output
    }

    /// Whether the end has been reached, or why it never will be.
    pub(super) fn is_finished(&self) -> io::Result<bool> {
        match &self.stage {
            Stage::Open(_) => Ok(false),
            Stage::Finished(_) => Ok(true),
            Stage::Failed(error) => Err(error.clone().into()),
            Stage::BrokenOff(kind) => Err(io::Error::new(
                *kind,
                "the message was broken off by an error before this one: begin anew",
            )),
        }
    }

    /// What `len` bytes take, in bytes that AES-GCM alone would do meanwhile.
    pub(super) fn cost(&self, len: usize) -> usize {
        match &self.stage {
            Stage::Open(cipher) => cipher.cost(len),
            _ => 0,
        }
    }

    pub(super) fn push(&mut self, input: &[u8]) -> io::Result<()> {
        if self.is_finished()? {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the message was finished before: begin another for what comes now",
            ));
        }
        if let Stage::Open(cipher) = &mut self.stage {
            // Room for the overhead of frames, too, without an old copy to be wiped for each doubling.
            let room = input.len().min(CHUNK) + CHUNK / 16;
            if self.output.capacity() == 0 {
                self.output.reserve_exact(room);
            }
            match cipher.push_at(input, &mut self.output, self.end) {
                Ok(end) => self.end = end,
                Err(error) => self.fail(Stage::Failed(error)),
            }
        }
        self.is_finished().map(drop)
    }

    /// Brings the message to its end, if this is one; does nothing the second time.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if self.is_finished()? {
            return Ok(());
        }
        let broken_off = Stage::BrokenOff(io::ErrorKind::Other);
        self.output.truncate(self.end);
        match mem::replace(&mut self.stage, broken_off) {
            Stage::Open(cipher) => match cipher.finish(&mut self.output) {
                Ok(proof) => {
                    self.end = self.output.len();
                    self.stage = Stage::Finished(proof);
                }
                Err(error) => self.fail(Stage::Failed(error)),
            },
            other => self.stage = other,
        }
        self.is_finished().map(drop)
    }

    /// Takes note of an error of the source or the sink; unless it passes, what was lost there is not known.
    pub(super) fn note(&mut self, error: &io::Error) {
        if !is_passing(error) {
            self.break_off(error.kind());
        }
    }

    /// Gives a message up that is not at its end.
    pub(super) fn break_off(&mut self, kind: io::ErrorKind) {
        if let Stage::Open(cipher) = &mut self.stage {
            cipher.broken_off();
            self.fail(Stage::BrokenOff(kind));
        }
    }

    pub(super) fn cipher(&self) -> Option<&C> {
        match &self.stage {
            Stage::Open(cipher) => Some(cipher),
            _ => None,
        }
    }

    pub(super) fn proof(&self) -> Option<&C::Proof> {
        match &self.stage {
            Stage::Finished(proof) => Some(proof),
            _ => None,
        }
    }

    pub(super) fn into_proof(self) -> io::Result<C::Proof> {
        match self.stage {
            Stage::Finished(proof) => Ok(proof),
            Stage::Failed(error) => Err(error.into()),
            Stage::BrokenOff(kind) => Err(kind.into()),
            Stage::Open(_) => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn fail(&mut self, stage: Stage<C>) {
        self.stage = stage;
        self.output.zeroize();
        (self.taken, self.end) = (0, 0);
    }
}

impl<C: Cipher> fmt::Debug for Conversion<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match &self.stage {
            Stage::Open(_) => "open",
            Stage::Finished(_) => "finished",
            Stage::Failed(_) | Stage::BrokenOff(_) => "failed",
        };
        f.debug_struct("Conversion")
            .field("stage", &stage)
            .field("waiting", &self.output().len())
            .finish_non_exhaustive()
    }
}
