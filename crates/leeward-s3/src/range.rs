use crate::{
    BucketName, ObjectBody, ObjectKey, OpenObject, S3, TransferError, body::Piece, object::of_get,
    service,
};
use bytes::Bytes;
use leeward_error_taxonomy::AwsError;
use std::ops::Range;

/// No object is as large. What is asked for up to there goes to the object's end.
const LARGEST: u64 = 1 << 50;

impl S3 {
    /// Opens a part of an object: its bytes from `range.start` up to the one before `range.end`, or to its end if that comes first.
    ///
    /// The `details` are those of the whole object. Where the connection breaks the stream goes on, as that of [`open`](Self::open) does.
    /// What comes is not compared: S3 keeps the checksum of the whole.
    ///
    /// # Errors
    ///
    /// As `open`; with the code `InvalidRange` if the object ends before `range.start`; [`TransferError::Setting`] if the range has
    /// nothing in it, in which case nothing is sent.
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
        if range.is_empty() {
            return Err(nothing_in(&range));
        }
        let Range { start, end } = range;
        let asked = start..end.min(start.saturating_add(LARGEST));
        let piece = Piece::new(self, bucket, key, None);
        let answer = piece.ask(Some(asked.clone())).await?;
        let given = answer.content_range().and_then(given);
        let Some((given, size)) = given.filter(|(given, _)| given.end <= asked.end) else {
            let found = answer.content_range().map(str::to_owned);
            return Err(TransferError::OtherRange { at: start, found }.into());
        };
        let (mut details, _) = of_get(&answer)?;
        details.size = size;
        let piece = piece.of_etag(&details.etag);
        let body = ObjectBody::begun(piece, answer.body, given, None);
        Ok(OpenObject { details, body })
    }

    /// Reads a part of an object into memory, which is its end if the object ends before `range` does.
    ///
    /// # Errors
    ///
    /// As [`open_range`](Self::open_range) and as its [body](ObjectBody).
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
        self.open_range(bucket, key, range)
            .await?
            .body
            .collect()
            .await
    }
}

fn nothing_in(range: &Range<u64>) -> AwsError {
    let refused = TransferError::Setting {
        setting: "the end of the range",
        found: range.end,
        rule: "behind its beginning",
    };
    AwsError::new(refused).with_operation(service::named("GetObject"))
}

/// Reads `bytes 0-4/17` (RFC 9110, 14.4): which bytes there are, and of how many.
fn given(content_range: &str) -> Option<(Range<u64>, u64)> {
    let (range, size) = content_range.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let [first, last, size] = [first, last, size].map(|number| number.parse::<u64>().ok());
    let (first, last, size) = (first?, last?, size?);
    (first <= last && last < size).then(|| (first..last + 1, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_it_is_answered() {
        for (answered, read) in [
            ("bytes 0-4/17", Some((0..5, 17))),
            ("bytes 16-16/17", Some((16..17, 17))),
            ("bytes 5-4/17", None),
            ("bytes 5-17/17", None),
            ("bytes 0-18446744073709551615/17", None),
            ("bytes */17", None),
            ("bytes 0-4/*", None),
            ("items 0-4/17", None),
            ("", None),
        ] {
            assert_eq!(given(answered), read, "{answered}");
        }
    }
}
