//! Operations that say where they may be served.

use crate::cloud::{Cloud, EAST, WEST};
use aws_sdk_kms::operation::update_key_description::{
    UpdateKeyDescriptionInput, builders::UpdateKeyDescriptionInputBuilder,
};
use leeward_client_pool::{
    Op,
    health::{DescribeKey, describe_key},
};
use leeward_error_taxonomy::Region;
use leeward_kms_envelope::KmsService;
use leeward_resilience::{Placement, Request, Session};
use leeward_testkit::{Fault, Scope};
use std::time::Duration;
use tower::ServiceExt;

fn stack(cloud: &Cloud) -> KmsService {
    cloud.patient([EAST, WEST]).through(&cloud.pool).unwrap()
}

fn describe(cloud: &Cloud, placement: Placement) -> DescribeKey {
    describe_key(cloud.key.clone()).placed(placement)
}

/// The Region of the key that was described.
async fn served_by(kms: &KmsService, request: DescribeKey) -> Region {
    let output = kms.clone().oneshot(request).await.unwrap();
    let arn = output.key_metadata.unwrap().arn.unwrap();
    arn.split(':').nth(3).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_call_goes_where_it_says() {
    let cloud = Cloud::start().await;
    let kms = stack(&cloud);
    let anywhere = describe_key(cloud.key.clone());
    assert!(anywhere.placement().is_none());
    assert_eq!(served_by(&kms, anywhere).await, EAST);
    for placement in [
        Placement::new().pinned_to(WEST),
        Placement::new().preferring(WEST),
        Placement::new().excluding(EAST),
    ] {
        assert_eq!(served_by(&kms, describe(&cloud, placement)).await, WEST);
    }
}

#[tokio::test]
async fn a_call_that_is_pinned_to_a_lost_region_is_lost_with_it() {
    let cloud = Cloud::start().await;
    let kms = stack(&cloud);
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::refuse());
    let pinned = describe(&cloud, Placement::new().pinned_to(EAST));
    kms.clone().oneshot(pinned).await.unwrap_err();
    assert_eq!(cloud.calls(&WEST, "DescribeKey"), 0);
    let preferring = describe(&cloud, Placement::new().preferring(EAST));
    assert_eq!(served_by(&kms, preferring).await, WEST);
    // One that may go nowhere says so.
    let nowhere = Placement::new().excluding(EAST).excluding(WEST);
    let error = kms
        .clone()
        .oneshot(describe(&cloud, nowhere))
        .await
        .unwrap_err();
    assert!(format!("{error:?}").contains("AllExcluded"), "{error:?}");
}

#[tokio::test]
async fn a_session_reads_where_it_wrote() {
    let cloud = Cloud::start().await;
    let kms = stack(&cloud);
    let session = Session::new(Duration::from_secs(60));
    let read = || describe(&cloud, Placement::new().reading(&session));
    assert_eq!(served_by(&kms, read()).await, EAST);
    let input = UpdateKeyDescriptionInput::builder().description("ours");
    let write = Op::new(input, UpdateKeyDescriptionInputBuilder::send_with)
        .naming(cloud.key.clone(), UpdateKeyDescriptionInputBuilder::key_id)
        .placed(Placement::new().writing(&session).excluding(EAST));
    kms.clone().oneshot(write).await.unwrap();
    assert_eq!(session.home(), Some(WEST));
    assert_eq!(served_by(&kms, read()).await, WEST);
    assert_eq!(served_by(&kms, describe_key(cloud.key.clone())).await, EAST);
}
