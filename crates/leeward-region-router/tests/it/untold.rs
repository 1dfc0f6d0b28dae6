//! What a call meets that its answer does not tell: Regions that its request refuses, attempts that nobody could pay for.

use std::sync::{Arc, Mutex};

use leeward_error_taxonomy::{OperationName, Region, Rejected, Stage};
use leeward_region_router::{RegionRouterBuilder, RouterEvent};
use leeward_resilience::{Budget, BudgetConfig, Idempotency, Request, TokioClock};
use tower::ServiceExt;

use crate::{
    hedge::{DELAY, timed},
    world::{
        A, B, C, Fault, Mood, Router, SECOND, World, assert_unchanged, builder, learn, poll_once,
        read, refusal, send, served,
    },
};

type Events = Arc<Mutex<Vec<RouterEvent>>>;

fn observed(world: &World, builder: RegionRouterBuilder<TokioClock>) -> (Router, Events) {
    let events = Events::default();
    let seen = Arc::clone(&events);
    let observe = move |event: &RouterEvent| seen.lock().unwrap().push(event.clone());
    (world.build(builder.with_observer(observe)), events)
}

fn take(events: &Events) -> Vec<RouterEvent> {
    std::mem::take(&mut events.lock().unwrap())
}

/// A budget without a token.
fn nothing() -> Budget {
    let budget = Budget::with_clock(BudgetConfig::new().with_floor(0), TokioClock::new());
    budget.withdraw_only()
}

/// What has no key in the second Region.
#[derive(Clone)]
pub(crate) struct NotInB;

impl Request for NotInB {
    fn operation(&self) -> OperationName {
        OperationName::new("kms", "Encrypt")
    }

    fn idempotency(&self) -> Idempotency {
        Idempotency::Idempotent
    }

    fn replay(&self) -> Option<Self> {
        Some(Self)
    }

