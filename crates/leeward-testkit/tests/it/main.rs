//! The in-process AWS as real SDK clients see it, over sockets.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod answer_fault;
mod client;
mod connection_fault;
mod count;
mod kms;
mod lifecycle;
mod parting;
mod region;
mod role;
mod s3;
mod secretsmanager;
mod service;
mod stand_in;
mod tls;
mod upstream;
mod wire;
