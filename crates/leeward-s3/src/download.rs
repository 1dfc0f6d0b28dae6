use crate::{
    BucketName, ObjectBody, ObjectDetails, ObjectKey, Progress, S3, TransferError,
    body::Piece,
    checksum::{Tally, Verifier},
    progress::Told,
    service::named,
};
use bytes::Bytes;
use futures_core::Stream;
use futures_util::{StreamExt, stream};
use leeward_error_taxonomy::AwsError;
use std::{
    collections::VecDeque,
    fmt, future,
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// A download by parts, several at once; asked for by [`S3::download`].
#[derive(Debug)]
#[must_use = "nothing is downloaded before it is told where to"]
pub struct Download {
    pub(crate) s3: S3,
    pub(crate) bucket: BucketName,
    pub(crate) key: ObjectKey,
    version: Option<String>,
    compares: bool,
    pub(crate) progress: Told,
}

/// What is downloaded, in its order: a [`Stream`] of bytes.
///
/// Parts are begun while it is polled, so far ahead as [`with_max_concurrency`](crate::S3Builder::with_max_concurrency) says, each in a
/// task of its own, which goes on where it broke off as an [`ObjectBody`] does, with the same errors. Dropping it closes all connections.
#[must_use = "nothing is read before it is polled"]
pub struct DownloadStream {
    details: ObjectDetails,
    piece: Piece,
    parts: Pin<Box<dyn Stream<Item = Result<Part, AwsError>> + Send>>,
    at_hand: VecDeque<Bytes>,
    at: u64,
    verifier: Option<Verifier>,
    progress: Told,
    is_over: bool,
}

/// What came of one part.
struct Part {
    chunks: VecDeque<Bytes>,
    tally: Option<Tally>,
}

impl S3 {
    /// Downloads an object by parts, several at once: what is large.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (bucket, key) = ("orders-archive".parse()?, "2026.tar".parse()?);
    /// let download = s3.download(&bucket, &key).with_progress(|done| println!("{} bytes", done.bytes));
    /// download.to_file("2026.tar").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn download(&self, bucket: &BucketName, key: &ObjectKey) -> Download {
        Download {
            s3: self.clone(),
            bucket: bucket.clone(),
            key: key.clone(),
            version: None,
            compares: true,
            progress: Told::default(),
        }
    }
}

impl Download {
    /// Downloads this version, which needs the permission `s3:GetObjectVersion`. Default: the one that is there when it begins; that it was
    /// replaced fails the download (`PreconditionFailed`).
    pub fn with_version(mut self, version_id: impl Into<String>) -> Self {
        self.version = Some(version_id.into());
        self
    }

    /// Does not compare what comes with the checksum that S3 keeps of the object. Default: it is compared, where it is a cyclic one of the whole.
    ///
    /// The comparison takes a tenth of a second of a processor for each GiB, or less. Without it TLS alone guards the bytes on their way,
    /// and what a file has of an object already is not read again.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let download = s3.download(&"orders-archive".parse()?, &"2026.tar".parse()?);
    /// download.without_checksum().to_file("2026.tar").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub const fn without_checksum(mut self) -> Self {
        self.compares = false;
        self
    }

    /// Tells `tell` of each piece that came. Default: nobody.
    ///
    /// It is called within the download, which stands still meanwhile.
    pub fn with_progress(mut self, tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = Told::new(tell);
        self
    }

    /// Begins it, and gives it as a stream.
    ///
    /// # Errors
    ///
    /// With the code `NotFound` if the object is not there.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let mut stream = s3.download(&"orders-archive".parse()?, &"2026.tar".parse()?).stream().await?;
    /// while let Some(bytes) = stream.next().await {
    ///     println!("{} of {} bytes", bytes?.len(), stream.details().size);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stream(self) -> Result<DownloadStream, AwsError> {
        self.stream_from(0, None).await
    }

    /// Goes on with a download that got to `offset`, if the object still has that ETag; without one, with whatever is there.
    ///
    /// Behind the beginning the checksum of the whole is not compared. For files [`to_file`](Self::to_file) does it all.
    ///
    /// # Errors
    ///
    /// With the code `NotFound` if the object is not there, [`TransferError::Replaced`] if it has another ETag, and
    /// [`TransferError::BehindEnd`] if it ends before `offset`. That it is replaced later fails the stream: `PreconditionFailed`.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3, etag: &str) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let download = s3.download(&"orders-archive".parse()?, &"2026.tar".parse()?);
    /// let mut rest = download.stream_from(1 << 30, Some(etag)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stream_from(
        self,
        offset: u64,
        etag: Option<&str>,
    ) -> Result<DownloadStream, AwsError> {
        let (details, verifier) = self.look().await?;
        // Of what is over no part is asked for, which would tell.
        if let Some(begun) = etag
            && begun.trim_matches('"') != details.etag.trim_matches('"')
        {
            let (begun, found) = (begun.to_owned(), details.etag);
            let replaced = TransferError::Replaced { begun, found };
            return Err(self.s3.caller().told(named("HeadObject"), replaced));
        }
        let verifier = verifier.filter(|_| offset == 0);
        self.stream_rest(details, offset, verifier)
    }

    pub(crate) async fn look(&self) -> Result<(ObjectDetails, Option<Verifier>), AwsError> {
        let version = self.version.as_deref();
        let (details, verifier) = self.s3.look_at(&self.bucket, &self.key, version).await?;
        Ok((details, verifier.filter(|_| self.compares)))
    }

    /// The rest from `offset` on, of which the verifier knows what is before.
    pub(crate) fn stream_rest(
        self,
        details: ObjectDetails,
        offset: u64,
        verifier: Option<Verifier>,
    ) -> Result<DownloadStream, AwsError> {
        let size = details.size;
        if offset > size {
            let at = offset;
            let behind = TransferError::BehindEnd { at, size };
            return Err(self.s3.caller().told(named("HeadObject"), behind));
        }
        let limits = self.s3.limits();
        let version = self.version.as_deref();
        let piece = Piece::new(&self.s3, &self.bucket, &self.key, version);
        let piece = piece.of_etag(&details.etag);
        let whole = piece.clone();
        let parts = ranges(offset, size, limits.part_size as u64);
        let tasks = self.s3.cleanup().clone();
        let tally = verifier.as_ref().map(Verifier::tally);
        let parts = parts.map(move |range| {
            let body = ObjectBody::part(piece.clone(), range);
            let (tasks, part) = (tasks.clone(), Part::of(body, tally.clone()));
            async move { tasks.apart(part).await }
        });
        let parts = stream::iter(parts).buffered(limits.max_concurrency);
        self.progress.tell(offset, Some(size));
        Ok(DownloadStream {
            details,
            piece: whole,
            parts: Box::pin(parts),
            at_hand: VecDeque::new(),
            at: offset,
            verifier,
            progress: self.progress,
            is_over: false,
        })
    }
}

