use crate::TransferError;
use bytes::{Buf, Bytes, BytesMut};
use futures_core::Stream;
use futures_util::TryStreamExt;
use leeward_error_taxonomy::AwsError;
use std::{
    error::Error,
    fmt, future,
    path::{Path, PathBuf},
    pin::Pin,
};
use tokio::{fs::File, io::AsyncReadExt};

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
    Stream(BytesStream),
}

type BytesStream = Pin<Box<dyn Stream<Item = Result<Bytes, Box<dyn Error + Send + Sync>>> + Send>>;

impl UploadSource {
    /// Uploads a file, so long as it is when the upload begins; a file that gets shorter meanwhile fails it.
    ///
    /// Needs a tokio runtime, whose blocking threads read it.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self(Kind::File(path.as_ref().to_owned()))
    }

    /// Uploads what a stream gives, of which nobody needs to know the length.
    ///
    /// At most 10,000 parts of the part size: 80 GB, if no other is chosen.
    pub fn stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        Self(Kind::Stream(Box::pin(stream.map_err(Into::into))))
    }

    pub(crate) async fn open(self) -> Result<Reader, AwsError> {
        let (from, len) = match self.0 {
            Kind::Bytes(bytes) => {
                let len = bytes.len() as u64;
                (Input::Bytes(bytes), Some(len))
            }
            Kind::File(path) => {
                let failed = |error| TransferError::file("open", &path, error);
                let file = File::open(&path).await.map_err(failed)?;
                let len = file.metadata().await.map_err(failed)?.len();
                let rest = len;
                (Input::File { file, path, rest }, Some(len))
            }
            Kind::Stream(stream) => {
                let left = Bytes::new();
                (Input::Stream { stream, left }, None)
            }
        };
        Ok(Reader { from, len })
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
            Kind::Stream(_) => "stream",
        };
        f.debug_tuple("UploadSource").field(&kind).finish()
    }
}

/// Cuts a source into parts.
pub(crate) struct Reader {
    from: Input,
    /// How much there is, where that is known.
    pub(crate) len: Option<u64>,
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
            Input::Stream { stream, left } => of_stream(stream, left, size).await,
        }
    }
}

async fn of_stream(
    stream: &mut BytesStream,
    left: &mut Bytes,
    size: usize,
) -> Result<Bytes, AwsError> {
    if left.len() >= size {
        return Ok(left.split_to(size));
    }
    let mut part = BytesMut::from(std::mem::take(left));
    while part.len() < size {
        let Some(chunk) = future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await else {
            break;
        };
        let mut chunk = chunk.map_err(|error| AwsError::new(TransferError::Source(error)))?;
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
            UploadSource::stream(stream::iter(chunks)),
        ] {
            assert_eq!(parts(source, 3).await, ["abc", "def", "ghi", "jk"]);
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
