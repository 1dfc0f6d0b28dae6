//! What there is to know of buckets, and lists.

use crate::cloud::{Cloud, EAST, key};
use leeward_error_taxonomy::Category;
use leeward_s3::{BucketPresence, FolderEntry, PutOptions, Versioning};
use leeward_testkit::{Fault, Scope};

#[tokio::test]
async fn a_bucket_that_is_there_is_told_from_one_that_is_not() {
    let cloud = Cloud::start().await;
    let s3 = cloud.s3().await;
    assert!(s3.bucket_exists(&cloud.bucket).await.unwrap());
    let found = s3.find_bucket(&cloud.bucket).await.unwrap();
    let BucketPresence::Here { region } = found else {
        panic!("{found:?}");
    };
    assert_eq!(region, EAST);
    let nobodys = "nobodys-bucket".parse().unwrap();
    let found = s3.find_bucket(&nobodys).await.unwrap();
    assert!(matches!(found, BucketPresence::Absent), "{found:?}");
    assert!(!s3.bucket_exists(&nobodys).await.unwrap());
    assert_eq!(s3.bucket_region(&nobodys).await.unwrap(), None);
    assert_eq!(s3.bucket_region(&cloud.bucket).await.unwrap(), Some(EAST));
}

#[tokio::test]
async fn a_denied_bucket_may_be_there() {
    let cloud = Cloud::start().await;
    let s3 = cloud.s3().await;
    let faults = cloud.aws.faults();
    let denied = Fault::error(403, "AccessDenied", "no");
    faults.inject(Scope::any().operation("HeadBucket"), denied);
    let found = s3.find_bucket(&cloud.bucket).await.unwrap();
    assert!(matches!(found, BucketPresence::Denied { .. }), "{found:?}");
    let error = s3.bucket_exists(&cloud.bucket).await.unwrap_err();
    assert_eq!(error.category(), Category::Authorization);
    let error = s3.bucket_region(&cloud.bucket).await.unwrap_err();
    assert_eq!(error.category(), Category::Authorization);
}

#[tokio::test]
async fn a_failing_service_says_nothing_of_a_bucket() {
    let cloud = Cloud::start().await;
    let s3 = cloud.s3().await;
    let failing = Fault::error(500, "InternalError", "a bad day");
    cloud.aws.faults().inject(Scope::any(), failing);
    let error = s3.bucket_exists(&cloud.bucket).await.unwrap_err();
    assert_eq!(error.status(), Some(500));
}

#[tokio::test]
async fn what_is_not_configured_is_none() {
    let cloud = Cloud::start().await;
    let s3 = cloud.s3().await;
    assert_eq!(s3.versioning(&cloud.bucket).await.unwrap(), Versioning::Off);
    assert_eq!(s3.public_access_block(&cloud.bucket).await.unwrap(), None);
    let nobodys = "nobodys-bucket".parse().unwrap();
    let error = s3.versioning(&nobodys).await.unwrap_err();
    assert_eq!(error.code(), Some("NoSuchBucket"));
}

#[tokio::test]
async fn folders_are_listed_and_emptied() {
    let cloud = Cloud::start().await;
    let s3 = cloud.s3().await;
    let keys = ["a", "b/1", "b/2", "c/d/3"].map(key);
    for key in &keys {
        s3.put(&cloud.bucket, key, "x", &PutOptions::new())
            .await
            .unwrap();
    }
    let listed = s3
        .list(&cloud.bucket, "b/")
        .collect_up_to(10)
        .await
        .unwrap();
    let listed: Vec<_> = listed.items.iter().map(|object| &*object.key).collect();
    assert_eq!(listed, ["b/1", "b/2"]);
    let entries = s3
        .list_folder(&cloud.bucket, "", "/")
        .collect_up_to(10)
        .await
        .unwrap();
    let entries: Vec<_> = entries
        .items
        .iter()
        .map(|entry| match entry {
            FolderEntry::Object(object) => &object.key,
            FolderEntry::Prefix(prefix) => prefix,
            _ => unreachable!("there is nothing else"),
        })
        .collect();
    assert_eq!(entries, ["a", "b/", "c/"]);
    s3.delete(&cloud.bucket, &keys[0]).await.unwrap();
    assert_eq!(s3.delete_all(&cloud.bucket, &keys).await.unwrap(), []);
    let listed = s3.list(&cloud.bucket, "").collect_up_to(10).await.unwrap();
    assert_eq!(listed.items, []);
}
