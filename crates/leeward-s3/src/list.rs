use crate::{BucketName, S3, TransferError, UploadId};
use aws_sdk_s3::{
    operation::{
        list_multipart_uploads::{
            ListMultipartUploadsInput, builders::ListMultipartUploadsInputBuilder,
        },
        list_objects_v2::{ListObjectsV2Input, builders::ListObjectsV2InputBuilder},
    },
    types::{CommonPrefix, EncodingType, MultipartUpload, Object},
};
use leeward_client_pool::{Page, Pages};
use percent_encoding::percent_decode_str;
use std::time::SystemTime;

/// An object in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ObjectSummary {
    /// Its key.
    pub key: String,
    /// How many bytes it has.
    pub size: u64,
    /// What changes when its content does.
    pub etag: Option<String>,
    /// When it was written.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub last_modified: Option<SystemTime>,
    /// Its storage class.
    pub storage_class: Option<String>,
}

/// What is in a folder: keys up to the next delimiter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum FolderEntry {
    /// An object.
    Object(ObjectSummary),
    /// The beginning that several keys have in common, with the delimiter at its end: a folder in the folder.
    Prefix(String),
}

/// An upload that was begun, and neither finished nor aborted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct UnfinishedUpload {
    /// The key that its object will have.
    pub key: String,
    /// Under which S3 knows it.
    pub id: UploadId,
    /// When it was begun.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub begun: Option<SystemTime>,
}

impl S3 {
    /// Lists the objects whose keys begin with `prefix`, all if it is empty, in the order of their keys.
    ///
    /// A page of up to 1,000 is in memory at a time. Keys are asked for as URLs write them, so that any key can be listed; a store that
    /// does not know this cannot list those with characters that XML 1.0 does not have.
    ///
    /// Its errors: with the code `NoSuchBucket` if there is no such bucket.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let mut objects = s3.list(&"orders-archive".parse()?, "2026/");
    /// while let Some(object) = objects.next().await {
    ///     println!("{}", object?.key);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(&self, bucket: &BucketName, prefix: &str) -> Pages<ObjectSummary> {
        let entries = self.entries(bucket, prefix, None);
        entries.filter_map(|entry| match entry {
            FolderEntry::Object(object) => Some(object),
            FolderEntry::Prefix(_) => None,
        })
    }

    /// Lists what is between `prefix` and the next `delimiter`: the objects of a folder and the folders in it.
    ///
    /// The objects of each page come before its folders. Otherwise as [`list`](Self::list).
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let entries = s3.list_folder(&"orders-archive".parse()?, "2026/", "/");
    /// println!("{:?}", entries.collect_up_to(100).await?.items);
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_folder(
        &self,
        bucket: &BucketName,
        prefix: &str,
        delimiter: &str,
    ) -> Pages<FolderEntry> {
        self.entries(bucket, prefix, Some(delimiter))
    }

    fn entries(
        &self,
        bucket: &BucketName,
        prefix: &str,
        delimiter: Option<&str>,
    ) -> Pages<FolderEntry> {
        let list = ListObjectsV2Input::builder()
            .bucket(bucket.as_str())
            .set_prefix(Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty()))
            .set_delimiter(delimiter.map(str::to_owned))
            .encoding_type(EncodingType::Url);
        self.caller().pages(
            list,
            ListObjectsV2InputBuilder::set_continuation_token,
            ListObjectsV2InputBuilder::send_with,
            |page| {
                let names = Names::of(page.encoding_type.as_ref());
                let objects = page.contents.unwrap_or_default().into_iter();
                let objects = objects.filter_map(|it| object(it, names).transpose());
                let prefixes = page.common_prefixes.unwrap_or_default().into_iter();
                let prefixes = prefixes.filter_map(|it| folder(it, names).transpose());
                let entries: Result<Vec<_>, TransferError> = objects.chain(prefixes).collect();
                let next = page.next_continuation_token;
                let next = next.filter(|token| !token.is_empty());
                Ok(Page::new(entries?, next))
            },
        )
    }

    /// Lists the uploads of objects whose keys begin with `prefix` that were begun, and neither finished nor aborted.
    ///
    /// Their parts cost. Its errors are those of [`list`](Self::list).
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let bucket = "orders-archive".parse()?;
    /// let mut uploads = s3.unfinished_uploads(&bucket, "");
    /// while let Some(upload) = uploads.next().await {
    ///     let upload = upload?;
    ///     s3.abort_upload(&bucket, &upload.key.parse()?, &upload.id).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn unfinished_uploads(&self, bucket: &BucketName, prefix: &str) -> Pages<UnfinishedUpload> {
        let list = ListMultipartUploadsInput::builder()
            .bucket(bucket.as_str())
            .set_prefix(Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty()))
            .encoding_type(EncodingType::Url);
        self.caller().pages(
            list,
            |list: ListMultipartUploadsInputBuilder, at| {
                let (key, id) = at.unwrap_or_default();
                list.set_key_marker(key).set_upload_id_marker(id)
            },
            ListMultipartUploadsInputBuilder::send_with,
            |page| {
                let names = Names::of(page.encoding_type.as_ref());
                let at = page
                    .next_key_marker
                    .map(|key| names.read(key))
                    .transpose()?;
                let next =
                    (page.is_truncated == Some(true)).then_some((at, page.next_upload_id_marker));
                let uploads = page.uploads.unwrap_or_default().into_iter();
                let uploads = uploads.filter_map(|it| unfinished(it, names).transpose());
                let uploads: Result<Vec<_>, TransferError> = uploads.collect();
                Ok(Page::new(uploads?, next))
            },
        )
    }
}

