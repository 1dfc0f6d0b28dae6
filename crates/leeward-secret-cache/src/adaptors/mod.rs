//! Secrets as what people hold them for: logins, and connections that are logged in.

#[cfg(feature = "rds")]
mod rds;

#[cfg(feature = "rds")]
pub use rds::RdsSecret;
