use std::error::Error;

/// Says why a pool could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// There is no tokio runtime for connections to live on.
    #[error(
        "no tokio runtime here: build the pool inside of one that lives as long as its clients"
    )]
    NoRuntime,
    /// The connections could not be set up: a limit of zero, or no TLS roots.
    #[error(
        "connections cannot be set up; look at the limits given and at the system's TLS certificates"
    )]
    Connections {
        /// What the HTTP client says.
        source: Box<dyn Error + Send + Sync>,
    },
}
