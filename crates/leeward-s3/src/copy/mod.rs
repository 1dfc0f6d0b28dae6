//! Copies within S3: in one go, or by parts if the original is large.

mod by_parts;
mod id;
mod original;
mod source;

pub use by_parts::ObjectCopy;
pub use id::CopyId;

use crate::{
    BucketName, ObjectKey, PutOptions, S3, TransferError,
    options::{Condition, with_options},
    service::is_elsewhere,
};
use aws_sdk_s3::{
    operation::copy_object::{CopyObjectInput, builders::CopyObjectInputBuilder},
    types::MetadataDirective,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use original::Original;

impl S3 {
    /// Copies an object within S3, from a bucket of any Region into one of this; answers the ETag of the copy.
    ///
    /// It looks at the original first: one that is larger than
    /// [`with_copy_threshold`](crate::S3Builder::with_copy_threshold) says, 256 MiB by default, is copied [by parts](Self::copy_by_parts). The copy
    /// has the metadata of `options` if they have any, or a media type, else those of the original. In one go it is sent again after a
    /// failure, unless the options have a condition. Dropped, it may have been applied. What is in another Region goes in one, whatever it
    /// has, and has to be through within the time of an attempt: better ask [`copy_by_parts`](Self::copy_by_parts) for what is large.
    ///
    /// # Errors
    ///
    /// `AccessDenied` also where a large original's tags may not be read: `copy_by_parts` can do [without](ObjectCopy::without_tags). With the
    /// code `NotFound` if the original is not there, `NoSuchBucket` if the bucket of the copy is not, `InvalidRequest` if the
    /// original is in another Region and has more than 5 GiB: ask [`copy_by_parts`](Self::copy_by_parts), and say who can look at it.
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
        match Original::seen_by(self, from).await {
            Ok(original) if original.details.size > self.limits().copy_threshold => {
                let copy = self.copy_by_parts(from, to).with_options(options.clone());
                let copied = copy.send_of(original).await?;
                Ok(copied.etag)
            }
            Ok(_) => self.copy_whole(from, to, options).await,
            // S3 itself reaches it there.
            Err(error) if is_elsewhere(&error) => self.copy_whole(from, to, options).await,
            Err(error) => Err(error),
        }
    }

    async fn copy_whole(
        &self,
        from: (&BucketName, &ObjectKey),
        to: (&BucketName, &ObjectKey),
        options: &PutOptions,
    ) -> Result<String, AwsError> {
        let directive = options
            .says_what_it_is()
            .then_some(MetadataDirective::Replace);
        let copy = CopyObjectInput::builder()
            .bucket(to.0.as_str())
            .key(to.1.as_str())
            .copy_source(source::written(from.0, from.1))
            .set_metadata_directive(directive)
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
