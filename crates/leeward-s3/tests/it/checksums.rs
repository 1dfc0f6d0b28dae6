//! What S3 compares uploads with, and keeps.

use crate::cloud::{Cloud, MIB, bytes, key};
use leeward_s3::{Checksum, PutOptions};

const ALL: [(Checksum, Option<&str>, bool); 6] = [
    (Checksum::Crc64Nvme, Some("CRC64NVME"), false),
    (Checksum::Crc32, Some("CRC32"), false),
    (Checksum::Crc32C, Some("CRC32C"), false),
    (Checksum::Crc32OfParts, Some("CRC32"), true),
    (Checksum::Crc32COfParts, Some("CRC32C"), true),
    (Checksum::Nothing, None, false),
];

#[tokio::test]
async fn an_upload_is_compared_by_the_checksum_that_was_chosen() {
    let cloud = Cloud::start().await;
    let written = bytes(5 * MIB + 1);
    for (checksum, algorithm, is_of_parts) in ALL {
        let s3 = cloud.small_parts().await.with_checksum(checksum);
        let (s3, key) = (s3.build().unwrap(), key("large"));
        let upload = s3.upload(&cloud.bucket, &key, written.clone());
        let uploaded = upload.send().await.unwrap();
        assert_eq!(uploaded.parts, 2);
        let sent = uploaded.checksum;
        let name = sent.as_ref().map(|sent| &*sent.algorithm);
        assert_eq!(name, algorithm, "{checksum:?}");
        let found = s3.describe_object(&cloud.bucket, &key).await.unwrap();
        let kept = found.checksum.unwrap();
        if let Some(sent) = sent {
            assert_eq!(sent, kept);
            assert_eq!(kept.is_of_parts(), is_of_parts, "{checksum:?}");
        } else {
            assert_eq!(kept.algorithm, "CRC64NVME");
        }
        let read = s3.read(&cloud.bucket, &key, usize::MAX).await.unwrap();
        assert!(read == written, "{checksum:?}");
    }
}

#[tokio::test]
async fn a_small_object_has_a_checksum_of_all_of_it() {
    let cloud = Cloud::start().await;
    for (checksum, algorithm, _) in ALL {
        let s3 = cloud.builder().await.with_checksum(checksum);
        let (s3, key) = (s3.build().unwrap(), key("small"));
        let options = PutOptions::new();
        let put = s3
            .put(&cloud.bucket, &key, "small", &options)
            .await
            .unwrap();
        let found = s3.describe_object(&cloud.bucket, &key).await.unwrap();
        let kept = found.checksum.unwrap();
        assert!(!kept.is_of_parts());
        assert_eq!(kept.algorithm, algorithm.unwrap_or("CRC64NVME"));
        assert!(put.checksum.is_none_or(|sent| sent == kept));
    }
}

#[tokio::test]
async fn an_upload_goes_on_with_the_checksum_that_it_was_begun_with() {
    let cloud = Cloud::start().await;
    let (key, written) = (key("continued"), bytes(5 * MIB + 1));
    let s3 = cloud
        .small_parts()
        .await
        .with_checksum(Checksum::Crc32OfParts);
    let s3 = s3.build().unwrap();
    let options = PutOptions::new();
    let id = s3
        .begin_upload(&cloud.bucket, &key, &options)
        .await
        .unwrap();
    let other = cloud.by_parts().await;
    let upload = other
        .upload(&cloud.bucket, &key, written.clone())
        .continuing(id);
    let checksum = upload.send().await.unwrap().checksum.unwrap();
    assert_eq!(checksum.algorithm, "CRC32");
    assert!(checksum.value.ends_with("-2"));
}
