//! What lies in memory while a long message goes by.

use super::begin;
use crate::{
    context,
    keyrings::raw,
    messages::{reader, writer},
    run,
};
use bytes::Bytes;
use futures_core::Stream;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use leeward_envelope::{
    AlgorithmSuite, DecryptingReader, DecryptingStream, DecryptingWriter, Decryptor,
    EncryptingReader, EncryptingStream, EncryptingWriter, EncryptionContext, Encryptor,
    HeaderReader,
};
use std::{
    io::{self, Read, Write},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// As much as CI streams; all of it would not fit into the bound by far.
const LEN: u64 = 256 << 20;
const MAX: u64 = 1 << 20;

/// How much comes or goes at once.
const PART: usize = 16 << 10;
const BYTES: [u8; PART] = [5; PART];

/// Has the whole message sealed and opened by `work`, which answers how much came out.
#[track_caller]
fn check(work: impl FnOnce(&Encryptor, &Decryptor) -> u64) {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;
    let encryptor = writer(raw(), suite).build().unwrap();
    let decryptor = reader(raw()).build().unwrap();
    let mut len = 0;
    let used = allocation_counter::measure(|| len = work(&encryptor, &decryptor));
    assert_eq!(len, LEN);
    assert!(used.bytes_max < MAX, "{} bytes at once", used.bytes_max);
}

fn none() -> EncryptionContext {
    context(&[])
}

#[test]
fn readers_of_any_length_hold_no_more_than_a_few_chunks() {
    check(|encryptor, decryptor| {
        let encryption = begin(encryptor, Some(LEN));
        let mut message = EncryptingReader::new(encryption, io::repeat(5).take(LEN));
        let mut header = decryptor.begin(&none());
        header.read_from(&mut message).unwrap();
        let mut plaintext = DecryptingReader::new(run(header.open()).unwrap(), message);
        let mut counted = Counted::default();
        let mut buffer = [0; PART];
        loop {
            match Read::read(&mut plaintext, &mut buffer).unwrap() {
                0 => return counted.len,
                read => counted.count(&buffer[..read]),
            }
        }
    });
}

#[test]
fn readers_that_are_awaited_hold_no_more() {
    check(|encryptor, decryptor| {
        let encryption = begin(encryptor, Some(LEN));
        let source = AsyncReadExt::take(tokio::io::repeat(5), LEN);
        let message = EncryptingReader::new(encryption, source);
        run(async {
            let opened = DecryptingReader::open(decryptor, message, &none()).await;
            count(opened.unwrap()).await
        })
    });
}

async fn count(mut plaintext: impl AsyncRead + Unpin) -> u64 {
    let mut counted = Counted::default();
    let mut buffer = [0; PART];
    loop {
        match plaintext.read(&mut buffer).await.unwrap() {
            0 => return counted.len,
            read => counted.count(&buffer[..read]),
        }
    }
}

#[test]
fn writers_of_any_length_hold_no_more_than_a_few_chunks() {
    check(|encryptor, decryptor| {
        let sink = Opening::Header(decryptor.begin(&none()));
        let mut writer = EncryptingWriter::new(begin(encryptor, Some(LEN)), sink);
        for _ in 0..LEN / PART as u64 {
            Write::write_all(&mut writer, &BYTES).unwrap();
        }
        match writer.finish().unwrap() {
            Opening::Body(plaintext) => plaintext.finish().unwrap().0.len,
            _ => 0,
        }
    });
}

#[test]
fn writers_that_are_awaited_hold_no_more() {
    check(|encryptor, decryptor| {
        let sink = Opening::Header(decryptor.begin(&none()));
        let mut writer = EncryptingWriter::new(begin(encryptor, Some(LEN)), sink);
        run(async {
            for _ in 0..LEN / PART as u64 {
                AsyncWriteExt::write_all(&mut writer, &BYTES).await.unwrap();
            }
            writer.shutdown().await.unwrap();
        });
        match writer.into_inner() {
            Opening::Body(plaintext) => plaintext.into_inner().len,
            _ => 0,
        }
    });
}

#[test]
fn streams_of_any_length_hold_no_more_than_a_few_chunks() {
    check(|encryptor, decryptor| {
        let message = EncryptingStream::new(begin(encryptor, Some(LEN)), parts());
        run(async {
            let opened = DecryptingStream::open(decryptor, message, &none()).await;
            let counted =
                opened
                    .unwrap()
                    .try_fold(Counted::default(), async |mut counted, part| {
                        counted.count(&part);
                        Ok(counted)
                    });
            counted.await.unwrap().len
        })
    });
}

fn parts() -> impl Stream<Item = io::Result<Bytes>> + Unpin {
    let parts = (LEN / PART as u64) as usize;
    stream::repeat(Bytes::from_static(&BYTES))
        .take(parts)
        .map(Ok)
}

/// How much of the plaintext came out.
#[derive(Default)]
struct Counted {
    len: u64,
}

impl Counted {
    fn count(&mut self, part: &[u8]) {
        assert!(part.iter().all(|byte| *byte == 5));
        self.len += part.len() as u64;
    }
}

impl Write for Counted {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.count(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        part: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Write::write(&mut *self, part))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A sink for a message: first its header, then its body.
enum Opening {
    Header(HeaderReader),
    Body(Box<DecryptingWriter<Counted>>),
    /// Between the two.
    Between,
}

impl Opening {
    /// Takes what belongs to the header; none once there is a body to be written.
    fn take(&mut self, part: &[u8]) -> io::Result<Option<usize>> {
        let Self::Header(header) = self else {
            return Ok(None);
        };
        let read = header.push(part)?;
        if header.is_complete()
            && let Self::Header(header) = std::mem::replace(self, Self::Between)
        {
            let opened = header.open().now_or_never();
            let opened = opened.expect("a raw keyring is not waited for")?;
            let body = DecryptingWriter::new(opened, Counted::default());
            *self = Self::Body(Box::new(body));
        }
        Ok(Some(read))
    }
}

impl Write for Opening {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        match (self.take(part)?, self) {
            (Some(read), _) => Ok(read),
            (None, Self::Body(body)) => Write::write(body, part),
            (None, _) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Body(body) => Write::flush(body),
            _ => Ok(()),
        }
    }
}

impl AsyncWrite for Opening {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        part: &[u8],
    ) -> Poll<io::Result<usize>> {
        match (self.take(part)?, &mut *self) {
            (Some(read), _) => Poll::Ready(Ok(read)),
            (None, Self::Body(body)) => Pin::new(body).poll_write(cx, part),
            (None, _) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Body(body) => Pin::new(body).poll_flush(cx),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Self::Body(body) => Pin::new(body).poll_shutdown(cx),
            _ => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
        }
    }
}
