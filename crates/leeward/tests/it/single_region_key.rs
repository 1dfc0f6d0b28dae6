//! A key of one Region, whose Region is out: what a caller reads, and where the others are named.

use crate::cloud::{A, B, builder};
use aws_sdk_kms::{
    Client,
    operation::generate_data_key::{GenerateDataKeyInput, builders::GenerateDataKeyInputBuilder},
    types::DataKeySpec,
};
use leeward::{
    client_pool::{Op, regional::KeyArn},
    error_taxonomy::{AwsError, Classify, Obstacle, Region, Rejected},
    region_router::{RegionRouter, RouterEvent},
};
use leeward_testkit::{Aws, Fault, Scope};
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

/// What observers were told of Regions that a request does not go to.
type Refused = Arc<Mutex<Vec<(Region, String, String)>>>;

#[tokio::test]
async fn the_call_ends_with_what_its_own_region_met_and_the_event_says_why_no_other_was_asked() {
    let aws = Aws::start(&[A, B]).await.unwrap();
    let pool = builder(&aws).build().await.unwrap();
    let home: Client = pool.client().with_region(A).await.unwrap();
    let made = home.create_key().send().await.unwrap().key_metadata;
    let key: KeyArn = made.unwrap().arn.unwrap().parse().unwrap();
    let heard: Refused = Arc::default();
    let router = {
        let heard = Arc::clone(&heard);
        RegionRouter::builder([A, B])
            .with_observer(move |event| {
                if let RouterEvent::Refused {
                    region, failure, ..
                } = event
                {
                    let advice = failure.advice().to_string();
                    let told = (region.clone(), failure.to_string(), advice);
                    heard.lock().unwrap().push(told);
                }
            })
            .build(pool.maker::<Client>())
            .unwrap()
    };
    let ask = || {
        let input = GenerateDataKeyInput::builder().key_spec(DataKeySpec::Aes256);
        let ask = Op::new(input, GenerateDataKeyInputBuilder::send_with);
        let ask = ask.naming(key.clone(), GenerateDataKeyInputBuilder::key_id);
        router.clone().oneshot(ask)
    };
    aws.faults().inject(Scope::region(A), Fault::refuse());

    // Its own Region is the only one that was called: its error comes through unchanged, for a retry layer to act on.
    let error = AwsError::from(ask().await.unwrap_err());
    assert!(error.facts().rejected.is_none(), "{error:?}");
    assert_eq!(error.obstacle(), Some(Obstacle::Connect));
    let reason = format!("{key} is a single-Region key and cannot be used in {B}");
    let advice = "name what the Region called has, such as a key, a secret or a table with a replica there, or leave that Region out";
    let expected = vec![(B, reason.clone(), advice.to_owned())];
    assert_eq!(*heard.lock().unwrap(), expected);
    let status = router.status();
    assert_eq!(
        (status.regions[0].refused, status.regions[1].refused),
        (0, 1)
    );

    // Once that Region was left, no Region is well that might take the call, and the error itself names each.
    for _ in 1..5 {
        ask().await.unwrap_err();
    }
    let error = ask().await.unwrap_err();
    let Some(Rejected::Exhausted { tried }) = error.facts().rejected else {
        panic!("{error:?}");
    };
    let other = tried.iter().find(|attempt| attempt.region == B).unwrap();
    assert_eq!(other.failure.to_string(), reason);
    let own = tried.iter().find(|attempt| attempt.region == A).unwrap();
    assert_eq!(own.failure.obstacle(), Some(Obstacle::Connect));
    assert_eq!(aws.counts().in_region(&B).total().calls, 0);
    aws.shutdown().await;
}
