//! Operations as values, played against targets.

use crate::cloud::{EAST, WEST, regions};
use aws_sdk_kms::{
    Client,
    operation::describe_key::{DescribeKeyInput, builders::DescribeKeyInputBuilder},
};
use leeward_client_pool::{Op, Target};
use leeward_error_taxonomy::{OperationName, Rejected};
use leeward_resilience::{Idempotency, Plain, Request};
use tower::{Service, ServiceExt};

#[tokio::test]
async fn one_operation_plays_against_every_region() {
    let (_aws, pool) = regions().await;
    let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
    pool.client::<Client>()
        .with_region(EAST)
        .await
        .unwrap()
        .create_key()
        .send()
        .await
        .unwrap();
    for (region, keys) in [(EAST, 1), (WEST, 0)] {
        let target: Target<Client> = pool.target(region.clone()).await.unwrap();
        assert_eq!(target.region(), &region);
        let answer = target.oneshot(list.clone()).await.unwrap();
        assert_eq!(answer.keys().len(), keys, "{region}");
    }
}

#[tokio::test]
async fn the_error_is_the_sdks_own() {
    let (_aws, pool) = regions().await;
    let input = DescribeKeyInput::builder().key_id("arn:aws:kms:us-east-1:123456789012:key/none");
    let describe = Op::new(input, DescribeKeyInputBuilder::send_with);
    let target: Target<Client> = pool.target(EAST).await.unwrap();
    let error = target.oneshot(describe).await.unwrap_err();
    assert!(error.into_service_error().is_not_found_exception());
}

#[tokio::test]
async fn a_bare_closure_is_an_operation() {
    let (_aws, pool) = regions().await;
    let mut target: Target<Client> = pool.target(EAST).await.unwrap();
    let list = async |kms: Client| kms.list_keys().send().await;
    let answer = target.call(move |kms| Box::pin(list(kms))).await.unwrap();
    assert!(answer.keys().is_empty());
}

#[test]
fn an_operation_names_itself_and_knows_whether_it_may_be_sent_twice() {
    let describe = Op::new(
        DescribeKeyInput::builder(),
        DescribeKeyInputBuilder::send_with,
    );
    assert_eq!(describe.operation().to_string(), "kms.DescribeKey");
    assert_eq!(describe.idempotency(), Idempotency::Idempotent);
    let once = describe.clone().non_idempotent();
    assert_eq!(once.idempotency(), Idempotency::NonIdempotent);
    let describe = once.idempotent().named(OperationName::new("kms", "Look"));
    let copy = describe.replay().unwrap();
    assert_eq!(copy.operation().to_string(), "kms.Look");
    assert_eq!(copy.idempotency(), Idempotency::Idempotent);
    let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
    assert_eq!(list.operation(), OperationName::UNKNOWN);
    assert_eq!(list.idempotency(), Idempotency::NonIdempotent);
}

#[tokio::test]
async fn an_operation_is_rewritten_for_the_region_it_goes_to() {
    let (_aws, pool) = regions().await;
    let made = pool
        .client::<Client>()
        .with_region(EAST)
        .await
        .unwrap()
        .create_key()
        .send()
        .await
        .unwrap();
    let key = made.key_metadata.unwrap().key_id;
    let input = DescribeKeyInput::builder().key_id("nowhere");
    let rewritten_to = key.clone();
    let describe =
        Op::new(input, DescribeKeyInputBuilder::send_with).rewritten_by(move |builder, region| {
            match region.as_str() {
                "us-west-2" => Err(Rejected::unavailable("not in the west")),
                _ => Ok(builder.key_id(&rewritten_to)),
            }
        });
    assert!(
        describe
            .for_region(&WEST)
            .unwrap_err()
            .is_free_to_fail_over()
    );
    let target: Target<Client> = pool.target(EAST).await.unwrap();
    let there = describe.for_region(&EAST).unwrap();
    let answer = target.clone().oneshot(there).await.unwrap();
    assert_eq!(answer.key_metadata.unwrap().key_id, key);
    let unchanged = target.oneshot(describe).await.unwrap_err();
    assert!(unchanged.into_service_error().is_not_found_exception());
}

#[test]
fn nothing_prints_what_an_operation_sends() {
    use aws_sdk_kms::{
        operation::encrypt::{EncryptInput, builders::EncryptInputBuilder},
        primitives::Blob,
    };
    let input = EncryptInput::builder().plaintext(Blob::new("hush-hush"));
    let text = format!("{:?}", Op::new(input, EncryptInputBuilder::send_with));
    assert!(text.contains("Encrypt") && !text.contains("hush"), "{text}");
}
