//! A breaker for each key.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, OperationName};
use leeward_resilience::{
    Admission, CircuitBreaker, CircuitBreakers, CircuitBreakersLayer, CircuitConfig, CircuitMode,
    CircuitState, Plain, Ratio, Request, Switch, TokioClock,
};
use leeward_testkit::contracts::ScriptedRequest;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::{
    fault::{Fault, book, read},
    instantly::{Instantly, assert_allocates_nothing},
    manual_clock::ManualClock,
};

const SECOND: Duration = Duration::from_secs(1);

fn config() -> CircuitConfig {
    CircuitConfig::new()
        .with_consecutive_failures(1)
        .with_rest_jitter(Ratio::percent(0))
        .with_seed(42)
}

fn breakers<K>(max_keys: usize) -> (CircuitBreakers<K, ManualClock>, ManualClock) {
    let clock = ManualClock::default();
    let max_keys = NonZeroUsize::new(max_keys).expect("not zero");
    (
        CircuitBreakers::with_clock(config(), max_keys, clock.clone()),
        clock,
    )
}

fn open(breaker: &CircuitBreaker<ManualClock>) {
    let admission = breaker.admit().expect("closed");
    admission.fail(&Fault::lost().facts());
    assert_eq!(breaker.state(), CircuitState::Open);
}

/// The keys that have a breaker, and the states of the circuits.
fn kept(breakers: &CircuitBreakers<u32, ManualClock>) -> Vec<(u32, CircuitState)> {
    let snapshots = breakers.snapshots().into_iter();
    let mut kept: Vec<_> = snapshots
        .map(|(key, snapshot)| (key, snapshot.state))
        .collect();
    kept.sort_unstable_by_key(|(key, _)| *key);
    kept
}

#[test]
fn f6_one_operation_that_fails_leaves_the_others_alone() {
    let (breakers, _) = breakers(10);
    let key = |operation| ("eu-west-1", operation);
    open(&breakers.of(&key("PutItem")));
    assert!(breakers.of(&key("PutItem")).admit().is_err());
    breakers.of(&key("GetItem")).admit().unwrap().succeed();
    breakers
        .of(&("us-east-1", "PutItem"))
        .admit()
        .unwrap()
        .succeed();
}

#[test]
fn f10_a_million_keys_need_the_memory_of_the_bound() {
    const MAX_KEYS: u32 = 100;
    let keys = match std::env::var("LEEWARD_FULL") {
        Ok(full) if full == "1" => 1_000_000,
        _ => 20_000,
    };
    let (breakers, _) = breakers(MAX_KEYS as usize);
    let fill = |keys: std::ops::Range<u32>| {
        for key in keys {
            breakers.of(&key).admit().unwrap().succeed();
        }
    };
    fill(0..MAX_KEYS);
    let allocations = allocation_counter::measure(|| fill(MAX_KEYS..keys));
    assert_eq!(breakers.len(), MAX_KEYS as usize);
    // As much was freed as was taken, but for what the map may grow by.
    assert!(allocations.bytes_current.abs() < 10_000, "{allocations:?}");
}

#[test]
fn who_was_used_longest_ago_goes() {
    let (breakers, _) = breakers(3);
    for key in [1, 2, 3, 1, 4] {
        let _ = breakers.of(&key);
    }
    let keys: Vec<u32> = kept(&breakers).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, [1, 3, 4]);
}

#[test]
fn an_open_circuit_stays_while_there_is_a_closed_one() {
    let (breakers, _) = breakers(3);
    open(&breakers.of(&1));
    for key in 2..100 {
        let _ = breakers.of(&key);
    }
    let expected = [
        (1, CircuitState::Open),
        (98, CircuitState::Closed),
        (99, CircuitState::Closed),
    ];
    assert_eq!(kept(&breakers), expected);
    // All of them open: the one that was used longest ago goes.
    for key in [98, 99] {
        open(&breakers.of(&key));
    }
    let _ = breakers.of(&100);
    let keys: Vec<u32> = kept(&breakers).into_iter().map(|(key, _)| key).collect();
    assert_eq!(keys, [98, 99, 100]);
}

