#![doc = include_str!("../README.md")]

mod adaptors;
mod cache;
mod change;
mod clock;
mod error;
mod freshness;
mod handle;
mod id;
mod refresh;
mod rotation;
mod secret;
mod slot;
mod stack;
mod stats;
mod table;
mod tasks;
mod upstream;
mod versions;
mod warm_up;

#[cfg(feature = "rds")]
pub use adaptors::RdsSecret;
pub use adaptors::{CredentialSource, LoginError, NoCredentials, SecretCredentials, SecretJson};
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
pub use adaptors::{DatabaseLogin, LoginOptions, RotatingPool, is_sqlx_auth_error};
pub use cache::{OnWithdrawal, SecretCache, SecretCacheBuilder, SecretCacheError};
pub use change::{SecretChange, SecretChangeKind, UnreadableEvent};
pub use error::{InvalidFreshness, SecretError, SecretErrorKind};
pub use freshness::{Freshness, RefreshMode};
pub use handle::SecretHandle;
pub use id::SecretRef;
pub use rotation::{Login, Tried, WithSecretError};
pub use secret::{Secret, UnreadableReason, UnreadableSecret};
pub use stack::{
    Replica, ReplicaFuture, ReplicaRefusal, SecretsService, SecretsStack, SecretsStackError,
};
pub use stats::{SecretCacheStats, SecretEvent, SecretEventKind, SecretFailing, SecretStatus};
pub use upstream::{BatchGetSecretValue, DescribeSecret, GetSecretValue, SecretsCalls, ValuesOnly};
pub use versions::{VersionWatch, WatchedVersion};
pub use warm_up::{SecretFilter, WarmUp, WarmUpError, WarmUpReport};
