//! The production layer over the AWS SDK for Rust: errors that advise, retries in a budget, Region fail-over, shared clients, envelope encryption.
