//! What a watch sees, and when.

use std::{
    future::poll_fn,
    num::NonZeroUsize,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use futures_core::Stream;
use leeward_error_taxonomy::{OperationName, Region};
use leeward_region_router::{
    ByOperation, CheckResult, Health, HealthCheck, Latency, Order, Ranking, RegionState,
    RoundRobin, RouterView, RouterViews, Standings,
};
use leeward_resilience::Switch;
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

use super::snapshot::parse;
use crate::world::{
    A, B, C, Fault, Mood, REST, Router, SECOND, Site, World, builder, open_circuits, poll_once,
    read, served,
};

fn states(view: &RouterView) -> Vec<RegionState> {
    view.regions.iter().map(|region| region.state).collect()
}

#[tokio::test(start_paused = true)]
async fn a_drained_region_is_told_as_such_and_a_watch_wakes() {
    let router = World::new().router();
    let mut watch = router.watch();
    router.drain(&A).unwrap();
    let view = watch.changed().await.unwrap();
    use RegionState::{Closed, Drained};
    assert_eq!(states(&view), [Drained, Closed, Closed]);
    assert_eq!(
        (view.health, view.first_choice),
        (Health::Degraded, Some(B))
    );
    assert_eq!(router.status().regions[0].state, Drained);
    router.restore(&A).unwrap();
    let view = watch.changed().await.unwrap();
    assert_eq!((view.health, view.first_choice), (Health::Ok, Some(A)));
}

#[tokio::test(start_paused = true)]
async fn the_kill_switch_is_told_and_a_watch_sees_where_calls_go_then() {
    let world = World::new();
    let switch = Switch::new();
    let router = world.build(builder([A, B]).with_switch(switch.clone()));
    open_circuits(&world, &router, &[A]).await;
    let mut watch = router.watch();
    assert_eq!(watch.last().first_choice, Some(B));
    assert!(!watch.last().kill_switch);
    switch.turn_off();
    let view = watch.changed().await.unwrap();
    assert_eq!((view.first_choice, view.kill_switch), (Some(A), true));
    let status = router.status();
    assert!(status.kill_switch);
    assert_eq!(status.first_choice, Some(A));
    assert_eq!(parse(&router.health_json())["kill_switch"], true);
}

/// Prefers what it is told to.
#[derive(Clone, Debug, Default)]
struct Told(Arc<AtomicUsize>);

impl Ranking for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn rank(&self, _: &Standings<'_>, order: &mut Order) {
        order.move_to_front(self.0.load(Relaxed));
    }

    fn preview(&self, standings: &Standings<'_>, order: &mut Order) -> bool {
        self.rank(standings, order);
        true
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_choice_is_that_of_the_ranking_among_those_that_take_calls() {
    let world = World::new();
    let told = Told::default();
    told.0.store(2, Relaxed);
    let router = world.build(builder([A, B, C]).with_ranking(told.clone()));
    let status = router.status();
    assert_eq!((status.strategy, status.first_choice), ("told", Some(C)));
    // Nobody tells of it, so it looks from time to time.
    let mut watch = router.watch();
    told.0.store(1, Relaxed);
    assert_eq!(watch.changed().await.unwrap().first_choice, Some(B));
    router.drain(&B).unwrap();
    assert_eq!(watch.changed().await.unwrap().first_choice, Some(A));

    let round = world.build(builder([A, B]).with_ranking(RoundRobin::new()));
    let turns = async || [served(&round).await, served(&round).await];
    let before = turns().await;
    let status = round.status();
    assert_eq!(
        (status.strategy, status.first_choice),
        ("round robin", None)
    );
    assert_eq!(turns().await, before, "looking takes nobody's turn");
    let latency = world.build(builder([B, A]).with_ranking(Latency::new()));
    assert_eq!(latency.status().first_choice, Some(B));
}

#[tokio::test(start_paused = true)]
async fn a_watch_wakes_when_a_circuit_changes_and_not_before() {
    let world = World::new();
    let router = world.router();
    let mut watch = router.watch();
    served(&router).await;
    assert!(poll_once(pin!(watch.changed())).await.is_pending());

    open_circuits(&world, &router, &[A]).await;
    let view = watch.changed().await.unwrap();
    use RegionState::{Closed, HalfOpen, Open};
    assert_eq!(states(&view), [Open, Closed, Closed]);
    assert_eq!(
        (view.health, view.first_choice),
        (Health::Degraded, Some(B))
    );
    assert!(poll_once(pin!(watch.changed())).await.is_pending());

    // Somebody who waits already is woken by the probe that sets out.
    sleep(REST).await;
    world.set(A, Mood::Silent);
    let (view, answered_by) = tokio::join!(watch.changed(), served(&router));
    assert_eq!(answered_by, B);
    let seen = states(&view.unwrap());
    assert_eq!(seen, [HalfOpen, Closed, Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_looks_seldom_misses_what_was_between_and_never_the_last() {
    let world = World::new();
    let router = world.router();
    let mut watch = router.watch();
    for _ in 0..3 {
        open_circuits(&world, &router, &[A]).await;
        world.set(A, Mood::Well);
        // Longer than any relapse makes it rest.
        sleep(60 * SECOND).await;
        served(&router).await;
    }
    // All is as it was.
    assert!(poll_once(pin!(watch.changed())).await.is_pending());
    open_circuits(&world, &router, &[B, A]).await;
    let view = watch.changed().await.unwrap();
    assert_eq!(&view, watch.last());
    assert_eq!(view.regions[0].state, RegionState::Open);
    assert_eq!(view.regions[1].state, RegionState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_watch_does_not_keep_the_router_and_ends_with_it() {
    let router = World::new().router();
    let (mut one, mut other) = (router.watch(), router.clone().watch());
    let clone = router.clone();
    drop(router);
    assert!(poll_once(pin!(one.changed())).await.is_pending());
    drop(clone);
    assert_eq!(one.changed().await, None);
    assert_eq!(other.changed().await, None);
    assert_eq!(other.changed().await, None);
    assert_eq!(other.last().regions.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_watch_sees_what_health_checks_show() {
    let world = World::new();
    let check = HealthCheck::new(|site: Site, _| site.oneshot(read()));
    let router = builder([A]).with_health_check(check.with_idle_interval(SECOND));
    let router = router.build(world.clone()).unwrap();
    let mut watch = router.watch();
    let began = Instant::now();
    let view = watch.changed().await.unwrap();
    assert_eq!(view.regions[0].check, Some(CheckResult::Good));
    assert!(began.elapsed() <= SECOND);
    world.set(A, Mood::Failing(Fault::Reset));
    let view = watch.changed().await.unwrap();
    assert_eq!(view.regions[0].check, Some(CheckResult::Failed));
    assert_eq!(view.regions[0].state, RegionState::Closed);
}

async fn next(views: &mut RouterViews) -> Option<RouterView> {
    poll_fn(|cx| Pin::new(&mut *views).poll_next(cx)).await
}

#[tokio::test(start_paused = true)]
async fn a_stream_begins_with_the_present_and_ends_with_the_router() {
    let world = World::new();
    let router: Router = world.router();
    open_circuits(&world, &router, &[A]).await;
    let mut views = router.watch().into_stream();
    let first = next(&mut views).await.unwrap();
    assert_eq!(first.first_choice, Some(B));
    let waits = poll_fn(|cx| Poll::Ready(Pin::new(&mut views).poll_next(cx))).await;
    assert!(waits.is_pending());
    world.set(A, Mood::Well);
    sleep(REST + Duration::from_millis(1)).await;
    served(&router).await;
    let mut view = next(&mut views).await.unwrap();
    while view.health != Health::Ok {
        view = next(&mut views).await.unwrap();
    }
    let names: Vec<&Region> = view.regions.iter().map(|region| &region.region).collect();
    assert_eq!(names, [&A, &B, &C]);
    drop(router);
    assert_eq!(next(&mut views).await, None);
    assert_eq!(next(&mut views).await, None);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_woken_by_a_drain_of_the_router_and_of_all_routers() {
    let world = World::new();
    let router = world.build(builder([A, B]));
    let keyed = builder([A, B]).build_keyed(world.clone(), ByOperation, NonZeroUsize::MIN);
    let routers = keyed.unwrap();
    let name = OperationName::new("ledger", "Touch");
    let drain: [&dyn Fn(); 2] = [&|| router.drain(&A).unwrap(), &|| {
        routers.drain(&A).unwrap();
    }];
    let watches = [router.watch(), routers.of(&name).watch()];
    for (mut watch, drain) in watches.into_iter().zip(drain) {
        let began = Instant::now();
        let soon = async {
            tokio::task::yield_now().await;
            drain();
        };
        let view = tokio::join!(watch.changed(), soon).0.unwrap();
        assert_eq!(view.first_choice, Some(B));
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}

/// Nobody is woken by a switch: it is seen at the next look, though calls go where they went.
#[tokio::test(start_paused = true)]
async fn a_kill_switch_is_seen_within_a_second() {
    let switch = Switch::new();
    let router = World::new().build(builder([A, B]).with_switch(switch.clone()));
    let mut watch = router.watch();
    let began = Instant::now();
    let turn = async {
        sleep(SECOND / 4).await;
        switch.turn_off();
    };
    let view = tokio::join!(watch.changed(), turn).0.unwrap();
    assert_eq!((view.first_choice, view.kill_switch), (Some(A), true));
    assert_eq!(began.elapsed(), SECOND);
}
