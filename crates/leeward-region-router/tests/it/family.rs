//! A router for each key.

use std::{
    future::{Ready, ready},
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Category, Facts, OperationName, Region, Rejected, Stage, Verdict};
use leeward_region_router::{
    ByOperation, KeyOf, Latency, RegionRouter, RegionRouterBuilder, RegionRouters, RoundRobin,
};
use leeward_resilience::{
    Budget, BudgetConfig, Idempotency, Plain, Ratio, Request, TokioClock, TscClock,
};
use tokio::time::advance;
use tower::{Service, ServiceExt, service_fn};

use crate::world::{
    A, B, C, Fault, Mood, REST, SECOND, Site, World, builder, circuits, learn, read,
};

const PUT: OperationName = OperationName::new("dynamodb", "PutItem");
const GET: OperationName = OperationName::new("dynamodb", "GetItem");

type Routers = RegionRouters<OperationName, Site, ByOperation, TokioClock>;

fn most(keys: usize) -> NonZeroUsize {
    NonZeroUsize::new(keys).expect("one at least")
}

fn routers(world: &World, keys: usize) -> Routers {
    builder([A, B, C])
        .build_keyed(world.clone(), ByOperation, most(keys))
        .expect("Regions that differ")
}

async fn served(routers: &Routers, name: OperationName) -> Region {
    let call = routers.clone().oneshot(read().named(name));
    call.await.expect("served")
}

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
async fn what_is_drained_is_drained_for_all_keys_and_comes_back_by_and_by() {
    let world = World::new();
    let routers = RegionRouter::builder([A, B])
        .with_clock(TokioClock::new())
        .build_keyed(world.clone(), ByOperation, most(10))
        .unwrap();
    served(&routers, PUT).await;
    routers.drain(&A).unwrap();
    assert_eq!(served(&routers, PUT).await, B);
    assert_eq!(served(&routers, GET).await, B);
    routers.restore(&A).unwrap();
    for name in [PUT, GET] {
        let mut back = 0;
        for _ in 0..100 {
            back += u32::from(served(&routers, name).await == A);
            advance(SECOND / 1_000).await;
        }
        assert!((1..40).contains(&back), "{back}");
    }
    let stranger = Region::from_static("us-west-2");
    assert!(routers.drain(&stranger).is_err() && routers.restore(&stranger).is_err());
}

#[tokio::test(start_paused = true)]
async fn what_goes_is_what_was_not_used_and_has_nothing_to_lose() {
    let world = World::new();
    let names = ["a", "b", "c", "d", "e", "f"].map(|name| OperationName::new("ledger", name));
    let routers = routers(&world, 4);
    world.set(A, Mood::Failing(Fault::Down));
    for _ in 0..2 {
        served(&routers, names[0]).await;
    }
    world.set(A, Mood::Well);
    // One that somebody holds, as a call under way does.
    let held = routers.of(&names[1]);
    for name in &names[1..] {
        served(&routers, *name).await;
    }
    assert_eq!(routers.len(), 4);
    assert_eq!(circuits(&routers.of(&names[0])), "occ");
    served(&routers, names[1]).await;
    assert_eq!(held.status().regions[0].successes, 2);
}

/// Says yes at once, and allocates nothing; a first Region that is out says no.
#[derive(Clone)]
struct Voice {
    region: Region,
    out: Arc<AtomicU32>,
}

#[derive(Debug)]
struct No;

impl leeward_error_taxonomy::Classify for No {
    fn facts(&self) -> Facts<'_> {
        Facts::new(
            Stage::Answered,
            Category::ServiceUnavailable,
            Verdict::Transient,
        )
    }
}

impl From<Rejected> for No {
    fn from(_: Rejected) -> Self {
        Self
    }
}

impl Service<Plain<u64>> for Voice {
    type Response = ();
    type Error = No;
    type Future = Ready<Result<(), No>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), No>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Plain<u64>) -> Self::Future {
        let out = self.out.load(Ordering::Relaxed) as usize;
        let is_out = [A, B, C][..out].contains(&self.region);
        ready(if is_out { Err(No) } else { Ok(()) })
    }
}

type ByNumber = fn(&Plain<u64>) -> u64;

/// Routers by number, and how many Regions are out.
type Numbered = (
    RegionRouters<u64, Voice, ByNumber, TscClock>,
    Arc<AtomicU32>,
);

