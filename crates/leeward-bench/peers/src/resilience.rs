//! The peers of the layers.

use std::time::Duration;

use failsafe::{backoff, failure_policy, futures::CircuitBreaker as _};
use leeward_bench::{
    Bar, BareService, BoxError, Case, Fault, Read, Subject,
    resilience::{
        CIRCUIT_BREAKER, DEADLINE, HEDGE, LEEWARD, LEEWARD_TWO_THREADS, RETRY,
        SHARED_CIRCUIT_BREAKER, STACK, TWO,
    },
};
use recloser::{AsyncRecloser, Recloser};
use tower::{
    Layer, Service, ServiceBuilder, ServiceExt, limit::ConcurrencyLimitLayer, service_fn,
    timeout::TimeoutLayer,
};
use tower_resilience_bulkhead::{BulkheadConfigError, BulkheadLayer};
use tower_resilience_circuitbreaker::{CircuitBreakerConfigError, CircuitBreakerLayer};
use tower_resilience_retry::{RetryBudgetBuilder, RetryBudgetConfigError, RetryLayer};
use tower_resilience_timelimiter::TimeLimiterLayer;

use crate::{hedge, limits, tower_policy::WithinBudget};

const TIMEOUT: Duration = Duration::from_secs(3);

/// Adds the peers that do what the case is about; a case without any stays as it is.
pub(crate) fn with_peers(case: Case) -> Result<Case, BoxError> {
    match case.name() {
        CIRCUIT_BREAKER => circuit_breaker(case),
        SHARED_CIRCUIT_BREAKER => shared_circuit_breaker(case),
        RETRY => retry(case),
        DEADLINE => deadline(case),
        STACK => stack(case),
        HEDGE => hedge::with_peers(case),
        _ => limits::with_peers(case),
    }
}

fn circuit_breaker(case: Case) -> Result<Case, BoxError> {
    const COUNT: &str = "tower-resilience breaker, 100 calls";
    const CONSECUTIVE: &str = "tower-resilience breaker, 5 in a row";
    const FAILSAFE: &str = "failsafe, default";
    Ok(case
        .with(
            COUNT,
            Subject::calls(breaker_of_tower_resilience()?.layer(BareService))?,
        )
        .with(
            CONSECUTIVE,
            Subject::calls(
                CircuitBreakerLayer::builder()
                    .consecutive_failures(5)
                    .build()?
                    .layer(BareService),
            )?,
        )
        .with(FAILSAFE, Subject::calls(failsafe_default())?)
        .with(
            "failsafe, 5 in a row",
            Subject::calls(failsafe_consecutive())?,
        )
        .with("recloser, 100 calls", Subject::calls(recloser())?)
        .compare(LEEWARD, COUNT, Bar::AtMost(0.35))
        .compare(LEEWARD, CONSECUTIVE, Bar::AtMost(0.35))
        .compare(LEEWARD, FAILSAFE, Bar::AtMost(1.0)))
}

fn shared_circuit_breaker(case: Case) -> Result<Case, BoxError> {
    const TOWER_RESILIENCE: &str = "tower-resilience breaker, two threads";
    const FAILSAFE: &str = "failsafe default, two threads";
    const RECLOSER: &str = "recloser, two threads";
    let breaker = breaker_of_tower_resilience()?.layer(BareService);
    Ok(case
        .with(TOWER_RESILIENCE, Subject::calls_from(TWO, breaker)?)
        .with(FAILSAFE, Subject::calls_from(TWO, failsafe_default())?)
        .with(RECLOSER, Subject::calls_from(TWO, recloser())?)
        .compare(LEEWARD_TWO_THREADS, TOWER_RESILIENCE, None)
        .compare(LEEWARD_TWO_THREADS, FAILSAFE, None)
        .compare(LEEWARD_TWO_THREADS, RECLOSER, None))
}

fn retry(case: Case) -> Result<Case, BoxError> {
    const TOWER: &str = "tower retry, TpsBudget";
    const TOWER_RESILIENCE: &str = "tower-resilience retry, token bucket";
    let tower = tower::retry::RetryLayer::new(WithinBudget::new());
    Ok(case
        .with(TOWER, Subject::calls(tower.layer(BareService))?)
        .with(
            TOWER_RESILIENCE,
            Subject::calls(retry_of_tower_resilience()?.layer(BareService))?,
        )
        .compare(LEEWARD, TOWER, None)
        .compare(LEEWARD, TOWER_RESILIENCE, None))
}

