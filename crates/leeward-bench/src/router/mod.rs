//! A healthy call through the Region router, and what many routers take.

mod memory;

use crate::{Area, Bar, BareService, BoxError, Case, Read, Subject, Tally, Unit, resilience::TWO};
use leeward_error_taxonomy::{Region, Rejected};
use leeward_region_router::{Latency, RegionRouter, RegionRouterBuilder, RoundRobin};
use leeward_resilience::{
    Budget, DeadlineLayer, Request, RetryLayer, RetryPolicy, Switch, TscClock, lane,
};
use std::{
    future::{Ready, ready},
    num::NonZeroUsize,
    path::Path,
    time::Duration,
};
use tower::{ServiceBuilder, service_fn};

pub(crate) use memory::print_memory;

/// The case of calls that the first Region answers.
pub const HEALTHY: &str = "healthy call";
/// The case of a router that two threads share.
pub const SHARED: &str = "healthy call, two threads";
/// The tally of many routers.
pub const MANY: &str = "10,000 routers";

/// The service without a router.
pub const BARE: &str = "bare service";
/// The router alone.
pub const ROUTER: &str = "leeward, 3 Regions";
/// The router under the layers that the design puts over it.
pub const STACK: &str = "leeward, 3 Regions under deadline and retry";
/// The router that asks the nearest Region first.
pub const LATENCY: &str = "leeward, 3 Regions by latency";
/// The router that asks the Regions by turns.
pub const ROUND_ROBIN: &str = "leeward, 3 Regions by turns";
/// A router for each key, of which the calls name one.
pub const KEYED: &str = "leeward, keyed";
/// The router while its kill switch is thrown.
pub const SWITCHED_OFF: &str = "leeward, switched off";
/// The router, called from one thread.
pub const ONE_THREAD: &str = "leeward, one thread";
/// The router, called from two threads at once.
pub const TWO_THREADS: &str = "leeward, two threads";
/// The router of one key, called from one thread.
pub const KEYED_ONE_THREAD: &str = "leeward, keyed, one thread";
/// The router of one key, called from two threads at once.
pub const KEYED_TWO_THREADS: &str = "leeward, keyed, two threads";
/// The routers of two keys, each called from a thread of its own at once.
pub const KEYED_APART_TWO_THREADS: &str = "leeward, keyed, two threads on a key each";

const REGIONS: [Region; 3] = [
    Region::from_static("us-east-1"),
    Region::from_static("eu-west-1"),
    Region::from_static("ap-southeast-2"),
];

/// How many keys there is room for.
const MAX_KEYS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

/// More is too much for a healthy call, whatever the order of the Regions.
const AT_MOST: Bar = Bar::AtMost(250.0);

pub(crate) fn cases() -> Result<Vec<Case>, BoxError> {
    let plain = || builder().build(maker());
    let budget = Budget::default();
    let stack = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(3)))
        .layer(RetryLayer::new(RetryPolicy::new()).with_budget(budget.clone()))
        .service(
            builder()
                .with_budget(budget.withdraw_only())
                .build(maker())?,
        );
    let by_latency = builder().with_ranking(Latency::new()).build(maker())?;
    let by_turns = builder().with_ranking(RoundRobin::new()).build(maker())?;
    let switched_off = builder().with_switch(Switch::off()).build(maker())?;
    let by_operation = |request: &Read| request.operation();
    let keyed = || builder().build_keyed(maker(), by_operation, MAX_KEYS);
    let (shared, shared_keyed) = (plain()?, keyed()?);
    let by_lane = |request: &Read| (request.operation(), lane::of_thread(lane::count()));
    let apart = builder().build_keyed(maker(), by_lane, MAX_KEYS)?;
    Ok(vec![
        Case::new(Area::Router, HEALTHY, Unit::Nanoseconds)
            .with(BARE, Subject::calls(BareService)?)
            .with(ROUTER, Subject::calls(plain()?)?)
            .with(STACK, Subject::calls(stack)?)
            .with(LATENCY, Subject::calls(by_latency)?)
            .with(ROUND_ROBIN, Subject::calls(by_turns)?)
            .with(KEYED, Subject::calls(keyed()?)?)
            .with(SWITCHED_OFF, Subject::calls(switched_off)?)
            .claim(ROUTER, AT_MOST)
            .claim(LATENCY, AT_MOST)
            .claim(ROUND_ROBIN, AT_MOST)
            .claim(KEYED, AT_MOST)
            .compare(SWITCHED_OFF, ROUTER, None)
            .compare(STACK, ROUTER, None),
        Case::new(Area::Router, SHARED, Unit::Nanoseconds)
            .with(
                ONE_THREAD,
                Subject::calls_from(NonZeroUsize::MIN, shared.clone())?,
            )
            .with(TWO_THREADS, Subject::calls_from(TWO, shared)?)
            .with(
                KEYED_ONE_THREAD,
                Subject::calls_from(NonZeroUsize::MIN, shared_keyed.clone())?,
            )
            .with(KEYED_TWO_THREADS, Subject::calls_from(TWO, shared_keyed)?)
            .with(KEYED_APART_TWO_THREADS, Subject::calls_from(TWO, apart)?)
            .compare(TWO_THREADS, ONE_THREAD, Bar::AtMost(2.0))
            .compare(KEYED_TWO_THREADS, KEYED_ONE_THREAD, None)
            .compare(KEYED_APART_TWO_THREADS, KEYED_ONE_THREAD, None),
    ])
}

pub(crate) fn tallies(program: &Path) -> Vec<Tally> {
    vec![memory::tally(program.to_owned())]
}

/// As it comes, whatever the environment says of it.
fn builder() -> RegionRouterBuilder<TscClock> {
    RegionRouter::builder(REGIONS).with_switch(Switch::new())
}

/// Has a service for any Region.
fn maker() -> impl tower::Service<
    Region,
    Response = BareService,
    Error = Rejected,
    Future = Ready<Result<BareService, Rejected>>,
> + Clone
+ Send {
    service_fn(|_| ready(Ok(BareService)))
}
