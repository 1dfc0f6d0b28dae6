//! Secrets as what people hold them for: logins, and connections that are logged in.

mod credentials;
mod error;
#[cfg(feature = "rds")]
mod rds;
#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
mod sqlx;

#[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
pub use self::sqlx::{DatabaseLogin, LoginOptions, RotatingPool, is_sqlx_auth_error};
pub use credentials::{CredentialSource, SecretCredentials, SecretJson};
pub use error::{LoginError, NoCredentials};
#[cfg(feature = "rds")]
pub use rds::RdsSecret;

use crate::{Secret, id::CURRENT};

/// Whether a version that cannot be read ends a login: the current one is meant to be read, another may be empty yet.
fn is_final(secret: &Secret) -> bool {
    secret.stages().iter().any(|stage| stage == CURRENT)
}
