//! What the guard takes for evidence.

use crate::{
    cloud::{EAST, WEST, credentials},
    guard::{SHORT, after_two, guarded, is_refused_by_the_circuit, kms, state, stats},
    http_layers::WAYS,
    wire::Wire,
};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_kms::error::SdkError;
use leeward_client_pool::{GuardConfig, Pool};
use leeward_resilience::{CircuitState, deadline};
use leeward_testkit::{Fault, Scope};
use std::time::Duration;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn an_answer_that_blames_the_request_opens_nothing() {
    let guard = GuardConfig::new().with_circuit(after_two());
    let (_aws, pool) = guarded(|pool| pool.with_guard(guard)).await;
    let east = kms(&pool, EAST).await;
    for _ in 0..10 {
        east.describe_key()
            .key_id("nobody")
            .send()
            .await
            .unwrap_err();
    }
    assert_eq!(state(&pool, &EAST), CircuitState::Closed);
    assert_eq!(stats(&pool).failed, 10);
}

#[tokio::test]
async fn an_attempt_that_had_all_its_time_is_a_failure() {
    for way in WAYS {
        let guard = GuardConfig::new().with_circuit(after_two());
        let (aws, pool) = guarded(|pool| {
            way(pool)
                .with_attempts(1)
                .with_guard(guard)
                .with_attempt_timeout(SHORT * 4)
        })
        .await;
        aws.faults()
            .inject(Scope::region(EAST), Fault::black_hole());
        let east = kms(&pool, EAST).await;
        for _ in 0..2 {
            assert!(matches!(
                east.list_keys().send().await,
                Err(SdkError::TimeoutError(_))
            ));
        }
        is_refused_by_the_circuit(&east.list_keys().send().await.unwrap_err());
        assert_eq!((stats(&pool).failed, stats(&pool).dropped), (2, 0));
    }
}

/// A provider of credentials that never answers.
#[derive(Debug)]
struct Hanging;

impl ProvideCredentials for Hanging {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(std::future::pending())
    }
}

#[tokio::test]
async fn time_that_credentials_take_is_no_evidence_against_the_service() {
    let guard = GuardConfig::new().with_circuit(after_two().with_slow(Duration::from_millis(1)));
    let (aws, pool) = guarded(|pool| {
        pool.with_attempts(1)
            .with_guard(guard)
            .with_attempt_timeout(SHORT)
            .with_credentials(SharedCredentialsProvider::new(Hanging))
    })
    .await;
    let hanging = kms(&pool, EAST).await;
    for _ in 0..10 {
        let error = hanging.list_keys().send().await.unwrap_err();
        assert!(matches!(error, SdkError::TimeoutError(_)), "{error:?}");
    }
    for _ in 0..2 {
        timeout(SHORT / 2, hanging.list_keys().send())
            .await
            .unwrap_err();
    }
    let circuit = pool.guard().unwrap().circuit("kms", &EAST).snapshot();
    assert_eq!(
        (circuit.state, circuit.calls, circuit.failures),
        (CircuitState::Closed, 0, 0)
    );
    assert_eq!(aws.counts().total().calls, 0);
    let stats = stats(&pool);
    let of_the_service = (stats.admitted, stats.failed, stats.dropped);
    assert_eq!(of_the_service, (0, 0, 0), "none was signed");
}

#[tokio::test]
async fn a_call_that_its_deadline_cuts_short_says_nothing_of_the_service() {
    let guard = GuardConfig::new().with_circuit(after_two().with_slow(Duration::from_secs(60)));
    let (aws, pool) = guarded(|pool| pool.with_guard(guard)).await;
    aws.faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let east = kms(&pool, EAST).await;
    for _ in 0..4 {
        let end = Instant::now() + SHORT;
        deadline::until(end, east.list_keys().send())
            .await
            .unwrap_err();
    }
    assert_eq!(state(&pool, &EAST), CircuitState::Closed);
    assert_eq!((stats(&pool).failed, stats(&pool).dropped), (0, 4));
}

