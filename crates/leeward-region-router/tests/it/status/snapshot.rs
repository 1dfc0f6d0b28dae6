//! What a status tells, and how it is written.

use std::{
    future::ready,
    pin::pin,
    task::{Context, Waker},
};

use leeward_error_taxonomy::{Category, Region, Rejected};
use leeward_region_router::{
    Health, HealthCheck, RegionRouter, RegionState, RouterStatus, RouterView, RouterViews,
    RouterWatch,
};
use serde_json::Value;
use tokio::time::sleep;
use tower::{Service, ServiceExt, service_fn};

use crate::{
    world::{
        A, B, C, Fault, Mood, REST, SECOND, Site, World, builder, open_circuits, read, send, served,
    },
    yes::Yes,
};

#[test]
fn what_a_task_needs_may_move_there() {
    fn moves<T: Send + 'static>() {}
    fn is_shared<T: Send + Sync + Clone + 'static>() {}
    is_shared::<RouterStatus>();
    is_shared::<RouterView>();
    is_shared::<HealthCheck<Site>>();
    moves::<RouterWatch>();
    moves::<RouterViews>();
}

#[tokio::test]
async fn a_call_allocates_nothing_while_somebody_watches_and_checks() {
    let check = HealthCheck::sending(read());
    let maker = service_fn(|_: Region| ready(Ok::<_, Rejected>(Yes)));
    let builder = RegionRouter::builder([A, B]).with_health_check(check);
    let router = builder.build(maker).unwrap();
    let _watch = router.watch();
    let mut calls = router.clone();
    let mut call = || {
        let mut answer = pin!(calls.call(read()));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(answer.as_mut().poll(&mut cx).is_ready());
    };
    // The first call makes the service.
    call();
    let allocated = allocation_counter::measure(|| (0..100).for_each(|_| call()));
    assert_eq!(allocated.count_total, 0);
    assert_eq!(router.status().regions[0].successes, 101);
}

