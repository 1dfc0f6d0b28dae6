//! What may be sent twice is; what may not is sent once, unless somebody takes that upon him (case F4).

use crate::cloud::{Cloud, EAST, WEST, slow_by, warm_up};
use aws_sdk_kms::operation::create_key::{
    CreateKeyError, CreateKeyInput, CreateKeyOutput, builders::CreateKeyInputBuilder,
};
use leeward_client_pool::{Failed, Op, health::describe_key};
use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_kms_envelope::{KmsService, KmsStack};
use leeward_resilience::{Idempotency, Placement, Request};
use leeward_testkit::{Fault, Scope};
use std::time::Duration;
use tower::ServiceExt;

fn stack(cloud: &Cloud) -> KmsService {
    KmsStack::new([EAST, WEST])
        .with_attempt_timeout(Duration::from_millis(800))
        .through(&cloud.pool)
        .unwrap()
}

async fn create_key(
    kms: &KmsService,
    placement: Placement,
) -> Result<CreateKeyOutput, Failed<CreateKeyError>> {
    let create = Op::new(CreateKeyInput::builder(), CreateKeyInputBuilder::send_with);
    assert_eq!(create.idempotency(), Idempotency::NonIdempotent);
    kms.clone().oneshot(create.placed(placement)).await
}

#[tokio::test]
async fn a_key_is_made_once_however_slow_its_region_is() {
    let cloud = Cloud::start().await;
    let kms = cloud.hedged().through(&cloud.pool).unwrap();
    warm_up(&kms, &cloud).await;
    let slow = slow_by(Duration::from_millis(300));
    cloud.aws.faults().inject(Scope::region(EAST), slow);
    // On a busy machine some of the calls before were slow.
    let before = kms.router().status();
    create_key(&kms, Placement::new()).await.unwrap();
    assert_eq!(kms.router().status().hedges, before.hedges);
    assert_eq!(cloud.calls(&EAST, "CreateKey"), 1);
    assert_eq!(cloud.calls(&WEST, "CreateKey"), 0);

    // A slow read is sent to the next Region too, which is the first to answer.
    let slower = slow_by(Duration::from_secs(60));
    cloud.aws.faults().inject(Scope::region(EAST), slower);
    let describe = describe_key(cloud.key.clone());
    kms.clone().oneshot(describe).await.unwrap();
    assert_eq!(kms.router().status().hedges_won, before.hedges_won + 1);
    assert_eq!(cloud.calls(&WEST, "DescribeKey"), 1);
}

#[tokio::test]
async fn a_key_that_may_have_been_made_is_not_made_elsewhere_unless_asked() {
    let cloud = Cloud::start().await;
    let kms = stack(&cloud);
    warm_up(&kms, &cloud).await;
    let hedges = kms.router().status().hedges;
    let silent = Scope::region(EAST).service("kms").operation("CreateKey");
    cloud.aws.faults().inject(silent, Fault::black_hole());
    let error = create_key(&kms, Placement::new()).await.unwrap_err();
    let facts = error.facts();
    assert_eq!(facts.stage, Stage::MaybeSent);
    let timed_out = matches!(facts.rejected, Some(Rejected::AttemptTimedOut { .. }));
    assert!(timed_out, "{error:?}");
    assert_eq!(
        cloud.calls(&EAST, "CreateKey"),
        1,
        "sent once, and not retried"
    );
    assert_eq!(cloud.calls(&WEST, "CreateKey"), 0);

    let whatever_happens = Placement::new().failing_over_when_unsure();
    create_key(&kms, whatever_happens).await.unwrap();
    assert_eq!(cloud.calls(&EAST, "CreateKey"), 2);
    assert_eq!(cloud.calls(&WEST, "CreateKey"), 1);
    let still = kms.router().status().hedges;
    assert_eq!(still, hedges, "still one after the other");
}

#[tokio::test]
async fn a_key_that_was_certainly_not_made_is_made_elsewhere() {
    let cloud = Cloud::start().await;
    let kms = stack(&cloud);
    cloud
        .aws
        .faults()
        .inject(Scope::region(EAST), Fault::refuse());
    // Over a connection that was open something might have been sent; this call finds it closed.
    let describe = describe_key(cloud.key.clone());
    kms.clone().oneshot(describe).await.unwrap();
    create_key(&kms, Placement::new()).await.unwrap();
    assert_eq!(cloud.calls(&WEST, "CreateKey"), 1);
    let status = kms.router().status();
    assert_eq!((status.fail_overs, status.regions[0].left), (2, 2));
}
