use bytes::Bytes;
use futures_core::Stream;
use std::{
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Gives its bytes in pieces of the sizes that come round, and takes others likewise; at 0 it is not ready, or interrupted.
#[derive(Clone, Debug)]
pub(super) struct Dribble {
    bytes: Vec<u8>,
    at: usize,
    sizes: Vec<usize>,
    turn: usize,
    fails_at: Option<usize>,
}

impl Dribble {
    pub(super) fn new(bytes: &[u8], sizes: &[usize]) -> Self {
        Self {
            bytes: bytes.to_vec(),
            at: 0,
            sizes: sizes.to_vec(),
            turn: 0,
            fails_at: None,
        }
    }

    /// Fails once, when so many bytes have gone, and goes on after that.
    pub(super) fn failing_at(self, at: usize) -> Self {
        Self {
            fails_at: Some(at),
            ..self
        }
    }

    /// An empty one of the same sizes, to be written to.
    pub(super) fn sink(&self) -> Self {
        Self::new(&[], &self.sizes)
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// What it has left, as a caller would write it.
    pub(super) fn parts(&self) -> impl Iterator<Item = io::Result<&[u8]>> {
        let mut this = Self::new(&[], &self.sizes);
        (this.at, this.fails_at) = (self.at, self.fails_at);
        std::iter::from_fn(move || {
            let rest = &self.bytes[this.at..];
            if rest.is_empty() {
                return None;
            }
            Some(this.size(rest.len()).map(|len| {
                this.at += len;
                &rest[..len]
            }))
        })
    }

    /// How much goes now of `len` bytes.
    fn size(&mut self, len: usize) -> io::Result<usize> {
        if self.fails_at.is_some_and(|at| self.at >= at) {
            self.fails_at = None;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let size = self.sizes[self.turn % self.sizes.len()];
        self.turn += 1;
        let before = self.fails_at.map_or(usize::MAX, |at| at - self.at);
        Ok(size.min(len).min(before))
    }

    fn poll(&mut self, cx: &Context<'_>, len: usize) -> Poll<io::Result<usize>> {
        match self.size(len) {
            Ok(0) if len > 0 => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            size => Poll::Ready(size),
        }
    }

    fn next(&mut self, len: usize) -> &[u8] {
        self.at += len;
        &self.bytes[self.at - len..self.at]
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }
}

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.left());
        match self.size(most)? {
            0 if most > 0 => Err(io::ErrorKind::Interrupted.into()),
            len => {
                buffer[..len].copy_from_slice(self.next(len));
                Ok(len)
            }
        }
    }
}

impl AsyncRead for Dribble {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = buffer.remaining().min(self.left());
        self.poll(cx, most)
            .map_ok(|len| buffer.put_slice(self.next(len)))
    }
}

impl Stream for Dribble {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let left = self.left();
        if left == 0 && self.fails_at.is_none() {
            return Poll::Ready(None);
        }
        self.poll(cx, left)
            .map(|size| Some(size.map(|len| Bytes::copy_from_slice(self.next(len)))))
    }
}

impl Write for Dribble {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.size(bytes.len())? {
            0 if !bytes.is_empty() => Err(io::ErrorKind::Interrupted.into()),
            len => {
                self.bytes.extend_from_slice(&bytes[..len]);
                self.at += len;
                Ok(len)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncWrite for Dribble {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, bytes.len()).map_ok(|len| {
            self.bytes.extend_from_slice(&bytes[..len]);
            self.at += len;
            len
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
