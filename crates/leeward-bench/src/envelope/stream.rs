//! Messages of four gigabytes on their way through readers, beside the same bytes in buffers.

use super::{
    FRAME, LARGE_FRAME, LEEWARD, LEEWARD_LARGE_FRAMES, UNSIGNED, Way,
    message::{self, Shape},
    shape,
    source::Source,
    throughput,
};
use crate::{Bar, BoxError, Case, Subject, stopwatch};
use leeward_envelope::{Cipher, CipherReader, DecryptingReader, EncryptingReader};
use std::{
    cell::Cell,
    future::poll_fn,
    io::{self, Read},
    pin::Pin,
    rc::Rc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, ReadBuf},
    runtime::{Builder, Runtime},
};

/// How long a message is, in bytes of plaintext.
const LEN: u64 = 4 << 30;
/// How much of it is one operation, and how large the buffers are that it is compared with.
const STRETCH: usize = 16 << 20;
/// Where the reader puts what it has.
pub(super) const BUFFER: usize = 64 << 10;
/// Number, IV and tag.
const FRAME_OVERHEAD: usize = 4 + 12 + 16;

const ASYNC: &str = "leeward 0x0478, 4 KiB frames, AsyncRead";
const BLOCKING: &str = "leeward 0x0478, 4 KiB frames, std::io::Read";
const ASYNC_WITH_SOURCE: &str = "leeward 0x0478, 4 KiB frames, AsyncRead, source included";
const ASYNC_LARGE_FRAMES: &str = "leeward 0x0478, 64 KiB frames, AsyncRead";
const BLOCKING_LARGE_FRAMES: &str = "leeward 0x0478, 64 KiB frames, std::io::Read";

pub(super) fn cases() -> Result<[Case; 2], BoxError> {
    Ok([
        case(Way::Encrypt, "encrypt 4 GiB, streamed")?,
        case(Way::Decrypt, "decrypt 4 GiB, streamed")?,
    ])
}

fn case(way: Way, name: &'static str) -> Result<Case, BoxError> {
    let small = shape(UNSIGNED, FRAME, STRETCH);
    let with_source = streamed(way, Through::AsyncRead, small, Count::All)?;
    let mut case = throughput(name, STRETCH).with(ASYNC_WITH_SOURCE, with_source);
    // Frames as long as a read are copied once more, since a reader has them in two parts.
    for (frame, buffer, through_async, through_blocking, bar) in [
        (FRAME, LEEWARD, ASYNC, BLOCKING, Some(Bar::AtLeast(0.9))),
        (
            LARGE_FRAME,
            LEEWARD_LARGE_FRAMES,
            ASYNC_LARGE_FRAMES,
            BLOCKING_LARGE_FRAMES,
            None,
        ),
    ] {
        let shape = shape(UNSIGNED, frame, STRETCH);
        case = case
            .with(buffer, way.ours(shape)?)
            .with(
                through_async,
                streamed(way, Through::AsyncRead, shape, Count::Reader)?,
            )
            .with(
                through_blocking,
                streamed(way, Through::Read, shape, Count::Reader)?,
            )
            .compare(through_async, buffer, bar)
            .compare(through_blocking, buffer, bar);
    }
    Ok(case.compare(ASYNC_WITH_SOURCE, LEEWARD, None))
}

/// Whose time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Count {
    /// That of the source too.
    All,
    /// Of the reader alone: as much as the source takes by itself, right after, does not count. Buffers have their bytes
    /// from somewhere, too.
    Reader,
}

/// Which of its traits a reader is read by.
#[derive(Clone, Copy, Debug)]
pub(super) enum Through {
    AsyncRead,
    Read,
}

/// Goes on through one message after the other, a stretch of plaintext at an operation.
fn streamed(way: Way, through: Through, shape: Shape, count: Count) -> Result<Subject, BoxError> {
    let making = Rc::default();
    let plaintext = shape.len as u64;
    let message = (shape.len + shape.len / shape.frame * FRAME_OVERHEAD) as u64;
    match way {
        Way::Encrypt => {
            let begin = move |runtime: &Runtime| encrypting(runtime, shape, LEN);
            subject(through, count, [plaintext, message], begin, making)
        }
        Way::Decrypt => {
            let took = Rc::clone(&making);
            let begin = move |runtime: &Runtime| {
                let message = encrypting(runtime, shape, LEN)?;
                let message = Source::message(message, Rc::clone(&took));
                let opened = decrypting(runtime, shape, message)?;
                took.take();
                Ok(opened)
            };
            subject(through, count, [message, plaintext], begin, making)
        }
    }
}

