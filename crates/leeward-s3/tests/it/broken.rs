//! A connection that is reset in the middle of what is sent over it.

use crate::cloud::{Cloud, MIB, bytes, key};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use leeward_error_taxonomy::{AwsError, Category, Stage};
use leeward_s3::{PutOptions, UploadSource};
use leeward_testkit::{Fault, Scope, Tally};
use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

const LEN: usize = 17 * MIB;

/// Breaks off these calls of an operation after their first MiB.
fn break_off(cloud: &Cloud, operation: &str, calls: RangeInclusive<u64>) {
    let fault = Fault::reset_in_request(MIB as u64).with_calls(calls);
    let scope = Scope::any().operation(operation);
    cloud.aws.faults().inject(scope, fault);
}

fn tally(cloud: &Cloud, operation: &str) -> Tally {
    cloud.aws.counts().tally("s3", operation)
}

/// Says what was called, that the line broke, and how often it was tried.
#[track_caller]
fn is_told(error: &AwsError, operation: &str, attempts: u32) {
    assert_eq!(error.operation().unwrap().to_string(), operation);
    assert_eq!(error.category(), Category::Network, "{error}");
    assert_eq!(error.stage(), Stage::MaybeSent, "{error}");
    assert_eq!(error.attempts(), Some(attempts), "{error}");
}

#[tokio::test]
async fn bytes_in_one_go_are_sent_again() {
    let cloud = Cloud::start().await;
    let (s3, key, written) = (cloud.s3().await, key("put"), bytes(7 * MIB));
    break_off(&cloud, "PutObject", 1..=2);
    let options = PutOptions::new();
    let put = s3.put(&cloud.bucket, &key, written.clone(), &options).await;
    assert_eq!(put.unwrap().size, 7 << 20);
    let tally = tally(&cloud, "PutObject");
    assert_eq!((tally.calls, tally.faulted, tally.ok), (3, 2, 1));
    let read = s3.read(&cloud.bucket, &key, usize::MAX).await.unwrap();
    assert!(read == written);
}

#[tokio::test]
async fn a_put_under_a_condition_is_not_sent_again_and_says_so() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.s3().await, key("condition"));
    break_off(&cloud, "PutObject", 1..=1);
    let options = PutOptions::new().only_if_absent();
    let put = s3.put(&cloud.bucket, &key, bytes(7 * MIB), &options).await;
    is_told(&put.unwrap_err(), "s3.PutObject", 1);
    assert_eq!(cloud.calls("PutObject"), 1);
    assert!(!s3.object_exists(&cloud.bucket, &key).await.unwrap());
}

#[tokio::test]
async fn parts_of_every_source_are_sent_again() {
    let cloud = Cloud::start().await;
    let (s3, written) = (cloud.by_parts().await, bytes(LEN));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("source");
    std::fs::write(&path, &written).unwrap();
    for (name, source) in [
        ("bytes", UploadSource::from(written.clone())),
        ("file", UploadSource::file(&path)),
    ] {
        cloud.aws.reset_counts();
        break_off(&cloud, "UploadPart", 1..=2);
        let upload = s3.upload(&cloud.bucket, &key(name), source);
        assert_eq!(upload.send().await.unwrap().parts, 4, "{name}");
        let tally = tally(&cloud, "UploadPart");
        assert_eq!((tally.calls, tally.faulted, tally.ok), (6, 2, 4), "{name}");
        let read = s3.read(&cloud.bucket, &key(name), usize::MAX).await;
        assert!(read.unwrap() == written, "{name}");
    }
    assert_eq!(cloud.unfinished().await, 0);
}

#[tokio::test]
async fn a_stream_is_read_once_however_often_its_parts_are_sent() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    // The second one is less than a part, and so put in one go.
    for (name, operation, len, sent) in [
        ("long", "UploadPart", LEN, 6),
        ("short", "PutObject", 3 * MIB, 3),
    ] {
        break_off(&cloud, operation, 1..=2);
        let written = bytes(len);
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let chunks: Vec<_> = written
            .chunks(700_000)
            .map(Bytes::copy_from_slice)
            .collect();
        let chunks = stream::iter(chunks).map(move |chunk| {
            count.fetch_add(chunk.len(), SeqCst);
            Ok::<_, String>(chunk)
        });
        let upload = s3.upload(&cloud.bucket, &key(name), UploadSource::stream(chunks));
        upload.send().await.unwrap();
        assert_eq!(cloud.calls(operation), sent, "{name}");
        assert_eq!(taken.load(SeqCst), len, "{name}");
        let read = s3.read(&cloud.bucket, &key(name), usize::MAX).await;
        assert!(read.unwrap() == written, "{name}");
    }
    assert_eq!(cloud.unfinished().await, 0);
}

#[tokio::test]
async fn a_part_that_breaks_off_too_often_fails_the_upload_which_is_aborted() {
    let cloud = Cloud::start().await;
    let s3 = cloud.resting_briefly().await;
    let (s3, key) = (s3.build().unwrap(), key("given-up"));
    break_off(&cloud, "UploadPart", 3..=u64::MAX);
    let upload = s3.upload(&cloud.bucket, &key, bytes(LEN));
    is_told(&upload.send().await.unwrap_err(), "s3.UploadPart", 5);
    assert_eq!(cloud.calls("UploadPart"), 2 + 5);
    // The failures have opened the circuit, which does not keep the upload from being aborted.
    assert_eq!(cloud.calls("AbortMultipartUpload"), 1);
    assert_eq!(cloud.unfinished().await, 0);
    assert!(!s3.object_exists(&cloud.bucket, &key).await.unwrap());
}

#[tokio::test]
async fn an_upload_that_is_gone_on_with_keeps_what_came_before_it_broke_off() {
    let cloud = Cloud::start().await;
    let s3 = cloud.small_parts().await.with_max_concurrency(1);
    let (s3, key, written) = (s3.build().unwrap(), key("resumed"), bytes(LEN));
    let options = PutOptions::new();
    let begun = s3.begin_upload(&cloud.bucket, &key, &options).await;
    let begun = begun.unwrap();
    break_off(&cloud, "UploadPart", 3..=u64::MAX);
    let upload = s3.upload(&cloud.bucket, &key, written.clone());
    let failed = upload.continuing(begun.clone()).send().await;
    is_told(&failed.unwrap_err(), "s3.UploadPart", 5);
    assert_eq!(cloud.calls("AbortMultipartUpload"), 0);
    assert_eq!(cloud.unfinished().await, 1);

    cloud.aws.faults().clear();
    cloud.aws.reset_counts();
    let afresh = cloud.afresh().await;
    let upload = afresh.upload(&cloud.bucket, &key, written.clone());
    let uploaded = upload.continuing(begun).send().await.unwrap();
    assert_eq!((uploaded.size, uploaded.parts), (LEN as u64, 4));
    assert_eq!(cloud.calls("UploadPart"), 2, "only what was missing");
    assert_eq!(cloud.unfinished().await, 0);
    let read = afresh.read(&cloud.bucket, &key, usize::MAX).await.unwrap();
    assert!(read == written);
}
