use super::{super::site::Site, MIB, bucket, bucket_of_parts, bytes, is_replaced};
use crate::ministack::{Case, Lacking, Trouble, same, there};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use leeward_s3::{BucketName, DownloadStream, ObjectKey, PutOptions, S3};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("S3 streams the parts of an object in their order", |site| {
            Box::pin(streamed(site))
        }),
        Case::new("S3 goes on with a download where it got to", |site| {
            Box::pin(continued(site))
        }),
        Case::new("S3 goes on with a file that was begun", |site| {
            Box::pin(file(site))
        }),
        Case::gap("S3 gives the version that is asked for", |site| {
            Box::pin(version(site))
        }),
    ]
}

/// An object of 20 MiB in a bucket of its own: with its content and its ETag.
async fn uploaded(
    site: &Site,
    name: &str,
) -> Result<(S3, BucketName, ObjectKey, Vec<u8>, String), Trouble> {
    let (s3, bucket) = bucket_of_parts(site, name).await?;
    let (key, content) = ("object".parse()?, bytes(20));
    let upload = s3.upload(&bucket, &key, content.clone());
    let etag = upload.send().await?.etag;
    Ok((s3, bucket, key, content, etag))
}

async fn read(mut stream: DownloadStream) -> Result<Vec<u8>, Trouble> {
    let mut read = Vec::new();
    while let Some(bytes) = stream.next().await {
        read.extend_from_slice(&bytes?);
    }
    Ok(read)
}

async fn streamed(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket, key, expected, etag) = uploaded(site, "streamed-objects").await?;
    let most = Arc::new(AtomicU64::new(0));
    let download = s3.download(&bucket, &key).with_progress({
        let most = Arc::clone(&most);
        move |done| {
            most.fetch_max(done.bytes, Ordering::Relaxed);
        }
    });
    let stream = download.stream().await?;
    same("ETag", &stream.details().etag, &etag)?;
    same("is the same", read(stream).await? == expected, true)?;
    same("progress", most.load(Ordering::Relaxed), 20 << 20)
}

async fn continued(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket, key, expected, etag) = uploaded(site, "continued-downloads").await?;
    let rest = |offset| s3.download(&bucket, &key).stream_from(offset, Some(&etag));
    let read_on = read(rest(9_999_999).await?).await?;
    same("is the rest", read_on == expected[9_999_999..], true)?;
    let nothing = read(rest(20 << 20).await?).await?;
    same("is over", nothing.len(), 0)?;
    s3.put(&bucket, &key, "another", &PutOptions::new()).await?;
    is_replaced(rest(9_999_999).await)
}

async fn file(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket, key, expected, etag) = uploaded(site, "files-begun").await?;
    let folder = tempfile::tempdir()?;
    let etag: String = etag.chars().filter(char::is_ascii_alphanumeric).collect();
    let begun = format!("file.{etag}.part");
    std::fs::write(folder.path().join(begun), &expected[..12 * MIB])?;
    let first = Arc::new(AtomicU64::new(u64::MAX));
    let download = s3.download(&bucket, &key).with_progress({
        let first = Arc::clone(&first);
        move |done| {
            first.fetch_min(done.bytes, Ordering::Relaxed);
        }
    });
    let path = folder.path().join("file");
    download.to_file(&path).await?;
    same("is the same", std::fs::read(path)? == expected, true)?;
    same("began at", first.load(Ordering::Relaxed), 12 << 20)
}

async fn version(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "versions-of-objects").await?;
    let client: aws_sdk_s3::Client = site.sdk().await?;
    let on = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    let put = client.put_bucket_versioning().bucket(bucket.as_str());
    put.versioning_configuration(on.build()).send().await?;
    let key = "report".parse()?;
    let first = s3.put(&bucket, &key, "first", &PutOptions::new()).await?;
    let second = s3.put(&bucket, &key, "second", &PutOptions::new()).await?;
    let ranged = client.get_object().bucket(bucket.as_str());
    let ranged = ranged.key(key.as_str()).range("bytes=0-4");
    let ranged = ranged.set_version_id(first.version_id.clone());
    if ranged.send().await?.content_range.is_none() {
        return Err(Lacking("it gives all of an older version where a range is asked for").into());
    }
    for (put, expected) in [(first, "first"), (second, "second")] {
        let id = there(put.version_id)?;
        let download = s3.download(&bucket, &key).with_version(id);
        let content = read(download.stream_from(0, Some(&put.etag)).await?).await?;
        same("content", content, expected.as_bytes())?;
    }
    Ok(())
}
