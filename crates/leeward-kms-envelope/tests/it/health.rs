//! Health checks: a real call in each Region, by the name that the key has there.

use crate::cloud::{Cloud, EAST, WEST};
use leeward_client_pool::health::{caller_identity, describe_key};
use leeward_kms_envelope::KmsStack;
use leeward_region_router::{
    CheckResult, HealthCheck, RegionRouter, RegionState, RouterView, RouterWatch,
};
use leeward_testkit::{Fault, Scope};
use std::time::Duration;
use tokio::time::timeout;

const OFTEN: Duration = Duration::from_millis(50);

/// Waits until the router looks as it should.
async fn until(watch: &mut RouterWatch, looks: impl Fn(&RouterView) -> bool) {
    let waiting = async {
        while !looks(watch.last()) {
            watch.changed().await.unwrap();
        }
    };
    let waited = timeout(Duration::from_secs(20), waiting).await;
    assert!(waited.is_ok(), "{:?}", watch.last());
}

fn all_are_good(view: &RouterView) -> bool {
    let mut checks = view.regions.iter().map(|region| region.check);
    checks.all(|check| check == Some(CheckResult::Good))
}

#[tokio::test]
async fn the_key_is_described_in_each_region_as_it_is_called_there() {
    let cloud = Cloud::start().await;
    // Options may follow.
    let stack = KmsStack::new([EAST, WEST])
        .describing(cloud.key.clone())
        .with_attempt_timeout(Duration::from_secs(2))
        .with_circuit_changes(|circuit| circuit.with_rest(Duration::from_secs(2)));
    let kms = stack.through(&cloud.pool).unwrap();
    until(&mut kms.router().watch(), all_are_good).await;
    kms.router().shutdown().await;
    for region in [EAST, WEST] {
        let tally = cloud.aws.counts().in_region(&region).total();
        assert!(tally.calls > 0, "{region}");
        // The emulated KMS refuses an ARN that names another Region.
        assert_eq!(tally.errors, 0, "{region}");
    }
    let status = kms.router().status();
    for region in status.regions {
        assert_eq!(region.check.unwrap().error, None);
    }
}

#[tokio::test]
async fn a_lost_region_is_known_before_any_call_goes_there() {
    let cloud = Cloud::start().await;
    let check = HealthCheck::sending(describe_key(cloud.key.clone()))
        .with_interval(OFTEN)
        .with_idle_interval(OFTEN);
    let stack = KmsStack::new([EAST, WEST]).with_health_check(check);
    let kms = stack.through(&cloud.pool).unwrap();
    let mut watch = kms.router().watch();
    until(&mut watch, all_are_good).await;
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::refuse());
    until(&mut watch, |view| view.first_choice == Some(WEST)).await;
    let status = kms.router().status();
    assert_eq!(status.regions[0].state, RegionState::Open);
    assert_eq!(
        status.regions[0].check.as_ref().unwrap().result,
        CheckResult::Failed
    );
    assert!(status.regions[0].last_error.is_some());
}

#[tokio::test]
async fn a_region_without_the_key_is_not_asked_and_the_check_says_why() {
    let cloud = Cloud::start().await;
    let only_here = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let stack = KmsStack::new([EAST, WEST]).describing(only_here.parse().unwrap());
    let kms = stack.through(&cloud.pool).unwrap();
    let everybody_answered =
        |view: &RouterView| view.regions.iter().all(|region| region.check.is_some());
    until(&mut kms.router().watch(), everybody_answered).await;
    kms.router().shutdown().await;
    let status = kms.router().status();
    let checks: Vec<_> = status.regions.into_iter().flat_map(|at| at.check).collect();
    // There is no such key, which is an answer.
    assert_eq!(checks[0].result, CheckResult::Refused);
    let met = checks[0].error.as_ref().unwrap();
    assert_eq!(met.failure.code(), Some("NotFoundException"));
    assert_eq!(checks[1].result, CheckResult::Inconclusive);
    let met = checks[1].error.as_ref().unwrap().failure.to_string();
    assert!(
        met.contains("is a single-Region key and cannot be used in us-west-2"),
        "{met}"
    );
    assert_eq!(cloud.aws.counts().in_region(&WEST).total().calls, 0);
}

#[tokio::test]
async fn sts_answers_for_a_region_without_anything_to_be_allowed() {
    let cloud = Cloud::start().await;
    let router = RegionRouter::builder([EAST, WEST])
        .with_health_check(HealthCheck::sending(caller_identity()))
        .build(cloud.pool.maker::<aws_sdk_sts::Client>())
        .unwrap();
    until(&mut router.watch(), all_are_good).await;
    for region in [EAST, WEST] {
        let counts = cloud.aws.counts().in_region(&region);
        assert!(counts.tally("sts", "GetCallerIdentity").ok > 0, "{region}");
    }
}