/// How the names of a page are written: as it was asked for, by percents, which any key can be; or by a store that knows nothing of it.
#[derive(Clone, Copy)]
struct Names {
    are_encoded: bool,
}

impl Names {
    fn of(encoding: Option<&EncodingType>) -> Self {
        Self {
            are_encoded: encoding == Some(&EncodingType::Url),
        }
    }

    fn read(self, name: String) -> Result<String, TransferError> {
        if !self.are_encoded {
            return Ok(name);
        }
        // A blank is a plus, as in the query of a URL.
        let name = name.replace('+', " ");
        let decoded = percent_decode_str(&name).decode_utf8();
        let decoded = decoded.map_err(|_| TransferError::Lacking("key that can be read"))?;
        Ok(decoded.into_owned())
    }
}

fn object(object: Object, names: Names) -> Result<Option<FolderEntry>, TransferError> {
    let Some(key) = object.key else {
        return Ok(None);
    };
    Ok(Some(FolderEntry::Object(ObjectSummary {
        key: names.read(key)?,
        size: object
            .size
            .and_then(|size| size.try_into().ok())
            .unwrap_or_default(),
        etag: object.e_tag,
        last_modified: object.last_modified.and_then(|time| time.try_into().ok()),
        storage_class: object.storage_class.map(|class| class.as_str().to_owned()),
    })))
}

fn folder(folder: CommonPrefix, names: Names) -> Result<Option<FolderEntry>, TransferError> {
    let prefix = folder.prefix.map(|prefix| names.read(prefix)).transpose()?;
    Ok(prefix.map(FolderEntry::Prefix))
}

fn unfinished(
    upload: MultipartUpload,
    names: Names,
) -> Result<Option<UnfinishedUpload>, TransferError> {
    let (Some(key), Some(id)) = (upload.key, upload.upload_id) else {
        return Ok(None);
    };
    Ok(Some(UnfinishedUpload {
        key: names.read(key)?,
        id: UploadId::new(id),
        begun: upload.initiated.and_then(|time| time.try_into().ok()),
    }))
}

#[cfg(test)]
mod names {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_was_written() {
        let read = |encoding: Option<EncodingType>, name: &str| {
            Names::of(encoding.as_ref()).read(name.to_owned()).ok()
        };
        let url = Some(EncodingType::Url);
        for (written, name) in [
            ("a+b%2Bc%25", Some("a b+c%")),
            ("a/%E6%97%A5/%01", Some("a/日/\u{1}")),
            ("%20plain", Some(" plain")),
            ("%FF", None),
        ] {
            assert_eq!(read(url.clone(), written).as_deref(), name, "{written}");
            assert_eq!(read(None, written).as_deref(), Some(written));
        }
    }
}

#[cfg(all(test, feature = "serde"))]
mod tests {
    use super::*;
    use aws_sdk_s3::{primitives::DateTime, types::ObjectStorageClass};
    use serde_json::json;

    #[test]
    fn an_object_is_written_as_a_record() {
        let found = Object::builder()
            .key("2026/11/22.json")
            .size(3)
            .e_tag("\"7\"")
            .last_modified(DateTime::from_secs(1_795_336_200))
            .storage_class(ObjectStorageClass::Standard);
        let expected = json!({"object": {
            "key": "2026/11/22.json",
            "size": 3,
            "etag": "\"7\"",
            "last_modified": "2026-11-22T08:30:00Z",
            "storage_class": "STANDARD",
        }});
        let found = object(found.build(), Names::of(None)).unwrap().unwrap();
        assert_eq!(serde_json::to_value(found).unwrap(), expected);
    }

    #[test]
    fn an_unfinished_upload_is_written_as_a_record() {
        let upload = MultipartUpload::builder()
            .key("2026.tar")
            .upload_id("u-1")
            .initiated(DateTime::from_secs(1_795_336_200));
        let expected = json!({"key": "2026.tar", "id": "u-1", "begun": "2026-11-22T08:30:00Z"});
        let upload = unfinished(upload.build(), Names::of(None));
        let upload = upload.unwrap().unwrap();
        assert_eq!(serde_json::to_value(upload).unwrap(), expected);
    }
}
