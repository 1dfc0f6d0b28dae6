use crate::{
    BucketName, ObjectKey, PutOptions, S3, TransferError,
    options::{Condition, with_options},
};
use aws_sdk_s3::{
    operation::copy_object::{CopyObjectInput, builders::CopyObjectInputBuilder},
    types::MetadataDirective,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in the path of a URL: unreserved characters of RFC 3986, and the slashes between.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

impl S3 {
    /// Copies an object of up to 5 GiB within S3, from a bucket of any Region into one of this; answers the ETag of the copy.
    ///
    /// The copy has the metadata of `options` if they have any, or a media type, else those of the original. It is sent again after a failure,
    /// unless the options have a condition. Dropped, it may have been applied.
    ///
    /// # Errors
    ///
    /// With the code `NoSuchKey` or `NoSuchBucket` if the original is not there, `InvalidRequest` if it is too large.
    ///
    /// ```no_run
    /// use leeward_s3::PutOptions;
    ///
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let (from, to) = ("orders".parse()?, "orders-archive".parse()?);
    /// let key = "2026/11/22.json".parse()?;
    /// s3.copy((&from, &key), (&to, &key), &PutOptions::new()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn copy(
        &self,
        from: (&BucketName, &ObjectKey),
        to: (&BucketName, &ObjectKey),
        options: &PutOptions,
    ) -> Result<String, AwsError> {
        let replaces = !options.metadata.is_empty()
            || options.content_type.is_some()
            || options.cache_control.is_some();
        let copy = CopyObjectInput::builder()
            .bucket(to.0.as_str())
            .key(to.1.as_str())
            .copy_source(source(from.0, from.1))
            .set_metadata_directive(replaces.then_some(MetadataDirective::Replace))
            .set_if_none_match(Condition::if_none_match(options.condition.as_ref()))
            .set_if_match(Condition::if_match(options.condition.as_ref()));
        let copy = Op::new(
            with_options!(copy, options),
            CopyObjectInputBuilder::send_with,
        );
        let copy = match options.condition {
            None => copy.idempotent(),
            Some(_) => copy,
        };
        let copied = self.caller().call(copy).await?.copy_object_result;
        let etag = copied.and_then(|copied| copied.e_tag);
        Ok(etag.ok_or(TransferError::Lacking("ETag"))?)
    }
}

fn source(bucket: &BucketName, key: &ObjectKey) -> String {
    format!("{bucket}/{}", utf8_percent_encode(key.as_str(), PATH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_written_as_in_a_url() {
        let source = |key: &str| source(&"orders".parse().unwrap(), &key.parse().unwrap());
        assert_eq!(source("a/b-c.json"), "orders/a/b-c.json");
        assert_eq!(source("a b+ü?"), "orders/a%20b%2B%C3%BC%3F");
    }
}
