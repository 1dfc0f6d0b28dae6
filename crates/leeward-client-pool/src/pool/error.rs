use std::error::Error;

/// Says why a pool could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// The connections could not be set up: a limit of zero, or no TLS roots.
    #[error(
        "connections cannot be set up; look at the limits given and at the system's TLS certificates"
    )]
    Connections {
        /// What the HTTP client says.
        source: Box<dyn Error + Send + Sync>,
    },
}
