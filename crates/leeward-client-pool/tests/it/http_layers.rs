//! What requests pass on their way out.

use crate::{
    cloud::{EAST, WEST, builder, credentials},
    wire::Wire,
};
use aws_sdk_kms::{Client, error::SdkError, operation::list_keys::ListKeysError};
use aws_smithy_types::body::SdkBody;
use http::{HeaderName, HeaderValue, Request};
use leeward_client_pool::{Pool, PoolBuilder};
use leeward_error_taxonomy::{Classify, Obstacle, Stage, Verdict};
use leeward_testkit::{Aws, Fault, Scope};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tower::util::MapRequestLayer;
use tower_http::set_header::SetRequestHeaderLayer;

/// The way out that a pool takes unless somebody looks, and the one through the layers.
pub(crate) const WAYS: [fn(PoolBuilder) -> PoolBuilder; 2] = [
    |pool| pool,
    |pool| pool.with_http_layer(tower::layer::util::Identity::new()),
];

pub(crate) async fn pool(wire: &Wire, change: impl FnOnce(PoolBuilder) -> PoolBuilder) -> Pool {
    let pool = Pool::builder()
        .without_proxy()
        .with_endpoint(EAST, wire.url())
        .with_credentials(credentials());
    change(pool).build().await.unwrap()
}

pub(crate) async fn list(pool: &Pool) {
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    kms.list_keys().send().await.unwrap();
}

pub(crate) fn adds(
    name: &'static str,
    value: &'static str,
) -> MapRequestLayer<impl Fn(Request<SdkBody>) -> Request<SdkBody> + Clone> {
    MapRequestLayer::new(move |mut request: Request<SdkBody>| {
        let name = HeaderName::from_static(name);
        request
            .headers_mut()
            .append(name, HeaderValue::from_static(value));
        request
    })
}

#[tokio::test]
async fn a_layer_of_the_users_and_one_of_tower_http_change_what_is_sent() {
    let wire = Wire::open().await;
    let of_tower_http = SetRequestHeaderLayer::overriding(
        HeaderName::from_static("x-tower"),
        HeaderValue::from_static("http"),
    );
    let pool = pool(&wire, |pool| {
        pool.with_http_layer(adds("x-team", "ledger"))
            .with_http_layer(of_tower_http)
    });
    list(&pool.await).await;
    let head = wire.heads().remove(0);
    assert!(head.contains("\r\nx-team: ledger\r\n"), "{head}");
    assert!(head.contains("\r\nx-tower: http\r\n"), "{head}");
    assert!(
        head.contains("md/http#hyper-1.x"),
        "the SDK knows who sends: {head}"
    );
}

#[tokio::test]
async fn the_first_layer_is_the_outermost() {
    let wire = Wire::open().await;
    let pool = pool(&wire, |pool| {
        pool.with_http_layer(adds("x-order", "outer"))
            .with_http_layer(adds("x-order", "inner"))
    });
    list(&pool.await).await;
    let head = wire.heads().remove(0);
    let outer = head.find("x-order: outer").unwrap();
    let inner = head.find("x-order: inner").unwrap();
    assert!(outer < inner, "{head}");
}

#[tokio::test]
async fn a_layer_is_applied_once_for_all_clients() {
    let wire = Wire::open().await;
    let applied = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&applied);
    let layer = tower::layer::layer_fn(move |inner| {
        *counted.lock().unwrap() += 1;
        inner
    });
    let pool = pool(&wire, |pool| pool.with_http_layer(layer)).await;
    for region in [EAST, WEST] {
        let kms: Client = pool
            .client()
            .with_region(region)
            .with_endpoint(wire.url())
            .await
            .unwrap();
        kms.list_keys().send().await.unwrap();
    }
    assert_eq!((*applied.lock().unwrap(), wire.heads().len()), (1, 2));
}

#[tokio::test]
async fn a_layer_that_loses_the_extensions_is_told_so() {
    let wire = Wire::open().await;
    let strips = MapRequestLayer::new(|mut request: Request<SdkBody>| {
        request.extensions_mut().clear();
        request
    });
    let pool = pool(&wire, |pool| pool.with_http_layer(strips)).await;
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    let error = kms.list_keys().send().await.unwrap_err();
    let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| {
        error.source()
    });
    let last = chain.last().unwrap().to_string();
    assert!(
        last.starts_with("a layer dropped the extensions of the request: change"),
        "{last}"
    );
    assert!(wire.heads().is_empty());
}

