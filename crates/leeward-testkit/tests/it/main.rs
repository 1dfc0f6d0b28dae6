//! The in-process AWS as real SDK clients see it, over sockets.

mod answer_fault;
mod client;
mod kms;
mod service;
mod wire;
