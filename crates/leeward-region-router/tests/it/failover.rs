use std::{pin::pin, slice, task::Poll};

use leeward_error_taxonomy::{Region, Rejected, Stage};
use leeward_resilience::{Plain, Ratio};
use tokio::time::{Instant, advance, sleep};
use tower::ServiceExt;

use crate::world::{
    A, B, C, Fault, LedgerError, Mood, REST, Router, SECOND, World, assert_unchanged, builder,
    circuit, circuits, open_circuits, poll_once, read, refusal, send, served, write,
};

#[tokio::test(start_paused = true)]
async fn a_first_region_that_is_well_gets_every_call() {
    let world = World::new();
    let router = world.router();
    for _ in 0..100 {
        assert_eq!(served(&router).await, A);
    }
    assert_eq!(world.take_calls(), [100, 0, 0]);
    assert_eq!(world.made(), [1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn silence_costs_one_attempt_timeout_and_nothing_once_the_circuit_is_open() {
    let world = World::new();
    world.set(A, Mood::Silent);
    let router = world.unhedged();
    for _ in 0..2 {
        let began = Instant::now();
        assert_eq!(served(&router).await, B);
        assert_eq!(began.elapsed().as_millis(), 1_000);
    }
    assert_eq!(circuits(&router), "occ");
    let began = Instant::now();
    for _ in 0..10 {
        assert_eq!(served(&router).await, B);
    }
    assert_eq!(began.elapsed().as_millis(), 0);
    assert_eq!(world.take_calls(), [2, 12, 0]);
    assert_eq!(world.in_flight(), 0);
}

/// Checks who answers a request whose first Region is in `mood`; with `None` its error must come through unchanged.
async fn check(mood: Mood, request: Plain<&'static str>, expected: Option<Region>) {
    let world = World::new();
    world.set(A, mood);
    let answer = send(&world.router(), request).await;
    match (&answer, expected) {
        (Ok(region), Some(expected)) => assert_eq!(*region, expected, "{mood:?}"),
        (Err(LedgerError::Failed(region, fault)), None) => {
            assert_eq!((region, Mood::Failing(*fault)), (&A, mood));
        }
        (Err(LedgerError::Refused(Rejected::AttemptTimedOut { .. })), None) => {
            assert_eq!(mood, Mood::Silent);
        }
        _ => panic!("{mood:?}: {answer:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_call_leaves_what_may_be_the_regions_fault() {
    for mood in [
        Mood::Silent,
        Mood::NeverReady,
        Mood::Failing(Fault::Down),
        Mood::Failing(Fault::Reset),
        Mood::Failing(Fault::Unreachable),
        Mood::Failing(Fault::LimiterFull),
        Mood::Unready(Fault::LimiterFull),
        Mood::Unready(Fault::Reset),
    ] {
        check(mood, read(), Some(B)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn another_call_leaves_only_where_it_was_not_sent() {
    for mood in [
        Mood::NeverReady,
        Mood::Failing(Fault::Unreachable),
        Mood::Failing(Fault::LimiterFull),
        Mood::Unready(Fault::LimiterFull),
        // Whatever the service says, it has not been handed the request.
        Mood::Unready(Fault::Reset),
    ] {
        check(mood, write(), Some(B)).await;
    }
    for mood in [
        Mood::Silent,
        Mood::Failing(Fault::Down),
        Mood::Failing(Fault::Reset),
    ] {
        check(mood, write(), None).await;
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_and_answers_that_blame_the_request_are_answers() {
    for fault in [Fault::Throttled, Fault::Invalid, Fault::Denied] {
        check(Mood::Failing(fault), read(), None).await;
        check(Mood::Failing(fault), write(), None).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_exhausted_call_names_every_region_and_what_it_met() {
    let world = World::new();
    world.set_all(Mood::Silent);
    world.set(B, Mood::Failing(Fault::Down));
    let rejected = refusal(send(&world.unhedged(), read()).await);
    assert_eq!(
        rejected.to_string(),
        "no Region answered; tried us-east-1: no answer within 1 s of the attempt; eu-west-1: Down; \
         ap-south-1: no answer within 1 s of the attempt"
    );
    assert_eq!(rejected.stage(), Stage::MaybeSent);
    assert_eq!(world.take_calls(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_exhausted_call_that_was_never_sent_says_so() {
    let world = World::new();
    world.set_all(Mood::NeverReady);
    let rejected = refusal(send(&world.router(), write()).await);
    assert_eq!(
        rejected.to_string(),
        "no Region answered; tried us-east-1: no service ready within 1 s; eu-west-1: no service ready \
         within 1 s; ap-south-1: no service ready within 1 s"
    );
    assert_eq!(rejected.stage(), Stage::NotSent);
}

#[tokio::test(start_paused = true)]
async fn the_last_regions_own_answer_comes_through_unchanged() {
    let world = World::new();
    world.set(A, Mood::Failing(Fault::Unreachable));
    world.set(B, Mood::Failing(Fault::Invalid));
    let router = world.build(builder([A, B]));
    assert_unchanged(send(&router, write()).await, B, Fault::Invalid);
    // May have been applied there, so it is no case for another Region either.
    world.set(B, Mood::Failing(Fault::Reset));
    assert_unchanged(send(&router, write()).await, B, Fault::Reset);
}

#[tokio::test(start_paused = true)]
async fn the_error_of_an_only_survivor_comes_through_unchanged() {
    for (out, survivor) in [(A, B), (B, A)] {
        let world = World::new();
        let router = world.build(builder([A, B]));
        // Free to leave, so that only one circuit opens.
        world.set(survivor.clone(), Mood::Failing(Fault::LimiterFull));
        open_circuits(&world, &router, slice::from_ref(&out)).await;
        for fault in [Fault::Down, Fault::Reset, Fault::Unreachable] {
            world.set(survivor.clone(), Mood::Failing(fault));
            assert_unchanged(send(&router, read()).await, survivor.clone(), fault);
            world.set(survivor.clone(), Mood::Well);
            assert_eq!(served(&router).await, survivor);
        }
        world.set(survivor, Mood::Silent);
        let rejected = refusal(send(&router, read()).await);
        assert!(
            matches!(rejected, Rejected::AttemptTimedOut { .. }),
            "{rejected:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_limiter_elsewhere_does_not_hide_what_the_only_called_region_said() {
    let world = World::new();
    world.set(A, Mood::Failing(Fault::Down));
    world.set(B, Mood::Unready(Fault::LimiterFull));
    let router = world.build(builder([A, B]));
    assert_unchanged(send(&router, read()).await, A, Fault::Down);
}

#[tokio::test(start_paused = true)]
async fn the_error_of_an_only_region_comes_through_unchanged() {
    let world = World::new();
    let router = world.build(builder([A]));
    for fault in [Fault::Down, Fault::Reset, Fault::Unreachable] {
        world.set(A, Mood::Failing(fault));
        // More often than it takes to open the circuit.
        for _ in 0..3 {
            assert_unchanged(send(&router, read()).await, A, fault);
        }
    }
    world.set(A, Mood::Silent);
    let rejected = refusal(send(&router, read()).await);
    assert!(
        matches!(rejected, Rejected::AttemptTimedOut { timeout } if timeout == SECOND),
        "{rejected:?}"
    );
    world.set(A, Mood::NeverReady);
    let rejected = refusal(send(&router, read()).await);
    assert!(rejected.is_free_to_fail_over(), "{rejected:?}");
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_a_timeout_of_its_own() {
    let world = World::new();
    world.set(A, Mood::Silent);
    world.set(B, Mood::Silent);
    let router = world.build(
        builder([A, B, C])
            .without_hedging()
            .with_attempt_timeout(SECOND / 4),
    );
    for _ in 0..2 {
        let began = Instant::now();
        assert_eq!(served(&router).await, C);
        assert_eq!(began.elapsed().as_millis(), 500);
    }
    // Silence is a failure however short the attempts are.
    assert_eq!(circuits(&router), "ooc");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_takes_all_of_the_tasks_time_is_left_in_time() {
    let world = World::new();
    world.set(A, Mood::Busy);
    let mut call = pin!(world.unhedged().oneshot(read()));
    let mut answer = poll_once(call.as_mut()).await;
    for _ in 0..4 {
        assert!(answer.is_pending(), "answered too soon: {answer:?}");
        advance(SECOND / 3).await;
        answer = poll_once(call.as_mut()).await;
    }
    // The second Region has been called by now, and answers at the next poll.
    assert!(answer.is_pending(), "{answer:?}");
    let answer = poll_once(call.as_mut()).await;
    assert!(
        matches!(&answer, Poll::Ready(Ok(region)) if *region == B),
        "{answer:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_time_of_an_attempt_begins_with_it() {
    let world = World::new();
    world.set(A, Mood::FailingAfter(600, Fault::Down));
    world.set(B, Mood::After(900));
    let began = Instant::now();
    assert_eq!(served(&world.unhedged()).await, B);
    assert_eq!(began.elapsed().as_millis(), 1_500);
}

#[tokio::test(start_paused = true)]
async fn silence_is_a_failure_of_the_region_and_its_last_error() {
    let world = World::new();
    world.set(A, Mood::Silent);
    let router = world.unhedged();
    assert_eq!(served(&router).await, B);
    let silent = &router.status().regions[0];
    assert_eq!((silent.failures, silent.successes), (1, 0));
    let last = silent.last_error.as_ref().unwrap();
    assert_eq!(
        last.failure.to_string(),
        "no answer within 1 s of the attempt"
    );
}

/// A router whose Regions are taken back by one call in a hundred, for an hour.
fn slowly_back(world: &World, regions: &[Region]) -> Router {
    let circuit = circuit().with_slow_start(SECOND * 3_600, Ratio::percent(1));
    world.build(
        builder(regions.to_vec())
            .with_circuit(circuit)
            .without_hedging(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_fail_over_goes_to_the_next_region_though_that_one_starts_slowly() {
    let world = World::new();
    let router = slowly_back(&world, &[A, B, C]);
    router.drain(&B).unwrap();
    router.restore(&B).unwrap();
    world.set(A, Mood::Failing(Fault::LimiterFull));
    for _ in 0..20 {
        assert_eq!(served(&router).await, B);
    }
    assert_eq!(world.take_calls(), [20, 20, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_fail_over_is_no_probe_while_another_region_takes_it() {
    let world = World::new();
    let router = world.unhedged();
    // The second one's, with the third one serving.
    world.set(A, Mood::Failing(Fault::LimiterFull));
    world.set(B, Mood::Failing(Fault::Down));
    for _ in 0..2 {
        assert_eq!(served(&router).await, C);
    }
    sleep(REST).await;
    world.set(B, Mood::Well);
    world.take_calls();
    for _ in 0..5 {
        assert_eq!(served(&router).await, C);
    }
    assert_eq!(
        (world.take_calls(), circuits(&router)),
        ([5, 0, 5], "coc".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_passes_a_slow_start_rather_than_probe() {
    let world = World::new();
    let router = slowly_back(&world, &[A, B]);
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    world.set(A, Mood::Well);
    router.drain(&B).unwrap();
    router.restore(&B).unwrap();
    for _ in 0..20 {
        assert_eq!(send(&router, write()).await.unwrap(), B);
    }
    assert_eq!(
        (world.take_calls(), circuits(&router)),
        ([0, 20, 0], "oc".to_owned())
    );
}