fn by_number(keys: usize) -> Numbered {
    by_number_of(RegionRouter::builder([A, B, C]), keys)
}

fn by_number_of(builder: RegionRouterBuilder, keys: usize) -> Numbered {
    let out = Arc::new(AtomicU32::new(0));
    let voices = Arc::clone(&out);
    let maker = service_fn(move |region| {
        let out = Arc::clone(&voices);
        ready(Ok::<_, Rejected>(Voice { region, out }))
    });
    let by_number: ByNumber = |request| request.clone().into_inner();
    let budget = BudgetConfig::new().with_floor(1_000_000);
    let routers = builder
        .with_budget(Budget::new(budget))
        .build_keyed(maker, by_number, most(keys))
        .expect("Regions that differ");
    (routers, out)
}

fn call(routers: &mut RegionRouters<u64, Voice, ByNumber, TscClock>, number: u64) {
    let mut answer = std::pin::pin!(routers.call(Plain::new(number).idempotent()));
    let answer = answer
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(answer.is_ready());
}

/// The bound of the project: ten thousand routers within 64 MiB, though each has asked all of its three Regions.
#[track_caller]
fn check_memory(builder: RegionRouterBuilder) {
    const ROUTERS: u64 = 10_000;
    let (mut routers, out) = by_number_of(builder, ROUTERS as usize);
    let mut needed = Vec::new();
    let mut all = 0;
    for regions_out in 0..3 {
        out.store(regions_out, Ordering::Relaxed);
        let measured = allocation_counter::measure(|| {
            (0..ROUTERS).for_each(|number| call(&mut routers, number));
        });
        all += measured.bytes_current;
        needed.push(all / ROUTERS as i64);
    }
    assert_eq!(routers.len(), ROUTERS as usize);
    println!("bytes for each router: {needed:?}, the more Regions are out");
    assert!(needed[2] <= 6_656, "{needed:?}");
}

#[test]
fn ten_thousand_routers_need_little_memory() {
    check_memory(RegionRouter::builder([A, B, C]));
}

#[test]
fn ten_thousand_routers_need_little_memory_by_latency_too() {
    check_memory(RegionRouter::builder([A, B, C]).with_ranking(Latency::new()));
}

#[test]
fn ten_thousand_routers_need_little_memory_by_turns_too() {
    let weighted = RoundRobin::weighted([(A, 97), (B, 89), (C, 1)]);
    check_memory(RegionRouter::builder([A, B, C]).with_ranking(weighted));
}

#[test]
fn f10_a_million_keys_need_the_memory_of_the_bound() {
    // A tenth of them do unless somebody has the time.
    let keys = match std::env::var("LEEWARD_FULL") {
        Ok(full) if full == "1" => 1_000_000,
        _ => 100_000,
    };
    let (mut routers, _) = by_number(1_000);
    let measured = allocation_counter::measure(|| {
        (0..keys).for_each(|number| call(&mut routers, number));
    });
    assert_eq!(routers.len(), 1_000);
    assert!(measured.bytes_current < 6_656 * 1_000, "{measured:?}");
}

