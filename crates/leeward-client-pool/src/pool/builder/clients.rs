use super::PoolBuilder;
use std::time::Duration;

/// Clients.
impl PoolBuilder {
    /// Keeps at most so many clients; past it the one that was used longest ago is forgotten. Default: 4096, a thousand roles for
    /// four services.
    pub fn with_max_clients(self, max_clients: usize) -> Self {
        Self {
            max_clients,
            ..self
        }
    }

    /// Makes a client anew when it is this old, by the side and five minutes before. Default: an hour.
    ///
    /// One with fixed credentials is kept no longer than to five minutes before they expire.
    pub fn with_time_to_live(self, time_to_live: Duration) -> Self {
        Self {
            time_to_live,
            ..self
        }
    }

    /// Gives the same answer for this long where a client could not be made, before it is tried again. Default: a second.
    pub fn with_negative_entry(self, negative_entry: Duration) -> Self {
        Self {
            negative_entry,
            ..self
        }
    }

    /// Gives up on making a client after this long; it is its credentials that take time. Default: 30 seconds.
    pub fn with_making_timeout(self, making_timeout: Duration) -> Self {
        Self {
            making_timeout,
            ..self
        }
    }
}
