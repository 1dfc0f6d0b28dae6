//! By whose keys S3 encrypts.

use crate::cloud::{Cloud, MIB, bytes, key};
use leeward_s3::{Encryption, PutOptions};

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

#[tokio::test]
async fn the_key_of_a_writer_is_told_to_readers() {
    let cloud = Cloud::start().await;
    let s3 = cloud.by_parts().await;
    let options = PutOptions::new().with_encryption(Encryption::kms(KEY));
    let (small, large, copy) = (key("small"), key("large"), key("copy"));
    s3.put(&cloud.bucket, &small, "x", &options).await.unwrap();
    let upload = s3.upload(&cloud.bucket, &large, bytes(6 * MIB));
    let uploaded = upload.with_options(options.clone()).send().await.unwrap();
    assert_eq!(uploaded.parts, 2);
    let plain = key("plain");
    let none = PutOptions::new();
    s3.put(&cloud.bucket, &plain, "x", &none).await.unwrap();
    let (from, to) = ((&cloud.bucket, &plain), (&cloud.bucket, &copy));
    s3.copy(from, to, &options).await.unwrap();
    for key in [&small, &large, &copy] {
        let found = s3.describe_object(&cloud.bucket, key).await.unwrap();
        match found.encryption {
            Some(Encryption::Kms { key_id, .. }) => assert_eq!(key_id.as_deref(), Some(KEY)),
            other => panic!("{key}: {other:?}"),
        }
        let open = s3.open(&cloud.bucket, key).await.unwrap();
        assert_eq!(open.details.encryption, Some(Encryption::kms(KEY)));
    }
    let found = s3.describe_object(&cloud.bucket, &plain).await.unwrap();
    assert_eq!(found.encryption, Some(Encryption::S3));
}
