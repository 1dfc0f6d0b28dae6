//! What ends the checks, and what does not.

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use leeward_region_router::{CheckResult, RegionRouter, WeakRegionRouter};
use leeward_resilience::{CircuitConfig, Clock, Timestamp, TokioClock};
use tokio::{runtime::Builder, task::yield_now, time::sleep};
use tower::ServiceExt;

use super::checks::{Checks, Does, build, checked, last_check};
use crate::world::{
    A, B, Fault, Mood, REST, SECOND, Site, World, builder, open_circuits, read, send, served,
};

#[tokio::test(start_paused = true)]
async fn a_check_that_panics_is_not_the_last() {
    let (world, checks) = (World::new(), Checks::default());
    checks.set(A, Does::Panics);
    let router = checked(&world, checks.check().with_idle_interval(SECOND));
    sleep(10 * SECOND).await;
    assert!(checks.count(A) > 5);
    assert_eq!(last_check(&router, 0), Some(CheckResult::Inconclusive));
    checks.set(A, Does::Well);
    sleep(10 * SECOND).await;
    assert_eq!(last_check(&router, 0), Some(CheckResult::Good));
}

#[tokio::test(start_paused = true)]
async fn checks_end_with_the_last_clone_of_the_router_even_while_one_is_on_its_way() {
    let (world, checks) = (World::new(), Checks::default());
    checks.set(A, Does::IsSilent);
    let check = checks.check().with_timeout(3_600 * SECOND);
    let router = checked(&world, check);
    sleep(20 * SECOND).await;
    assert_eq!(checks.told(A, |told| told.in_flight), 1);
    let clone = router.clone();
    drop(router);
    sleep(SECOND).await;
    assert_eq!(checks.told(A, |told| told.in_flight), 1);
    drop(clone);
    for _ in 0..10 {
        yield_now().await;
    }
    assert_eq!(checks.told(A, |told| told.in_flight), 0);
    // Nor is anything kept: what the tasks shared is the test's alone.
    assert_eq!(checks.holders(), 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_shutdown_calls_go_on_and_probe_by_themselves() {
    let (world, checks) = (World::new(), Checks::default());
    checks.set(A, Does::Fails(Fault::Down));
    let router = checked(&world, checks.check());
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    world.set(A, Mood::Well);
    assert_eq!(served(&router).await, B, "held back");
    router.shutdown().await;
    assert_eq!(checks.holders(), 1, "the tasks are gone");
    let made = checks.count(A);
    sleep(REST).await;
    assert_eq!(served(&router).await, A);
    sleep(10 * SECOND).await;
    assert_eq!(checks.count(A), made);
    router.shutdown().await;
    assert!(send(&router, read()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn dropping_the_shutdown_ends_the_checks_all_the_same() {
    let (world, checks) = (World::new(), Checks::default());
    let router = checked(&world, checks.check().with_idle_interval(SECOND));
    sleep(5 * SECOND).await;
    {
        let mut shutdown = std::pin::pin!(router.shutdown());
        assert!(
            crate::world::poll_once(shutdown.as_mut())
                .await
                .is_pending()
        );
    }
    sleep(5 * SECOND).await;
    assert_eq!(checks.holders(), 1);
}

#[test]
fn a_runtime_that_is_handed_in_serves_a_router_that_is_built_outside() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let checks = Checks::default();
    let check = checks.check().with_runtime(runtime.handle().clone());
    let builder = RegionRouter::builder([A, B]).with_health_check(check);
    let router = builder.build(World::new()).unwrap();
    runtime.block_on(async { sleep(20 * SECOND).await });
    assert!(checks.count(A) > 0 && checks.count(B) > 0);
    // The runtime goes first: nothing waits for it.
    drop(runtime);
    assert_eq!(checks.holders(), 1);
    let shutdown = std::pin::pin!(router.shutdown());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(shutdown.poll(&mut cx).is_ready());
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_is_not_the_end_of_the_checks() {
    let (world, checks) = (World::new(), Checks::default());
    let observed = builder([A]).with_observer(|_| panic!("an observer's own mistake"));
    let router = build(&world, checks.check().with_idle_interval(SECOND), observed);
    sleep(20 * SECOND).await;
    assert!(checks.count(A) > 10, "{}", checks.count(A));
    assert_eq!(last_check(&router, 0), Some(CheckResult::Good));
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_asks_the_router_does_not_keep_it() {
    let (world, checks) = (World::new(), Checks::default());
    let told: Arc<OnceLock<WeakRegionRouter<Site, TokioClock>>> = Arc::default();
    let asked = Arc::new(Mutex::new(0));
    let (weak, count) = (Arc::clone(&told), Arc::clone(&asked));
    let observed = builder([A]).with_observer(move |_| {
        if let Some(router) = weak.get().and_then(WeakRegionRouter::upgrade) {
            *count.lock().unwrap() += router.status().regions.len();
        }
    });
    let router = build(&world, checks.check(), observed);
    told.set(router.downgrade()).unwrap();
    sleep(2 * SECOND).await;
    assert_eq!(*asked.lock().unwrap(), 1);
    drop(router);
    assert!(told.get().unwrap().upgrade().is_none());
    let before = checks.count(A);
    sleep(60 * SECOND).await;
    assert_eq!(checks.count(A), before);
}

/// Told the time by the test, whatever runtime anybody is on.
#[derive(Clone, Debug, Default)]
struct ByHand(Arc<AtomicU64>);

impl Clock for ByHand {
    fn now(&self) -> Timestamp {
        Timestamp::new(Duration::from_secs(self.0.load(Ordering::Relaxed)))
    }
}

#[test]
fn once_the_runtime_of_the_checks_has_ended_calls_probe_by_themselves() {
    let runtime = || {
        let mut builder = Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap()
    };
    let (world, checks, clock) = (World::new(), Checks::default(), ByHand::default());
    clock.0.store(1, Ordering::Relaxed);
    checks.set(A, Does::Fails(Fault::Down));
    let (of_checks, of_calls) = (runtime(), runtime());
    let circuit = CircuitConfig::new()
        .with_consecutive_failures(2)
        .with_rest(2 * SECOND);
    let router = RegionRouter::builder([A, B])
        .with_clock(clock.clone())
        .with_circuit(circuit)
        .with_health_check(checks.check().with_runtime(of_checks.handle().clone()))
        .build(world.clone())
        .unwrap();
    of_checks.block_on(async {
        for _ in 0..20 {
            sleep(SECOND).await;
            clock.0.fetch_add(1, Ordering::Relaxed);
        }
    });
    drop(of_checks);
    let call = || of_calls.block_on(router.clone().oneshot(read())).unwrap();
    assert_eq!(call(), B);
    // They are overdue, twice.
    clock.0.fetch_add(60, Ordering::Relaxed);
    assert_eq!(call(), A);
}
