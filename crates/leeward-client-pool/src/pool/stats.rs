use crate::{cache::ClientStats, connections::ConnectionStats, credentials::CredentialStats};

/// What a pool has, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
    /// The clients.
    pub clients: ClientStats,
    /// The credentials.
    pub credentials: CredentialStats,
    /// The connections.
    pub connections: ConnectionStats,
}
