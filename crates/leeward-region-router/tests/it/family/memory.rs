//! How much memory routers of many keys need.

use std::{
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Waker},
};

use leeward_error_taxonomy::{Category, Facts, Region, Rejected, Stage, Verdict};
use leeward_region_router::{
    Latency, RegionRouter, RegionRouterBuilder, RegionRouters, RoundRobin,
};
use leeward_resilience::{Budget, BudgetConfig, Plain, TscClock};
use tower::{Service, service_fn};

use super::most;
use crate::world::{A, B, C};

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
