#![doc = include_str!("../README.md")]

mod arn;
mod cache;
mod caller;
mod client;
mod companion;
mod connections;
mod context;
mod credentials;
mod deadline;
mod environment;
mod flight;
mod guard;
#[cfg(any(feature = "kms", feature = "sts"))]
pub mod health;
mod http;
mod identity;
mod key;
mod name;
mod operation;
mod page;
mod pool;
#[cfg(feature = "serde")]
pub mod rfc3339;
mod target;
mod tasks;
mod token;

pub use self::http::{HttpService, HttpStats};
pub use arn::Arn;
pub use cache::ClientStats;
pub use caller::{Caller, CallerRequest};
pub use client::{
    AwsClient, ClientConfig, ClientError, ClientFuture, ClientRequest, TargetFuture, TargetRequest,
};
pub use connections::{ConnectionStats, HostStats};
pub use credentials::{CredentialStats, RefreshingCredentials, RefreshingCredentialsBuilder};
pub use deadline::DeadlineInterceptor;
pub use environment::{Environment, UnknownEnvironment};
pub use guard::{Guard, GuardConfig, GuardKey, GuardStats};
pub use identity::{Identity, InvalidRoleArn, Role};
pub use key::Retries;
pub use name::{Name, NameRule};
pub use operation::{Failed, FutureOf, Op, Operation, SendWith, Sender, idempotency_of, regional};
pub use page::{Collected, Page, Pages};
pub use pool::{Maker, MakerFuture, Pool, PoolBuilder, PoolError, PoolStats};
pub use target::Target;
pub use token::random_token;
