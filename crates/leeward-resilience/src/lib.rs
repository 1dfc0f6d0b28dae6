#![doc = include_str!("../README.md")]

pub mod budget;
pub mod circuit_breaker;
pub mod concurrency_limit;
pub mod deadline;
pub mod hedge;
pub mod lane;
pub mod load_shed;
pub mod rate_limit;
pub mod retry;
pub mod stack;
pub mod waiter;

mod clock;
mod placement;
mod ratio;
mod request;
mod seed;
mod switch;

pub use budget::{Budget, BudgetConfig, Withdrawal};
pub use circuit_breaker::{
    Admission, AdmissionTerms, CircuitBreaker, CircuitBreakerLayer, CircuitBreakers,
    CircuitBreakersLayer, CircuitChange, CircuitConfig, CircuitMode, CircuitSnapshot, CircuitState,
    SharedSlowStart,
};
pub use clock::{Clock, Timestamp, TokioClock, TscClock};
pub use concurrency_limit::{
    ConcurrencyLimitConfig, ConcurrencyLimitLayer, ConcurrencyLimiter, ConcurrencyPermit,
};
pub use deadline::DeadlineLayer;
pub use hedge::{HedgeCounters, HedgeLayer, HedgePolicy};
pub use load_shed::LoadShedLayer;
pub use placement::{Placement, Session};
pub use rate_limit::{
    InvalidRate, KeyedRateLimitLayer, KeyedRateLimiter, Rate, RateLimitConfig, RateLimitLayer,
    RateLimiter,
};
pub use ratio::{InvalidRatio, Ratio};
pub use request::{Idempotency, Plain, Request};
pub use retry::{Backoff, RetryCounters, RetryLayer, RetryPolicy};
pub use switch::Switch;
pub use waiter::{WaitTimedOut, Waiter};
