//! What the S3 of the testkit adds to that of the emulator.

use crate::client::{EAST, WEST, answered, header, patient, s3_with_bucket, two_regions};
use aws_sdk_s3::{
    Client,
    types::{
        ChecksumAlgorithm, ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart,
        ServerSideEncryption,
    },
};

/// The CRC-32 of `123456789`: "Catalogue of parametrised CRC algorithms".
const CRC32: &str = "y/Q5Jg==";

#[tokio::test]
async fn what_is_put_is_compared_and_its_checksum_told_to_who_asks() {
    let aws = two_regions().await;
    let s3 = s3_with_bucket(&patient(&aws, &EAST)).await;
    let put = |sum: &str| {
        let put = s3.put_object().bucket("bucket").key("k");
        let put = put.checksum_crc32(sum).metadata("origin", "import");
        put.body(b"123456789".to_vec().into()).send()
    };
    let refused = put("AAAAAA==").await.unwrap_err();
    assert_eq!(answered(&refused), (400, "BadDigest".to_owned()));
    put(CRC32).await.unwrap();
    let head = || s3.head_object().bucket("bucket").key("k");
    let told = head()
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert_eq!(told.checksum_crc32(), Some(CRC32));
    assert_eq!(told.checksum_type(), Some(&ChecksumType::FullObject));
    assert_eq!(told.metadata().unwrap()["origin"], "import");
    assert_eq!(
        told.server_side_encryption(),
        Some(&ServerSideEncryption::Aes256)
    );
    assert_eq!(head().send().await.unwrap().checksum_crc32(), None);
    let get = s3.get_object().bucket("bucket").key("k").range("bytes=0-1");
    let get = get
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert_eq!(
        get.checksum_crc32(),
        None,
        "it is of all, and this is a part"
    );
    aws.shutdown().await;
}

async fn begun(s3: &Client, algorithm: ChecksumAlgorithm, kind: ChecksumType) -> String {
    let begin = s3.create_multipart_upload().bucket("bucket").key("k");
    let begin = begin.checksum_algorithm(algorithm).checksum_type(kind);
    let begin = begin.server_side_encryption(ServerSideEncryption::AwsKms);
    let begun = begin.ssekms_key_id("alias/orders").send().await.unwrap();
    assert_eq!(begun.ssekms_key_id(), Some("alias/orders"));
    begun.upload_id.unwrap()
}

#[tokio::test]
async fn parts_have_checksums_and_the_whole_that_of_its_kind() {
    let aws = two_regions().await;
    let s3 = s3_with_bucket(&patient(&aws, &EAST)).await;
    let id = begun(&s3, ChecksumAlgorithm::Crc32, ChecksumType::Composite).await;
    let part = || {
        let part = s3.upload_part().bucket("bucket").key("k").upload_id(&id);
        part.part_number(1).body(b"123456789".to_vec().into())
    };
    let other = part().checksum_crc64_nvme("AAAAAAAAAAA=").send().await;
    assert_eq!(answered(&other.unwrap_err()).1, "InvalidRequest");
    let sent = part().checksum_crc32(CRC32).send().await.unwrap();
    assert_eq!(sent.checksum_crc32(), Some(CRC32));
    let listed = s3.list_parts().bucket("bucket").key("k").upload_id(&id);
    let listed = listed.send().await.unwrap();
    assert_eq!(listed.checksum_algorithm(), Some(&ChecksumAlgorithm::Crc32));
    assert_eq!(listed.checksum_type(), Some(&ChecksumType::Composite));
    assert_eq!(listed.parts()[0].checksum_crc32(), Some(CRC32));
    let complete = |sum: Option<&str>| {
        let part = CompletedPart::builder().part_number(1);
        let part = part.set_e_tag(sent.e_tag.clone());
        let part = part.set_checksum_crc32(sum.map(str::to_owned)).build();
        let parts = CompletedMultipartUpload::builder().parts(part).build();
        let complete = s3.complete_multipart_upload().bucket("bucket").key("k");
        complete.upload_id(&id).multipart_upload(parts).send()
    };
    let bare = complete(None).await.unwrap_err();
    assert_eq!(answered(&bare).1, "InvalidRequest");
    let whole = complete(Some(CRC32)).await.unwrap();
    let sum = whole.checksum_crc32().unwrap();
    assert!(sum.ends_with("-1") && !sum.starts_with(CRC32), "{sum}");
    let head = s3.head_object().bucket("bucket").key("k");
    let head = head
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert_eq!(head.checksum_crc32(), Some(sum));
    assert_eq!(head.ssekms_key_id(), Some("alias/orders"));
    aws.shutdown().await;
}

