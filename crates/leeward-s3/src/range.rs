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
        let (answer, size) = piece.ask_part(&range).await?;
        let size = size.ok_or_else(|| piece.failed(other(&range, answer.content_range())))?;
        let (mut details, _) = of_get(&answer).map_err(|error| piece.failed(error))?;
        (details.size, details.checksum) = (size, None);
        let piece = piece.of_etag(&details.etag);
        let due = range.start..range.end.min(size);
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

/// Reads how large the object is from the `Content-Range` of an answer, if the answer tells, and begins with what was asked for.
/// It may have less of that: the rest is to be asked for then.
pub(crate) fn size_told(
    asked: &Range<u64>,
    content_range: Option<&str>,
) -> Result<Option<u64>, TransferError> {
    content_range
        .and_then(given)
        .filter(|(given, _)| given.start == asked.start && given.end <= asked.end)
        .map(|(_, size)| size)
        .ok_or_else(|| other(asked, content_range))
}

fn other(asked: &Range<u64>, content_range: Option<&str>) -> TransferError {
    TransferError::OtherRange {
        asked: asked.clone(),
        found: content_range.map(str::to_owned),
    }
}

/// Reads `bytes 0-4/17`, or `bytes 0-4/*` (RFC 9110, 14.4): which bytes there are, and of how many.
fn given(content_range: &str) -> Option<(Range<u64>, Option<u64>)> {
    let (range, size) = content_range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let bytes = first.parse().ok()?..last.parse::<u64>().ok()?.checked_add(1)?;
    let size = match size {
        "*" => None,
        size => Some(size.parse().ok()?),
    };
    let is_there =
        !bytes.is_empty() && size.is_none_or(|size| bytes.end <= size && size <= LARGEST);
    is_there.then_some((bytes, size))
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
    fn an_answer_begins_with_what_was_asked_for_and_has_no_more() {
        for (answered, size_of_5_to_10) in [
            ("bytes 5-9/17", Some(Some(17))),
            ("bytes 5-9/*", Some(None)),
            // The rest is asked for when this is over.
            ("bytes 5-5/17", Some(Some(17))),
            ("bytes 5-6/7", Some(Some(7))),
            // More or something else than was asked for.
            ("bytes 5-10/17", None),
            ("bytes 5-10/*", None),
            ("bytes 4-9/17", None),
            ("bytes 6-9/17", None),
            // No answer at all.
            ("bytes 5-4/17", None),
            ("bytes 5-17/17", None),
            ("bytes 5-18446744073709551615/17", None),
            ("bytes 5-9/18446744073709551615", None),
            ("bytes */17", None),
            ("bytes 5-/17", None),
            ("items 5-9/17", None),
            ("", None),
        ] {
            let size = size_told(&(5..10), Some(answered));
            assert_eq!(size.ok(), size_of_5_to_10, "{answered}");
        }
        let error = size_told(&(5..10), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "asked for the bytes 5 to 9, the service answered with other ones"
        );
        let error = size_told(&(5..10), Some("bytes 0-16/17")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "asked for the bytes 5 to 9, the service answered with \"bytes 0-16/17\""
        );
    }
}
