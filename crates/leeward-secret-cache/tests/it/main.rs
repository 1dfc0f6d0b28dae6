//! The cache as its users see it.

mod adaptors;
mod changes;
mod clock;
mod describing;
mod expiry;
mod handles;
mod herd;
mod log;
mod names;
mod namesakes;
mod outage;
mod pitfalls;
mod refusal;
mod replicas;
mod rotation;
mod sockets;
mod stats;
mod strangers;
mod thaw;
mod upstream;
mod warm_up;
mod withdrawal;

use leeward_secret_cache::Secret;

/// Whether both are of one value in memory, and not just equal.
fn is_one(one: &Secret, other: &Secret) -> bool {
    std::ptr::eq(one.expose(), other.expose())
}
