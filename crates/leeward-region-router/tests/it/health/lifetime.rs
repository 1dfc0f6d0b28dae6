//! When checks are made, how long they may take, and when they end.

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use leeward_error_taxonomy::{OperationName, Region, Rejected};
use leeward_region_router::{
    CheckResult, HealthCheck, Hedging, Latency, RegionRouter, RouterError, WeakRegionRouter,
};
use leeward_resilience::{
    Budget, BudgetConfig, CircuitConfig, Clock, Idempotency, Request, Switch, Timestamp,
    TokioClock, deadline,
};
use tokio::{runtime::Builder, task::yield_now, time::sleep};
use tower::ServiceExt;

use super::checks::{Checks, Does, build, checked, last_check};
use crate::world::{
    A, B, C, Fault, Mood, REST, SECOND, Site, World, builder, circuit, open_circuits, read, send,
    served,
};

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_unless_somebody_wants_it() {
    let world = World::new();
    let router = world.router();
    sleep(60 * SECOND).await;
    assert_eq!(world.made(), [0, 0, 0]);
    assert_eq!(last_check(&router, 0), None);
    router.shutdown().await;
    assert_eq!(served(&router).await, A);
}

#[tokio::test(start_paused = true)]
async fn each_region_is_asked_every_second_give_or_take_a_quarter() {
    let pauses = async || {
        let (world, checks) = (World::new(), Checks::default());
        let _router = checked(&world, checks.check().with_idle_interval(SECOND));
        sleep(100 * SECOND).await;
        // No call is one of the Region's services.
        assert_eq!(world.take_calls(), [0, 0, 0]);
        [A, B, C].map(|region| checks.pauses(region))
    };
    let seen = pauses().await;
    for pauses in &seen {
        assert!((90..=110).contains(&pauses.len()), "{}", pauses.len());
        let (least, most) = (pauses.iter().min().unwrap(), pauses.iter().max().unwrap());
        let jitter = Duration::from_millis(740)..=Duration::from_millis(1_260);
        assert!(
            jitter.contains(least) && jitter.contains(most),
            "{pauses:?}"
        );
        assert!(*most > *least + Duration::from_millis(400), "{pauses:?}");
    }
    assert_ne!(seen[0], seen[1]);
    assert_eq!(seen, pauses().await, "the same seed repeats itself");
}

#[tokio::test(start_paused = true)]
async fn a_router_that_nobody_calls_asks_less_often() {
    let (world, checks) = (World::new(), Checks::default());
    let router = checked(&world, checks.check());
    sleep(100 * SECOND).await;
    let idle = checks.count(A);
    assert!((8..=13).contains(&idle), "{idle}");
    for _ in 0..200 {
        served(&router).await;
        sleep(SECOND / 2).await;
    }
    let busy = checks.count(A) - idle;
    assert!((80..=110).contains(&busy), "{busy}");
}

#[tokio::test(start_paused = true)]
async fn one_check_at_a_time_and_none_for_longer_than_its_timeout() {
    let (world, checks) = (World::new(), Checks::default());
    checks.set(A, Does::IsSilent);
    let check = checks.check().with_timeout(3 * SECOND);
    let _router = checked(&world, check.with_idle_interval(SECOND));
    sleep(60 * SECOND).await;
    let (began, most) = checks.told(A, |told| (told.began.len(), told.most_in_flight));
    assert!((12..=17).contains(&began), "{began}");
    assert_eq!(most, 1);
}

#[tokio::test(start_paused = true)]
async fn a_check_knows_when_its_time_is_over() {
    let seen = Arc::new(Mutex::new(None));
    let left = Arc::clone(&seen);
    let check = HealthCheck::new(move |site: Site, _| {
        *left.lock().unwrap() = deadline::remaining();
        site.oneshot(read())
    });
    let world = World::new();
    let _router = checked(&world, check.with_timeout(2 * SECOND));
    sleep(2 * SECOND).await;
    assert_eq!(*seen.lock().unwrap(), Some(2 * SECOND));
    // It is a call of the service, made by the maker if need be.
    assert_eq!(world.take_calls(), [1, 1, 1]);
    assert_eq!(world.made(), [1, 1, 1]);
}

/// Belongs to one Region and is otherwise adapted to none.
struct Local;

impl Request for Local {
    fn operation(&self) -> OperationName {
        OperationName::new("ledger", "Ping")
    }

    fn idempotency(&self) -> Idempotency {
        Idempotency::Idempotent
    }

    fn replay(&self) -> Option<Self> {
        Some(Self)
    }