#[test]
fn a_key_that_somebody_has_set_to_a_mode_stays() {
    let (breakers, _) = breakers(3);
    breakers.of(&1).set_mode(CircuitMode::ObserveOnly);
    for key in 2..100 {
        let _ = breakers.of(&key);
    }
    assert_eq!(breakers.of(&1).snapshot().mode, CircuitMode::ObserveOnly);
}

#[test]
fn a_busy_key_stays_while_there_is_an_idle_one() {
    let (breakers, _) = breakers(3);
    let busy = breakers.of(&1).admit().unwrap();
    for key in 2..100 {
        let _ = breakers.of(&key);
    }
    assert_eq!(kept(&breakers)[0].0, 1);
    // All of them busy: one goes, and its calls end in peace.
    let more = [98, 99].map(|key| breakers.of(&key).admit().unwrap());
    let _ = breakers.of(&100);
    assert_eq!(breakers.len(), 3);
    busy.succeed();
    more.into_iter().for_each(Admission::succeed);
}

#[test]
fn one_that_recovered_goes_before_one_that_is_open() {
    let (breakers, clock) = breakers(2);
    let [first, second] = [1, 2].map(|key| breakers.of(&key));
    open(&first);
    open(&second);
    let _ = breakers.of(&3);
    assert_eq!(
        kept(&breakers),
        [(2, CircuitState::Open), (3, CircuitState::Closed)]
    );
    open(&breakers.of(&3));
    clock.advance(5 * SECOND);
    // By a handle that somebody kept.
    let third = breakers.of(&3);
    third.admit().unwrap().succeed();
    let _ = breakers.of(&4);
    assert_eq!(
        kept(&breakers),
        [(2, CircuitState::Open), (4, CircuitState::Closed)]
    );
}

#[test]
fn clones_share_the_breakers_and_an_observer_hears_of_every_key() {
    let changes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&changes);
    let (breakers, _) = breakers(2);
    let breakers = breakers.with_observer(move |key: &u32, change| {
        seen.lock().unwrap().push((*key, change.to));
    });
    open(&breakers.clone().of(&1));
    open(&breakers.of(&2));
    assert!(breakers.clone().of(&2).admit().is_err());
    assert!(!breakers.is_empty());
    assert_eq!(
        *changes.lock().unwrap(),
        [(1, CircuitState::Open), (2, CircuitState::Open)]
    );
}

/// Fails every write and answers every read.
fn ledger() -> impl Service<Plain<()>, Response = (), Error = Fault, Future: Send> + Clone {
    service_fn(|request: Plain<()>| async move {
        match request.operation() {
            BOOK => Err(Fault::lost()),
            _ => Ok(()),
        }
    })
}

const BOOK: OperationName = OperationName::new("ledger", "Book");

fn by_operation(
    breakers: &CircuitBreakers<OperationName, ManualClock>,
) -> CircuitBreakersLayer<
    OperationName,
    impl Fn(&Plain<()>) -> OperationName + Clone + use<>,
    ManualClock,
> {
    CircuitBreakersLayer::new(breakers.clone(), |request: &Plain<()>| request.operation())
}

#[tokio::test]
async fn the_layer_keeps_out_the_calls_of_the_key_that_fails_and_no_others() {
    let (breakers, clock) = breakers(10);
    let mut service = by_operation(&breakers).layer(ledger());
    let fault = service.ready().await.unwrap().call(book()).await;
    assert!(!fault.unwrap_err().is_circuit_open(), "the service's own");
    for _ in 0..10 {
        let fault = service.ready().await.unwrap().call(book()).await;
        assert!(fault.unwrap_err().is_circuit_open());
        service.ready().await.unwrap().call(read()).await.unwrap();
    }
    assert_eq!(breakers.of(&BOOK).state(), CircuitState::Open);
    clock.advance(5 * SECOND);
    let probe = service.ready().await.unwrap().call(book()).await;
    assert!(!probe.unwrap_err().is_circuit_open());
}

