//! What an error of a pool's client says of the call.

use crate::cloud::{EAST, WEST, builder, credentials, regions};
use aws_sdk_kms::{Client, operation::list_keys::ListKeysError};
use aws_smithy_types::body::SdkBody;
use leeward_client_pool::Failed;
use leeward_error_taxonomy::{AwsError, Category, Classify, Obstacle, Stage};
use leeward_resilience::Plain;
use leeward_testkit::{Fault, Scope};
use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};
use tower::{ServiceExt, util::MapRequestLayer};

async fn failure(client: &Client) -> Failed<ListKeysError> {
    client.list_keys().send().await.unwrap_err()
}

#[tokio::test]
async fn a_denied_call_names_service_operation_region_and_attempts() {
    let (aws, pool) = regions().await;
    aws.faults()
        .inject(Scope::region(WEST), Fault::access_denied());
    let west: Client = pool.client().with_region(WEST).await.unwrap();
    let error = AwsError::from(failure(&west).await);
    let told = error.to_string();
    assert!(told.starts_with("kms.ListKeys: AccessDenied"), "{told}");
    assert!(told.ends_with(", 1 attempt, us-west-2)"), "{told}");
    assert_eq!((error.region(), error.attempts()), (Some(&WEST), Some(1)));
    assert_eq!(error.category(), Category::Authorization);
}

#[tokio::test]
async fn the_attempts_of_the_sdk_are_counted_with_an_answer_and_without() {
    for (fault, stage) in [
        (Fault::throttling(), Stage::Answered),
        (Fault::reset(), Stage::MaybeSent),
        (Fault::refuse(), Stage::NotSent),
    ] {
        let (aws, _) = regions().await;
        let pool = builder(&aws)
            .with_credentials(credentials())
            .with_attempts(2)
            .without_guard();
        let pool = pool.build().await.unwrap();
        aws.faults().inject(Scope::region(EAST), fault);
        let east: Client = pool.client().with_region(EAST).await.unwrap();
        let error = failure(&east).await;
        let facts = error.facts();
        let seen = (facts.stage, facts.attempts, facts.region);
        assert_eq!(seen, (stage, Some(2), Some(&EAST)), "{error:?}");
        let error = AwsError::from(error);
        // Whom to look for where nobody answered.
        let own = aws.endpoint(&EAST);
        let host = own
            .strip_prefix("http://")
            .filter(|_| stage != Stage::Answered);
        assert_eq!(error.host(), host);
        let place = ["us-east-1"].into_iter().chain(host);
        let place = place.collect::<Vec<_>>().join(", ");
        let text = error.to_string();
        assert!(text.ends_with(&format!("2 attempts, {place})")), "{text}");
    }
}

#[tokio::test]
async fn what_was_not_sent_at_last_may_have_been_sent_before() {
    let (aws, _) = regions().await;
    aws.faults().inject(Scope::region(EAST), Fault::reset());
    let (faults, attempts) = (aws.faults().clone(), Arc::new(AtomicU32::new(0)));
    let pool = builder(&aws)
        .with_credentials(credentials())
        .with_attempts(2)
        .without_guard()
        .with_http_layer(MapRequestLayer::new(
            move |request: http::Request<SdkBody>| {
                if attempts.fetch_add(1, Relaxed) == 1 {
                    faults.clear();
                    faults.inject(Scope::region(EAST), Fault::refuse());
                }
                request
            },
        ));
    let pool = pool.build().await.unwrap();
    let east: Client = pool.client().with_region(EAST).await.unwrap();
    let error = failure(&east).await;
    let facts = error.facts();
    assert_eq!((facts.stage, facts.attempts), (Stage::MaybeSent, Some(2)));
    assert_eq!(facts.obstacle, Some(Obstacle::Connect), "{error:?}");
}

#[tokio::test]
async fn a_call_that_was_not_sent_is_told_of_where_the_type_of_its_error_is_lost() {
    let (aws, pool) = regions().await;
    aws.faults().inject(Scope::region(EAST), Fault::refuse());
    let east: Client = pool.client().with_region(EAST).await.unwrap();
    let error = failure(&east).await;
    let attempts = error.facts().attempts;
    assert!(attempts > Some(1), "{error:?}");
    let erased: Box<dyn Error + Send + Sync> = error.into();
    let error = AwsError::from_erased(erased);
    assert_eq!((error.attempts(), error.region()), (attempts, Some(&EAST)));
}

#[tokio::test]
async fn a_target_counts_no_attempts_of_layers_above_it() {
    let (aws, pool) = regions().await;
    aws.faults()
        .inject(Scope::region(EAST), Fault::access_denied());
    let target = pool.target::<Client>(EAST).await.unwrap();
    let call = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
    let error: AwsError = target.oneshot(call).await.unwrap_err().into();
    assert_eq!((error.region(), error.attempts()), (Some(&EAST), None));
}
