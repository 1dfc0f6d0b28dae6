use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use leeward_error_taxonomy::{Category, Region, Rejected};
use leeward_region_router::{
    CheckResult, HealthCheck, RegionRouter, RegionRouterBuilder, RouterError, RouterEvent,
};
use leeward_resilience::{CircuitConfig, Ratio, TokioClock, deadline};
use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};
use tower::ServiceExt;

use crate::world::{
    A, B, C, Fault, LedgerError, Mood, REST, Router, SECOND, Site, World, builder, circuits,
    open_circuits, read, send, served,
};

/// What the checks of a test do, and when they were made; cloning shares it.
#[derive(Clone, Default)]
struct Checks(Arc<Mutex<HashMap<Region, Told>>>);

#[derive(Default)]
struct Told {
    does: Option<Does>,
    began: Vec<Instant>,
    in_flight: u32,
    most_in_flight: u32,
}

#[derive(Clone, Copy)]
enum Does {
    Well,
    Takes(Duration),
    Fails(Fault),
    IsSilent,
    Panics,
}

impl Checks {
    fn set(&self, region: Region, does: Does) {
        self.told(region, |told| told.does = Some(does));
    }

    fn count(&self, region: Region) -> usize {
        self.told(region, |told| told.began.len())
    }

    /// How long after one check of the Region the next one began.
    fn pauses(&self, region: Region) -> Vec<Duration> {
        self.told(region, |told| {
            let pairs = told.began.windows(2);
            pairs.map(|pair| pair[1] - pair[0]).collect()
        })
    }

    fn told<T>(&self, region: Region, look: impl FnOnce(&mut Told) -> T) -> T {
        let mut told = self.0.lock().expect("not poisoned");
        look(told.entry(region).or_default())
    }

    /// The check, which leaves the Region's service alone.
    fn check(&self) -> HealthCheck<Site> {
        let checks = self.clone();
        let check = HealthCheck::new(move |_: Site, region: Region| checks.clone().made(region));
        check.with_seed(42)
    }

    async fn made(self, region: Region) -> Result<(), LedgerError> {
        let does = self.told(region.clone(), |told| {
            told.began.push(Instant::now());
            told.in_flight += 1;
            told.most_in_flight = told.most_in_flight.max(told.in_flight);
            told.does.unwrap_or(Does::Well)
        });
        let _under_way = UnderWay(&self, &region);
        yield_now().await;
        match does {
            Does::Well => Ok(()),
            Does::Takes(time) => {
                sleep(time).await;
                Ok(())
            }
            Does::Fails(fault) => Err(LedgerError::Failed(region.clone(), fault)),
            Does::IsSilent => std::future::pending().await,
            Does::Panics => panic!("as told"),
        }
    }
}

struct UnderWay<'a>(&'a Checks, &'a Region);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.told(self.1.clone(), |told| told.in_flight -= 1);
    }
}

fn checked(world: &World, check: HealthCheck<Site>) -> Router {
    build(world, check, builder([A, B, C]))
}

fn build(
    world: &World,
    check: HealthCheck<Site>,
    builder: RegionRouterBuilder<TokioClock>,
) -> Router {
    let router = builder.with_health_check(check).build(world.clone());
    router.expect("a runtime, and times above zero")
}

/// As the tests' own, but three good probes close a circuit, a second after each other.
fn three_to_close() -> RegionRouterBuilder<TokioClock> {
    let circuit = CircuitConfig::new()
        .with_consecutive_failures(2)
        .with_rest(REST)
        .with_rest_jitter(Ratio::percent(0))
        .with_probes(3, SECOND)
        .with_slow_start(Duration::ZERO, Ratio::percent(100))
        .with_seed(42);
    builder([A, B, C]).with_circuit(circuit)
}

