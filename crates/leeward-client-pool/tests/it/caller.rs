//! Whole calls through all layers.

use crate::cloud::{EAST, WEST, regions};
use aws_sdk_kms::{
    Client,
    operation::{
        describe_key::{DescribeKeyError, DescribeKeyInput, builders::DescribeKeyInputBuilder},
        list_keys::{ListKeysInput, builders::ListKeysInputBuilder},
    },
};
use leeward_client_pool::{Caller, Identity, Op, Page, Pool, Target};
use leeward_error_taxonomy::{AwsError, Category, Rejected, Stage};
use leeward_resilience::{CircuitState, Plain, Rate, RateLimitConfig, RateLimiter, stack::Preset};
use leeward_testkit::{Fault, Latency, Scope};
use std::{mem, time::Duration};
use tokio::task::JoinSet;

async fn caller(pool: &Pool) -> Caller<Client> {
    pool.caller().with_region(EAST).await.unwrap()
}

async fn list(kms: &Caller<Client>) -> Result<usize, AwsError> {
    let list = Op::new(ListKeysInput::builder(), ListKeysInputBuilder::send_with);
    let listed = kms.call(list).await?;
    Ok(listed.keys().len())
}

async fn describe(kms: &Caller<Client>) -> Result<Option<()>, AwsError> {
    let describe = DescribeKeyInput::builder().key_id("alias/nobodys");
    let describe = Op::new(describe, DescribeKeyInputBuilder::send_with);
    let is_absent = |error: &AwsError| error.code() == Some("NotFoundException");
    Ok(kms.find(describe, is_absent).await?.map(drop))
}

#[tokio::test]
async fn what_passes_is_sent_again() {
    let (aws, pool) = regions().await;
    let kms = caller(&pool).await;
    aws.faults().inject(
        Scope::any().operation("ListKeys"),
        Fault::error(500, "KMSInternalException", "a bad day").with_calls(1..=2),
    );
    assert_eq!(list(&kms).await.unwrap(), 0);
    let counts = aws.counts();
    assert_eq!(counts.in_region(&EAST).calls("kms", "ListKeys"), 3);
    assert_eq!(kms.retries().retries(), 2);
}

#[tokio::test]
async fn what_does_not_pass_is_told_with_all_that_is_known() {
    let (aws, pool) = regions().await;
    let kms = caller(&pool).await;
    aws.faults().inject(
        Scope::any(),
        Fault::error(500, "KMSInternalException", "a bad day"),
    );
    let error = list(&kms).await.unwrap_err();
    assert_eq!(error.operation().unwrap().to_string(), "kms.ListKeys");
    assert_eq!((error.region(), error.attempts()), (Some(&EAST), Some(5)));
    let text = error.to_string();
    assert!(
        text.starts_with("kms.ListKeys: KMSInternalException: a bad day (HTTP 500, request ")
            && text.ends_with(", 5 attempts, us-east-1)"),
        "{text}"
    );
}

#[tokio::test]
async fn the_modelled_error_is_within() {
    let (_aws, pool) = regions().await;
    let describe = DescribeKeyInput::builder().key_id("alias/nobodys");
    let describe = Op::new(describe, DescribeKeyInputBuilder::send_with);
    let error = caller(&pool).await.call(describe).await.unwrap_err();
    let modelled = error.downcast_ref::<DescribeKeyError>().unwrap();
    assert!(modelled.is_not_found_exception());
}

#[tokio::test]
async fn what_is_not_there_is_told_from_what_may_not_be_seen() {
    let (aws, pool) = regions().await;
    let kms = caller(&pool).await;
    assert_eq!(describe(&kms).await.unwrap(), None);
    aws.faults().inject(Scope::any(), Fault::access_denied());
    let error = describe(&kms).await.unwrap_err();
    assert_eq!(error.category(), Category::Authorization);
}

#[tokio::test]
async fn callers_of_one_account_share_what_the_service_bears() {
    let (aws, pool) = regions().await;
    let (one, other) = (caller(&pool).await, caller(&pool).await);
    let throttled = Fault::throttling().with_calls(1..=1);
    aws.faults().inject(Scope::any(), throttled);
    list(&one).await.unwrap();
    assert!(other.rate().throttled_rate().is_some());
    let elsewhere: Caller<Client> = pool.caller().with_region(WEST).await.unwrap();
    assert!(elsewhere.rate().throttled_rate().is_none());
    let stranger = Identity::provider(crate::cloud::credentials());
    let stranger: Caller<Client> = pool
        .caller()
        .with_region(EAST)
        .with_identity(stranger)
        .await
        .unwrap();
    assert!(stranger.rate().throttled_rate().is_none());
}

