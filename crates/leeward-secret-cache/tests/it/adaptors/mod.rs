//! Secrets as logins, and connections that are logged in, by a server that takes one password.

mod credentials;
#[cfg(feature = "sqlx-mysql")]
mod mysql;
#[cfg(feature = "sqlx-postgres")]
mod postgres;
#[cfg(feature = "sqlx-postgres")]
mod server;
#[cfg(feature = "sqlx-postgres")]
mod set_back;
mod vault;
