//! What the keys of a family know apart from each other, and what they share.

use leeward_error_taxonomy::{OperationName, Region, Rejected};
use leeward_region_router::{ByOperation, KeyOf};
use leeward_resilience::{Budget, BudgetConfig, Idempotency, Ratio, Request, TokioClock};
use tower::ServiceExt;

use super::{GET, PUT, most, routers, served};
use crate::world::{A, B, Fault, Mood, SECOND, World, builder, circuits, learn};

#[tokio::test(start_paused = true)]
async fn f6_one_operation_that_fails_does_not_take_down_the_region_of_another() {
    let world = World::new();
    let routers = routers(&world, 10);
    world.set(A, Mood::Failing(Fault::Down));
    for _ in 0..5 {
        assert_eq!(served(&routers, PUT).await, B);
    }
    world.set(A, Mood::Well);
    assert_eq!(served(&routers, GET).await, A);
    assert_eq!(served(&routers, PUT).await, B);
    assert_eq!(circuits(&routers.of(&PUT)), "occ");
    assert_eq!(circuits(&routers.of(&GET)), "ccc");
    assert_eq!(routers.len(), 2);
    // The services are those of all keys.
    assert_eq!(world.made(), [1, 1, 0]);
    let statuses = routers.statuses();
    let fail_overs = |name| {
        let status = statuses.iter().find(|(key, _)| *key == name).unwrap();
        status.1.fail_overs
    };
    assert_eq!((fail_overs(PUT), fail_overs(GET)), (2, 0));
}

/// As those of an SDK: each operation is a type of its own.
#[derive(Clone)]
struct Put;

#[derive(Clone)]
struct Get(u64);

impl Request for Put {
    fn operation(&self) -> OperationName {
        PUT
    }

    fn idempotency(&self) -> Idempotency {
        Idempotency::Idempotent
    }

    fn replay(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn for_region(&self, _: &Region) -> Result<Self, Rejected> {
        Ok(self.clone())
    }
}

impl Request for Get {
    fn operation(&self) -> OperationName {
        GET
    }

    fn idempotency(&self) -> Idempotency {
        Idempotency::Idempotent
    }

    fn replay(&self) -> Option<Self> {
        Some(self.clone())
    }

    fn for_region(&self, _: &Region) -> Result<Self, Rejected> {
        Ok(self.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn f6_operations_of_different_types_share_a_family_and_no_circuit() {
    let world = World::new();
    let routers = builder([A, B])
        .build_keyed(world.clone(), ByOperation, most(10))
        .unwrap();
    world.set(A, Mood::Failing(Fault::Down));
    for _ in 0..3 {
        let put = routers.clone().oneshot(Put);
        assert_eq!(put.await.unwrap(), B);
    }
    world.set(A, Mood::Well);
    let get = routers.clone().oneshot(Get(42));
    assert_eq!(get.await.unwrap(), A);
    // The router of a key takes requests of all types, too.
    let put = routers.of(&PUT).oneshot(Put);
    assert_eq!(put.await.unwrap(), B);
    assert_eq!(circuits(&routers.of(&PUT)), "oc");
    assert_eq!(circuits(&routers.of(&GET)), "cc");
    assert_eq!(routers.len(), 2);
}

/// By what the request says of itself, and by its operation.
#[derive(Clone, Copy)]
struct ByTenant;

trait OfTenant {
    fn tenant(&self) -> u64;
}

impl OfTenant for Get {
    fn tenant(&self) -> u64 {
        self.0
    }
}

impl OfTenant for Put {
    fn tenant(&self) -> u64 {
        7
    }
}

impl<R: Request + OfTenant> KeyOf<R> for ByTenant {
    type Key = (u64, OperationName);

    fn key_of(&self, request: &R) -> Self::Key {
        (request.tenant(), request.operation())
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_ones_own_is_told_of_requests_of_all_types() {
    let routers = builder([A, B])
        .build_keyed(World::new(), ByTenant, most(10))
        .unwrap();
    for tenant in [7, 42, 7] {
        routers.clone().oneshot(Get(tenant)).await.unwrap();
    }
    routers.clone().oneshot(Put).await.unwrap();
    let mut keys: Vec<_> = routers.statuses().into_iter().map(|(key, _)| key).collect();
    keys.sort_unstable_by_key(|(tenant, operation)| (*tenant, operation.to_string()));
    assert_eq!(keys, [(7, GET), (7, PUT), (42, GET)]);
    assert_eq!(routers.of(&(7, GET)).status().regions[0].successes, 2);
}

#[tokio::test(start_paused = true)]
async fn each_key_learns_what_is_normal_for_it_and_all_draw_on_one_budget() {
    let world = World::new();
    let config = BudgetConfig::new()
        .with_ratio(Ratio::percent(0))
        .with_floor(1)
        .with_floor_interval(3_600 * SECOND);
    let budget = Budget::with_clock(config, TokioClock::new());
    let routers = builder([A, B])
        .with_budget(budget.clone())
        .build_keyed(world.clone(), ByOperation, most(10))
        .unwrap();
    learn(&world, &routers.of(&PUT)).await;
    world.set(A, Mood::After(400));
    // Only the one that has learnt hedges.
    assert_eq!(served(&routers, GET).await, A);
    assert_eq!(budget.tokens(), 1);
    assert_eq!(served(&routers, PUT).await, B);
    assert_eq!(budget.tokens(), 0);
    // And then there is no token for anybody.
    assert_eq!(served(&routers, PUT).await, A);
}

#[tokio::test(start_paused = true)]
async fn the_calls_of_all_keys_pay_in() {
    let config = BudgetConfig::new()
        .with_ratio(Ratio::percent(10))
        .with_floor(0);
    let budget = Budget::with_clock(config, TokioClock::new());
    let routers = builder([A, B])
        .with_budget(budget.clone())
        .build_keyed(World::new(), ByOperation, most(10))
        .unwrap();
    for _ in 0..50 {
        served(&routers, PUT).await;
        served(&routers, GET).await;
    }
    assert_eq!(budget.tokens(), 10);
}