impl Part {
    /// Reads all of it; what tells its checksum sees each chunk as it comes.
    async fn of(mut body: ObjectBody, mut tally: Option<Tally>) -> Result<Self, AwsError> {
        let mut chunks = VecDeque::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk?;
            if let Some(tally) = &mut tally {
                tally.update(&chunk);
            }
            chunks.push_back(chunk);
        }
        Ok(Self { chunks, tally })
    }
}

/// The parts of what is between the two, in their order.
fn ranges(from: u64, to: u64, part_size: u64) -> impl Iterator<Item = Range<u64>> + Send {
    let mut at = from;
    std::iter::from_fn(move || {
        let start = at;
        at = start.saturating_add(part_size).min(to);
        (start < to).then_some(start..at)
    })
}

impl DownloadStream {
    /// What S3 tells of the object.
    #[must_use]
    pub fn details(&self) -> &ObjectDetails {
        &self.details
    }

    /// The next bytes; `None` at the end.
    ///
    /// ```no_run
    /// # async fn run(mut stream: leeward_s3::DownloadStream) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// while let Some(bytes) = stream.next().await {
    ///     println!("{} of {} bytes", bytes?.len(), stream.details().size);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<Bytes, AwsError>> {
        future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for DownloadStream {
    type Item = Result<Bytes, AwsError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(bytes) = self.at_hand.pop_front() {
                self.at += bytes.len() as u64;
                self.progress.tell(self.at, Some(self.details.size));
                return Poll::Ready(Some(Ok(bytes)));
            }
            if self.is_over {
                return Poll::Ready(None);
            }
            match ready!(self.parts.as_mut().poll_next(cx)) {
                Some(Ok(Part { chunks, tally })) => {
                    self.at_hand = chunks;
                    if let (Some(verifier), Some(tally)) = (&mut self.verifier, &tally) {
                        verifier.join(tally);
                    }
                }
                Some(Err(error)) => {
                    self.is_over = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.is_over = true;
                    let verified = self.verifier.as_ref().map_or(Ok(()), Verifier::verify);
                    if let Err(error) = verified {
                        let error = self.piece.failed(error);
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
        }
    }
}

impl fmt::Debug for DownloadStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadStream")
            .field("details", &self.details)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_what_is_wanted_and_no_more() {
        let cut = |from, to| {
            let parts = ranges(from, to, 10).map(|part| (part.start, part.end));
            parts.collect::<Vec<_>>()
        };
        assert_eq!(cut(0, 0), []);
        assert_eq!(cut(7, 7), []);
        assert_eq!(cut(0, 10), [(0, 10)]);
        assert_eq!(cut(3, 24), [(3, 13), (13, 23), (23, 24)]);
    }
}
