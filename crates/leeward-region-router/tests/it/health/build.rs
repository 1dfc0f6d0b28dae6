//! How a check is given to a router, and what it sends.

use std::time::Duration;

use leeward_error_taxonomy::{OperationName, Region, Rejected};
use leeward_region_router::{
    CheckResult, HealthCheck, Hedging, Latency, RegionRouter, RouterError,
};
use leeward_resilience::{Budget, BudgetConfig, Idempotency, Request, Switch, TokioClock};
use tokio::time::sleep;

use super::checks::{Checks, checked, last_check};
use crate::world::{A, B, Fault, Mood, SECOND, Site, World, circuit, read};

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
