//! The tower layers, over a service that answers at once.

use crate::{Area, Bar, BareService, BoxError, Case, Subject, Unit, clocked::Clocked};
use leeward_resilience::{
    Budget, CircuitBreaker, CircuitBreakerLayer, CircuitBreakers, CircuitBreakersLayer,
    CircuitConfig, ConcurrencyLimitConfig, ConcurrencyLimitLayer, ConcurrencyLimiter,
    DeadlineLayer, HedgeLayer, HedgePolicy, Ratio, RetryLayer, RetryPolicy, stack::Preset,
};
use std::{num::NonZeroUsize, time::Duration};
use tower::{Layer, ServiceBuilder};

/// The case of the breaker alone.
pub const CIRCUIT_BREAKER: &str = "circuit breaker";
/// The case of the retry layer with its budget.
pub const RETRY: &str = "retry with budget";
/// The case of the deadline alone.
pub const DEADLINE: &str = "deadline";
/// The case of four layers on top of each other.
pub const STACK: &str = "stack: deadline, retry, breaker, limit";
/// The case of the hedge alone.
pub const HEDGE: &str = "hedge after a learned percentile";
/// The case of the stacks as they come.
pub const PRESETS: &str = "presets";
/// The case of a breaker whose circuit two threads share.
pub const SHARED_CIRCUIT_BREAKER: &str = "circuit breaker, two threads";

/// The service without any layer.
pub const BARE: &str = "bare service";
/// What measuring a call's time costs at least.
pub const FLOOR: &str = "floor: two std clock reads, one counter";
/// Our layer or layers.
pub const LEEWARD: &str = "leeward";
/// Our stack with a second deadline, that of the attempt.
pub const LEEWARD_WITH_ATTEMPTS: &str = "leeward, each attempt bounded too";
/// The floor, its counter shared by two threads.
pub const FLOOR_TWO_THREADS: &str = "floor, two threads";
/// Our stack for calls that somebody waits for.
pub const INTERACTIVE: &str = "leeward, interactive";
/// Our stack for work that may take its time.
pub const BATCH: &str = "leeward, batch";
/// Our stack for the calls that all else hangs on.
pub const CRITICAL: &str = "leeward, critical";
/// Ours, called from one thread.
pub const LEEWARD_ONE_THREAD: &str = "leeward, one thread";
/// Ours, called from two threads at once.
pub const LEEWARD_TWO_THREADS: &str = "leeward, two threads";

/// Our layer with a circuit for each key, of which the calls name one.
pub const LEEWARD_KEYED: &str = "leeward, keyed";
/// The same, called from one thread.
pub const LEEWARD_KEYED_ONE_THREAD: &str = "leeward, keyed, one thread";
/// The same, called from two threads at once.
pub const LEEWARD_KEYED_TWO_THREADS: &str = "leeward, keyed, two threads";

/// How many threads share a layer.
pub const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// How many keys the keyed layer has room for.
const MAX_KEYS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

pub(crate) fn cases() -> Result<Vec<Case>, BoxError> {
    let case = |name| Case::new(Area::Resilience, name, Unit::Nanoseconds);
    let bare = || Subject::calls(BareService);
    let floor = || Subject::calls(Clocked::new(BareService));
    let deadline = DeadlineLayer::new(Duration::from_secs(3));
    let attempt = DeadlineLayer::per_attempt(Duration::from_secs(1));
    let breaker = || CircuitBreakerLayer::new(CircuitBreaker::new(CircuitConfig::new()));
    let keyed = || {
        let breakers = CircuitBreakers::new(CircuitConfig::new(), MAX_KEYS);
        CircuitBreakersLayer::new(breakers, |_: &_| "tenant")
    };
    let retry = || RetryLayer::new(RetryPolicy::new()).with_budget(Budget::default());

    let hedge = HedgeLayer::new(HedgePolicy::after_percentile(Ratio::percent(95)))
        .with_budget(Budget::default());
    let preset = |preset: Preset| Subject::calls(preset.layer().layer(BareService));

    let limit = || {
        let limiter = ConcurrencyLimiter::new(ConcurrencyLimitConfig::fixed(50));
        ConcurrencyLimitLayer::new(limiter)
    };

    let stack = ServiceBuilder::new()
        .layer(deadline.clone())
        .layer(retry())
        .layer(breaker())
        .layer(limit());
    let stack_with_attempts = ServiceBuilder::new()
        .layer(deadline.clone())
        .layer(retry())
        .layer(breaker())
        .layer(limit())
        .layer(attempt);
    let (shared, shared_keyed) = (breaker(), keyed());
    Ok(vec![
        case(CIRCUIT_BREAKER)
            .with(BARE, bare()?)
            .with(FLOOR, floor()?)
            .with(LEEWARD, Subject::calls(breaker().layer(BareService))?)
            .with(LEEWARD_KEYED, Subject::calls(keyed().layer(BareService))?)
            .compare(LEEWARD, FLOOR, Bar::AtMost(1.0))
            .compare(LEEWARD_KEYED, LEEWARD, None),
        case(RETRY)
            .with(BARE, bare()?)
            .with(LEEWARD, Subject::calls(retry().layer(BareService))?),
        case(DEADLINE)
            .with(BARE, bare()?)
            .with(FLOOR, floor()?)
            .with(LEEWARD, Subject::calls(deadline.layer(BareService))?)
            .compare(LEEWARD, FLOOR, None),
        case(STACK)
            .with(BARE, bare()?)
            .with(FLOOR, floor()?)
            .with(LEEWARD, Subject::calls(stack.service(BareService))?)
            .with(
                LEEWARD_WITH_ATTEMPTS,
                Subject::calls(stack_with_attempts.service(BareService))?,
            )
            .compare(LEEWARD, FLOOR, None),
        case(HEDGE)
            .with(BARE, bare()?)
            .with(FLOOR, floor()?)
            .with(LEEWARD, Subject::calls(hedge.layer(BareService))?)
            .compare(LEEWARD, FLOOR, None),
        case(PRESETS)
            .with(BARE, bare()?)
            .with(INTERACTIVE, preset(Preset::interactive())?)
            .with(BATCH, preset(Preset::batch())?)
            .with(CRITICAL, preset(Preset::critical())?),
        case(SHARED_CIRCUIT_BREAKER)
            .with(
                FLOOR_TWO_THREADS,
                Subject::calls_from(TWO, Clocked::new(BareService))?,
            )
            .with(
                LEEWARD_ONE_THREAD,
                Subject::calls_from(NonZeroUsize::MIN, shared.layer(BareService))?,
            )
            .with(
                LEEWARD_TWO_THREADS,
                Subject::calls_from(TWO, shared.layer(BareService))?,
            )
            .with(
                LEEWARD_KEYED_ONE_THREAD,
                Subject::calls_from(NonZeroUsize::MIN, shared_keyed.layer(BareService))?,
            )
            .with(
                LEEWARD_KEYED_TWO_THREADS,
                Subject::calls_from(TWO, shared_keyed.layer(BareService))?,
            )
            .compare(LEEWARD_KEYED_TWO_THREADS, LEEWARD_KEYED_ONE_THREAD, None)
            .compare(LEEWARD_TWO_THREADS, LEEWARD_ONE_THREAD, Bar::AtMost(2.5))
            .compare(LEEWARD_TWO_THREADS, FLOOR_TWO_THREADS, None),
    ])
}
