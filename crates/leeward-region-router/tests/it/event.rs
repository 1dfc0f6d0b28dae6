use std::sync::{Arc, Mutex};

use leeward_error_taxonomy::{Region, Stage};
use leeward_region_router::RouterEvent;
use leeward_resilience::CircuitState;
use tokio::time::sleep;

use crate::world::{
    A, B, C, Fault, Mood, REST, Router, World, assert_unchanged, builder, learn, open_circuits,
    read, refusal, send, served,
};

type Events = Arc<Mutex<Vec<RouterEvent>>>;

fn observed(world: &World) -> (Router, Events) {
    let events = Events::default();
    let seen = Arc::clone(&events);
    let observe = move |event: &RouterEvent| seen.lock().expect("not poisoned").push(event.clone());
    (
        world.build(builder([A, B, C]).without_hedging().with_observer(observe)),
        events,
    )
}

fn take(events: &Events) -> Vec<RouterEvent> {
    std::mem::take(&mut events.lock().expect("not poisoned"))
}

#[tokio::test(start_paused = true)]
async fn calls_that_the_first_region_answers_are_no_event() {
    let world = World::new();
    let (router, events) = observed(&world);
    served(&router).await;
    world.set(A, Mood::Failing(Fault::Invalid));
    send(&router, read()).await.unwrap_err();
    assert_eq!(take(&events), []);
}

