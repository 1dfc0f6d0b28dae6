use leeward_error_taxonomy::{Category, Classify, Facts, Rejected, Stage, Verdict};

/// Why a simulated call failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The service says that it failed: a 500.
    #[error("the service failed")]
    Failed,
    /// The line in front of the service is too long: a 503.
    #[error("the service is overloaded")]
    Overloaded,
    /// There was no connection to be had.
    #[error("connection refused")]
    Refused,
    /// The caller's own layers refused.
    #[error(transparent)]
    Rejected(Rejected),
}

impl Classify for CallError {
    fn facts(&self) -> Facts<'_> {
        let (stage, category) = match self {
            Self::Failed => (Stage::Answered, Category::Internal),
            Self::Overloaded => (Stage::Answered, Category::ServiceUnavailable),
            Self::Refused => (Stage::NotSent, Category::Network),
            Self::Rejected(rejected) => return rejected.facts(),
        };
        Facts::new(stage, category, Verdict::Transient)
    }
}

impl From<Rejected> for CallError {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }
}