    fn for_region(&self, region: &Region) -> Result<Self, Rejected> {
        match region == &A {
            true => Ok(Self),
            false => Err(Rejected::unavailable("known at home only")),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_sent_as_a_check_is_readied_and_goes_where_it_belongs() {
    let world = World::new();
    let router = checked(&world, HealthCheck::sending(Local));
    sleep(5 * SECOND).await;
    assert_eq!(world.take_calls(), [1, 0, 0]);
    assert_eq!(last_check(&router, 0), Some(CheckResult::Good));
    assert_eq!(last_check(&router, 1), Some(CheckResult::Inconclusive));

    world.set(A, Mood::Unready(Fault::Unreachable));
    sleep(20 * SECOND).await;
    assert_eq!(last_check(&router, 0), Some(CheckResult::Failed));
}

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
fn says_what_is_missing_for_checks() {
    let checks = Checks::default();
    let build = |check: HealthCheck<Site>| {
        let builder = RegionRouter::builder([A, B]).with_health_check(check);
        builder.build(World::new()).map(drop).unwrap_err()
    };
    let error = build(checks.check());
    assert_eq!(error, RouterError::NoRuntime);
    assert_eq!(
        error.to_string(),
        "no tokio runtime to make the health checks on: build the router inside of one, or hand one in with \
         HealthCheck::with_runtime"
    );
    for check in [
        checks.check().with_interval(Duration::ZERO),
        checks.check().with_idle_interval(Duration::ZERO),
        checks.check().with_timeout(Duration::ZERO),
    ] {
        let error = build(check);
        assert_eq!(error, RouterError::ZeroHealthCheck);
        assert_eq!(
            error.to_string(),
            "a health check with an interval or a timeout of zero: give each some time, or leave the check out"
        );
    }
    let often = Duration::from_micros(9_500);
    for check in [
        checks.check().with_interval(often),
        checks.check().with_idle_interval(often),
    ] {
        let error = build(check);
        assert!(
            matches!(error, RouterError::FrequentHealthCheck { interval, .. } if interval == often)
        );
        assert_eq!(
            error.to_string(),
            "a health check every 9.5 ms is load and no check: give HealthCheck::with_interval and with_idle_interval 10 ms at \
             least, 1 s by default"
        );
    }
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
async fn the_longest_times_there_are_end_no_check_that_is_due() {
    let (forever, minute) = (Duration::MAX, 60);
    let counted = async |set: fn(HealthCheck<Site>, Duration) -> HealthCheck<Site>, calls: bool| {
        let (world, checks) = (World::new(), Checks::default());
        let router = checked(&world, set(checks.check(), forever));
        for _ in 0..minute {
            if calls {
                served(&router).await;
            }
            sleep(SECOND).await;
        }
        assert_eq!(router.status().regions.len(), 3);
        checks.count(A)
    };
    let within_the_timeout = counted(HealthCheck::with_timeout, true).await;
    assert!(within_the_timeout > 50, "{within_the_timeout}");
    let while_busy = counted(HealthCheck::with_idle_interval, true).await;
    assert!(while_busy > 40, "{while_busy}");
    assert_eq!(counted(HealthCheck::with_idle_interval, false).await, 1);
    let none = counted(HealthCheck::with_interval, true).await;
    assert_eq!(none, 0);
}

#[tokio::test(start_paused = true)]
async fn an_idle_router_that_is_called_again_is_checked_within_an_interval() {
    let (world, checks) = (World::new(), Checks::default());
    let router = checked(&world, checks.check().with_idle_interval(1_000 * SECOND));
    sleep(100 * SECOND).await;
    assert_eq!([A, B, C].map(|region| checks.count(region)), [1, 1, 1]);
    served(&router).await;
    sleep(SECOND).await;
    assert_eq!([A, B, C].map(|region| checks.count(region)), [2, 2, 2]);
    sleep(100 * SECOND).await;
    let counts = [A, B, C].map(|region| checks.count(region));
    assert!(counts.iter().all(|count| *count <= 4), "{counts:?}");
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

#[tokio::test(start_paused = true)]
async fn checks_of_a_region_that_rests_for_a_moment_come_no_more_than_four_times_an_interval() {
    let (world, checks) = (World::new(), Checks::default());
    checks.set(A, Does::Fails(Fault::Down));
    let circuit = CircuitConfig::new()
        .with_consecutive_failures(2)
        .with_rest(SECOND / 100)
        .with_max_rest(SECOND / 100);
    let _router = build(&world, checks.check(), builder([A]).with_circuit(circuit));
    sleep(60 * SECOND).await;
    let pauses = checks.pauses(A);
    assert_eq!(pauses.iter().min(), Some(&(SECOND / 4)), "{pauses:?}");
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

#[tokio::test(start_paused = true)]
async fn a_check_may_be_given_before_every_other_option() {
    let world = World::new();
    let check = HealthCheck::sending(read()).with_seed(42);
    let builder = RegionRouter::builder([A, B])
        .with_health_check(check)
        .with_clock(TokioClock::new())
        .with_attempt_timeout(2 * SECOND)
        .with_budget(Budget::with_clock(BudgetConfig::new(), TokioClock::new()))
        .with_circuit(circuit())
        .without_hedging()
        .with_hedging(Hedging::new())
        .with_ranking(Latency::new())
        .with_fail_over_when_unsure(false)
        .with_switch(Switch::new())
        .with_observer(|_| {});
    let router = builder.build(world.clone()).unwrap();
    sleep(2 * SECOND).await;
    assert!(
        router
            .status()
            .regions
            .iter()
            .all(|region| region.check.is_some())
    );
    assert_eq!(router.status().strategy, "latency");
}
