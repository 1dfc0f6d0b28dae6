//! The peers of the limiters.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{Quota, RateLimiter};
use leeward_bench::{
    Bar, BareService, BoxError, Case, Read, Subject,
    limits::{CONCURRENCY_LIMIT, PLACES, RATE_LIMIT, SHARED_CONCURRENCY_LIMIT, SHARED_RATE_LIMIT},
    resilience::{LEEWARD, LEEWARD_TWO_THREADS, TWO},
};
use tower::{Layer, Service, limit::ConcurrencyLimitLayer, service_fn};
use tower_resilience_bulkhead::BulkheadLayer;

use crate::secrets;

/// Adds the peers that do what the case is about; a case without any stays as it is.
pub(crate) fn with_peers(case: Case) -> Result<Case, BoxError> {
    match case.name() {
        RATE_LIMIT => rate_limit(case),
        CONCURRENCY_LIMIT => concurrency_limit(case),
        SHARED_RATE_LIMIT => shared_rate_limit(case),
        SHARED_CONCURRENCY_LIMIT => shared_concurrency_limit(case),
        _ => secrets::with_peers(case),
    }
}

// Tower's own rate limit is not among them: it cannot be made outside a runtime, nor cloned.
fn rate_limit(case: Case) -> Result<Case, BoxError> {
    const CHECKED: &str = "governor's check, then the call";
    const CHECK: &str = "governor's check, and no call";
    let check = governor()?;
    let alone = Subject::repeat(move || match check.check() {
        Ok(()) => Ok(()),
        Err(_) => Err("governor refused the call"),
    });
    Ok(case
        .with(CHECKED, Subject::calls(checked(governor()?))?)
        .with(CHECK, alone)
        .compare(LEEWARD, CHECKED, Bar::AtMost(1.3))
        .compare(LEEWARD, CHECK, None))
}

fn shared_rate_limit(case: Case) -> Result<Case, BoxError> {
    const CHECKED: &str = "governor's check, then the call, two threads";
    Ok(case
        .with(CHECKED, Subject::calls_from(TWO, checked(governor()?))?)
        .compare(LEEWARD_TWO_THREADS, CHECKED, None))
}

type Governor = Arc<governor::DefaultDirectRateLimiter>;

/// A billion calls a second, as ours, on governor's own clock.
fn governor() -> Result<Governor, BoxError> {
    let quota = Quota::with_period(Duration::from_nanos(1)).ok_or("a quota has a period")?;
    let quota = quota.allow_burst(NonZeroU32::MAX);
    Ok(Arc::new(RateLimiter::direct(quota)))
}

/// What a user of governor writes who wants no queue: neither a box nor a future of its own.
fn checked(
    limiter: Governor,
) -> impl Service<Read, Response = u64, Error = BoxError> + Clone + Send {
    service_fn(move |request| {
        let check = limiter.check().map_err(|refused| refused.to_string());
        let call = BareService.call(request);
        async move {
            check?;
            Ok(call.await?)
        }
    })
}

fn concurrency_limit(case: Case) -> Result<Case, BoxError> {
    const TOWER: &str = "tower concurrency limit";
    const TOWER_RESILIENCE: &str = "tower-resilience bulkhead";
    Ok(case
        .with(TOWER, Subject::calls(tower()?.layer(BareService))?)
        .with(
            TOWER_RESILIENCE,
            Subject::calls(bulkhead()?.layer(BareService))?,
        )
        .compare(LEEWARD, TOWER, None)
        .compare(LEEWARD, TOWER_RESILIENCE, None))
}

fn shared_concurrency_limit(case: Case) -> Result<Case, BoxError> {
    const TOWER: &str = "tower concurrency limit, two threads";
    const TOWER_RESILIENCE: &str = "tower-resilience bulkhead, two threads";
    // One semaphore for the clones, which `layer` alone would make anew.
    let tower = tower()?.layer(BareService);
    let bulkhead = bulkhead()?.layer(BareService);
    Ok(case
        .with(TOWER, Subject::calls_from(TWO, tower)?)
        .with(TOWER_RESILIENCE, Subject::calls_from(TWO, bulkhead)?)
        .compare(LEEWARD_TWO_THREADS, TOWER, None)
        .compare(LEEWARD_TWO_THREADS, TOWER_RESILIENCE, None))
}

fn tower() -> Result<ConcurrencyLimitLayer, BoxError> {
    Ok(ConcurrencyLimitLayer::new(usize::try_from(PLACES)?))
}

fn bulkhead() -> Result<BulkheadLayer, BoxError> {
    let places = usize::try_from(PLACES)?;
    Ok(BulkheadLayer::builder()
        .max_concurrent_calls(places)
        .build()?)
}
