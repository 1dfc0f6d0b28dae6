//! Connections of sqlx whose login is a secret.

mod login;
#[cfg(feature = "sqlx-mysql")]
mod mysql;
mod options;
mod pool;
#[cfg(feature = "sqlx-postgres")]
mod postgres;
mod refusal;

pub use login::DatabaseLogin;
pub use options::LoginOptions;
pub use pool::RotatingPool;
pub use refusal::is_sqlx_auth_error;
