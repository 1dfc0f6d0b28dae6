//! What whoever keeps a service running sees and does.

use std::time::Duration;

use leeward_error_taxonomy::Classify;
use leeward_resilience::{
    CircuitBreaker, CircuitBreakerLayer, CircuitConfig, CircuitMode, CircuitState, Ratio, Switch,
    TokioClock,
};
use tower::{Layer, Service, ServiceExt};

use crate::{
    fault::{Fault, always_failing, read},
    manual_clock::ManualClock,
};

const SECOND: Duration = Duration::from_secs(1);

fn config() -> CircuitConfig {
    CircuitConfig::new()
        .with_consecutive_failures(2)
        .with_rest_jitter(Ratio::percent(0))
        .with_slow_start(Duration::ZERO, Ratio::percent(100))
        .with_seed(42)
}

fn breaker() -> (CircuitBreaker<ManualClock>, ManualClock) {
    let clock = ManualClock::default();
    (CircuitBreaker::with_clock(config(), clock.clone()), clock)
}

/// Fails so many calls, and says how many of them passed.
fn fail(breaker: &CircuitBreaker<ManualClock>, calls: usize) -> usize {
    let failed = (0..calls).filter(|_| {
        let admitted = breaker.admit();
        admitted
            .map(|admission| admission.fail(&Fault::lost().facts()))
            .is_ok()
    });
    failed.count()
}

#[test]
fn forced_open_it_refuses_until_it_is_reset() {
    let (breaker, clock) = breaker();
    breaker.force_open();
    assert_eq!(breaker.state(), CircuitState::ForcedOpen);
    clock.advance(3_600 * SECOND);
    let refused = breaker.admit().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "circuit held open until it is reset or set to another mode"
    );
    breaker.reset();
    assert_eq!(breaker.state(), CircuitState::Closed);
    breaker.admit().unwrap().succeed();
}

#[test]
fn disabled_it_lets_everything_pass_and_counts_nothing() {
    let (breaker, _) = breaker();
    assert_eq!(fail(&breaker, 10), 2);
    breaker.set_mode(CircuitMode::Disabled);
    assert_eq!(breaker.state(), CircuitState::Disabled);
    assert_eq!(fail(&breaker, 100), 100);
    assert_eq!(breaker.snapshot().calls, 0);
    breaker.set_mode(CircuitMode::Active);
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(fail(&breaker, 10), 2);
}

#[test]
fn observing_only_it_opens_probes_and_closes_and_refuses_nothing() {
    let (breaker, clock) = breaker();
    breaker.set_mode(CircuitMode::ObserveOnly);
    let changes = breaker.subscribe();
    assert_eq!(fail(&breaker, 10), 10);
    assert_eq!(breaker.state(), CircuitState::Open);
    clock.advance(5 * SECOND);
    let (probe, beside) = (breaker.admit().unwrap(), breaker.admit().unwrap());
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    beside.fail(&Fault::lost().facts());
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    probe.succeed();
    assert_eq!(changes.borrow().to, CircuitState::Closed);
    assert_eq!(breaker.snapshot().mode, CircuitMode::ObserveOnly);
}

#[test]
fn what_a_mode_let_through_is_no_evidence_in_another() {
    let (breaker, _) = breaker();
    let early = [(); 4].map(|()| breaker.admit().unwrap());
    breaker.set_mode(CircuitMode::Disabled);
    let unobserved = [(); 4].map(|()| breaker.admit().unwrap());
    breaker.set_mode(CircuitMode::Active);
    for admission in early.into_iter().chain(unobserved) {
        admission.fail(&Fault::lost().facts());
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_is_woken_by_a_change_and_sees_the_last_one() {
    let (breaker, _) = breaker();
    let mut changes = breaker.subscribe();
    assert_eq!(changes.borrow().to, CircuitState::Closed);
    let (change, ()) = tokio::join!(changes.changed(), async {
        fail(&breaker, 2);
    });
    change.unwrap();
    assert_eq!(changes.borrow_and_update().to, CircuitState::Open);
    breaker.force_open();
    breaker.reset();
    // The second of two that came between two looks.
    changes.changed().await.unwrap();
    assert_eq!(changes.borrow().from, CircuitState::ForcedOpen);
}

#[test]
fn a_snapshot_says_how_the_circuit_stands() {
    let (breaker, clock) = breaker();
    clock.advance(SECOND);
    let in_flight = [(); 3].map(|()| breaker.admit().unwrap());
    breaker.admit().unwrap().succeed();
    assert_eq!(fail(&breaker, 1), 1);
    let closed = breaker.snapshot();
    assert_eq!(
        (
            closed.state,
            closed.calls,
            closed.failures,
            closed.consecutive_failures
        ),
        (CircuitState::Closed, 2, 1, 1)
    );
    assert_eq!((closed.in_flight, closed.share), (3, 1.0));
    assert_eq!((closed.age, closed.next_probe), (SECOND, None));
    fail(&breaker, 1);
    clock.advance(SECOND);
    let open = breaker.snapshot();
    assert_eq!((open.state, open.generation), (CircuitState::Open, 1));
    assert_eq!((open.rest, open.next_probe), (5 * SECOND, Some(4 * SECOND)));
    assert_eq!((open.calls, open.in_flight, open.share), (0, 3, 0.0));
    drop(in_flight);
    assert_eq!(breaker.snapshot().in_flight, 0);
}

#[cfg(feature = "serde")]
#[test]
fn a_snapshot_can_be_serialised() {
    let (breaker, _) = breaker();
    let snapshot = serde_json::to_value(breaker.snapshot()).unwrap();
    assert_eq!(snapshot["state"], "closed");
    assert_eq!(snapshot["mode"], "active");
    assert_eq!(snapshot["rest"]["secs"], 5);
    breaker.force_open();
    let change = serde_json::to_value(*breaker.subscribe().borrow()).unwrap();
    assert_eq!(change["to"], "forced_open");
}

#[tokio::test(start_paused = true)]
async fn switched_off_the_layer_is_a_pass_through() {
    let breaker = CircuitBreaker::with_clock(config(), TokioClock::new());
    let switch = Switch::off();
    let (service, attempts) = always_failing(Fault::lost);
    let layer = CircuitBreakerLayer::new(breaker.clone()).with_switch(switch.clone());
    let mut service = layer.layer(service);
    for _ in 0..10 {
        let fault = service.ready().await.unwrap().call(read()).await;
        assert!(!fault.unwrap_err().is_circuit_open());
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    switch.turn_on();
    for _ in 0..10 {
        let _ = service.ready().await.unwrap().call(read()).await;
    }
    assert_eq!(breaker.state(), CircuitState::Open);
    assert_eq!(attempts.count(), 12);
    switch.turn_off();
    let fault = service.ready().await.unwrap().call(read()).await;
    assert!(!fault.unwrap_err().is_circuit_open());
}
