use crate::TransferError;
use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use futures_util::{StreamExt, TryStreamExt};
use leeward_error_taxonomy::AwsError;
use std::{
    error::Error,
    fmt, future, io,
    path::{Path, PathBuf},
    pin::Pin,
};
use tokio::{
    fs::{self, File},
    io::AsyncReadExt,
};

/// What is uploaded: bytes, a file, or a stream of bytes.
///
/// ```
/// use leeward_s3::UploadSource;
///
/// let report = UploadSource::from("a report");
/// let archive = UploadSource::file("/var/backups/2026.tar");
/// ```
pub struct UploadSource(Kind);

enum Kind {
    Bytes(Bytes),
    File(PathBuf),
    Stream(BytesStream, Option<u64>),
}

pub(crate) type BytesStream = Pin<Box<dyn Stream<Item = Result<Bytes, AwsError>> + Send>>;

impl UploadSource {
    /// Uploads a file, so long as it is when the upload begins; a file that gets shorter meanwhile fails it.
    ///
    /// It has to be a regular one: what comes through a pipe or out of a device has no length, and is given as a [`stream`](Self::stream).
    ///
    /// Needs a tokio runtime, whose blocking threads read it.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self(Kind::File(path.as_ref().to_owned()))
    }

    /// Uploads what a stream gives, of which nobody needs to know the length.
    ///
    /// At most 10,000 parts of the part size: 80 GB, if no other is chosen. See [`sized_stream`](Self::sized_stream).
    pub fn stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        Self::of_stream(stream, None)
    }

    /// Uploads what a stream gives, which has to be exactly `len` bytes: parts get larger where there would be too many.
    ///
    /// [`TransferError::OtherLength`] fails the upload if there are more or fewer; nothing is there then.
    pub fn sized_stream<S, E>(stream: S, len: u64) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        Self::of_stream(stream, Some(len))
    }

    fn of_stream<S, E>(stream: S, len: Option<u64>) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let failed = |error: E| AwsError::new(TransferError::Source(error.into()));
        Self::told(stream.map_err(failed), len)
    }

    /// A stream whose errors are told as they are.
    ///
    /// It is asked again behind its end, where most streams panic: an upload looks for one more part.
    pub(crate) fn told<S>(stream: S, len: Option<u64>) -> Self
    where
        S: Stream<Item = Result<Bytes, AwsError>> + Send + 'static,
    {
        Self(Kind::Stream(Box::pin(stream.fuse()), len))
    }

    pub(crate) async fn open(self) -> Result<Reader, AwsError> {
        let (from, len) = match self.0 {
            Kind::Bytes(bytes) => {
                let len = bytes.len() as u64;
                (Input::Bytes(bytes), Some(len))
            }
            Kind::File(path) => {
                let failed = |error| TransferError::file("open", &path, error);
                // Before it is opened, for which a pipe waits until somebody writes to it.
                let is_file = fs::metadata(&path).await.map_err(failed)?.is_file();
                if !is_file {
                    return Err(failed(endless()));
                }
                let file = File::open(&path).await.map_err(failed)?;
                let len = file.metadata().await.map_err(failed)?.len();
                let rest = len;
                (Input::File { file, path, rest }, Some(len))
            }
            Kind::Stream(stream, len) => {
                let left = Bytes::new();
                (Input::Stream { stream, left }, len)
            }
        };
        Ok(Reader {
            from,
            len,
            taken: 0,
        })
    }
}

impl<T: Into<Bytes>> From<T> for UploadSource {
    fn from(bytes: T) -> Self {
        Self(Kind::Bytes(bytes.into()))
    }
}

impl fmt::Debug for UploadSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.0 {
            Kind::Bytes(_) => "bytes",
            Kind::File(_) => "file",
            Kind::Stream(..) => "stream",
        };
        f.debug_tuple("UploadSource").field(&kind).finish()
    }
}

/// Cuts a source into parts.
pub(crate) struct Reader {
    from: Input,
    /// How much there is, where that is known.
    pub(crate) len: Option<u64>,
    taken: u64,
}

enum Input {
    Bytes(Bytes),
    File {
        file: File,
        path: PathBuf,
        rest: u64,
    },
    Stream {
        stream: BytesStream,
        left: Bytes,
    },
}

impl Reader {
    /// The next `size` bytes; fewer at the end, and none behind it.
    pub(crate) async fn part(&mut self, size: usize) -> Result<Bytes, AwsError> {
        match &mut self.from {
            Input::Bytes(bytes) => Ok(bytes.split_to(size.min(bytes.len()))),
            Input::File { file, path, rest } => {
                let len = usize::try_from(*rest).unwrap_or(usize::MAX).min(size);
                let mut part = BytesMut::zeroed(len);
                let read = file.read_exact(&mut part).await;
                read.map_err(|error| TransferError::file("read", path, error))?;
                *rest -= len as u64;
                Ok(part.freeze())
            }
            Input::Stream { stream, left } => {
                let rest = self.len.map(|len| len - self.taken);
                let wanted = rest.map_or(size, |rest| {
                    usize::try_from(rest).unwrap_or(usize::MAX).min(size)
                });
                let part = of_stream(stream, left, wanted).await?;
                self.taken += part.len() as u64;
                if let Some(len) = self.len {
                    if part.len() < wanted {
                        let is_longer = false;
                        return Err(AwsError::new(TransferError::OtherLength { len, is_longer }));
                    }
                    if self.taken == len && !of_stream(stream, left, 1).await?.is_empty() {
                        let is_longer = true;
                        return Err(AwsError::new(TransferError::OtherLength { len, is_longer }));
                    }
                }
                Ok(part)
            }
        }
    }

