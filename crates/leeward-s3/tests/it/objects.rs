//! Small objects, and one stream that goes on where it broke off.

use crate::cloud::{Cloud, bytes, key};
use aws_sdk_s3::types::StorageClass;
use leeward_error_taxonomy::Category;
use leeward_s3::{PutOptions, TransferError};
use leeward_testkit::{Fault, Scope};

#[tokio::test]
async fn what_is_put_is_read() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.s3().await, key("2026/11/22.json"));
    let options = PutOptions::new().with_content_type("application/json");
    let put = s3.put(&cloud.bucket, &key, "[1]", &options).await.unwrap();
    assert_eq!((put.size, put.parts), (3, 0));
    let found = s3.describe_object(&cloud.bucket, &key).await.unwrap();
    assert_eq!((found.size, &found.etag), (3, &put.etag));
    assert_eq!(found.content_type.as_deref(), Some("application/json"));
    assert_eq!(s3.read(&cloud.bucket, &key, 3).await.unwrap(), "[1]");
    let error = s3.read(&cloud.bucket, &key, 2).await.unwrap_err();
    assert!(matches!(
        error.downcast_ref(),
        Some(TransferError::TooLarge { size: 3, max: 2 })
    ));
}

#[tokio::test]
async fn an_object_is_found_with_what_its_writer_said_of_it() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.s3().await, key("found"));
    assert_eq!(s3.find_object(&cloud.bucket, &key).await.unwrap(), None);
    let options = PutOptions::new()
        .with_content_type("text/plain")
        .with_storage_class(StorageClass::StandardIa)
        .with_metadata("origin", "import");
    let put = s3.put(&cloud.bucket, &key, "found", &options).await;
    let put = put.unwrap();
    let found = s3.find_object(&cloud.bucket, &key).await.unwrap();
    let found = found.expect("it is there");
    assert_eq!((found.size, &found.etag), (5, &put.etag));
    assert_eq!(found.content_type.as_deref(), Some("text/plain"));
    assert_eq!(found.storage_class.as_deref(), Some("STANDARD_IA"));
    assert_eq!(found.metadata["origin"], "import");
    assert_eq!(found.version_id, None);
    assert!(found.last_modified.is_some());
    let described = s3.describe_object(&cloud.bucket, &key).await.unwrap();
    assert_eq!(described, found);
    let denied = Fault::access_denied();
    cloud.aws.faults().inject(Scope::any(), denied);
    let error = s3.find_object(&cloud.bucket, &key).await.unwrap_err();
    assert_eq!(error.category(), Category::Authorization);
}

#[tokio::test]
async fn what_is_not_there_is_told_from_what_may_not_be_seen() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.s3().await, key("nothing"));
    assert!(!s3.object_exists(&cloud.bucket, &key).await.unwrap());
    let error = s3.open(&cloud.bucket, &key).await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchKey"));
    cloud
        .aws
        .faults()
        .inject(Scope::any(), Fault::access_denied());
    let error = s3.object_exists(&cloud.bucket, &key).await.unwrap_err();
    assert_eq!(error.category(), Category::Authorization);
}

#[tokio::test]
async fn a_put_is_sent_again_with_its_body() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.s3().await, key("again"));
    let faults = cloud.aws.faults();
    faults.inject(
        Scope::any().operation("PutObject"),
        Fault::throttling().with_calls(1..=2),
    );
    s3.put(&cloud.bucket, &key, "twice", &PutOptions::new())
        .await
        .unwrap();
    assert_eq!(cloud.calls("PutObject"), 3);
    assert_eq!(s3.read(&cloud.bucket, &key, 10).await.unwrap(), "twice");
}

#[tokio::test]
async fn a_torn_body_is_gone_on_with() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.s3().await, key("torn"));
    let written = bytes(300_000);
    s3.put(&cloud.bucket, &key, written.clone(), &PutOptions::new())
        .await
        .unwrap();
    let torn = Fault::reset().with_calls(1..=3);
    let faults = cloud.aws.faults();
    faults.inject(Scope::any().operation("GetObject"), torn);
    let read = s3.read(&cloud.bucket, &key, usize::MAX).await.unwrap();
    assert_eq!(read, written);
    assert_eq!(cloud.calls("GetObject"), 4);
}

#[tokio::test]
async fn a_body_that_is_torn_too_often_is_an_error() {
    let cloud = Cloud::start().await;
    let key = key("torn");
    let s3 = cloud.builder().await.with_max_resumes(1).build().unwrap();
    s3.put(&cloud.bucket, &key, bytes(100_000), &PutOptions::new())
        .await
        .unwrap();
    let faults = cloud.aws.faults();
    faults.inject(Scope::any().operation("GetObject"), Fault::reset());
    let error = s3.read(&cloud.bucket, &key, usize::MAX).await.unwrap_err();
    let torn = error.downcast_ref::<TransferError>();
    assert!(
        matches!(
            torn,
            Some(TransferError::Torn {
                end: 100_000,
                times: 2,
                ..
            })
        ),
        "{error:?}"
    );
    assert_eq!(error.operation().unwrap().to_string(), "s3.GetObject");
}

#[tokio::test]
async fn what_was_replaced_meanwhile_is_not_gone_on_with() {
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.s3().await, key("replaced"));
    let options = PutOptions::new();
    let put = |byte: u8| s3.put(&cloud.bucket, &key, vec![byte; 300_000], &options);
    put(1).await.unwrap();
    let faults = cloud.aws.faults();
    let torn = Fault::reset().with_calls(1..=1);
    faults.inject(Scope::any().operation("GetObject"), torn);
    let mut object = s3.open(&cloud.bucket, &key).await.unwrap();
    put(2).await.unwrap();
    let error = loop {
        match object.body.next().await.expect("no end without an error") {
            Ok(bytes) => assert!(bytes.iter().all(|byte| *byte == 1)),
            Err(error) => break error,
        }
    };
    assert_eq!(error.status(), Some(412), "{error}");
    assert!(object.body.next().await.is_none());
}