#[tokio::test]
async fn services_of_one_layer_and_of_two_layers_over_the_same_breakers_share_the_circuits() {
    let (breakers, _) = breakers(10);
    let layer = by_operation(&breakers);
    layer.layer(ledger()).oneshot(book()).await.unwrap_err();
    for service in [
        layer.layer(ledger()),
        by_operation(&breakers).layer(ledger()),
    ] {
        let fault = service.clone().oneshot(book()).await.unwrap_err();
        assert!(fault.is_circuit_open());
    }
}

#[tokio::test]
async fn the_layer_keeps_no_more_circuits_than_the_bound() {
    let (breakers, _) = breakers(3);
    let layer = CircuitBreakersLayer::new(breakers.clone(), |tenant: &u32| *tenant);
    let mut service = layer.layer(service_fn(|tenant: u32| async move {
        match tenant {
            7 => Err(Fault::lost()),
            _ => Ok(()),
        }
    }));
    for tenant in 0..1_000 {
        let _ = service.ready().await.unwrap().call(tenant).await;
    }
    // The one in trouble is remembered, and with it the two that called last.
    assert_eq!(
        kept(&breakers),
        [
            (7, CircuitState::Open),
            (998, CircuitState::Closed),
            (999, CircuitState::Closed)
        ]
    );
}

#[tokio::test]
async fn a_call_of_the_layer_that_is_dropped_counts_for_its_key() {
    let (breakers, clock) = breakers(10);
    let layer = CircuitBreakersLayer::new(breakers.clone(), |tenant: &u32| *tenant);
    let silence = service_fn(|_: u32| std::future::pending::<Result<(), Fault>>());
    let mut service = layer.layer(silence);
    let call = service.ready().await.unwrap().call(1);
    assert_eq!(breakers.of(&1).snapshot().in_flight, 1);
    clock.advance(SECOND);
    drop(call);
    assert_eq!(breakers.of(&1).state(), CircuitState::Open);
    assert_eq!(breakers.of(&2).state(), CircuitState::Closed);
}

#[tokio::test]
async fn switched_off_the_layer_is_a_pass_through_and_makes_no_circuit() {
    let (breakers, _) = breakers(10);
    let switch = Switch::off();
    let layer = by_operation(&breakers).with_switch(switch.clone());
    let mut service = layer.layer(ledger());
    for _ in 0..10 {
        let fault = service.ready().await.unwrap().call(book()).await;
        assert!(!fault.unwrap_err().is_circuit_open());
    }
    assert!(breakers.is_empty());
    switch.turn_on();
    for opened in [false, true] {
        let fault = service.ready().await.unwrap().call(book()).await;
        assert_eq!(fault.unwrap_err().is_circuit_open(), opened);
    }
    switch.turn_off();
    let fault = service.ready().await.unwrap().call(book()).await;
    assert!(!fault.unwrap_err().is_circuit_open());
}

#[tokio::test]
async fn a_known_key_costs_the_layer_no_allocation() {
    let (breakers, _) = breakers(10);
    let mut service = by_operation(&breakers).layer(Instantly);
    service.ready().await.unwrap().call(read()).await.unwrap();
    assert_allocates_nothing(&mut service);
}

#[test]
fn no_key_is_printed() {
    let (breakers, _) = breakers(10);
    let layer = CircuitBreakersLayer::new(breakers.clone(), |tenant: &&'static str| *tenant);
    let _ = breakers.of(&"ACME Ltd.");
    assert_eq!(
        format!("{:?}", layer.layer(())),
        "CircuitBreakersService { inner: (), \
         breakers: CircuitBreakers { keys: 1, max_keys: 10, .. }, .. }"
    );
}

leeward_testkit::contract! {
    layer: CircuitBreakersLayer::new(
        CircuitBreakers::with_clock(
            CircuitConfig::new().with_seed(42),
            NonZeroUsize::MIN,
            TokioClock::new(),
        ),
        |_: &ScriptedRequest| (),
    );
}
