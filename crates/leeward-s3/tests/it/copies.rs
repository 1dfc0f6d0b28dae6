//! Copies within S3, in one go and by parts.

use crate::cloud::{Cloud, MIB, WEST, bytes, key};
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use leeward_s3::{Checksum, PutOptions, S3, TransferError};
use leeward_testkit::{Fault, Scope};
use std::sync::{Arc, Mutex};

const LEN: usize = 12 * MIB;

/// Copies what is larger than 8 MiB by parts.
async fn thrifty(cloud: &Cloud) -> S3 {
    let builder = cloud.small_parts().await;
    builder.with_copy_threshold(8 << 20).build().unwrap()
}

async fn put(cloud: &Cloud, s3: &S3, name: &str, bytes: Vec<u8>) {
    let options = PutOptions::new()
        .with_content_type("application/x-tar")
        .with_cache_control("no-store")
        .with_metadata("origin", "import");
    s3.put(&cloud.bucket, &key(name), bytes, &options)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_large_is_copied_by_parts_with_all_that_is_said_of_it() {
    let cloud = Cloud::start().await;
    let s3 = thrifty(&cloud).await;
    put(&cloud, &s3, "a b/ü", bytes(LEN)).await;
    let (from, to) = (key("a b/ü"), key("copy"));
    let (from, to) = ((&cloud.bucket, &from), (&cloud.bucket, &to));
    let etag = s3.copy(from, to, &PutOptions::new()).await.unwrap();
    assert_eq!(cloud.calls("UploadPartCopy"), 3);
    assert_eq!(cloud.calls("CopyObject"), 0);
    let original = s3.describe_object(from.0, from.1).await.unwrap();
    let copy = s3.describe_object(to.0, to.1).await.unwrap();
    assert_eq!((copy.size, &copy.etag), (LEN as u64, &etag));
    assert_eq!(copy.content_type.as_deref(), Some("application/x-tar"));
    assert_eq!(copy.metadata, original.metadata);
    assert_eq!(copy.checksum, original.checksum);
    assert!(s3.read(to.0, to.1, usize::MAX).await.unwrap() == bytes(LEN));
    let options = PutOptions::new().with_content_type("text/plain");
    s3.copy(from, to, &options).await.unwrap();
    let copy = s3.describe_object(to.0, to.1).await.unwrap();
    assert_eq!(copy.content_type.as_deref(), Some("text/plain"));
    assert!(copy.metadata.is_empty());
    let small = key("small");
    put(&cloud, &s3, "small", bytes(MIB)).await;
    s3.copy((&cloud.bucket, &small), to, &PutOptions::new())
        .await
        .unwrap();
    assert_eq!(cloud.calls("CopyObject"), 1);
    let copy = s3.describe_object(to.0, to.1).await.unwrap();
    assert_eq!(copy.size, 1 << 20);
    assert_eq!(copy.metadata, original.metadata);
}

#[tokio::test]
async fn a_copy_has_parts_of_any_checksum_and_of_any_size() {
    let cloud = Cloud::start().await;
    for (checksum, lens) in [
        (Checksum::Crc32, &[0, 1, 5 * MIB, 5 * MIB + 1][..]),
        (Checksum::Crc32OfParts, &[5 * MIB + 1]),
        (Checksum::Nothing, &[5 * MIB + 1]),
    ] {
        let s3 = cloud
            .small_parts()
            .await
            .with_checksum(checksum)
            .build()
            .unwrap();
        for len in lens.iter().copied() {
            let original = key("original");
            // Of parts there is no checksum that a copy could have too.
            let upload = s3.upload(&cloud.bucket, &original, bytes(len));
            upload.send().await.unwrap();
            let to = key("copy");
            let (from, to) = ((&cloud.bucket, &original), (&cloud.bucket, &to));
            let told = Arc::new(Mutex::new(Vec::new()));
            let tell = Arc::clone(&told);
            let copy = s3.copy_by_parts(from, to);
            let copy = copy.with_progress(move |done| tell.lock().unwrap().push(done.bytes));
            let copied = copy.send().await.unwrap();
            assert_eq!(copied.size, len as u64, "{checksum:?}");
            assert_eq!(copied.parts as usize, len.div_ceil(5 * MIB).max(1));
            assert_eq!(told.lock().unwrap().last(), Some(&(len as u64)));
            let read = s3.read(to.0, to.1, usize::MAX).await.unwrap();
            assert!(read == bytes(len), "{checksum:?} {len}");
        }
    }
    assert_eq!(cloud.unfinished().await, 0);
}

#[tokio::test]
async fn a_copy_that_fails_is_aborted_and_one_that_was_begun_is_gone_on_with() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    put(&cloud, &s3, "from", bytes(LEN)).await;
    let (from, to) = (key("from"), key("to"));
    let (from, to) = ((&cloud.bucket, &from), (&cloud.bucket, &to));
    let copy = || s3.copy_by_parts(from, to);
    let faults = cloud.aws.faults();
    let scope = Scope::any().operation("UploadPartCopy");
    let denied = Fault::access_denied().with_calls(3..=3);
    let rule = faults.inject(scope.clone(), denied.clone());
    copy().send().await.unwrap_err();
    assert_eq!(cloud.unfinished().await, 0);
    rule.clear();

    let id = copy().begin().await.unwrap();
    let rule = faults.inject(scope, denied);
    copy().continuing(id.clone()).send().await.unwrap_err();
    assert_eq!(cloud.unfinished().await, 1);
    rule.clear();
    cloud.aws.reset_counts();
    let afresh = cloud.afresh().await;
    let copied = afresh.copy_by_parts(from, to).continuing(id.clone());
    assert_eq!(copied.send().await.unwrap().parts, 3);
    assert!(cloud.calls("UploadPartCopy") < 3);
    assert!(s3.read(to.0, to.1, usize::MAX).await.unwrap() == bytes(LEN));

    put(&cloud, &s3, "from", bytes(LEN - 1)).await;
    let error = copy().continuing(id).send().await.unwrap_err();
    let error = error.downcast_ref();
    assert!(matches!(error, Some(TransferError::Replaced { .. })));
}

