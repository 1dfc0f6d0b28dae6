//! The cache as its users see it.

mod adaptors;
mod changes;
mod describing;
mod expiry;
mod handles;
mod herd;
mod names;
mod outage;
mod pitfalls;
mod replicas;
mod rotation;
mod sockets;
mod stats;
mod upstream;
mod warm_up;
mod withdrawal;
