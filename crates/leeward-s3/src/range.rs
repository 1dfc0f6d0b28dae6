use crate::{
    BucketName, ObjectBody, ObjectKey, OpenObject, S3, TransferError, body::Piece, object::of_get,
};
use bytes::Bytes;
use leeward_error_taxonomy::AwsError;
use std::ops::Range;

/// No object is larger. What is asked for up to there goes to the object's end.
const LARGEST: u64 = 1 << 50;

impl S3 {
    /// Opens a part of an object: its bytes from `range.start` up to the one before `range.end`, or to its end if that comes first.
    ///
    /// The `details` are those of the whole object, without its checksum, which S3 tells with the whole only: what comes is not compared
    /// with it. Where the connection breaks, or an answer is too short, the stream goes on, as that of [`open`](Self::open) does.
    ///
    /// # Errors
    ///
    /// As `open`, and
    ///
    /// - with the code `InvalidRange` if the object has nothing from `range.start` on, an empty one from 0 on,
    /// - [`TransferError::OtherRange`] if the service answers with something else, as one that knows no ranges does,
    /// - [`TransferError::Setting`] if the range has nothing in it: nothing is sent then.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// // From the second MiB on.
    /// let range = 1 << 20..u64::MAX;
    /// let mut rest = s3.open_range(&"orders-archive".parse()?, &"2026/11/22.log".parse()?, range).await?;
    /// while let Some(bytes) = rest.body.next().await {
    ///     println!("{} of {} bytes", bytes?.len(), rest.details.size);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open_range(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        range: Range<u64>,
    ) -> Result<OpenObject, AwsError> {
        let piece = Piece::new(self, bucket, key, None);
        let range = bounded(range).map_err(|error| piece.failed(error))?;
        let answer = piece.ask(Some(range.clone())).await?;
        let due = due(&range, answer.content_range()).map_err(|error| piece.failed(error));
        let (due, size) = due?;
        let (mut details, _) = of_get(&answer)?;
        (details.size, details.checksum) = (size, None);
        let piece = piece.of_etag(&details.etag);
        let body = ObjectBody::begun(piece, answer.body, due, None);
        Ok(OpenObject { details, body })
    }

    /// Reads a part of an object into memory, as much as there is of `range`: give it an end, or see [`open_range`](Self::open_range).
    ///
    /// # Errors
    ///
    /// As `open_range` and as its [body](ObjectBody).
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let magic = s3.read_range(&"orders-archive".parse()?, &"2026.parquet".parse()?, 0..4).await?;
    /// assert_eq!(magic, "PAR1");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read_range(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        range: Range<u64>,
    ) -> Result<Bytes, AwsError> {
        let part = self.open_range(bucket, key, range).await?;
        part.body.collect().await
    }
}

/// As much of a range as an object can have.
fn bounded(range: Range<u64>) -> Result<Range<u64>, TransferError> {
    let Range { start, end } = range;
    match start < end {
        true => Ok(start..end.min(start.saturating_add(LARGEST))),
        false => Err(TransferError::Setting {
            setting: "the end of the range",
            found: end,
            rule: "behind its beginning",
        }),
    }
}

/// Which bytes are due, and how large the object is, by an answer that begins with them.
fn due(
    asked: &Range<u64>,
    content_range: Option<&str>,
) -> Result<(Range<u64>, u64), TransferError> {
    content_range
        .and_then(given)
        .map(|(given, size)| (given, asked.start..asked.end.min(size), size))
        .filter(|(given, due, _)| given.start == due.start && given.end <= due.end)
        .map(|(_, due, size)| (due, size))
        .ok_or_else(|| TransferError::OtherRange {
            at: asked.start,
            found: content_range.map(str::to_owned),
        })
}

/// Reads `bytes 0-4/17` (RFC 9110, 14.4): which bytes there are, and of how many.
fn given(content_range: &str) -> Option<(Range<u64>, u64)> {
    let (range, size) = content_range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let [first, last, size] = [first, last, size].map(|number| number.parse::<u64>().ok());
    let (first, last, size) = (first?, last?, size?);
    let is_there = first <= last && last < size && size <= LARGEST;
    is_there.then(|| (first..last + 1, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_object_can_have_is_asked_for() {
        const END: u64 = u64::MAX;
        for (range, asked) in [
            (0..1, Some(0..1)),
            (7..END, Some(7..LARGEST + 7)),
            (END - 1..END, Some(END - 1..END)),
            (5..5, None),
            (0..0, None),
            (Range { start: 7, end: 3 }, None),
        ] {
            assert_eq!(bounded(range.clone()).ok(), asked, "{range:?}");
        }
    }

    #[test]
    fn what_is_due_is_what_there_is_of_what_was_asked_for() {
        for (answered, due_of_5_to_10) in [
            ("bytes 5-9/17", Some((5..10, 17))),
            // The rest is asked for when this is over.
            ("bytes 5-5/17", Some((5..10, 17))),
            ("bytes 5-6/7", Some((5..7, 7))),
            // More or something else than was asked for.
            ("bytes 5-10/17", None),
            ("bytes 4-9/17", None),
            ("bytes 6-9/17", None),
            // No answer at all.
            ("bytes 5-4/17", None),
            ("bytes 5-17/17", None),
            ("bytes 5-18446744073709551615/17", None),
            ("bytes 5-9/18446744073709551615", None),
            ("bytes */17", None),
            ("bytes 5-9/*", None),
            ("items 5-9/17", None),
            ("", None),
        ] {
            let due = due(&(5..10), Some(answered));
            assert_eq!(due.ok(), due_of_5_to_10, "{answered}");
        }
        assert!(due(&(5..10), None).is_err());
    }
}
