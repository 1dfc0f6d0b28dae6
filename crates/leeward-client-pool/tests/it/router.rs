//! The Region router over the pool's maker.

use crate::cloud::{EAST, WEST, builder, credentials, regions};
use aws_sdk_kms::{Client, error::SdkError, operation::list_keys::ListKeysError};
use leeward_client_pool::{ClientConfig, Failed, Identity, Maker, Pool, Role};
use leeward_error_taxonomy::{Category, Classify, OperationName, Region, Rejected, Stage};
use leeward_region_router::{RegionRouter, RouterEvent};
use leeward_resilience::Plain;
use leeward_testkit::{Aws, Fault, Scope};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// From where calls failed over, and what they met there.
type Left = Arc<Mutex<Vec<(Region, Stage, Category)>>>;

/// Lists the keys of one of two Regions.
async fn list(maker: Maker<Client>, left: &Left) -> Result<(), SdkError<ListKeysError>> {
    let heard = left.clone();
    let router = RegionRouter::builder([EAST, WEST])
        .with_observer(move |event| {
            if let RouterEvent::FailedOver { from, failure, .. } = event {
                let met = (from.clone(), failure.stage(), failure.category());
                heard.lock().unwrap().push(met);
            }
        })
        .build(maker)
        .unwrap();
    let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
    let list = list.named(OperationName::new("kms", "ListKeys"));
    router.oneshot(list.idempotent()).await.map(drop)
}

fn calls(aws: &Aws) -> [u64; 2] {
    [EAST, WEST].map(|region| aws.counts().in_region(&region).calls("kms", "ListKeys"))
}

#[tokio::test]
async fn a_region_out_of_reach_is_left_for_one_that_answers() {
    let (aws, pool) = regions().await;
    let left = Left::default();
    list(pool.maker(), &left).await.unwrap();
    assert_eq!((calls(&aws), left.lock().unwrap().len()), ([1, 0], 0));
    aws.faults().inject(Scope::region(EAST), Fault::refuse());
    list(pool.maker(), &left).await.unwrap();
    assert_eq!(calls(&aws)[1], 1);
    let (from, _, category) = left.lock().unwrap()[0].clone();
    assert_eq!((from, category), (EAST, Category::Network));
}

#[tokio::test]
async fn an_endpoint_that_nobody_listens_at_is_left_unsent() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let nobody = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let pool = builder(&aws)
        .with_endpoint(EAST, format!("http://{nobody}"))
        .with_credentials(credentials());
    let left = Left::default();
    list(pool.build().await.unwrap().maker(), &left)
        .await
        .unwrap();
    assert_eq!(calls(&aws), [0, 1]);
    let expected = [(EAST, Stage::NotSent, Category::Network)];
    assert_eq!(*left.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_region_for_which_there_is_no_client_is_left_for_another() {
    let (aws, pool) = regions().await;
    let maker = pool.client_by("kms", |config: &ClientConfig| {
        assert_ne!(config.region(), &EAST, "a bug in somebody's code");
        Client::new(config.sdk())
    });
    let left = Left::default();
    list(maker.maker(), &left).await.unwrap();
    assert_eq!(calls(&aws), [0, 1]);
    let expected = [(EAST, Stage::NotSent, Category::Rejected)];
    assert_eq!(*left.lock().unwrap(), expected);
}

/// Asks as a role that nobody lends.
async fn denied(aws: &Aws, pool: &Pool) -> SdkError<ListKeysError> {
    let role = Role::new("arn:aws:iam::111122223333:role/ledger").unwrap();
    aws.roles().deny(role.arn());
    let maker = pool.client::<Client>().with_role(role).maker();
    list(maker, &Left::default()).await.unwrap_err()
}

#[tokio::test]
async fn where_there_is_no_client_anywhere_each_region_is_told_with_the_reason() {
    let (aws, pool) = regions().await;
    let error: Failed<ListKeysError> = denied(&aws, &pool).await;
    let mut causes = std::iter::successors(
        Some(&error as &(dyn std::error::Error + 'static)),
        |&error| error.source(),
    );
    let rejected = causes.find_map(|error| error.downcast_ref::<Rejected>());
    assert!(
        matches!(rejected, Some(Rejected::Exhausted { .. })),
        "{error:?}"
    );
    assert_eq!(error.facts().stage, Stage::NotSent);
    let text = rejected.unwrap().to_string();
    for region in ["us-east-1", "us-west-2"] {
        assert!(text.contains(region), "{text}");
    }
    assert!(text.contains("may not assume"), "{text}");
    assert_eq!(calls(&aws), [0, 0]);
    // Others are served by the same pool.
    let ask = pool.client::<Client>().with_identity(Identity::DEFAULT);
    list(ask.maker(), &Left::default()).await.unwrap();
}
