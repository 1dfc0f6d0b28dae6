//! What is logged, and how loudly.

use leeward_error_taxonomy::Region;
use leeward_region_router::HealthCheck;
use leeward_resilience::{Budget, BudgetConfig, Placement, Ratio, TokioClock};
use leeward_testkit::Log;
use tokio::time::sleep;
use tower::ServiceExt;
use tracing::Level;

use crate::untold::NotInB;
use crate::world::{
    A, B, C, Fault, Mood, REST, SECOND, World, builder, circuit, learn, open_circuits, read, send,
    served,
};

const ROUTER: &str = "leeward::router";

#[tokio::test(start_paused = true)]
async fn a_long_outage_warns_once_and_says_once_that_it_is_over() {
    let (log, _guard) = Log::of(ROUTER);
    let world = World::new();
    let router = world.build(builder([A, B]).with_circuit(circuit()));
    open_circuits(&world, &router, &[A]).await;
    for _ in 0..10 {
        sleep(REST).await;
        assert_eq!(served(&router).await, B);
    }
    world.set(A, Mood::Well);
    sleep(REST).await;
    assert_eq!(served(&router).await, A);
    assert_eq!(router.status().regions[0].probes, 11);
    assert_eq!(
        log.take(Level::INFO),
        [
            "WARN circuit opened, calls go elsewhere region=us-east-1 from=Closed",
            "INFO circuit closed, calls come back region=us-east-1 from=HalfOpen",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn each_probe_is_there_for_whoever_looks_closely() {
    let world = World::new();
    let router = world.build(builder([A, B]).with_circuit(circuit()));
    open_circuits(&world, &router, &[A]).await;
    sleep(REST).await;
    let (log, _guard) = Log::of(ROUTER);
    assert_eq!(served(&router).await, B);
    let lines = log.take(Level::DEBUG);
    assert_eq!(
        lines[..2],
        [
            "DEBUG circuit probed region=us-east-1 from=Open to=HalfOpen",
            "DEBUG circuit probed region=us-east-1 from=HalfOpen to=Open",
        ],
        "{lines:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_nobody_could_pay_for_is_logged_for_hedges_as_for_fail_overs() {
    let budget = Budget::with_clock(BudgetConfig::new().with_floor(0), TokioClock::new());
    let world = World::new();
    let router = world.build(builder([A, B]).with_budget(budget.withdraw_only()));
    learn(&world, &router).await;
    world.set(A, Mood::Silent);
    let (log, _guard) = Log::of(ROUTER);
    send(&router, read()).await.unwrap_err();
    assert_eq!(
        log.take(Level::DEBUG),
        [
            "DEBUG not answered yet, budget spent operation=ledger.Touch from=us-east-1 elapsed=50ms",
            "DEBUG attempt failed, budget spent operation=ledger.Touch from=us-east-1 elapsed=1s category=timeout",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_fail_over_a_hedge_and_the_end_of_all_regions_are_there_for_whoever_looks_closely() {
    let world = World::new();
    let router = world.build(builder([A, B]));
    learn(&world, &router).await;
    let (log, _guard) = Log::of(ROUTER);
    world.set(A, Mood::Failing(Fault::Down));
    served(&router).await;
    world.set(A, Mood::Silent);
    served(&router).await;
    world.set_all(Mood::Failing(Fault::Down));
    send(&router, read()).await.unwrap_err();
    assert_eq!(
        log.take(Level::DEBUG),
        [
            "DEBUG failing over operation=ledger.Touch from=us-east-1 to=eu-west-1 elapsed=0ns \
             category=service_unavailable code=\"Down\"",
            "DEBUG not answered yet, asking the next Region too operation=ledger.Touch from=us-east-1 to=eu-west-1 \
             elapsed=50ms",
            "DEBUG the second Region was first to answer operation=ledger.Touch region=eu-west-1 elapsed=50ms",
            "WARN circuit opened, calls go elsewhere region=us-east-1 from=Closed",
            "DEBUG failing over operation=ledger.Touch from=us-east-1 to=eu-west-1 elapsed=0ns \
             category=service_unavailable code=\"Down\"",
            "DEBUG no Region answered operation=ledger.Touch regions=2 elapsed=0ns",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_goes_where_calls_are_held_back_and_an_answer_for_good_elsewhere_are_there_too()
{
    let world = World::new();
    let router = world.build(builder([A, B]).without_hedging());
    open_circuits(&world, &router, &[A, B]).await;
    let (log, _guard) = Log::of(ROUTER);
    world.set(A, Mood::Well);
    served(&router).await;
    assert_eq!(
        log.take(Level::DEBUG),
        [
            "DEBUG no Region left that takes the call, calling one that holds it back operation=ledger.Touch region=us-east-1"
        ]
    );

    let router = world.build(builder([A, B]).without_hedging());
    world.set(A, Mood::Failing(Fault::Down));
    world.set(B, Mood::Failing(Fault::Denied));
    let _ = log.take(Level::DEBUG);
    send(&router, read()).await.unwrap_err();
    assert_eq!(
        log.take(Level::DEBUG)[1..],
        [
            "DEBUG answered by an error for good, other Regions not serving operation=ledger.Touch region=eu-west-1 \
             after=\"us-east-1\" elapsed=0ns category=authorization code=\"Denied\""
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_region_that_the_request_does_not_go_to_is_named_with_the_reason() {
    let world = World::new();
    let router = world.build(builder([B, A]));
    let (log, _guard) = Log::of(ROUTER);
    router.oneshot(NotInB).await.unwrap();
    assert_eq!(
        log.take(Level::DEBUG),
        [
            "DEBUG the request does not go there operation=kms.Encrypt region=eu-west-1 failure=no key there"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_drain_is_said_loudly_and_its_end_too() {
    let world = World::new();
    let router = world.router();
    let (log, _guard) = Log::of(ROUTER);
    for _ in 0..2 {
        router.drain(&A).unwrap();
    }
    router.restore(&A).unwrap();
    assert_eq!(
        log.take(Level::DEBUG),
        [
            "WARN drained by hand, calls go elsewhere region=us-east-1",
            "INFO restored by hand region=us-east-1",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_health_checks_show_is_said_when_it_changes_and_a_refused_one_loudly_and_once() {
    let world = World::new();
    world.set(A, Mood::Failing(Fault::Denied));
    let check = HealthCheck::sending(read()).with_idle_interval(SECOND);
    let check = check.with_jitter(Ratio::percent(0)).with_seed(42);
    let (log, _guard) = Log::of(ROUTER);
    let _router = builder([A])
        .with_health_check(check)
        .build(world.clone())
        .unwrap();
    sleep(3 * SECOND).await;
    let lines = log.take(Level::DEBUG);
    assert_eq!(
        lines[..3],
        [
            "WARN health check did not succeed, for a reason that is not the Region's; put the check right \
             region=us-east-1 failure=Denied advice=\"allow the action in the caller's identity policy and, across accounts, in the resource's policy\"",
            "DEBUG health check region=us-east-1 result=\"refused\" latency=0ns",
            "INFO health checks show something else region=us-east-1 to=\"refused\" category=\"authorization\"",
        ],
        "{lines:?}"
    );
    assert!(lines[3..].iter().all(|line| *line == lines[1]), "{lines:?}");
    world.set(A, Mood::Well);
    sleep(2 * SECOND).await;
    assert_eq!(
        log.take(Level::INFO),
        ["INFO health checks show something else region=us-east-1 from=\"refused\" to=\"good\""]
    );
}

#[tokio::test(start_paused = true)]
async fn a_slip_of_the_pen_in_a_placement_is_said_once_and_refuses_nobody() {
    let world = World::new();
    let router = world.router();
    let (log, _guard) = Log::of(ROUTER);
    let slip = Region::from_static("us-esat-1");
    for placement in [
        Placement::new().excluding(B).preferring(C),
        Placement::new().excluding(slip.clone()),
        Placement::new().preferring(slip),
    ] {
        send(&router, read().placed(placement)).await.unwrap();
    }
    assert_eq!(
        log.take(Level::DEBUG),
        [
            "WARN a call excludes or prefers a Region that the router does not know, which changes nothing; look for a slip of \
             the pen region=us-esat-1"
        ]
    );
}