#[tokio::test]
async fn a_copy_is_gone_on_with_in_the_parts_that_it_was_begun_with() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    put(&cloud, &s3, "from", bytes(15 * MIB)).await;
    let (from, to) = (key("from"), key("to"));
    let (from, to) = ((&cloud.bucket, &from), (&cloud.bucket, &to));
    let mut id = s3.copy_by_parts(from, to).begin().await.unwrap();
    assert_eq!(id.part_size, 5 << 20);
    // The second part is there, of the same length as the second one of a larger cut.
    let second = s3.caller().client().upload_part_copy();
    let second = second.bucket("orders").key("to").copy_source("orders/from");
    let second = second.upload_id(id.upload.as_str()).part_number(2);
    let second = second.copy_source_range("bytes=5242880-10485759");
    second.send().await.unwrap();
    let larger = cloud.builder().await.with_copy_part_size(10 * MIB);
    let larger = larger.build().unwrap();
    cloud.aws.reset_counts();
    let copy = || larger.copy_by_parts(from, to);
    let copied = copy().continuing(id.clone()).send().await.unwrap();
    assert_eq!((copied.parts, cloud.calls("UploadPartCopy")), (3, 2));
    assert!(s3.read(to.0, to.1, usize::MAX).await.unwrap() == bytes(15 * MIB));
    id.part_size = 0;
    let error = copy().continuing(id).send().await.unwrap_err();
    let error = error.downcast_ref();
    assert!(matches!(
        error,
        Some(TransferError::Setting { found: 0, .. })
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_original_that_is_replaced_meanwhile_makes_no_copy() {
    let cloud = Cloud::start().await;
    let s3 = cloud
        .small_parts()
        .await
        .with_max_concurrency(1)
        .build()
        .unwrap();
    put(&cloud, &s3, "from", bytes(LEN)).await;
    let (from, to) = (key("from"), key("to"));
    let (from, to) = ((&cloud.bucket, &from), (&cloud.bucket, &to));
    let client = s3.caller().client().clone();
    let copy = s3.copy_by_parts(from, to).with_progress(move |done| {
        let other = client.put_object().bucket("orders").key("from");
        let other = other.body(vec![0; LEN].into()).send();
        if done.bytes == 5 << 20 {
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(other).unwrap();
            });
        }
    });
    // The progress is told within the copy, which needs a thread to wait on.
    let runtime = tokio::runtime::Handle::current();
    let copied = runtime.spawn(copy.send()).await;
    let error = copied.unwrap().unwrap_err();
    assert_eq!(error.status(), Some(412), "{error}");
    assert!(!s3.object_exists(to.0, to.1).await.unwrap());
    assert_eq!(cloud.unfinished().await, 0);
}

#[tokio::test]
async fn an_original_of_another_region_is_copied_by_parts_if_somebody_can_look_at_it() {
    let cloud = Cloud::start().await;
    let east = cloud.by_parts().await;
    put(&cloud, &east, "from", bytes(LEN)).await;
    let west = S3::builder(cloud.pool.caller().with_region(WEST).await.unwrap());
    let west = west.with_copy_part_size(5 * MIB).build().unwrap();
    let place = CreateBucketConfiguration::builder()
        .location_constraint(BucketLocationConstraint::UsWest2)
        .build();
    let create = west.caller().client().create_bucket().bucket("archive");
    let create = create.create_bucket_configuration(place);
    create.send().await.unwrap();
    let (archive, key) = ("archive".parse().unwrap(), key("from"));
    let (from, to) = ((&cloud.bucket, &key), (&archive, &key));
    let error = west.copy_by_parts(from, to).send().await.unwrap_err();
    assert_eq!(error.status(), Some(301));
    let copy = west.copy_by_parts(from, to).with_original_seen_by(&east);
    assert_eq!(copy.send().await.unwrap().parts, 3);
    assert!(west.read(to.0, to.1, usize::MAX).await.unwrap() == bytes(LEN));
}
