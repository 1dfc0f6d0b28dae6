use crate::{
    TransferError,
    parts::{MAX_PARTS, Present},
    source::Reader,
};
use bytes::Bytes;
use leeward_error_taxonomy::AwsError;
use std::sync::Arc;

/// The parts of a source, read when there is room for them.
pub(super) struct Parts {
    first: Option<Bytes>,
    reader: Reader,
    part_size: usize,
    number: u32,
    present: Arc<Present>,
}

/// A part, and what S3 may have of it already.
pub(super) struct Numbered {
    pub(super) number: u32,
    pub(super) bytes: Bytes,
    pub(super) present: Arc<Present>,
}

impl Parts {
    pub(super) fn new(
        first: Option<Bytes>,
        reader: Reader,
        part_size: usize,
        present: Present,
    ) -> Self {
        Self {
            first,
            reader,
            part_size,
            number: 1,
            present: Arc::new(present),
        }
    }

    /// How many bytes there are in all, where that is known.
    pub(super) const fn total(&self) -> Option<u64> {
        self.reader.len
    }

    pub(super) async fn next(mut self) -> Result<Option<(Numbered, Self)>, AwsError> {
        let bytes = match self.first.take() {
            Some(first) => first,
            None => self.reader.part(self.part_size).await?,
        };
        let number = self.number;
        // Of nothing at all there is one part, which is empty.
        if bytes.is_empty() && number > 1 {
            return Ok(None);
        }
        if number > MAX_PARTS {
            let part_size = self.part_size;
            return Err(AwsError::new(TransferError::TooManyParts { part_size }));
        }
        self.number += 1;
        let present = Arc::clone(&self.present);
        let part = Numbered {
            number,
            bytes,
            present,
        };
        Ok(Some((part, self)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UploadSource;

    /// How many parts there are of so many bytes that are cut one by one.
    async fn count(bytes: usize) -> Result<u32, AwsError> {
        let reader = UploadSource::from(vec![0; bytes]).open().await?;
        let mut parts = Parts::new(None, reader, 1, Present::default());
        let mut count = 0;
        while let Some((part, rest)) = parts.next().await? {
            count += 1;
            assert_eq!(part.number, count);
            parts = rest;
        }
        Ok(count)
    }

    #[tokio::test]
    async fn there_are_ten_thousand_parts_and_not_one_more() {
        assert_eq!(count(0).await.unwrap(), 1);
        assert_eq!(count(10_000).await.unwrap(), 10_000);
        let error = count(10_001).await.unwrap_err();
        let error = error.downcast_ref::<TransferError>();
        assert!(matches!(
            error,
            Some(TransferError::TooManyParts { part_size: 1 })
        ));
    }
}