fn last_check(router: &Router, at: usize) -> Option<CheckResult> {
    let status = router.status();
    status.regions[at].check.as_ref().map(|check| check.result)
}

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
async fn checks_that_fail_open_a_circuit_without_a_call() {
    for does in [Does::Fails(Fault::Down), Does::IsSilent] {
        let (world, checks) = (World::new(), Checks::default());
        checks.set(A, does);
        let router = checked(&world, checks.check());
        sleep(4 * SECOND + SECOND / 2).await;
        assert_eq!(circuits(&router), "occ");
        assert_eq!(last_check(&router, 0), Some(CheckResult::Failed));
        assert_eq!(last_check(&router, 1), Some(CheckResult::Good));
        assert_eq!(served(&router).await, B);
    }
}

#[tokio::test(start_paused = true)]
async fn three_good_ones_close_a_circuit_without_a_call_once_its_rest_is_over() {
    let (world, checks) = (World::new(), Checks::default());
    let router = build(&world, checks.check(), three_to_close());
    open_circuits(&world, &router, &[A]).await;
    world.set(A, Mood::Well);
    let opened = Instant::now();
    while circuits(&router) == "occ" {
        sleep(SECOND / 10).await;
    }
    assert!(opened.elapsed() >= REST, "{:?}", opened.elapsed());
    assert_eq!(circuits(&router), "hcc");
    let probing = Instant::now();
    let before = checks.count(A);
    while circuits(&router) == "hcc" {
        sleep(SECOND / 10).await;
    }
    assert_eq!(circuits(&router), "ccc");
    assert_eq!(checks.count(A) - before, 2, "of three, the first had begun");
    assert!(probing.elapsed() <= 3 * SECOND, "{:?}", probing.elapsed());
    assert_eq!(world.take_calls(), [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_one_among_them_begins_another_rest() {
    let (world, checks) = (World::new(), Checks::default());
    let router = build(&world, checks.check(), three_to_close());
    open_circuits(&world, &router, &[A]).await;
    while circuits(&router) != "hcc" {
        sleep(SECOND / 10).await;
    }
    checks.set(A, Does::Fails(Fault::Down));
    while circuits(&router) == "hcc" {
        sleep(SECOND / 10).await;
    }
    assert_eq!(circuits(&router), "occ");
    let status = router.status();
    assert!(status.regions[0].next_probe_in > Some(REST - SECOND));
}

#[tokio::test(start_paused = true)]
async fn while_checks_fail_no_call_is_spent_on_probing() {
    let (world, checks) = (World::new(), Checks::default());
    let router = checked(&world, checks.check());
    checks.set(A, Does::IsSilent);
    open_circuits(&world, &router, &[A]).await;
    world.set(A, Mood::Silent);
    // Until the first check that finds it silent, at the latest.
    sleep(3 * SECOND).await;
    for _ in 0..300 {
        let began = Instant::now();
        assert_eq!(served(&router).await, B);
        assert!(began.elapsed() < SECOND / 2, "waited for nobody");
        sleep(SECOND / 10).await;
    }
    assert_eq!(world.take_calls()[0], 0);

    world.set(A, Mood::Well);
    checks.set(A, Does::Well);
    sleep(2 * REST).await;
    assert_eq!(served(&router).await, A);
}

#[tokio::test(start_paused = true)]
async fn checks_that_say_nothing_leave_the_probing_to_the_calls() {
    let (world, checks) = (World::new(), Checks::default());
    let slow = Does::Takes(SECOND / 2);
    for says_nothing in [Does::Panics, slow] {
        checks.set(A, Does::Well);
        let check = checks.check().with_idle_interval(SECOND);
        let router = checked(&world, check);
        // Until it is known what is slow.
        sleep(10 * SECOND).await;
        checks.set(A, says_nothing);
        open_circuits(&world, &router, &[A]).await;
        world.set(A, Mood::Well);
        sleep(REST + SECOND).await;
        assert_ne!(circuits(&router), "ccc");
        assert_eq!(served(&router).await, A);
        assert_eq!(circuits(&router), "ccc");
        assert_eq!(world.take_calls(), [1, 0, 0]);
        router.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn good_checks_are_no_traffic() {
    let (world, checks) = (World::new(), Checks::default());
    let router = checked(&world, checks.check().with_idle_interval(SECOND));
    sleep(60 * SECOND).await;
    assert!(checks.count(A) > 40);
    let status = router.status();
    let region = &status.regions[0];
    assert_eq!(
        (region.successes, region.failures, region.in_flight),
        (0, 0, 0)
    );
    assert_eq!((region.success_rate, region.baseline), (None, None));
    // Two failures in a row open, however many good checks there are between them.
    world.set(A, Mood::Failing(Fault::Down));
    served(&router).await;
    sleep(5 * SECOND).await;
    served(&router).await;
    assert_eq!(circuits(&router), "occ");
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_served_outweigh_checks_that_fail() {
    let (world, checks) = (World::new(), Checks::default());
    checks.set(A, Does::Fails(Fault::Reset));
    let router = checked(&world, checks.check());
    for _ in 0..600 {
        assert_eq!(served(&router).await, A);
        sleep(SECOND / 20).await;
    }
    assert!(checks.count(A) > 20);
    assert_eq!(circuits(&router), "ccc");
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_refused_shows_a_living_region_and_is_told_once() {
    let (world, checks) = (World::new(), Checks::default());
    checks.set(A, Does::Fails(Fault::Denied));
    checks.set(B, Does::Fails(Fault::Throttled));
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let observed = three_to_close().with_observer(move |event| {
        if let RouterEvent::CheckRefused {
            region, failure, ..
        } = event
        {
            seen.lock()
                .unwrap()
                .push((region.clone(), failure.category()));
        }
    });
    let router = build(&world, checks.check().with_idle_interval(SECOND), observed);
    open_circuits(&world, &router, &[A]).await;
    sleep(60 * SECOND).await;
    assert_eq!(circuits(&router), "ccc", "three answers closed it");
    let mut told = told.lock().unwrap().clone();
    told.sort_by(|(one, _), (other, _)| one.cmp(other));
    assert_eq!(
        told,
        [(B, Category::RateLimit), (A, Category::Authorization)]
    );
    let status = router.status();
    let check = status.regions[0].check.as_ref().unwrap();
    assert_eq!((check.result, check.failed), (CheckResult::Good, 0));
    let error = check.error.as_ref().unwrap();
    assert_eq!(error.failure.code(), Some("Denied"));
    assert!(!error.advice.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_region_without_a_service_is_not_blamed() {
    let checks = Checks::default();
    let maker = tower::service_fn(|_: Region| async {
        Err::<Site, _>(Rejected::unavailable("no credentials"))
    });
    let router = builder([A, B])
        .with_health_check(checks.check())
        .build(maker);
    let router = router.unwrap();
    sleep(60 * SECOND).await;
    assert_eq!(circuits(&router), "cc");
    assert_eq!(last_check(&router, 0), Some(CheckResult::Inconclusive));
    assert_eq!(checks.count(A), 0, "there was nothing to ask");
}

#[tokio::test(start_paused = true)]
async fn a_change_of_what_checks_show_is_told() {
    let (world, checks) = (World::new(), Checks::default());
    let told = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&told);
    let observed = builder([A]).with_observer(move |event| {
        if let RouterEvent::HealthChanged { from, to, .. } = event {
            seen.lock().unwrap().push((*from, *to));
        }
    });
    let _router = build(&world, checks.check().with_idle_interval(SECOND), observed);
    for does in [Does::Well, Does::Fails(Fault::Reset), Does::Well] {
        checks.set(A, does);
        sleep(10 * SECOND).await;
    }
    use CheckResult::{Failed, Good};
    let told = told.lock().unwrap().clone();
    assert_eq!(
        told,
        [(None, Good), (Some(Good), Failed), (Some(Failed), Good)]
    );
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
    assert_eq!(Arc::strong_count(&checks.0), 1);
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
    assert_eq!(Arc::strong_count(&checks.0), 1, "the tasks are gone");
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
    assert_eq!(Arc::strong_count(&checks.0), 1);
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
    assert_eq!(Arc::strong_count(&checks.0), 1);
    let shutdown = std::pin::pin!(router.shutdown());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(shutdown.poll(&mut cx).is_ready());
}