#[tokio::test(start_paused = true)]
async fn tells_how_each_region_stands_in_the_order_of_the_list() {
    let world = World::new();
    let router = world.build(builder([C, A]));
    served(&router).await;
    open_circuits(&world, &router, &[C]).await;
    sleep(SECOND).await;
    let status = router.status();
    assert_eq!(status.health, Health::Degraded);
    assert_eq!(status.first_choice, Some(A));
    assert!(!status.kill_switch);
    let [c, a] = &status.regions[..] else {
        panic!("{status:?}");
    };
    assert_eq!((&c.region, c.state), (&C, RegionState::Open));
    assert_eq!((&a.region, a.state), (&A, RegionState::Closed));
    assert_eq!(
        (c.in_state_for, c.next_probe_in),
        (SECOND, Some(REST - SECOND))
    );
    assert_eq!(a.next_probe_in, None);
    assert_eq!((c.admitted, a.admitted), (0.0, 1.0));
    assert_eq!(a.success_rate, Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn counts_what_calls_meet_and_keeps_the_last_error_with_advice() {
    let world = World::new();
    let router = world.router();
    for _ in 0..3 {
        served(&router).await;
    }
    world.set(A, Mood::Failing(Fault::Down));
    served(&router).await;
    world.set(A, Mood::Failing(Fault::Invalid));
    send(&router, read()).await.unwrap_err();
    sleep(SECOND).await;
    let status = router.status();
    assert_eq!((status.fail_overs, status.exhausted), (1, 0));
    let a = &status.regions[0];
    assert_eq!(
        (a.successes, a.failures, a.other_errors, a.left),
        (3, 1, 1, 1)
    );
    assert_eq!(status.regions[1].successes, 1);
    assert!(a.p50.is_some() && a.p99 >= a.p50);
    let error = a.last_error.as_ref().unwrap();
    assert_eq!(error.failure.category(), Category::ServiceUnavailable);
    assert_eq!(error.failure.code(), Some("Down"));
    assert_eq!(error.age, SECOND);
    assert!(error.advice.len() > 20, "{}", error.advice);
    assert_eq!(status.regions[1].last_error, None);
}

#[tokio::test(start_paused = true)]
async fn is_down_only_when_no_region_takes_calls() {
    let world = World::new();
    let router = world.router();
    assert_eq!(router.status().health, Health::Ok);
    open_circuits(&world, &router, &[A]).await;
    assert_eq!(router.status().health, Health::Degraded);
    assert!(router.is_healthy());
    open_circuits(&world, &router, &[B, C]).await;
    let status = router.status();
    assert_eq!(status.health, Health::Down);
    assert_eq!(status.first_choice, None);
    assert!(!router.is_healthy());
}

#[tokio::test(start_paused = true)]
async fn probes_of_calls_and_of_checks_are_counted_and_calls_alone_are_traffic() {
    let world = World::new();
    let router = world.router();
    open_circuits(&world, &router, &[A]).await;
    for probes in 1..=3 {
        sleep(60 * SECOND).await;
        served(&router).await;
        assert_eq!(router.status().regions[0].probes, probes);
    }
    let check = HealthCheck::new(|site: Site, _| site.oneshot(read()));
    let checked = builder([A, B]).with_health_check(check.with_seed(42));
    let checked = checked.build(world.clone()).unwrap();
    open_circuits(&world, &checked, &[A]).await;
    let failures = checked.status().regions[0].failures;
    sleep(60 * SECOND).await;
    let status = checked.status();
    let a = &status.regions[0];
    // One after each rest of five seconds.
    assert!((8..=11).contains(&a.probes), "{}", a.probes);
    assert_eq!(a.failures, failures);
    // What a check met last is more recent than what a call did.
    assert!(a.last_error.as_ref().unwrap().age < 2 * SECOND);
}

pub(super) fn parse(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[tokio::test(start_paused = true)]
async fn serves_its_health_in_json() {
    let world = World::new();
    let router = world.build(builder([A, B]));
    assert_eq!(
        router.health_json(),
        r#"{"status":"ok","first_choice":"us-east-1","kill_switch":false,"regions":[{"region":"us-east-1","state":"closed","in_state_for_ms":0,"left_for_ms":null,"share":0.000,"success_rate":null,"next_probe_in_ms":null,"last_error":null,"last_error_age_ms":null,"check":null},{"region":"eu-west-1","state":"closed","in_state_for_ms":0,"left_for_ms":null,"share":0.000,"success_rate":null,"next_probe_in_ms":null,"last_error":null,"last_error_age_ms":null,"check":null}]}"#
    );
    open_circuits(&world, &router, &[A]).await;
    sleep(SECOND).await;
    let health = parse(&router.health_json());
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["first_choice"], "eu-west-1");
    let a = &health["regions"][0];
    assert_eq!(a["state"], "open");
    assert_eq!(a["in_state_for_ms"], 1_000);
    assert_eq!(a["left_for_ms"], 1_000);
    assert_eq!(a["next_probe_in_ms"], 4_000);
    assert_eq!(a["last_error"], "service_unavailable");
    assert_eq!(a["last_error_age_ms"], 1_000);
    assert_eq!(health["regions"][1]["success_rate"], 1.0);
    open_circuits(&world, &router, &[B]).await;
    let health = parse(&router.health_json());
    assert_eq!(
        (&health["status"], &health["first_choice"]),
        (&"down".into(), &Value::Null)
    );
}

#[cfg(feature = "serde")]
#[tokio::test(start_paused = true)]
async fn a_status_is_a_record_whose_times_are_milliseconds() {
    let world = World::new();
    let check = HealthCheck::new(|_: Site, _| async { Ok::<_, Rejected>(()) });
    let router = builder([A, B])
        .with_health_check(check)
        .build(world.clone());
    let router = router.unwrap();
    open_circuits(&world, &router, &[A]).await;
    sleep(SECOND + SECOND / 2).await;
    let record = serde_json::to_value(router.status()).unwrap();
    assert_eq!(record["health"], "degraded");
    assert!(record["taken_at_epoch_ms"].as_u64() > Some(1_600_000_000_000));
    assert_eq!(
        (&record["strategy"], &record["kill_switch"]),
        (&"priority".into(), &false.into())
    );
    let a = &record["regions"][0];
    assert_eq!(a["region"], "us-east-1");
    assert_eq!(a["state"], "open");
    assert_eq!(a["in_state_for_ms"], 1_500.0);
    assert_eq!(a["left_for_ms"], 1_500.0);
    assert_eq!(record["regions"][1]["left_for_ms"], Value::Null);
    assert_eq!(a["next_probe_in_ms"], 3_500.0);
    let error = &a["last_error"];
    assert_eq!(
        (&error["code"], &error["age_ms"]),
        (&"Down".into(), &1_500.0.into())
    );
    assert!(error["advice"].is_string() && error["category"] == "service_unavailable");
    assert_eq!(a["check"]["result"], "good");
    assert!(a["check"]["age_ms"].is_number() && a["check"]["next_in_ms"].is_number());
    // No time goes without its unit.
    let text = record.to_string();
    assert!(!text.contains("secs") && !text.contains("nanos"), "{text}");

    let view = serde_json::to_value(router.watch().last()).unwrap();
    assert_eq!(view["regions"][0]["state"], "open");
    assert_eq!(view["first_choice"], "eu-west-1");
}