    fn for_region(&self, region: &Region) -> Result<Self, Rejected> {
        if *region == B {
            Err(Rejected::unavailable("no key there"))
        } else {
            Ok(Self)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_that_the_request_refuses_is_told_though_the_error_of_another_is_the_answer() {
    let world = World::new();
    let (router, events) = observed(&world, builder([A, B]).without_hedging());
    world.set(A, Mood::Failing(Fault::Down));
    let answer = router.clone().oneshot(NotInB).await;
    assert_unchanged(answer, A, Fault::Down);
    let seen = take(&events);
    let [
        RouterEvent::Refused {
            operation,
            region,
            failure,
            ..
        },
    ] = &seen[..]
    else {
        panic!("{seen:?}");
    };
    assert_eq!(
        (operation.to_string().as_str(), region),
        ("kms.Encrypt", &B)
    );
    assert_eq!(failure.to_string(), "no key there");
    assert_eq!(failure.stage(), Stage::NotSent);
    let refused = router
        .status()
        .regions
        .into_iter()
        .map(|region| region.refused);
    assert_eq!(refused.collect::<Vec<_>>(), [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_the_request_refuses_is_told_once_for_each_call() {
    let world = World::new();
    let (router, events) = observed(&world, builder([B, A, C]).without_hedging());
    for calls in 1..=3 {
        assert_eq!(router.clone().oneshot(NotInB).await.unwrap(), A);
        assert_eq!(router.status().regions[0].refused, calls);
        assert_eq!(take(&events).len(), 1);
    }
    // Whoever goes there is not.
    served(&router).await;
    assert_eq!(router.status().regions[0].refused, 3);
    assert_eq!(take(&events), []);
}

#[tokio::test(start_paused = true)]
async fn a_region_that_a_hedge_passes_over_is_told_once_also_if_a_fail_over_does_too() {
    for (regions, third) in [(vec![A, B, C], true), (vec![A, B], false)] {
        let world = World::new();
        let (router, events) = observed(&world, builder(regions));
        learn(&world, &router).await;
        for (first, calls) in [
            (Mood::After(90), 1),
            (Mood::FailingAfter(90, Fault::Down), 2),
        ] {
            world.set(A, first);
            world.set(C, Mood::After(100));
            let answer = router.clone().oneshot(NotInB).await;
            assert_eq!(answer.is_ok(), third || calls == 1, "{first:?}");
            assert_eq!(router.status().regions[1].refused, calls);
            let seen = take(&events);
            let refused = seen.iter().filter(
                |event| matches!(event, RouterEvent::Refused { region, .. } if *region == B),
            );
            assert_eq!(refused.count(), 1, "{seen:?}");
        }
        assert_eq!(router.status().hedges, if third { 2 } else { 0 });
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_does_not_follow_a_failure_for_want_of_a_token_is_told() {
    let world = World::new();
    let (router, events) = observed(&world, builder([A, B]).with_budget(nothing()));
    world.set(A, Mood::Failing(Fault::Down));
    assert_unchanged(send(&router, read()).await, A, Fault::Down);
    let seen = take(&events);
    let [RouterEvent::NotFailedOver { from, failure, .. }] = &seen[..] else {
        panic!("{seen:?}");
    };
    assert_eq!((from, failure.code()), (&A, Some("Down")));
    assert_eq!(router.status().out_of_budget, 1);
}

#[tokio::test(start_paused = true)]
async fn a_hedge_that_does_not_begin_for_want_of_a_token_is_told() {
    let world = World::new();
    let (router, events) = observed(&world, builder([A, B]).with_budget(nothing()));
    learn(&world, &router).await;
    world.set(A, Mood::Silent);
    let (answer, _) = timed(&router, read()).await;
    refusal(answer);
    let seen = take(&events);
    let [
        RouterEvent::NotHedged {
            operation,
            from,
            elapsed,
            ..
        },
        RouterEvent::NotFailedOver {
            elapsed: at_the_end,
            ..
        },
    ] = &seen[..]
    else {
        panic!("{seen:?}");
    };
    assert_eq!((operation.to_string().as_str(), from), ("ledger.Touch", &A));
    assert_eq!((*elapsed, *at_the_end), (DELAY, SECOND));
    assert_eq!(router.status().out_of_budget, 2);
}

/// The first attempt fails while the hedge, for which the last token went, is under way.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_does_not_take_the_place_of_the_first_beside_a_hedge_is_told() {
    let world = World::new();
    let budget = Budget::with_clock(BudgetConfig::new().with_floor(1), TokioClock::new());
    let (router, events) = observed(
        &world,
        builder([A, B, C]).with_budget(budget.withdraw_only()),
    );
    learn(&world, &router).await;
    world.set(A, Mood::FailingAfter(60, Fault::Down));
    world.set(B, Mood::After(100));
    assert_eq!(served(&router).await, B);
    let seen = take(&events);
    let [
        RouterEvent::Hedged { .. },
        RouterEvent::NotFailedOver { from, failure, .. },
        RouterEvent::HedgeWon { .. },
    ] = &seen[..]
    else {
        panic!("{seen:?}");
    };
    assert_eq!((from, failure.code()), (&A, Some("Down")));
    assert_eq!(router.status().out_of_budget, 1);
}

#[tokio::test(start_paused = true)]
async fn hedges_have_won_or_lost_or_were_dropped() {
    let world = World::new();
    let router = world.build(builder([A, B]));
    learn(&world, &router).await;
    let counts = || {
        let status = router.status();
        (
            status.hedges,
            status.hedges_won,
            status.hedges_lost,
            status.hedges_dropped,
        )
    };
    // Won, lost to the first, lost by failing.
    for (first, second) in [
        (Mood::Silent, Mood::Well),
        (Mood::After(60), Mood::Silent),
        (Mood::After(60), Mood::Failing(Fault::Denied)),
    ] {
        world.set(A, first);
        world.set(B, second);
        send(&router, read()).await.unwrap();
    }
    assert_eq!(counts(), (3, 1, 2, 0));

    // Dropped with its call.
    world.set(A, Mood::After(200));
    world.set(B, Mood::Silent);
    let mut call = Box::pin(router.clone().oneshot(read()));
    assert!(poll_once(call.as_mut()).await.is_pending());
    tokio::time::advance(DELAY).await;
    assert!(poll_once(call.as_mut()).await.is_pending());
    // Under way, it is none of the three.
    assert_eq!(counts(), (4, 1, 2, 0));
    drop(call);
    assert_eq!(counts(), (4, 1, 2, 1));

    // Ended by what the first attempt says for good.
    world.set(A, Mood::FailingAfter(60, Fault::Denied));
    send(&router, read()).await.unwrap_err();
    assert_eq!(counts(), (5, 1, 2, 2));
}
