#![doc = include_str!("../README.md")]

mod operation;
mod pool;
mod target;

pub use operation::{Failed, FutureOf, Op, Operation, SendWith};
pub use pool::{AwsClient, Maker, Pool, PoolBuilder, PoolError, PoolStats, Retries};
pub use target::Target;
