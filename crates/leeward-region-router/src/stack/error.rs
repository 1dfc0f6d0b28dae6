use std::time::Duration;

use crate::RouterError;

/// Says why a stack cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouterStackError {
    /// The Regions or the attempt timeout are not what a router takes.
    #[error(transparent)]
    Router(#[from] RouterError),
    /// Regions at the end of the list would never be tried.
    #[error(
        "a deadline of {deadline:?} ends before {regions} Regions have had {attempt_timeout:?} each: allow {needed:?}, or \
         shorten the attempt timeout"
    )]
    DeadlineTooShort {
        /// How long the whole call may take.
        deadline: Duration,
        /// How many Regions there are.
        regions: usize,
        /// How long each of them may take.
        attempt_timeout: Duration,
        /// How long the deadline must be at least.
        needed: Duration,
    },
}
