use crate::{
    cache::ClientStats, connections::ConnectionStats, credentials::CredentialStats,
    guard::GuardStats, http::HttpStats,
};

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
    /// The requests.
    pub http: HttpStats,
    /// The guard, unless the pool was built without.
    pub guard: Option<GuardStats>,
}