#[tokio::test(start_paused = true)]
async fn a_fail_over_tells_from_where_to_where_and_why() {
    let world = World::new();
    let (router, events) = observed(&world);
    world.set(A, Mood::Silent);
    served(&router).await;
    let events = take(&events);
    let [
        RouterEvent::FailedOver {
            operation,
            from,
            to,
            failure,
            elapsed,
            ..
        },
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(operation.to_string(), "ledger.Touch");
    assert_eq!((from, to), (&A, &B));
    assert_eq!(failure.to_string(), "no answer within 1 s of the attempt");
    assert_eq!(failure.stage(), Stage::MaybeSent);
    assert_eq!(elapsed.as_millis(), 1_000);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_passed_over_was_not_failed_over_from() {
    let world = World::new();
    let (router, events) = observed(&world);
    open_circuits(&world, &router, &[B]).await;
    world.set(A, Mood::Failing(Fault::LimiterFull));
    for _ in 0..2 {
        served(&router).await;
    }
    take(&events);
    // The second Region's circuit is open: the way leads from the first to the third.
    served(&router).await;
    let seen = take(&events);
    assert!(
        matches!(&seen[..], [RouterEvent::FailedOver { from, to, .. }] if (from, to) == (&A, &C)),
        "{seen:?}"
    );

    world.set(A, Mood::Failing(Fault::Down));
    for _ in 0..2 {
        served(&router).await;
    }
    take(&events);
    served(&router).await;
    assert_eq!(take(&events), []);
}

#[tokio::test(start_paused = true)]
async fn every_change_of_a_circuit_is_told_with_its_region() {
    let world = World::new();
    let (router, events) = observed(&world);
    open_circuits(&world, &router, &[A]).await;
    world.set(A, Mood::Well);
    sleep(REST).await;
    served(&router).await;
    let changes: Vec<_> = take(&events)
        .into_iter()
        .filter_map(|event| match event {
            RouterEvent::CircuitChanged { region, change, .. } => Some((region, change.to)),
            _ => None,
        })
        .collect();
    use CircuitState::{Closed, HalfOpen, Open};
    assert_eq!(changes, [(A, Open), (A, HalfOpen), (A, Closed)]);
}

#[tokio::test(start_paused = true)]
async fn an_exhausted_call_is_told_with_what_it_met() {
    let world = World::new();
    let (router, events) = observed(&world);
    world.set_all(Mood::Failing(Fault::Down));
    refusal(send(&router, read()).await);
    let seen = take(&events);
    let Some(RouterEvent::Exhausted {
        operation, tried, ..
    }) = seen.last()
    else {
        panic!("{seen:?}");
    };
    assert_eq!(operation.to_string(), "ledger.Touch");
    let tried: Vec<_> = tried.iter().map(|attempt| &attempt.region).collect();
    assert_eq!(tried, [&A, &B, &C]);
    assert_eq!(router.status().exhausted, 1);
}

/// What a call ended in for good, and where; and where it was to be served before.
fn answered_elsewhere(events: &Events) -> (Region, String, Vec<(Region, String)>) {
    let events = take(events);
    let Some(RouterEvent::AnsweredElsewhere {
        region,
        failure,
        tried,
        ..
    }) = events.last()
    else {
        panic!("{events:?}");
    };
    let tried = tried.iter();
    let tried = tried.map(|attempt| (attempt.region.clone(), attempt.failure.to_string()));
    (region.clone(), failure.to_string(), tried.collect())
}

#[tokio::test(start_paused = true)]
async fn an_answer_for_good_in_a_second_region_is_told_with_those_before_it() {
    let world = World::new();
    let (router, events) = observed(&world);
    world.set(A, Mood::Failing(Fault::Down));
    world.set(B, Mood::Failing(Fault::Denied));
    assert_unchanged(send(&router, read()).await, B, Fault::Denied);
    let down = || (A, "Down".to_owned());
    assert_eq!(
        answered_elsewhere(&events),
        (B, "Denied".to_owned(), vec![down()])
    );
    // Also once the first one is passed over.
    send(&router, read()).await.unwrap_err();
    take(&events);
    assert_unchanged(send(&router, read()).await, B, Fault::Denied);
    let (region, _, tried) = answered_elsewhere(&events);
    assert_eq!((region, tried.len(), &tried[0].0), (B, 1, &A));
    // What may pass is none.
    world.set(B, Mood::Failing(Fault::Throttled));
    assert_unchanged(send(&router, read()).await, B, Fault::Throttled);
    assert_eq!(take(&events), []);
}

#[tokio::test(start_paused = true)]
async fn so_is_one_of_a_hedge_that_was_kept_until_the_first_region_failed() {
    let world = World::new();
    let events = Events::default();
    let seen = Arc::clone(&events);
    let observe = move |event: &RouterEvent| seen.lock().unwrap().push(event.clone());
    let router = world.build(builder([A, B]).with_observer(observe));
    learn(&world, &router).await;
    world.set(A, Mood::FailingAfter(100, Fault::Down));
    world.set(B, Mood::Failing(Fault::Denied));
    assert_unchanged(send(&router, read()).await, B, Fault::Denied);
    assert_eq!(
        answered_elsewhere(&events),
        (B, "Denied".to_owned(), vec![(A, "Down".to_owned())])
    );
}

#[tokio::test(start_paused = true)]
async fn an_observer_may_ask_the_router() {
    let world = World::new();
    let router: Arc<Mutex<Option<Router>>> = Arc::default();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (known, answers) = (Arc::clone(&router), Arc::clone(&asked));
    let observe = move |_: &RouterEvent| {
        let statuses = known.lock().unwrap().as_ref().map(Router::status);
        answers.lock().unwrap().extend(statuses);
    };
    let built = world.build(builder([A, B]).with_observer(observe));
    *router.lock().unwrap() = Some(built.clone());
    open_circuits(&world, &built, &[A]).await;
    // Two fail-overs and one change.
    assert_eq!(asked.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_breaks_off_nothing() {
    let world = World::new();
    let told = Arc::new(Mutex::new(0));
    let count = Arc::clone(&told);
    let router = world.build(
        builder([A, B])
            .with_observer(|_| panic!("an observer's own mistake"))
            .with_observer(move |_| *count.lock().unwrap() += 1),
    );
    world.set(A, Mood::Failing(Fault::Down));
    for _ in 0..2 {
        assert_eq!(served(&router).await, B);
    }
    // Two fail-overs and one change.
    assert_eq!(*told.lock().unwrap(), 3);
}
