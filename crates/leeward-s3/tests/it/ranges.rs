//! Parts of an object.

use crate::cloud::{Cloud, EAST, bytes, key};
use leeward_error_taxonomy::Stage;
use leeward_s3::{ObjectKey, PutOptions, S3, TransferError};
use leeward_testkit::{Fault, Scope};

const LEN: usize = 300_000;

/// An object of 300,000 bytes.
async fn put(cloud: &Cloud) -> (S3, ObjectKey, Vec<u8>) {
    let (s3, key, written) = (cloud.s3().await, key("part"), bytes(LEN));
    let options = PutOptions::new();
    let put = s3.put(&cloud.bucket, &key, written.clone(), &options);
    put.await.unwrap();
    (s3, key, written)
}

#[tokio::test]
async fn a_part_is_read_up_to_the_end_of_the_object() {
    let cloud = Cloud::start().await;
    let (s3, key, written) = put(&cloud).await;
    for (asked, there) in [
        (0..1, 0..1),
        (1_000..100_000, 1_000..100_000),
        (299_999..300_000, 299_999..LEN),
        (200_000..400_000, 200_000..LEN),
        (7..u64::MAX, 7..LEN),
    ] {
        let read = s3.read_range(&cloud.bucket, &key, asked.clone()).await;
        assert!(read.unwrap() == written[there], "{asked:?}");
    }
    let part = s3.open_range(&cloud.bucket, &key, 0..5).await.unwrap();
    let whole = s3.describe_object(&cloud.bucket, &key).await.unwrap();
    assert!(whole.checksum.is_some());
    let mut without_checksum = whole;
    without_checksum.checksum = None;
    assert_eq!(part.details, without_checksum);
}

#[tokio::test]
async fn a_torn_part_is_gone_on_with_to_its_end() {
    let cloud = Cloud::start().await;
    let (s3, key, written) = put(&cloud).await;
    let faults = cloud.aws.faults();
    let torn = Fault::reset().with_calls(1..=2);
    faults.inject(Scope::any().operation("GetObject"), torn);
    let read = s3.read_range(&cloud.bucket, &key, 50_000..250_000).await;
    assert!(read.unwrap() == written[50_000..250_000]);
    assert_eq!(cloud.calls("GetObject"), 3);
}

#[tokio::test]
async fn a_part_of_what_was_replaced_meanwhile_is_not_gone_on_with() {
    let cloud = Cloud::start().await;
    let (s3, key, _) = put(&cloud).await;
    let faults = cloud.aws.faults();
    let torn = Fault::reset().with_calls(1..=1);
    faults.inject(Scope::any().operation("GetObject"), torn);
    let part = s3.open_range(&cloud.bucket, &key, 0..250_000).await;
    let mut body = part.unwrap().body;
    let options = PutOptions::new();
    let other = s3.put(&cloud.bucket, &key, vec![7; LEN], &options);
    other.await.unwrap();
    let error = loop {
        match body.next().await.expect("no end without an error") {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.status(), Some(412), "{error}");
}

#[tokio::test]
async fn what_lies_behind_the_end_is_refused_by_the_service() {
    let cloud = Cloud::start().await;
    let (s3, key, _) = put(&cloud).await;
    let refused = s3.read_range(&cloud.bucket, &key, 300_000..300_001).await;
    let error = refused.unwrap_err();
    assert_eq!(error.code(), Some("InvalidRange"), "{error}");
    assert_eq!(error.status(), Some(416), "{error}");
    let options = PutOptions::new();
    let empty = s3.put(&cloud.bucket, &key, "", &options);
    empty.await.unwrap();
    let refused = s3.read_range(&cloud.bucket, &key, 0..4).await;
    assert_eq!(refused.unwrap_err().code(), Some("InvalidRange"));
}

#[tokio::test]
async fn a_part_with_nothing_in_it_is_not_asked_for() {
    let cloud = Cloud::start().await;
    let (s3, key, _) = put(&cloud).await;
    let backwards = std::ops::Range { start: 7, end: 3 };
    for nothing in [5..5, 0..0, backwards] {
        let refused = s3.open_range(&cloud.bucket, &key, nothing).await;
        let error = refused.unwrap_err();
        let told = error.downcast_ref::<TransferError>();
        assert!(
            matches!(told, Some(TransferError::Setting { .. })),
            "{error}"
        );
        assert_eq!(error.stage(), Stage::NotSent);
        assert_eq!(error.operation().unwrap().to_string(), "s3.GetObject");
        assert_eq!(error.region(), Some(&EAST));
    }
    assert_eq!(cloud.calls("GetObject"), 0);
}