#[test]
fn a_call_of_a_key_that_is_known_allocates_nothing() {
    let (mut routers, _) = by_number(1_000);
    call(&mut routers, 7);
    let measured = allocation_counter::measure(|| (0..100).for_each(|_| call(&mut routers, 7)));
    assert_eq!(measured.count_total, 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_keeps_what_its_router_knows() {
    let world = World::new();
    let routers = routers(&world, 1);
    world.set(A, Mood::After(500));
    let slow = served(&routers, PUT);
    let other = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        world.set(A, Mood::Well);
        served(&routers, GET).await
    };
    assert_eq!(tokio::join!(slow, other), (A, A));
    assert_eq!(routers.len(), 1);
    tokio::time::sleep(REST).await;
}

#[test]
fn looking_at_all_keys_and_restoring_a_region_need_no_memory_of_their_own() {
    const KEYS: u64 = 1_000;
    let (mut routers, _) = by_number(KEYS as usize);
    (0..KEYS).for_each(|number| call(&mut routers, number));
    let measured = allocation_counter::measure(|| {
        let statuses = routers.statuses();
        assert_eq!(statuses.len(), KEYS as usize);
        assert!(statuses.iter().all(|(_, status)| status.regions.len() == 3));
        routers.drain(&B).unwrap();
        routers.restore(&B).unwrap();
    });
    // What all of them know of a Region that they have not asked.
    assert!(measured.bytes_current < 6_656, "{measured:?}");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_comes_for_the_first_time_after_a_restore_comes_by_and_by_too() {
    let world = World::new();
    let routers = RegionRouter::builder([A, B])
        .with_clock(TokioClock::new())
        .build_keyed(world.clone(), ByOperation, most(10))
        .unwrap();
    routers.drain(&A).unwrap();
    advance(60 * SECOND).await;
    assert_eq!(served(&routers, PUT).await, B);
    routers.restore(&A).unwrap();
    let mut back = 0;
    for _ in 0..100 {
        back += u32::from(served(&routers, PUT).await == A);
        advance(SECOND / 1_000).await;
    }
    assert!((1..40).contains(&back), "{back}");
    advance(20 * SECOND).await;
    for _ in 0..100 {
        assert_eq!(served(&routers, GET).await, A);
    }
}

/// Two hundred keys of five calls a second each: alone, none of them would notice a slow start.
#[tokio::test(start_paused = true)]
async fn many_keys_of_few_calls_come_back_to_a_region_by_and_by() {
    const KEYS: usize = 200;
    let world = World::new();
    let names: Vec<OperationName> = (0..KEYS)
        .map(|number| OperationName::new("ledger", format!("Op{number}").leak()))
        .collect();
    let routers = RegionRouter::builder([A, B])
        .with_clock(TokioClock::new())
        .build_keyed(world.clone(), ByOperation, most(1_000))
        .unwrap();
    let call_for = async |seconds: u32| {
        for _ in 0..5 * seconds {
            for name in &names {
                let call = routers.clone().oneshot(read().named(*name));
                // While A fails, not each of them is paid for.
                let _ = call.await;
            }
            tokio::time::sleep(SECOND / 5).await;
        }
    };
    call_for(4).await;
    world.set(A, Mood::Failing(Fault::Down));
    call_for(10).await;
    world.set(A, Mood::Well);
    let mut shares = Vec::new();
    for _ in 0..40 {
        world.take_calls();
        call_for(1).await;
        let [there, elsewhere, _] = world.take_calls();
        shares.push(100 * there / (there + elsewhere));
    }
    println!("share of A in % by seconds: {shares:?}");
    let rise = shares
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]));
    assert!(rise.max() < Some(30), "{shares:?}");
    assert_eq!(shares.last(), Some(&100), "{shares:?}");
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

#[tokio::test(start_paused = true)]
async fn a_key_that_had_to_go_begins_anew_and_finds_no_other_keys_router() {
    let world = World::new();
    let routers = routers(&world, 1);
    served(&routers, PUT).await;
    for _ in 0..3 {
        served(&routers, GET).await;
    }
    let successes = |name| routers.of(&name).status().regions[0].successes;
    assert_eq!(successes(GET), 3);
    assert_eq!(successes(PUT), 0);
    assert_eq!(routers.statuses()[0].0, PUT);
}

#[tokio::test(start_paused = true)]
async fn what_is_restored_through_one_key_is_restored_by_and_by_for_keys_that_are_new() {
    let world = World::new();
    let routers = RegionRouter::builder([A, B])
        .with_clock(TokioClock::new())
        .build_keyed(world.clone(), ByOperation, most(10))
        .unwrap();
    routers.of(&PUT).drain(&A).unwrap();
    advance(60 * SECOND).await;
    routers.of(&PUT).restore(&A).unwrap();
    let mut back = 0;
    for _ in 0..100 {
        back += u32::from(served(&routers, GET).await == A);
        advance(SECOND / 1_000).await;
    }
    assert!((1..40).contains(&back), "{back}");
}

#[tokio::test(start_paused = true)]
async fn restoring_what_was_not_drained_keeps_no_call_away() {
    let world = World::new();
    let routers = RegionRouter::builder([A, B])
        .with_clock(TokioClock::new())
        .build_keyed(world.clone(), ByOperation, most(10))
        .unwrap();
    served(&routers, PUT).await;
    routers.restore(&A).unwrap();
    for _ in 0..100 {
        assert_eq!(served(&routers, PUT).await, A);
        assert_eq!(served(&routers, GET).await, A);
    }
}
