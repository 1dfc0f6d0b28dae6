//! Downloads that go on where another got to, and those of a version.

use crate::cloud::{Cloud, MIB, bytes, key};
use leeward_error_taxonomy::{AwsError, Category};
use leeward_s3::{Download, DownloadStream, ObjectKey, PutOptions, S3, TransferError, Versioning};
use std::{
    fs,
    sync::{Arc, Mutex},
};

/// In three parts.
const LEN: usize = 12 * MIB;

/// Keeps an object of `written`; answers its ETag.
async fn put(s3: &S3, cloud: &Cloud, key: &ObjectKey, written: Vec<u8>) -> String {
    s3.put(&cloud.bucket, key, written, &PutOptions::new())
        .await
        .unwrap()
        .etag
}

async fn all(mut stream: DownloadStream) -> Result<Vec<u8>, AwsError> {
    let mut read = Vec::new();
    while let Some(bytes) = stream.next().await {
        read.extend_from_slice(&bytes?);
    }
    Ok(read)
}

#[tokio::test]
async fn what_is_missing_comes_and_no_more() {
    let cloud = Cloud::start().await;
    let (s3, key, written) = (cloud.by_parts().await, key("resumed"), bytes(LEN));
    let etag = put(&s3, &cloud, &key, written.clone()).await;
    let bare = etag.trim_matches('"');
    for (offset, etag, parts) in [
        (0, None, 3),
        (0, Some(&*etag), 3),
        (2 * MIB, None, 2),
        (2 * MIB, Some(bare), 2),
        (7 * MIB + 1, Some(&*etag), 1),
        (LEN - 1, Some(&*etag), 1),
        (LEN, None, 0),
        (LEN, Some(&*etag), 0),
    ] {
        cloud.aws.reset_counts();
        let done = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&done);
        let download = s3.download(&cloud.bucket, &key);
        let download =
            download.with_progress(move |progress| told.lock().unwrap().push(progress.bytes));
        let rest = download.stream_from(offset as u64, etag).await.unwrap();
        assert_eq!(rest.details().size, LEN as u64);
        assert_eq!(rest.details().etag.trim_matches('"'), bare);
        let read = all(rest).await.unwrap();
        assert!(read == written[offset..], "from {offset}");
        assert_eq!(cloud.calls("GetObject"), parts, "from {offset}");
        let done = done.lock().unwrap();
        assert_eq!(done.first(), Some(&(offset as u64)));
        assert_eq!(done.last(), Some(&(LEN as u64)));
    }
}

#[tokio::test]
async fn an_object_of_nothing_is_over_at_once() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.by_parts().await, key("nothing"));
    put(&s3, &cloud, &key, Vec::new()).await;
    let stream = s3.download(&cloud.bucket, &key).stream().await.unwrap();
    assert_eq!(stream.details().size, 0);
    assert_eq!(all(stream).await.unwrap(), b"");
    assert_eq!(cloud.calls("GetObject"), 0);
}

#[tokio::test]
async fn there_is_nothing_behind_the_end() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.by_parts().await, key("short"));
    let etag = put(&s3, &cloud, &key, vec![7; 100]).await;
    for etag in [None, Some(&*etag)] {
        let rest = s3.download(&cloud.bucket, &key).stream_from(101, etag);
        let error = rest.await.unwrap_err();
        let told = error.downcast_ref();
        let is_told = matches!(told, Some(TransferError::BehindEnd { at: 101, size: 100 }));
        assert!(is_told, "{error}");
    }
    let absent = s3.download(&cloud.bucket, &"absent".parse().unwrap());
    let error = absent.stream_from(0, Some(&etag)).await.unwrap_err();
    assert_eq!(error.code(), Some("NotFound"));
    assert_eq!(cloud.calls("GetObject"), 0);
}

#[tokio::test]
async fn what_was_replaced_is_not_gone_on_with_wherever_its_end_is() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.by_parts().await, key("replaced"));
    let before = put(&s3, &cloud, &key, vec![1; 300]).await;
    let after = put(&s3, &cloud, &key, vec![2; 200]).await;
    // In it, at the end of what is there now, behind it, at the end of what was there.
    for offset in [0, 100, 200, 250, 300] {
        let download = s3.download(&cloud.bucket, &key);
        let error = download.stream_from(offset, Some(&before)).await;
        let error = error.unwrap_err();
        let Some(TransferError::Replaced { begun, found }) = error.downcast_ref() else {
            panic!("from {offset}: {error}");
        };
        assert_eq!((begun, found), (&before, &after));
        assert_eq!(error.category(), Category::Conflict);
    }
    assert_eq!(cloud.calls("GetObject"), 0);
    let rest = s3.download(&cloud.bucket, &key).stream_from(150, None);
    assert_eq!(all(rest.await.unwrap()).await.unwrap(), [2; 50]);
}

#[tokio::test]
async fn what_is_replaced_meanwhile_is_not_gone_on_with() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.by_parts().await, key("meanwhile"));
    for says_etag in [false, true] {
        let etag = put(&s3, &cloud, &key, vec![1; 300]).await;
        let etag = says_etag.then_some(&*etag);
        let rest = s3.download(&cloud.bucket, &key).stream_from(100, etag);
        let mut rest = rest.await.unwrap();
        put(&s3, &cloud, &key, vec![2; 300]).await;
        let error = rest.next().await.expect("an error").unwrap_err();
        let told = (error.status(), error.code());
        assert_eq!(told, (Some(412), Some("PreconditionFailed")));
        assert_eq!(error.category(), Category::Conflict);
        assert!(rest.next().await.is_none());
    }
}

#[tokio::test]
async fn a_version_is_downloaded_whatever_came_after_it() {
    let cloud = Cloud::start().await;
    cloud.keep_versions().await;
    let (s3, key, written) = (cloud.by_parts().await, key("versions"), bytes(LEN));
    let versioning = s3.versioning(&cloud.bucket).await.unwrap();
    assert_eq!(versioning, Versioning::Enabled);
    let options = PutOptions::new();
    let before = s3.put(&cloud.bucket, &key, written.clone(), &options).await;
    let before = before.unwrap();
    let version = before.version_id.expect("the bucket keeps versions");
    put(&s3, &cloud, &key, vec![7; MIB]).await;
    reads_version(&s3, &cloud, &key, &version, &before.etag).await;
    let now = s3.download(&cloud.bucket, &key).stream().await.unwrap();
    assert_ne!(now.details().version_id.as_ref(), Some(&version));
    assert!(all(now).await.unwrap() == vec![7; MIB]);
    s3.delete(&cloud.bucket, &key).await.unwrap();
    reads_version(&s3, &cloud, &key, &version, &before.etag).await;
    let gone = s3.download(&cloud.bucket, &key).stream().await;
    assert_eq!(gone.unwrap_err().code(), Some("NotFound"));
}

/// Downloads the version in every way, all of which give what [`bytes`] makes.
async fn reads_version(s3: &S3, cloud: &Cloud, key: &ObjectKey, version: &str, etag: &str) {
    let download = || -> Download { s3.download(&cloud.bucket, key).with_version(version) };
    let written = bytes(LEN);
    let stream = download().stream().await.unwrap();
    assert_eq!(stream.details().version_id.as_deref(), Some(version));
    assert!(all(stream).await.unwrap() == written);
    let rest = download().stream_from(7 << 20, Some(etag)).await.unwrap();
    assert!(all(rest).await.unwrap() == written[7 << 20..]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("copy");
    let details = download().to_file(&path).await.unwrap();
    assert_eq!(details.version_id.as_deref(), Some(version));
    assert!(fs::read(&path).unwrap() == written);
}
