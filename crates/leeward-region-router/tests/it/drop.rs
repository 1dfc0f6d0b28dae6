use std::{
    pin::{Pin, pin},
    time::Duration,
};

use leeward_error_taxonomy::Region;
use leeward_resilience::{Budget, BudgetConfig, Placement, Ratio, TokioClock};
use tokio::time::{advance, sleep};
use tower::ServiceExt;

use crate::world::{
    A, B, C, Fault, LedgerError, Mood, REST, Router, SECOND, World, builder, circuit, circuits,
    learn, open_circuits, poll_once, read, send, served,
};

type Call = Pin<Box<dyn Future<Output = Result<Region, LedgerError>>>>;

#[tokio::test(start_paused = true)]
async fn a_drop_at_any_poll_leaves_everything_of_use() {
    let moods = [
        Mood::Well,
        Mood::Silent,
        Mood::NeverReady,
        Mood::Failing(Fault::Down),
        Mood::Failing(Fault::LimiterFull),
        Mood::Unready(Fault::Reset),
    ];
    let mut drops_while_under_way = 0;
    for (first, second) in moods
        .iter()
        .flat_map(|one| moods.map(|other| (*one, other)))
    {
        for (opened, learnt) in [(false, false), (true, false), (false, true), (true, true)] {
            for polls in 0..12 {
                let context = format!(
                    "{first:?} {second:?}, opened: {opened}, learnt: {learnt}, {polls} polls"
                );
                let world = World::new();
                let budget = Budget::with_clock(
                    BudgetConfig::new()
                        .with_ratio(Ratio::percent(0))
                        .with_floor(50),
                    TokioClock::new(),
                );
                let router = world.build(builder([A, B, C]).with_budget(budget.clone()));
                // What has learnt hedges.
                if learnt {
                    learn(&world, &router).await;
                }
                if opened {
                    open_circuits(&world, &router, &[A, B]).await;
                    advance(REST).await;
                }
                world.set(A, first);
                world.set(B, second);
                {
                    let mut call = pin!(router.clone().oneshot(read()));
                    for _ in 0..polls {
                        if poll_once(call.as_mut()).await.is_ready() {
                            break;
                        }
                        advance(Duration::from_millis(400)).await;
                    }
                    drops_while_under_way += world.in_flight();
                }
                assert_eq!(world.in_flight(), 0, "{context}");

                // Every circuit lets a call in, at once where no probe was left behind, after a rest at the latest.
                sleep(REST).await;
                world.set_all(Mood::Well);
                assert_eq!(served(&router).await, A, "{context}");
                // Not with a call that was refused in the first one, which is spared the probe.
                let elsewhere = read().placed(Placement::new().excluding(A));
                assert_eq!(send(&router, elsewhere).await.ok(), Some(B), "{context}");
                assert_eq!(circuits(&router), "ccc", "{context}");

                // The floor fills up again: no token was lost for good, and none was made.
                sleep(60 * SECOND).await;
                assert_eq!(budget.tokens(), 50, "{context}");
            }
        }
    }
    assert!(
        drops_while_under_way > 100,
        "too few drops hit a call under way"
    );
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_leaves_its_place_to_the_next_call() {
    let world = World::new();
    let router = world.router();
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    world.set(A, Mood::Silent);
    for _ in 0..20 {
        let mut probe = Box::pin(router.clone().oneshot(read()));
        assert!(poll_once(probe.as_mut()).await.is_pending());
        assert_eq!(circuits(&router), "hcc");
        assert_eq!(world.take_calls(), [1, 0, 0]);
    }
    world.set(A, Mood::Well);
    assert_eq!(served(&router).await, A);
    assert_eq!(circuits(&router), "ccc");
}

#[tokio::test(start_paused = true)]
async fn calls_that_callers_give_up_on_open_the_circuit_of_a_silent_region() {
    let world = World::new();
    world.set(A, Mood::Silent);
    // The attempt would wait longer than the callers do.
    let router = world.build(
        builder([A, B])
            .with_attempt_timeout(60 * SECOND)
            .with_circuit(circuit().with_probe_timeout(60 * SECOND)),
    );
    for _ in 0..2 {
        let call = router.clone().oneshot(read());
        tokio::time::timeout(2 * SECOND, call).await.unwrap_err();
    }
    assert_eq!(circuits(&router), "oc");
    assert_eq!(served(&router).await, B);
    assert_eq!(world.in_flight(), 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_the_first_poll() {
    let world = World::new();
    let router = world.router();
    drop(router.clone().oneshot(read()));
    assert_eq!(world.made(), [0, 0, 0]);
    assert_eq!(circuits(&router), "ccc");
}

/// A thousand probes that are dropped, wherever they wait, do not keep a Region that is back from being found so.
#[tokio::test(start_paused = true)]
async fn f1_wherever_probes_are_dropped_the_circuit_closes_within_one_lease() {
    let world = World::new();
    let router = world.router();
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    let moods = [Mood::NeverReady, Mood::Silent, Mood::After(30)];
    for dropped in 0..1_000 {
        world.set(A, moods[dropped % 3]);
        let mut probe = Box::pin(router.clone().oneshot(read()));
        for _ in 0..dropped % 4 {
            assert!(poll_once(probe.as_mut()).await.is_pending());
        }
    }
    world.set(A, Mood::Well);
    // The lease of these circuits.
    sleep(5 * SECOND).await;
    assert_eq!(served(&router).await, A);
    assert_eq!(circuits(&router), "ccc");
}

/// A router whose attempts have a minute, so that an answer may come after a rest.
fn patient(world: &World) -> Router {
    let router = builder([A, B, C])
        .with_attempt_timeout(60 * SECOND)
        .with_circuit(circuit().with_probe_timeout(60 * SECOND));
    world.build(router.without_hedging())
}

/// A call that has been sent to the first Region, as that one is now.
async fn sent_there(router: &Router) -> Call {
    let there = read().placed(Placement::new().pinned_to(A));
    let mut call: Call = Box::pin(router.clone().oneshot(there));
    for _ in 0..2 {
        assert!(poll_once(call.as_mut()).await.is_pending());
    }
    call
}

#[tokio::test(start_paused = true)]
async fn f2_what_comes_late_from_before_a_change_changes_nothing() {
    // It succeeds while a probe is on its way, which alone decides.
    let world = World::new();
    let router = patient(&world);
    world.set(A, Mood::After(7_000));
    let early = sent_there(&router).await;
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    world.set(A, Mood::Silent);
    let mut probe = pin!(router.clone().oneshot(read()));
    assert!(poll_once(probe.as_mut()).await.is_pending());
    assert_eq!(circuits(&router), "hcc");
    advance(2 * SECOND).await;
    assert_eq!(early.await.unwrap(), A);
    assert_eq!(circuits(&router), "hcc");

    // As many as open a circuit fail after it has closed again.
    let world = World::new();
    let router = patient(&world);
    world.set(A, Mood::FailingAfter(7_000, Fault::Down));
    let mut early = Vec::new();
    for _ in 0..3 {
        early.push(sent_there(&router).await);
    }
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    world.set(A, Mood::Well);
    assert_eq!(served(&router).await, A);
    assert_eq!(circuits(&router), "ccc");
    advance(2 * SECOND).await;
    for call in early {
        call.await.unwrap_err();
    }
    assert_eq!(circuits(&router), "ccc");
}

#[tokio::test(start_paused = true)]
async fn a_call_in_panic_is_under_way_until_it_ends_or_is_dropped() {
    let world = World::new();
    let router = world.build(builder([A]));
    open_circuits(&world, &router, &[A]).await;
    let in_flight = || router.status().regions[0].in_flight;
    for mood in [
        Mood::Silent,
        Mood::After(100),
        Mood::FailingAfter(100, Fault::Down),
    ] {
        world.set(A, mood);
        let mut call = Box::pin(router.clone().oneshot(read()));
        for _ in 0..2 {
            assert!(poll_once(call.as_mut()).await.is_pending());
        }
        assert_eq!(in_flight(), 1, "{mood:?}");
        if mood != Mood::Silent {
            let _ = call.await;
        } else {
            drop(call);
        }
        assert_eq!(in_flight(), 0, "{mood:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hedge_that_was_dropped_before_it_was_sent_costs_nothing() {
    let world = World::new();
    let budget = BudgetConfig::new().with_ratio(Ratio::percent(0));
    let budget = Budget::with_clock(budget.with_floor(5), TokioClock::new());
    let router = world.build(builder([A, B]).with_budget(budget.clone()));
    learn(&world, &router).await;
    world.set(A, Mood::Silent);
    world.set(B, Mood::NeverReady);
    let mut call = Box::pin(router.clone().oneshot(read()));
    assert!(poll_once(call.as_mut()).await.is_pending());
    advance(Duration::from_millis(50)).await;
    assert!(poll_once(call.as_mut()).await.is_pending());
    assert_eq!((router.status().hedges, budget.tokens()), (1, 4));
    drop(call);
    assert_eq!(budget.tokens(), 5);
}