#[tokio::test]
async fn a_dropped_call_gives_its_place_back_and_counts_when_it_was_under_way_for_long() {
    let cases = [
        (Duration::from_secs(60), CircuitState::Closed),
        (SHORT / 2, CircuitState::Open),
    ];
    for ((slow, expected), way) in cases
        .into_iter()
        .flat_map(|case| WAYS.map(|way| (case, way)))
    {
        let guard = GuardConfig::new().with_circuit(after_two().with_slow(slow));
        let (aws, pool) = guarded(|pool| way(pool).with_guard(guard)).await;
        aws.faults()
            .inject(Scope::region(EAST), Fault::black_hole());
        let east = kms(&pool, EAST).await;
        for _ in 0..2 {
            timeout(SHORT, east.list_keys().send()).await.unwrap_err();
        }
        let circuit = pool.guard().unwrap().circuit("kms", &EAST);
        assert_eq!(
            (circuit.state(), circuit.snapshot().in_flight),
            (expected, 0)
        );
        assert_eq!((stats(&pool).dropped, stats(&pool).failed), (2, 0));
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_one_failure() {
    for way in WAYS {
        let wire = Wire::tearing_bodies().await;
        let pool = Pool::builder()
            .without_proxy()
            .with_endpoint(EAST, wire.url())
            .with_credentials(credentials())
            .with_attempts(1);
        let pool = way(pool).build().await.unwrap();
        let east = kms(&pool, EAST).await;
        for _ in 0..2 {
            east.list_keys().send().await.unwrap_err();
        }
        let circuit = pool.guard().unwrap().circuit("kms", &EAST).snapshot();
        assert_eq!((circuit.calls, circuit.failures), (2, 2));
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_a_failure_besides_the_success_of_its_head() {
    for way in WAYS {
        let wire = Wire::tearing_bodies().await;
        let pool = Pool::builder()
            .without_proxy()
            .with_endpoint(EAST, wire.url())
            .with_credentials(credentials());
        let pool = way(pool).build().await.unwrap();
        let lambda = pool
            .client_by("lambda", |config| {
                let mut own = aws_sdk_lambda::config::Builder::from(config.sdk());
                for interceptor in config.interceptors() {
                    own.push_interceptor(interceptor);
                }
                aws_sdk_lambda::Client::from_conf(own.build())
            })
            .with_region(EAST)
            .await
            .unwrap();
        let call = lambda.invoke_with_response_stream().function_name("f");
        let mut answer = call.send().await.unwrap();
        let circuit = pool.guard().unwrap().circuit("lambda", &EAST);
        assert_eq!(
            (circuit.snapshot().calls, circuit.snapshot().failures),
            (1, 0)
        );
        answer.event_stream.recv().await.unwrap_err();
        assert_eq!(
            (circuit.snapshot().calls, circuit.snapshot().failures),
            (2, 1)
        );
        assert_eq!(pool.stats().http.in_flight, 0);
    }
}

#[tokio::test]
async fn throttling_slows_the_rate_and_is_no_evidence_against_the_service() {
    let guard = GuardConfig::new().with_circuit(after_two());
    let (aws, pool) = guarded(|pool| pool.with_attempts(1).with_guard(guard)).await;
    let east = kms(&pool, EAST).await;
    for _ in 0..10 {
        east.list_keys().send().await.unwrap();
    }
    let rate = pool.guard().unwrap().rate_limiter("kms", &EAST).unwrap();
    assert_eq!(rate.throttled_rate(), None);
    let throttled = aws
        .faults()
        .inject(Scope::region(EAST), Fault::throttling());
    for _ in 0..3 {
        // The rate may refuse one of them by then.
        east.list_keys().send().await.unwrap_err();
    }
    throttled.clear();
    assert!(rate.throttled_rate().is_some());
    assert!(stats(&pool).throttled >= 1);
    assert_eq!(state(&pool, &EAST), CircuitState::Closed);
    let other = pool.guard().unwrap().rate_limiter("kms", &WEST).unwrap();
    assert_eq!(other.throttled_rate(), None);
}
