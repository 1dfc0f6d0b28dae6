use crate::{
    BucketName, ObjectKey, S3, TransferError, checksum::Verifier, range::size_told, service,
};
use aws_sdk_s3::{
    operation::get_object::{GetObjectInput, GetObjectOutput, builders::GetObjectInputBuilder},
    primitives::{ByteStream, ByteStreamError},
    types::ChecksumMode,
};
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use leeward_client_pool::{FutureOf, Op};
use leeward_error_taxonomy::AwsError;
use std::{
    fmt, future,
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// So much is reserved at most on the word of an answer.
const MAX_RESERVE: usize = 16 << 20;

/// What is in an object, as it comes: a [`Stream`] of bytes that goes on where it broke off.
///
/// After a broken connection the rest is asked for by `Range`, of the same content (`If-Match`), so often as
/// [`with_max_resumes`](crate::S3Builder::with_max_resumes) says. It ends after an error. Errors are
///
/// - [`TransferError::Torn`] if it broke off more often than that,
/// - [`TransferError::Corrupt`] at the very end if it is not what was uploaded,
/// - one with the code `PreconditionFailed` if the object was replaced meanwhile,
/// - whatever kept the rest from being had.
///
/// Nothing is read ahead of what is asked for, except by the system. Dropping it closes its connection; dropping
/// [`next`](Self::next) loses nothing.
#[must_use = "nothing is read before it is polled"]
pub struct ObjectBody {
    piece: Piece,
    /// What is still to come.
    rest: Range<u64>,
    state: State,
    times_torn: u32,
    /// Of the whole object: there is none if this is a part of one.
    verifier: Option<Verifier>,
}

enum State {
    Reading(ByteStream),
    Asking(FutureOf<'static, Result<ByteStream, AwsError>>),
    Over,
}

/// An object, to ask for pieces of it.
#[derive(Clone)]
pub(crate) struct Piece {
    s3: S3,
    bucket: BucketName,
    key: ObjectKey,
    version: Option<String>,
    etag: Option<String>,
}

impl Piece {
    pub(crate) fn new(
        s3: &S3,
        bucket: &BucketName,
        key: &ObjectKey,
        version: Option<&str>,
    ) -> Self {
        Self {
            s3: s3.clone(),
            bucket: bucket.clone(),
            key: key.clone(),
            version: version.map(str::to_owned),
            etag: None,
        }
    }

    /// Of this content only. Its version is not asked for by name: that needs another permission, `s3:GetObjectVersion`.
    pub(crate) fn of_etag(mut self, etag: &str) -> Self {
        self.etag = Some(etag.to_owned());
        self
    }

    /// Asks for all.
    pub(crate) async fn ask(&self) -> Result<GetObjectOutput, AwsError> {
        self.get(None).await
    }

    /// Asks for the bytes in `range`, not an empty one, and says how large the object is, if the answer does. It may have less of them.
    pub(crate) async fn ask_part(
        &self,
        range: &Range<u64>,
    ) -> Result<(GetObjectOutput, Option<u64>), AwsError> {
        let asked = format!("bytes={}-{}", range.start, range.end - 1);
        let answer = self.get(Some(asked)).await?;
        let size = size_told(range, answer.content_range()).map_err(|error| self.failed(error))?;
        Ok((answer, size))
    }

    async fn get(&self, range: Option<String>) -> Result<GetObjectOutput, AwsError> {
        let get = GetObjectInput::builder()
            .bucket(self.bucket.as_str())
            .key(self.key.as_str())
            .set_version_id(self.version.clone())
            .set_if_match(self.etag.clone())
            .set_range(range)
            .checksum_mode(ChecksumMode::Enabled);
        let get = Op::new(get, GetObjectInputBuilder::send_with);
        self.s3.caller().call(get).await
    }

    /// Says what failed, and where.
    pub(crate) fn failed(&self, error: impl Into<AwsError>) -> AwsError {
        self.s3.caller().told(service::named("GetObject"), error)
    }

    fn asking(&self, range: Range<u64>) -> State {
        let piece = self.clone();
        State::Asking(Box::pin(async move {
            let (answer, _) = piece.ask_part(&range).await?;
            Ok(answer.body)
        }))
    }
}

impl ObjectBody {
    /// The body of an answer that has this `range` of the object, or all of it.
    pub(crate) fn begun(
        piece: Piece,
        body: ByteStream,
        range: Range<u64>,
        verifier: Option<Verifier>,
    ) -> Self {
        Self {
            piece,
            rest: range,
            state: State::Reading(body),
            times_torn: 0,
            verifier,
        }
    }

    /// A part of an object that is still to be asked for; not an empty one.
    pub(crate) fn part(piece: Piece, range: Range<u64>) -> Self {
        Self {
            state: piece.asking(range.clone()),
            piece,
            rest: range,
            times_torn: 0,
            verifier: None,
        }
    }

    /// The next bytes; `None` at the end.
    ///
    /// ```no_run
    /// # async fn run(mut body: leeward_s3::ObjectBody) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// while let Some(bytes) = body.next().await {
    ///     println!("{} bytes", bytes?.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Result<Bytes, AwsError>> {
        future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// All that is still to come, in memory.
    pub(crate) async fn collect(mut self) -> Result<Bytes, AwsError> {
        let len = usize::try_from(self.rest.end - self.rest.start).unwrap_or(MAX_RESERVE);
        let mut bytes = BytesMut::with_capacity(len.min(MAX_RESERVE));
        while let Some(chunk) = self.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        Ok(bytes.freeze())
    }

    fn took(&mut self, bytes: &[u8]) -> Result<(), TransferError> {
        let len = bytes.len() as u64;
        if len > self.rest.end - self.rest.start {
            let (asked, found) = (self.rest.clone(), None);
            return Err(TransferError::OtherRange { asked, found });
        }
        self.rest.start += len;
        if let Some(verifier) = &mut self.verifier {
            verifier.update(bytes);
        }
        Ok(())
    }

    /// The service has nothing more to send, or the way from it broke.
    fn ended(&mut self, error: Option<ByteStreamError>) -> Result<(), TransferError> {
        if self.rest.is_empty() {
            self.state = State::Over;
            return match (&self.verifier, error) {
                (Some(verifier), _) => verifier.verify(),
                (None, None) => Ok(()),
                // All is there: what fails is the SDK's own comparison of checksums.
                (None, Some(_)) => Err(TransferError::Corrupt {
                    algorithm: "checksum",
                }),
            };
        }
        self.times_torn += 1;
        if self.times_torn > self.piece.s3.limits().max_resumes {
            return Err(TransferError::Torn {
                at: self.rest.start,
                end: self.rest.end,
                times: self.times_torn,
                source: error,
            });
        }
        tracing::debug!(target: "leeward::s3", at = self.rest.start, end = self.rest.end, times = self.times_torn, "a body broke off and is gone on with");
        self.state = self.piece.asking(self.rest.clone());
        Ok(())
    }

    fn fail(&mut self, error: impl Into<AwsError>) -> Poll<Option<Result<Bytes, AwsError>>> {
        self.state = State::Over;
        Poll::Ready(Some(Err(self.piece.failed(error))))
    }
}

impl Stream for ObjectBody {
    type Item = Result<Bytes, AwsError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.state {
                State::Over => return Poll::Ready(None),
                State::Asking(asked) => match ready!(asked.as_mut().poll(cx)) {
                    Ok(body) => self.state = State::Reading(body),
                    Err(error) => return self.fail(error),
                },
                State::Reading(body) => {
                    let error = match ready!(Pin::new(body).poll_next(cx)) {
                        Some(Ok(bytes)) if bytes.is_empty() => continue,
                        Some(Ok(bytes)) => {
                            return match self.took(&bytes) {
                                Ok(()) => Poll::Ready(Some(Ok(bytes))),
                                Err(error) => self.fail(error),
                            };
                        }
                        Some(Err(error)) => Some(error),
                        None => None,
                    };
                    if let Err(error) = self.ended(error) {
                        return self.fail(error);
                    }
                }
            }
        }
    }
}

impl fmt::Debug for ObjectBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectBody")
            .field("rest", &self.rest)
            .field("times_torn", &self.times_torn)
            .finish_non_exhaustive()
    }
}