/// Reads so many bytes at an operation, which the source gives by so many; what others did in `making`, who are not
/// measured, does not count.
fn subject<C: Cipher + 'static>(
    through: Through,
    count: Count,
    [given, read]: [u64; 2],
    begin: impl Fn(&Runtime) -> Result<CipherReader<C, Source>, BoxError> + 'static,
    making: Rc<Cell<Duration>>,
) -> Result<Subject, BoxError> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let mut reader = begin(&runtime)?;
    let mut source = Source::plaintext(u64::MAX);
    let mut buffer = vec![0; BUFFER];
    Ok(Subject::new(move |operations| {
        let mut rest = operations * read;
        let mut took = Duration::ZERO;
        loop {
            let (read, time) = stopwatch::processor_time(|| {
                through.read(&runtime, &mut reader, &mut buffer, rest)
            });
            took += time.saturating_sub(making.take());
            rest -= read?;
            if rest == 0 {
                break;
            }
            reader = begin(&runtime)?;
        }
        if count == Count::Reader {
            let given = operations * given;
            let (read, time) =
                stopwatch::processor_time(|| read_blocking(&mut source, &mut buffer, given));
            read?;
            took = took.saturating_sub(time);
        }
        Ok(took)
    }))
}

pub(super) fn encrypting(
    runtime: &Runtime,
    shape: Shape,
    len: u64,
) -> Result<EncryptingReader<Source>, BoxError> {
    let (encryptor, context) = (message::encryptor(shape)?, message::context()?);
    let encryption = runtime.block_on(encryptor.begin(&context, Some(len)))?;
    Ok(EncryptingReader::new(encryption, Source::plaintext(len)))
}

pub(super) fn decrypting<R: AsyncRead + Unpin>(
    runtime: &Runtime,
    shape: Shape,
    message: R,
) -> Result<DecryptingReader<R>, BoxError> {
    let (decryptor, context) = (message::decryptor(shape)?, message::context()?);
    let opened = DecryptingReader::open(&decryptor, message, &context);
    Ok(runtime.block_on(opened)?)
}

impl Through {
    /// Reads `most` bytes, or to the end; answers how many there were.
    pub(super) fn read<R>(
        self,
        runtime: &Runtime,
        reader: &mut R,
        buffer: &mut [u8],
        most: u64,
    ) -> io::Result<u64>
    where
        R: AsyncRead + Read + Unpin,
    {
        match self {
            Self::AsyncRead => {
                let read = read_async(reader, buffer, most);
                runtime.block_on(tokio::task::unconstrained(read))
            }
            Self::Read => read_blocking(reader, buffer, most),
        }
    }
}

async fn read_async<R>(reader: &mut R, buffer: &mut [u8], most: u64) -> io::Result<u64>
where
    R: AsyncRead + Unpin,
{
    let mut left = most;
    while left > 0 {
        let mut buffer = ReadBuf::new(part(buffer, left));
        poll_fn(|cx| Pin::new(&mut *reader).poll_read(cx, &mut buffer)).await?;
        match buffer.filled().len() {
            0 => break,
            read => left -= read as u64,
        }
    }
    Ok(most - left)
}

fn read_blocking<R: Read>(reader: &mut R, buffer: &mut [u8], most: u64) -> io::Result<u64> {
    let mut left = most;
    while left > 0 {
        match reader.read(part(buffer, left))? {
            0 => break,
            read => left -= read as u64,
        }
    }
    Ok(most - left)
}

fn part(buffer: &mut [u8], most: u64) -> &mut [u8] {
    let len = usize::try_from(most).map_or(buffer.len(), |most| most.min(buffer.len()));
    &mut buffer[..len]
}
