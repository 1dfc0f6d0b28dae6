#![doc = include_str!("../README.md")]

mod deadline;
mod operation;
mod pool;
mod target;

pub use deadline::DeadlineInterceptor;
pub use operation::{Failed, FutureOf, Op, Operation, SendWith};
pub use pool::{AwsClient, Maker, Pool, PoolBuilder, PoolError, PoolStats, Retries};
pub use target::Target;
