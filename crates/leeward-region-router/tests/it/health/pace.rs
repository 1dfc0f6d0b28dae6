//! How often Regions are asked, and how long a check may take.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use leeward_region_router::HealthCheck;
use leeward_resilience::{CircuitConfig, deadline};
use tokio::time::sleep;
use tower::ServiceExt;

use super::checks::{Checks, Does, build, checked, last_check};
use crate::world::{A, B, C, Fault, SECOND, Site, World, builder, read, served};

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
