//! Where streams come from: memory, without end but for a length.

use crate::stopwatch;
use leeward_envelope::EncryptingReader;
use std::{
    cell::Cell,
    io::{self, Read},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::io::{AsyncRead, ReadBuf};

/// How much lies ready at once: what the cache of one processor holds.
const STORE: usize = 256 << 10;

/// Bytes that are there, given out one after the other.
pub(super) struct Source {
    store: Vec<u8>,
    given: usize,
    supply: Supply,
}

enum Supply {
    /// The same bytes again, so many in all.
    Again { left: u64 },
    /// A message that is being made of them; what that takes is told, so that nobody pays for it who only reads.
    Message {
        making: Box<EncryptingReader<Source>>,
        took: Rc<Cell<Duration>>,
    },
}

impl Source {
    /// So many bytes of plaintext.
    pub(super) fn plaintext(len: u64) -> Self {
        Self {
            store: super::plaintext(STORE),
            given: 0,
            supply: Supply::Again { left: len },
        }
    }

    /// A message; adds to `took` how long it took to make.
    pub(super) fn message(making: EncryptingReader<Self>, took: Rc<Cell<Duration>>) -> Self {
        Self {
            store: Vec::new(),
            given: 0,
            supply: Supply::Message {
                making: Box::new(making),
                took,
            },
        }
    }

    fn give(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.store.len() {
            self.refill()?;
        }
        let most = match &self.supply {
            Supply::Again { left } => usize::try_from(*left).unwrap_or(usize::MAX),
            Supply::Message { .. } => usize::MAX,
        };
        let ready = &self.store[self.given..];
        let len = ready.len().min(buffer.len()).min(most);
        buffer[..len].copy_from_slice(&ready[..len]);
        self.given += len;
        if let Supply::Again { left } = &mut self.supply {
            *left -= len as u64;
        }
        Ok(len)
    }

    fn refill(&mut self) -> io::Result<()> {
        self.given = 0;
        if let Supply::Message { making, took } = &mut self.supply {
            self.store.clear();
            let part = making.by_ref().take(STORE as u64);
            let store = &mut self.store;
            let (made, time) = stopwatch::processor_time(|| { part }.read_to_end(store));
            made?;
            took.set(took.get() + time);
        }
        Ok(())
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.give(buffer)
    }
}

impl AsyncRead for Source {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = self.give(buffer.initialize_unfilled())?;
        buffer.advance(len);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_as_many_bytes_as_it_was_told() {
        for len in [0, 1, STORE as u64, 2 * STORE as u64 + 1] {
            let mut all = Vec::new();
            Source::plaintext(len).read_to_end(&mut all).unwrap();
            assert_eq!(all.len() as u64, len);
        }
    }
}
