//! The in-process AWS: emulated services behind one loopback port per Region.
//!
//! A request comes in through `site.rs` (the port) and `connection.rs` (the socket) to `front.rs`, which counts it by `counts/`, asks
//! `fault/` what befalls it and hands it to `services.rs`. What a request asks for is read by `service.rs` and
//! `operation.rs`, who asks by `signature.rs`, and whether they may by `admission.rs`; what the emulators lack is in `kms/`,
//! `s3/`, `sts/`, `secretsmanager/`, `dynamodb.rs`, `chunked.rs`, `refusal.rs` and `request_id.rs`. An emulator that is not ours
//! stands behind `upstream.rs`. What no emulator says, a test has `stand_in/` say.

mod admission;
mod body;
mod builder;
mod call;
mod chunked;
mod cloud;
mod connection;
mod counts;
mod dynamodb;
mod fault;
mod front;
mod kms;
mod line;
mod operation;
mod refusal;
mod request_id;
mod s3;
mod secretsmanager;
mod service;
mod services;
mod signature;
mod site;
pub mod stand_in;
mod sts;
mod time;
mod tls;
mod upstream;

pub use builder::{AwsBuilder, StartError};
pub use cloud::{ACCESS_KEY_ID, ACCOUNT_ID, Aws, SECRET_ACCESS_KEY};
pub use counts::{Counts, Tally};
pub use fault::{Fault, FaultRule, Faults, Scope};
pub use secretsmanager::{RotationRefused, SecretRotation, Secrets};
pub use sts::{RoleSession, Roles};
