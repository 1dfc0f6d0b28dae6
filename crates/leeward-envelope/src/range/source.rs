use std::{fmt, io, ops::Range};

/// A source that is read at any place: bytes in memory, a file, an object that is fetched in ranges.
pub trait ReadAt: Send + Sync {
    /// How many bytes there are.
    fn source_len(&self) -> impl Future<Output = io::Result<u64>> + Send;

    /// The bytes of a range, which ends where the source does or before.
    ///
    /// Fewer than were asked for count as a message that was cut off; what is more is left out.
    fn read_at(&self, range: Range<u64>) -> impl Future<Output = io::Result<Vec<u8>>> + Send;
}

impl ReadAt for [u8] {
    async fn source_len(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    async fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let bound = |at| usize::try_from(at).unwrap_or(usize::MAX);
        let bytes = self.get(bound(range.start)..bound(range.end));
        let bytes = bytes.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(bytes.to_vec())
    }
}

impl ReadAt for Vec<u8> {
    async fn source_len(&self) -> io::Result<u64> {
        self.as_slice().source_len().await
    }

    async fn read_at(&self, range: Range<u64>) -> io::Result<Self> {
        self.as_slice().read_at(range).await
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    async fn source_len(&self) -> io::Result<u64> {
        (**self).source_len().await
    }

    async fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        (**self).read_at(range).await
    }
}

/// Reads from a file on a blocking thread of the tokio runtime, in which it must be used; on Windows that moves its cursor.
#[cfg(all(feature = "file", any(unix, windows)))]
impl ReadAt for std::sync::Arc<std::fs::File> {
    async fn source_len(&self) -> io::Result<u64> {
        let file = Self::clone(self);
        blocking(move || file.metadata().map(|metadata| metadata.len())).await
    }

    async fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        let file = Self::clone(self);
        let len = usize::try_from(range.end.saturating_sub(range.start));
        let len = len.map_err(io::Error::other)?;
        blocking(move || {
            let mut bytes = vec![0; len];
            read_exact_at(&file, &mut bytes, range.start)?;
            Ok(bytes)
        })
        .await
    }
}

#[cfg(all(feature = "file", unix))]
fn read_exact_at(file: &std::fs::File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(all(feature = "file", windows))]
fn read_exact_at(file: &std::fs::File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;

    while !bytes.is_empty() {
        match file.seek_read(bytes, at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(len) => {
                bytes = &mut bytes[len..];
                at += len as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(all(feature = "file", any(unix, windows)))]
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
    runtime
        .spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

/// A source of `len` bytes that `read` fetches ranges of, such as an object in S3.
///
/// ```
/// # fn get_object(_: &str, _: &str) -> std::future::Ready<std::io::Result<Vec<u8>>> {
/// #     std::future::ready(Ok(Vec::new()))
/// # }
/// // The end of an HTTP range is a part of it.
/// let source = leeward_envelope::read_at_fn(10_000_000, |range| async move {
///     get_object("bucket/key", &format!("bytes={}-{}", range.start, range.end - 1)).await
/// });
/// ```
pub const fn read_at_fn<F, Read>(len: u64, read: F) -> ReadAtFn<F>
where
    F: Fn(Range<u64>) -> Read,
{
    ReadAtFn { len, read }
}

/// Of [`read_at_fn`].
#[derive(Clone, Copy)]
#[must_use]
pub struct ReadAtFn<F> {
    len: u64,
    read: F,
}

impl<F, Read> ReadAt for ReadAtFn<F>
where
    F: Fn(Range<u64>) -> Read + Send + Sync,
    Read: Future<Output = io::Result<Vec<u8>>> + Send,
{
    async fn source_len(&self) -> io::Result<u64> {
        Ok(self.len)
    }

    async fn read_at(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        (self.read)(range).await
    }
}

impl<F> fmt::Debug for ReadAtFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadAtFn")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}