    /// Whether all is taken, as far as that is known.
    pub(crate) fn is_over(&self) -> bool {
        match &self.from {
            Input::Bytes(bytes) => bytes.is_empty(),
            Input::File { rest, .. } => *rest == 0,
            Input::Stream { .. } => self.len == Some(self.taken),
        }
    }
}

/// Their length says nothing: it is 0.
fn endless() -> io::Error {
    let text = "it is no regular file: upload what comes out of it as a stream";
    io::Error::new(io::ErrorKind::InvalidInput, text)
}

/// As much of a part as is asked of the system at once.
const MAX_RESERVED: usize = 64 << 20;

async fn of_stream(
    stream: &mut BytesStream,
    left: &mut Bytes,
    size: usize,
) -> Result<Bytes, AwsError> {
    if left.len() >= size {
        return Ok(left.split_to(size));
    }
    // All of it at once: what grows by and by leaves gaps in memory. Nothing of it is there before it is written.
    let mut part = BytesMut::with_capacity(size.min(MAX_RESERVED));
    part.extend_from_slice(&std::mem::take(left));
    while part.len() < size {
        let Some(chunk) = future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await else {
            break;
        };
        let mut chunk = chunk?;
        let wanted = chunk.len().min(size - part.len());
        part.extend_from_slice(&chunk[..wanted]);
        chunk.advance(wanted);
        *left = chunk;
    }
    Ok(part.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    async fn parts(source: UploadSource, size: usize) -> Vec<Bytes> {
        let mut reader = source.open().await.unwrap();
        let mut parts = Vec::new();
        loop {
            let part = reader.part(size).await.unwrap();
            if part.is_empty() {
                return parts;
            }
            parts.push(part);
        }
    }

    #[tokio::test]
    async fn every_source_is_cut_alike() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("source");
        std::fs::write(&path, "abcdefghijk").unwrap();
        let chunks = ["a", "", "bcdefgh", "ij", "k"].map(|chunk| Ok::<_, String>(chunk.into()));
        for source in [
            UploadSource::from("abcdefghijk"),
            UploadSource::file(&path),
            UploadSource::stream(stream::iter(chunks.clone())),
            UploadSource::sized_stream(stream::iter(chunks.clone()), 11),
            UploadSource::stream(once_only(chunks.clone())),
            UploadSource::sized_stream(once_only(chunks), 11),
        ] {
            assert_eq!(parts(source, 3).await, ["abc", "def", "ghi", "jk"]);
        }
    }

    /// A stream that panics if it is asked behind its end, as streams may.
    fn once_only<T: Send + 'static>(
        items: impl IntoIterator<Item = T, IntoIter: Send + 'static>,
    ) -> impl Stream<Item = T> + Send {
        let items = items.into_iter();
        stream::unfold(items, async |mut items| Some((items.next()?, items)))
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn what_has_no_length_is_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        for path in [Path::new("/dev/null"), Path::new("/dev"), &pipe] {
            let error = UploadSource::file(path).open().await.err().unwrap();
            let Some(TransferError::File { source, .. }) = error.downcast_ref() else {
                panic!("{error}");
            };
            assert_eq!(source.kind(), io::ErrorKind::InvalidInput, "{error}");
        }
    }

    #[tokio::test]
    async fn a_stream_has_the_length_that_was_said_of_it() {
        for (len, expected) in [(4, Some(true)), (5, None), (6, Some(false))] {
            let chunks = ["ab", "", "cde"].map(|chunk| Ok::<_, String>(Bytes::from(chunk)));
            let source = UploadSource::sized_stream(stream::iter(chunks), len);
            let mut reader = source.open().await.unwrap();
            let found = loop {
                match reader.part(3).await {
                    Ok(_) if reader.is_over() => break None,
                    Ok(_) => {}
                    Err(error) => match error.downcast_ref() {
                        Some(TransferError::OtherLength { is_longer, .. }) => {
                            break Some(*is_longer);
                        }
                        _ => panic!("{error}"),
                    },
                }
            };
            assert_eq!(found, expected, "{len}");
        }
    }

    #[tokio::test]
    async fn a_stream_that_fails_is_told_as_it_is() {
        let chunks = [Ok(Bytes::from("a")), Err("the tape tore")];
        let mut reader = UploadSource::stream(stream::iter(chunks))
            .open()
            .await
            .unwrap();
        let error = reader.part(3).await.unwrap_err();
        assert!(
            matches!(error.downcast_ref(), Some(TransferError::Source(_))),
            "{error}"
        );
    }
}