#[tokio::test]
async fn a_range_of_an_object_is_copied_as_a_part() {
    let aws = two_regions().await;
    let s3 = s3_with_bucket(&patient(&aws, &EAST)).await;
    let put = s3.put_object().bucket("bucket").key("a b");
    let put = put
        .body(b"0123456789".to_vec().into())
        .send()
        .await
        .unwrap();
    let id = begun(&s3, ChecksumAlgorithm::Crc32, ChecksumType::FullObject).await;
    let copy = |range: &str, etag: &str| {
        let copy = s3
            .upload_part_copy()
            .bucket("bucket")
            .key("k")
            .upload_id(&id);
        let copy = copy.part_number(1).copy_source("bucket/a%20b");
        copy.copy_source_range(range)
            .copy_source_if_match(etag)
            .send()
    };
    let etag = put.e_tag().unwrap();
    let other = copy("bytes=1-9", "\"other\"").await.unwrap_err();
    assert_eq!(answered(&other).0, 412);
    let beyond = copy("bytes=1-10", etag).await.unwrap_err();
    assert_eq!(answered(&beyond).1, "InvalidArgument");
    let copied = copy("bytes=1-9", etag)
        .await
        .unwrap()
        .copy_part_result
        .unwrap();
    assert_eq!(copied.checksum_crc32(), Some(CRC32));
    let part = CompletedPart::builder().part_number(1);
    let part = part.set_e_tag(copied.e_tag).build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let complete = s3.complete_multipart_upload().bucket("bucket").key("k");
    let complete = complete.upload_id(&id).multipart_upload(parts);
    let complete = complete.checksum_crc32(CRC32).send().await.unwrap();
    assert_eq!(complete.checksum_crc32(), Some(CRC32));
    let read = s3.get_object().bucket("bucket").key("k").send().await;
    let read = read.unwrap().body.collect().await.unwrap().into_bytes();
    assert_eq!(read, "123456789");
    aws.shutdown().await;
}

#[tokio::test]
async fn a_bucket_is_in_one_region_of_all() {
    let aws = two_regions().await;
    s3_with_bucket(&patient(&aws, &EAST)).await;
    let west = Client::new(&patient(&aws, &WEST));
    let list = west.list_objects_v2().bucket("bucket").send().await;
    let error = list.unwrap_err();
    assert_eq!(answered(&error), (301, "PermanentRedirect".to_owned()));
    assert_eq!(header(&error, "x-amz-bucket-region"), Some("us-east-1"));
    let place = west.get_bucket_location().bucket("bucket").send().await;
    // That Region has no name there.
    let place = place.unwrap().location_constraint;
    assert!(place.is_none_or(|place| place.as_str().is_empty()));
    let again = west.create_bucket().bucket("bucket").send().await;
    assert_eq!(answered(&again.unwrap_err()).1, "BucketAlreadyOwnedByYou");
    aws.shutdown().await;
}

#[tokio::test]
async fn keys_are_listed_and_deleted_as_they_were_written() {
    let aws = two_regions().await;
    let s3 = s3_with_bucket(&patient(&aws, &EAST)).await;
    let put = s3.put_object().bucket("bucket").key("ü/日本");
    put.body(b"x".to_vec().into()).send().await.unwrap();
    let list = || s3.list_objects_v2().bucket("bucket").send();
    let listed = list().await.unwrap();
    assert_eq!(listed.contents()[0].key(), Some("ü/日本"));
    let key = aws_sdk_s3::types::ObjectIdentifier::builder().key("ü/日本");
    let keys = aws_sdk_s3::types::Delete::builder().objects(key.build().unwrap());
    let delete = s3.delete_objects().bucket("bucket");
    let delete = delete.delete(keys.build().unwrap()).send().await.unwrap();
    assert_eq!(delete.deleted()[0].key(), Some("ü/日本"));
    assert!(list().await.unwrap().contents().is_empty());
    aws.shutdown().await;
}
