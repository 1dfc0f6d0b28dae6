use std::{pin::pin, time::Duration};

use leeward_resilience::{Budget, BudgetConfig, Placement, Ratio, TokioClock};
use tokio::time::{advance, sleep};
use tower::ServiceExt;

use crate::world::{
    A, B, C, Fault, Mood, REST, SECOND, World, builder, circuits, learn, open_circuits, poll_once,
    read, send, served,
};

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
    let router = world.build(builder([A, B]).with_attempt_timeout(60 * SECOND));
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

#[tokio::test(start_paused = true)]
async fn f2_what_comes_late_from_before_a_change_changes_nothing() {
    let world = World::new();
    let router = world.router();
    // Under way when the circuit opens; it succeeds while a probe is on its way.
    world.set(A, Mood::After(900));
    let there = || read().placed(Placement::new().pinned_to(A));
    let mut early = Box::pin(router.clone().oneshot(there()));
    for _ in 0..2 {
        assert!(poll_once(early.as_mut()).await.is_pending());
    }
    world.set(A, Mood::Failing(Fault::Down));
    for _ in 0..2 {
        served(&router).await;
    }
    assert_eq!(circuits(&router), "occ");
    advance(Duration::from_millis(900)).await;
    assert_eq!(early.await.unwrap(), A);
    assert_eq!(circuits(&router), "occ");

    // Likewise one that began before, and fails after the circuit has closed again.
    let world = World::new();
    let router = world.router();
    world.set(A, Mood::FailingAfter(900, Fault::Down));
    let mut early: Vec<_> = (0..3)
        .map(|_| Box::pin(router.clone().oneshot(there())))
        .collect();
    for call in &mut early {
        for _ in 0..2 {
            assert!(poll_once(call.as_mut()).await.is_pending());
        }
    }
    let rest = router.clone();
    world.set(A, Mood::Failing(Fault::Down));
    for _ in 0..2 {
        served(&rest).await;
    }
    world.set(A, Mood::Well);
    advance(Duration::from_millis(900)).await;
    for call in early {
        call.await.unwrap_err();
    }
    sleep(REST).await;
    assert_eq!(served(&router).await, A);
    assert_eq!(circuits(&router), "ccc");
}
