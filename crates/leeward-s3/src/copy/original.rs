use super::source::tagging;
use crate::{
    BucketName, Checksum, ObjectDetails, ObjectKey, PutOptions, S3,
    checksum::{Algorithm, ObjectChecksum},
    multipart::create,
    object,
};
use aws_sdk_s3::operation::{
    create_multipart_upload::builders::CreateMultipartUploadInputBuilder,
    get_object_tagging::{GetObjectTaggingInput, builders::GetObjectTaggingInputBuilder},
    head_object::HeadObjectOutput,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;

/// What is to be copied.
#[derive(Debug)]
pub(super) struct Original {
    pub(super) details: ObjectDetails,
    head: HeadObjectOutput,
    tagging: Option<String>,
}

impl Original {
    /// Looks at an object, and at its tags if it has any.
    pub(super) async fn seen_by(
        s3: &S3,
        (bucket, key): (&BucketName, &ObjectKey),
    ) -> Result<Self, AwsError> {
        let head = s3.head(bucket, key, None).await?;
        let (details, _) = object::of_head(&head)?;
        Ok(Self {
            details,
            head,
            tagging: None,
        })
    }

    /// Asks for the tags, of which a copy by parts has to be told: their number is not told to whom may not read them, and where there is
    /// none. A store that knows no tags has none.
    pub(super) async fn with_tags(
        self,
        s3: &S3,
        (bucket, key): (&BucketName, &ObjectKey),
    ) -> Result<Self, AwsError> {
        if self.head.tag_count == Some(0) {
            return Ok(self);
        }
        let ask = GetObjectTaggingInput::builder()
            .bucket(bucket.as_str())
            .key(key.as_str());
        let ask = Op::new(ask, GetObjectTaggingInputBuilder::send_with);
        let knows_none = |error: &AwsError| {
            matches!(error.status(), Some(405 | 501)) || error.code() == Some("NoSuchTagSet")
        };
        let told = s3.caller().find(ask, knows_none).await?;
        let tags = told.map_or_else(Vec::new, |told| told.tag_set);
        let pairs = tags.iter().map(|tag| (tag.key(), tag.value()));
        let tagging = Some(tagging(pairs)).filter(|_| !tags.is_empty());
        Ok(Self { tagging, ..self })
    }

    /// What begins a copy by parts: what `CopyObject` takes along of the original is said, as `options` do not say otherwise.
    pub(super) fn create(
        &self,
        bucket: &BucketName,
        key: &ObjectKey,
        options: &PutOptions,
        checksum: Checksum,
    ) -> CreateMultipartUploadInputBuilder {
        let create = create(bucket, key, options, checksum).set_tagging(self.tagging.clone());
        if options.says_what_it_is() {
            return create;
        }
        let head = &self.head;
        let expires = head.expires_string();
        let expires = expires.and_then(|text| {
            let format = aws_sdk_s3::primitives::DateTimeFormat::HttpDate;
            aws_sdk_s3::primitives::DateTime::from_str(text, format).ok()
        });
        create
            .set_content_type(head.content_type.clone())
            .set_cache_control(head.cache_control.clone())
            .set_content_disposition(head.content_disposition.clone())
            .set_content_encoding(head.content_encoding.clone())
            .set_content_language(head.content_language.clone())
            .set_expires(expires)
            .set_metadata(head.metadata.clone())
    }

    /// By which checksum a copy is put together: that which S3 keeps of the whole original, if it does, so that both can be compared.
    pub(super) fn checksum(&self, wanted: Checksum) -> Checksum {
        let kept = self
            .details
            .checksum
            .as_ref()
            .and_then(ObjectChecksum::cyclic);
        match kept {
            _ if wanted.is_of_parts() || wanted == Checksum::Nothing => wanted,
            None => wanted,
            Some(Algorithm::Crc32) => Checksum::Crc32,
            Some(Algorithm::Crc32C) => Checksum::Crc32C,
            Some(Algorithm::Crc64Nvme) => Checksum::Crc64Nvme,
        }
    }

    /// What the copy has to come to, if it is put together by this checksum.
    pub(super) fn expected(&self, checksum: Checksum) -> Option<(Algorithm, String)> {
        let kept = self.details.checksum.as_ref()?;
        let algorithm = kept.cyclic()?;
        let is_same = checksum.algorithm() == Some(algorithm) && !checksum.is_of_parts();
        is_same.then(|| (algorithm, kept.value.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original(checksum: Option<(&str, &str)>) -> Original {
        let mut details = ObjectDetails::sized(1, "tag");
        details.checksum = checksum.map(|(name, value)| ObjectChecksum::new(name, value));
        Original {
            details,
            head: HeadObjectOutput::builder().build(),
            tagging: None,
        }
    }

    #[test]
    fn a_copy_is_compared_with_its_original_where_s3_keeps_what_can_be() {
        let of_whole = original(Some(("CRC32", "AAAAAA==")));
        assert_eq!(of_whole.checksum(Checksum::Crc64Nvme), Checksum::Crc32);
        let expected = Some((Algorithm::Crc32, "AAAAAA==".to_owned()));
        assert_eq!(of_whole.expected(Checksum::Crc32), expected);
        assert_eq!(of_whole.expected(Checksum::Crc32OfParts), None);
        for wanted in [Checksum::Nothing, Checksum::Crc32COfParts] {
            assert_eq!(of_whole.checksum(wanted), wanted);
        }
        for other in [None, Some(("CRC32", "AAAAAA==-2")), Some(("SHA256", "…"))] {
            let original = original(other);
            assert_eq!(original.checksum(Checksum::Crc32C), Checksum::Crc32C);
            assert_eq!(original.expected(Checksum::Crc32C), None);
        }
    }
}
