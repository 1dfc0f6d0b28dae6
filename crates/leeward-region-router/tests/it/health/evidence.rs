//! What checks mean for circuits, and what they are not.

use std::sync::{Arc, Mutex};

use leeward_error_taxonomy::{Category, Region, Rejected};
use leeward_region_router::{CheckResult, HealthCheck, RouterEvent};
use tokio::time::{Instant, sleep};

use super::checks::{Checks, Does, build, checked, last_check, three_to_close};
use crate::world::{
    A, B, C, Fault, LedgerError, Mood, REST, SECOND, Site, World, builder, circuits, learn,
    open_circuits, served,
};

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
async fn where_checks_hold_calls_back_everywhere_calls_go_somewhere_all_the_same() {
    let (world, checks) = (World::new(), Checks::default());
    for region in [A, B, C] {
        checks.set(region, Does::Fails(Fault::Down));
    }
    let router = checked(&world, checks.check());
    open_circuits(&world, &router, &[A, B, C]).await;
    sleep(10 * SECOND).await;
    world.set_all(Mood::Well);
    for _ in 0..10 {
        served(&router).await;
    }
    assert!(!router.is_healthy());
    assert_eq!(router.status().panics, 10);
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
    assert_eq!((check.result, check.failed), (CheckResult::Refused, 0));
    let error = check.error.as_ref().unwrap();
    assert_eq!(error.failure.code(), Some("Denied"));
    assert!(!error.advice.is_empty());
    // Whoever looks sees it for as long as it is so, wherever he looks.
    assert_eq!(
        status.to_string(),
        "ok; us-east-1 closed, last error 60.0 s ago: Down, health check refused: Denied; eu-west-1 closed, health check \
         refused: Throttled; ap-south-1 closed"
    );
    let health = status.health_json();
    let shown: Vec<&str> = health
        .split(r#""check":"#)
        .skip(1)
        .map(|rest| &rest[..9])
        .collect();
    assert_eq!(shown, [r#""refused""#, r#""refused""#, r#""good"}]}"#]);
    let shown = router.watch().last().regions.clone();
    let shown: Vec<_> = shown.into_iter().map(|region| region.check).collect();
    use CheckResult::{Good, Refused};
    assert_eq!(shown, [Some(Refused), Some(Refused), Some(Good)]);
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
async fn a_check_that_normally_takes_longer_than_calls_closes_a_circuit() {
    let (world, checks) = (World::new(), Checks::default());
    for region in [A, B, C] {
        checks.set(region.clone(), Does::Takes(SECOND * 9 / 10));
        world.set(region, Mood::After(20));
    }
    let router = checked(&world, checks.check().with_idle_interval(SECOND));
    learn(&world, &router).await;
    open_circuits(&world, &router, &[A]).await;
    world.set(A, Mood::After(20));
    assert_eq!(circuits(&router), "occ");
    sleep(REST + 3 * SECOND).await;
    // Nobody but a check has been there.
    assert_eq!(world.take_calls(), [0, 0, 0]);
    assert_eq!(circuits(&router), "ccc");
}

/// A call closes the circuit while calls are being kept from probing it.
#[tokio::test(start_paused = true)]
async fn a_circuit_that_is_closed_holds_no_call_back_whatever_checks_show() {
    let (world, gate) = (World::new(), Arc::new(tokio::sync::Notify::new()));
    let begun = Arc::new(tokio::sync::Notify::new());
    let (opens, begins) = (Arc::clone(&gate), Arc::clone(&begun));
    let check = HealthCheck::new(move |_: Site, region: Region| {
        let (opens, begins) = (Arc::clone(&opens), Arc::clone(&begins));
        async move {
            if region == A {
                begins.notify_one();
                opens.notified().await;
                return Err(LedgerError::Failed(region, Fault::Down));
            }
            Ok(())
        }
    });
    let check = check.with_timeout(3_600 * SECOND);
    let router = build(&world, check, builder([A, B]).without_hedging());
    begun.notified().await;
    open_circuits(&world, &router, &[A]).await;
    world.set(A, Mood::After(500));
    sleep(REST).await;
    let probe = served(&router);
    let fails = async {
        sleep(SECOND / 10).await;
        gate.notify_one();
    };
    assert_eq!(tokio::join!(probe, fails).0, A);
    assert_eq!(last_check(&router, 0), Some(CheckResult::Failed));
    assert_eq!(circuits(&router), "cc");
    assert_eq!(served(&router).await, A);
}