#[tokio::test]
async fn a_rate_of_ones_own_takes_the_place_of_that_of_the_pool() {
    let (aws, pool) = regions().await;
    let rate = RateLimitConfig::fixed(Rate::per_second(1)).with_max_wait(Duration::ZERO);
    let kms: Caller<Client> = pool
        .caller()
        .with_region(EAST)
        .with_rate_limiter(RateLimiter::new(rate))
        .await
        .unwrap();
    list(&kms).await.unwrap();
    let error = list(&kms).await.unwrap_err();
    assert!(
        matches!(error.rejected(), Some(Rejected::LimiterFull)),
        "{error}"
    );
    assert_eq!((error.stage(), error.attempts()), (Stage::NotSent, Some(0)));
    assert_eq!(aws.counts().in_region(&EAST).calls("kms", "ListKeys"), 1);
}

#[tokio::test]
async fn operations_that_take_long_do_not_open_the_circuit_for_those_that_do_not() {
    let (aws, pool) = regions().await;
    let kms = caller(&pool).await;
    for _ in 0..30 {
        list(&kms).await.unwrap();
    }
    let slow = Fault::latency(Latency::fixed(Duration::from_millis(250)));
    aws.faults()
        .inject(Scope::any().operation("DescribeKey"), slow);
    let slow: JoinSet<_> = (0..90)
        .map(|_| {
            let kms = kms.clone();
            async move { describe(&kms).await.unwrap() }
        })
        .collect();
    assert_eq!(slow.join_all().await.len(), 90);
    list(&kms).await.unwrap();
    assert_eq!(kms.breaker().state(), CircuitState::Closed);
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let (aws, pool) = regions().await;
    let kms: Caller<Client> = pool
        .caller()
        .with_region(EAST)
        .with_timeouts(Duration::from_millis(50), Duration::from_millis(120))
        .await
        .unwrap();
    aws.faults().inject(Scope::any(), Fault::black_hole());
    let error = list(&kms).await.unwrap_err();
    assert_eq!(error.category(), Category::Timeout, "{error}");
    assert!(
        error.attempts().is_some_and(|attempts| attempts > 1),
        "{error}"
    );
}

#[tokio::test]
async fn a_client_that_no_pool_has_made_is_called_through_layers_too() {
    let (aws, pool) = regions().await;
    let target: Target<Client> = pool.target(EAST).await.unwrap();
    let kms = Caller::new(target, Preset::interactive());
    let lost = Fault::reset().with_calls(1..=1);
    aws.faults().inject(Scope::any(), lost);
    assert_eq!(list(&kms).await.unwrap(), 0);
    assert_eq!(format!("{kms:?}"), "Caller { region: us-east-1, .. }");
}

#[tokio::test]
async fn a_call_is_no_larger_for_what_it_plays() {
    let (_aws, pool) = regions().await;
    let kms = caller(&pool).await;
    let small = kms.call(Plain::new(|kms: Client| async move {
        kms.list_keys().send().await
    }));
    let large = kms.call(Plain::new(|kms: Client| async move {
        let room = [7_u8; 65_536];
        let listed = kms.list_keys().send().await;
        assert!(room.iter().all(|byte| *byte == 7));
        listed
    }));
    assert_eq!(mem::size_of_val(&large), mem::size_of_val(&small));
    assert!(large.await.unwrap().keys().is_empty());
    drop(small);
}

#[tokio::test]
async fn pages_are_listed_through_a_caller() {
    let (_aws, pool) = regions().await;
    let kms = caller(&pool).await;
    for _ in 0..5 {
        kms.client().create_key().send().await.unwrap();
    }
    let pages = kms.pages(
        ListKeysInput::builder().limit(2),
        ListKeysInputBuilder::set_marker,
        ListKeysInputBuilder::send_with,
        |listed| {
            let keys = listed.keys.unwrap_or_default();
            Ok(Page::new(keys, listed.next_marker))
        },
    );
    let keys = pages.collect_up_to(100).await.unwrap();
    assert_eq!((keys.items.len(), keys.has_more), (5, false));
}
