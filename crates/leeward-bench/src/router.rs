//! A healthy call through the Region router.

use crate::{Area, Bar, BareService, BoxError, Case, Subject, Unit, resilience::TWO};
use leeward_error_taxonomy::{Region, Rejected};
use leeward_region_router::{RegionRouter, RouterError};
use leeward_resilience::{Budget, DeadlineLayer, RetryLayer, RetryPolicy};
use std::{num::NonZeroUsize, time::Duration};
use tower::{ServiceBuilder, service_fn};

/// The case of calls that the first Region answers.
pub const HEALTHY: &str = "healthy call";
/// The case of a router that two threads share.
pub const SHARED: &str = "healthy call, two threads";

/// The service without a router.
pub const BARE: &str = "bare service";
/// The router alone.
pub const ROUTER: &str = "leeward, 3 Regions";
/// The router under the layers that the design puts over it.
pub const STACK: &str = "leeward, 3 Regions under deadline and retry";
/// The router, called from one thread.
pub const ONE_THREAD: &str = "leeward, one thread";
/// The router, called from two threads at once.
pub const TWO_THREADS: &str = "leeward, two threads";

pub(crate) fn cases() -> Result<Vec<Case>, BoxError> {
    let budget = Budget::default();
    let stack = ServiceBuilder::new()
        .layer(DeadlineLayer::new(Duration::from_secs(3)))
        .layer(RetryLayer::new(RetryPolicy::new()).with_budget(budget.clone()))
        .service(router(&budget.withdraw_only())?);
    let shared = router(&Budget::default())?;
    Ok(vec![
        Case::new(Area::Router, HEALTHY, Unit::Nanoseconds)
            .with(BARE, Subject::calls(BareService)?)
            .with(ROUTER, Subject::calls(router(&Budget::default())?)?)
            .with(STACK, Subject::calls(stack)?)
            .claim(ROUTER, Bar::AtMost(250.0))
            .compare(STACK, ROUTER, None),
        Case::new(Area::Router, SHARED, Unit::Nanoseconds)
            .with(
                ONE_THREAD,
                Subject::calls_from(NonZeroUsize::MIN, shared.clone())?,
            )
            .with(TWO_THREADS, Subject::calls_from(TWO, shared)?)
            .compare(TWO_THREADS, ONE_THREAD, None),
    ])
}

fn router(budget: &Budget) -> Result<RegionRouter<BareService>, RouterError> {
    const REGIONS: [Region; 3] = [
        Region::from_static("us-east-1"),
        Region::from_static("eu-west-1"),
        Region::from_static("ap-southeast-2"),
    ];
    RegionRouter::builder(REGIONS)
        .with_budget(budget.clone())
        .build(service_fn(async |_| Ok::<_, Rejected>(BareService)))
}
