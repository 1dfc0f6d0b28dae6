use crate::{ClientError, UnknownEnvironment};
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Obstacle, Stage, Verdict};
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
    /// The variable `LEEWARD_PROFILE` names no environment.
    #[error(transparent)]
    Environment(#[from] UnknownEnvironment),
    /// A bound or a time-out is zero.
    #[error("{setting} is zero, and nothing could ever be done: set it to 1 or more")]
    #[non_exhaustive]
    Zero {
        /// The setting.
        setting: &'static str,
    },
    /// An endpoint or the pool's own identity cannot be used.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The connections could not be set up.
    #[error(
        "connections cannot be set up; look at the certificates given and at the system's TLS certificates"
    )]
    Connections {
        /// What the HTTP client says.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Each is a matter of settings, but for what a client's own error says.
impl Classify for PoolError {
    fn facts(&self) -> Facts<'_> {
        if let Self::Client(error) = self {
            return error.facts();
        }
        let mut facts = Facts::new(Stage::NotSent, Category::Configuration, Verdict::Final);
        facts.obstacle = Some(Obstacle::Other);
        facts
    }
}

impl From<PoolError> for AwsError {
    fn from(error: PoolError) -> Self {
        Self::new(error)
    }
}
