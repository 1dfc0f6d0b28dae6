//! Buckets that are in another Region than the one that is called.

use crate::cloud::{Cloud, EAST, WEST, key};
use leeward_error_taxonomy::{Category, Region};
use leeward_s3::{BucketPresence, PutOptions, S3};
use leeward_testkit::{Fault, Scope};

async fn of_the_west(cloud: &Cloud) -> S3 {
    let caller = cloud.pool.caller().with_region(WEST).await.unwrap();
    S3::new(caller)
}

#[tokio::test]
async fn the_region_of_a_bucket_is_found_from_another() {
    let cloud = Cloud::start().await;
    let west = of_the_west(&cloud).await;
    let found = west.find_bucket(&cloud.bucket).await.unwrap();
    let BucketPresence::Elsewhere { region } = found else {
        panic!("{found:?}");
    };
    assert_eq!(region, Some(EAST));
    assert!(west.bucket_exists(&cloud.bucket).await.unwrap());
    let region = west.bucket_region(&cloud.bucket).await.unwrap();
    assert_eq!(region, Some(EAST));
    let error = west
        .put(&cloud.bucket, &key("lost"), "x", &PutOptions::new())
        .await
        .unwrap_err();
    let told = (error.status(), error.code());
    assert_eq!(told, (Some(301), Some("PermanentRedirect")));
}

#[tokio::test]
async fn a_redirect_that_names_no_region_is_followed_by_a_question() {
    let cloud = Cloud::start().await;
    let s3 = cloud.s3().await;
    let elsewhere = Fault::error(301, "PermanentRedirect", "elsewhere");
    let head = Scope::any().operation("HeadBucket");
    let rule = cloud.aws.faults().inject(head.clone(), elsewhere.clone());
    let region = s3.bucket_region(&cloud.bucket).await.unwrap();
    assert_eq!(region, Some(EAST));
    assert_eq!(cloud.calls("GetBucketLocation"), 1);
    rule.clear();
    let named = elsewhere.with_header("x-amz-bucket-region", "eu-west-1");
    cloud.aws.faults().inject(head, named);
    let region = s3.bucket_region(&cloud.bucket).await.unwrap();
    assert_eq!(region, Some(Region::from_static("eu-west-1")));
    assert_eq!(cloud.calls("GetBucketLocation"), 1);
}

#[tokio::test]
async fn the_region_of_a_denied_bucket_is_found_where_it_is_named() {
    let cloud = Cloud::start().await;
    let s3 = cloud.s3().await;
    let denied = Fault::error(403, "AccessDenied", "no");
    let denied = denied.with_header("x-amz-bucket-region", "eu-west-1");
    let head = Scope::any().operation("HeadBucket");
    cloud.aws.faults().inject(head, denied);
    let found = s3.find_bucket(&cloud.bucket).await.unwrap();
    let BucketPresence::Denied { region, error } = found else {
        panic!("{found:?}");
    };
    assert_eq!(region, Some(Region::from_static("eu-west-1")));
    assert_eq!(error.category(), Category::Authorization);
    let found = s3.bucket_region(&cloud.bucket).await.unwrap();
    assert_eq!(found, region);
    let error = s3.bucket_exists(&cloud.bucket).await.unwrap_err();
    assert_eq!(error.status(), Some(403));
}