fn deadline(case: Case) -> Result<Case, BoxError> {
    const TOWER: &str = "tower timeout";
    const TOWER_RESILIENCE: &str = "tower-resilience time limiter";
    let limiter = TimeLimiterLayer::builder()
        .timeout_duration(TIMEOUT)
        .build();
    Ok(case
        .with(
            TOWER,
            Subject::calls(TimeoutLayer::new(TIMEOUT).layer(BareService))?,
        )
        .with(
            TOWER_RESILIENCE,
            Subject::calls(limiter.layer(BareService))?,
        )
        .compare(LEEWARD, TOWER, None)
        .compare(LEEWARD, TOWER_RESILIENCE, None))
}

fn stack(case: Case) -> Result<Case, BoxError> {
    const TOWER: &str = "tower timeout, retry, concurrency limit";
    const TOWER_RESILIENCE: &str = "tower-resilience time limiter, retry, breaker, bulkhead";
    let tower = ServiceBuilder::new()
        .layer(TimeoutLayer::new(TIMEOUT))
        .layer(tower::retry::RetryLayer::new(WithinBudget::new()))
        // Tower has no breaker.
        .layer(ConcurrencyLimitLayer::new(50));
    let tower_resilience = ServiceBuilder::new()
        .layer(
            TimeLimiterLayer::builder()
                .timeout_duration(TIMEOUT)
                .build(),
        )
        .layer(retry_of_tower_resilience()?)
        .layer(breaker_of_tower_resilience()?)
        .layer(bulkhead_of_tower_resilience()?);
    Ok(case
        .with(TOWER, Subject::calls(tower.service(BareService))?)
        .with(
            TOWER_RESILIENCE,
            Subject::calls(tower_resilience.service(BareService))?,
        )
        .compare(LEEWARD, TOWER, Bar::AtMost(1.2))
        .compare(LEEWARD, TOWER_RESILIENCE, Bar::AtMost(0.25)))
}

/// Over a window of 100 calls, as it comes.
///
/// Its window of time looks at every call in it for each new one, which at these rates measures nothing else.
fn breaker_of_tower_resilience() -> Result<CircuitBreakerLayer, CircuitBreakerConfigError> {
    CircuitBreakerLayer::builder().build()
}

fn bulkhead_of_tower_resilience() -> Result<BulkheadLayer, BulkheadConfigError> {
    BulkheadLayer::builder().max_concurrent_calls(50).build()
}

fn retry_of_tower_resilience<E>() -> Result<RetryLayer<Read, u64, E>, RetryBudgetConfigError> {
    let budget = RetryBudgetBuilder::new().token_bucket().build()?;
    Ok(RetryLayer::builder().budget(budget).build())
}

/// A success rate over 30 s and five failures in a row, through its own future.
fn failsafe_default() -> impl Service<Read, Response = u64, Error: Into<BoxError>> + Clone + Send {
    let breaker = failsafe::Config::new().build();
    service_fn(move |request| breaker.call(BareService.call(request)))
}

fn failsafe_consecutive() -> impl Service<Read, Response = u64, Error: Into<BoxError>> {
    let rest = backoff::equal_jittered(Duration::from_secs(10), Duration::from_secs(300));
    let policy = failure_policy::consecutive_failures(5, rest);
    let breaker = failsafe::Config::new().failure_policy(policy).build();
    service_fn(move |request| breaker.call(BareService.call(request)))
}

/// Over a ring of 100 calls, as it comes, through its own future.
fn recloser() -> impl Service<Read, Response = u64, Error: Into<BoxError>> + Clone + Send {
    let breaker = AsyncRecloser::from(Recloser::custom().build());
    service_fn(move |request| breaker.call(BareService.call(request))).map_err(failure)
}

/// Its error is none of std's.
fn failure(error: recloser::Error<Fault>) -> BoxError {
    match error {
        recloser::Error::Inner(fault) => fault.into(),
        recloser::Error::Rejected => "recloser refused the call".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_bench::{Area, Pace, Plan, resilience::PRESETS};
    use std::num::NonZeroU32;

    #[test]
    fn every_layer_meets_its_peers() {
        let glance = Pace::new(NonZeroU32::MIN, Duration::from_micros(50));
        let plan = Plan {
            program: "".into(),
            crowd: 20,
            movers: &[],
        };
        let cases = || Area::Resilience.cases(&plan).unwrap().into_iter();
        for (mut alone, case) in cases().zip(cases()) {
            // No peer has stacks ready for calls to AWS.
            if case.name() == PRESETS {
                continue;
            }
            let mut beside_peers = with_peers(case).unwrap();
            let rows = beside_peers.measure(&glance).unwrap();
            assert!(
                rows.len() > alone.measure(&glance).unwrap().len(),
                "{} has no peer",
                alone.name()
            );
        }
    }
}
