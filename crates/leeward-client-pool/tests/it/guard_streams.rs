//! What the guard learns of answers that are handed on as streams, whose attempt has ended with its head.

use crate::{
    cloud::{EAST, credentials},
    guard::after_two,
    http_layers::WAYS,
    wire::Wire,
};
use aws_sdk_lambda::{
    Client, operation::invoke_with_response_stream::InvokeWithResponseStreamOutput,
};
use leeward_client_pool::{GuardConfig, Pool, PoolBuilder};
use leeward_error_taxonomy::Classify;
use leeward_resilience::{CircuitSnapshot, CircuitState};
use std::time::Duration;

struct Streams {
    wire: Wire,
    pool: Pool,
    lambda: Client,
}

impl Streams {
    async fn over(wire: Wire, change: impl FnOnce(PoolBuilder) -> PoolBuilder) -> Self {
        let pool = Pool::builder()
            .without_proxy()
            .with_region(EAST)
            .with_endpoint(EAST, wire.url())
            .with_credentials(credentials());
        let pool = change(pool).build().await.unwrap();
        let lambda = pool.client_by("lambda", |config| {
            let mut own = aws_sdk_lambda::config::Builder::from(config.sdk());
            for interceptor in config.interceptors() {
                own.push_interceptor(interceptor);
            }
            Client::from_conf(own.build())
        });
        let lambda = lambda.await.unwrap();
        Self { wire, pool, lambda }
    }

    async fn begin(&self) -> InvokeWithResponseStreamOutput {
        let call = self.lambda.invoke_with_response_stream();
        call.function_name("f").send().await.unwrap()
    }

    fn circuit(&self) -> CircuitSnapshot {
        let guard = self.pool.guard().unwrap();
        guard.circuit("lambda", &EAST).snapshot()
    }
}

#[tokio::test]
async fn streams_that_break_off_one_after_the_other_are_no_failures_in_a_row() {
    for way in WAYS {
        let guard = GuardConfig::new().with_circuit(after_two());
        let streams = Streams::over(Wire::tearing_bodies().await, |pool| {
            way(pool).with_guard(guard)
        });
        let streams = streams.await;
        for _ in 0..4 {
            let mut answer = streams.begin().await;
            answer.event_stream.recv().await.unwrap_err();
        }
        let circuit = streams.circuit();
        assert_eq!((circuit.calls, circuit.failures), (8, 4));
        assert_eq!(circuit.state, CircuitState::Closed, "each had a good head");
    }
}

#[tokio::test]
async fn streams_that_all_break_off_open_the_circuit_by_their_share() {
    let streams = Streams::over(Wire::tearing_bodies().await, |pool| pool).await;
    // Ten good heads and ten bad ends: half of twenty.
    for _ in 0..10 {
        assert_eq!(streams.circuit().state, CircuitState::Closed);
        let mut answer = streams.begin().await;
        answer.event_stream.recv().await.unwrap_err();
    }
    assert_eq!(streams.circuit().state, CircuitState::Open);
    let refused = streams.lambda.invoke_with_response_stream();
    let refused = refused.function_name("f").send().await.unwrap_err();
    assert!(refused.facts().rejected.is_some(), "{refused:?}");
    assert_eq!(streams.wire.heads().len(), 10);
}

#[tokio::test]
async fn a_stream_that_stands_still_until_it_is_dropped_teaches_nothing() {
    for way in WAYS {
        // A call that was dropped so late would count against the service.
        let slow = after_two().with_slow(Duration::from_millis(1));
        let guard = GuardConfig::new().with_circuit(slow);
        let streams = Streams::over(Wire::holding_bodies().await, |pool| {
            way(pool).with_guard(guard)
        });
        let streams = streams.await;
        for begun in 1..=3 {
            let mut answer = streams.begin().await;
            let event = answer.event_stream.recv();
            let still = Duration::from_millis(20);
            tokio::time::timeout(still, event).await.unwrap_err();
            assert_eq!(streams.pool.stats().http.in_flight, 1);
            drop(answer);
            let circuit = streams.circuit();
            assert_eq!((circuit.calls, circuit.failures), (begun, 0));
            assert_eq!(
                (circuit.state, circuit.in_flight),
                (CircuitState::Closed, 0)
            );
            assert_eq!(streams.pool.stats().http.in_flight, 0);
        }
    }
}