#[tokio::test]
async fn the_id_of_the_call_is_sent_under_the_name_that_was_asked_for() {
    let wire = Wire::open().await;
    let name = HeaderName::from_static("x-request-id");
    let pool = pool(&wire, |pool| pool.with_request_id_header(name)).await;
    list(&pool).await;
    list(&pool).await;
    let value = |head: &str, name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().to_owned()
    };
    let heads = wire.heads();
    for head in &heads {
        assert_eq!(
            value(head, "x-request-id: "),
            value(head, "amz-sdk-invocation-id: ")
        );
    }
    assert_ne!(
        value(&heads[0], "x-request-id: "),
        value(&heads[1], "x-request-id: ")
    );
}

#[track_caller]
fn says_that_its_pool_has_ended(error: &SdkError<ListKeysError>) {
    let facts = error.facts();
    assert_eq!(
        (facts.stage, facts.verdict, facts.obstacle),
        (Stage::NotSent, Verdict::Final, Some(Obstacle::Runtime))
    );
    assert_eq!(facts.attempts, Some(1), "the SDK did not try again");
    let cause = facts.cause.unwrap().to_string();
    assert!(cause.starts_with("the pool is shut down, or"), "{cause}");
}

#[tokio::test]
async fn clients_of_a_pool_that_is_shut_down_send_nothing_and_say_so_at_once() {
    for way in WAYS {
        let wire = Wire::open().await;
        let pool = pool(&wire, way).await;
        let kept: Client = pool.client().with_region(EAST).await.unwrap();
        kept.list_keys().send().await.unwrap();
        pool.shutdown().await;
        let error = kept.list_keys().send().await.unwrap_err();
        says_that_its_pool_has_ended(&error);
        assert_eq!((wire.heads().len(), pool.stats().http.attempts), (1, 1));
        let circuit = pool.guard().unwrap().circuit("kms", &EAST).snapshot();
        assert_eq!((circuit.calls, circuit.failures), (1, 0));
    }
}

#[test]
fn clients_of_a_pool_whose_runtime_has_ended_say_so_at_once() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let (first, second) = (runtime(), runtime());
    let wire = second.block_on(Wire::open());
    let (pool, kept) = first.block_on(async {
        let pool = pool(&wire, |pool| pool).await;
        let kept: Client = pool.client().with_region(EAST).await.unwrap();
        kept.list_keys().send().await.unwrap();
        (pool, kept)
    });
    drop(first);
    let error = second.block_on(kept.list_keys().send()).unwrap_err();
    says_that_its_pool_has_ended(&error);
    assert_eq!(pool.stats().http.attempts, 1);
}

#[tokio::test]
async fn attempts_are_counted_by_how_they_end() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws).with_credentials(credentials());
    let pool = pool.without_guard().with_attempts(1).build().await.unwrap();
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    kms.list_keys().send().await.unwrap();
    kms.describe_key()
        .key_id("nobody")
        .send()
        .await
        .unwrap_err();
    let failing = aws.faults().inject(
        Scope::any(),
        Fault::error(500, "KMSInternalException", "of the test"),
    );
    kms.list_keys().send().await.unwrap_err();
    failing.clear();
    let silent = aws.faults().inject(Scope::any(), Fault::black_hole());
    let call = kms.list_keys().send();
    tokio::time::timeout(Duration::from_millis(50), call)
        .await
        .unwrap_err();
    silent.clear();
    aws.faults().inject(Scope::region(EAST), Fault::refuse());
    kms.list_keys().send().await.unwrap_err();
    let stats = pool.stats().http;
    assert_eq!(
        (stats.attempts, stats.in_flight, stats.answers()),
        (5, 0, 3)
    );
    assert_eq!(
        (stats.successes, stats.client_errors, stats.server_errors),
        (1, 1, 1)
    );
    assert_eq!((stats.failed, stats.dropped), (1, 1));
    assert!(
        stats
            .mean_time_to_first_byte()
            .is_some_and(|mean| !mean.is_zero())
    );
}
