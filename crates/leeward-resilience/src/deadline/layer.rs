use std::time::Duration;

use tower_layer::Layer;

use super::{
    Deadline,
    limit::{Limit, Scope},
};

/// Bounds the time that a call may take.
#[derive(Clone, Copy, Debug)]
pub struct DeadlineLayer {
    limit: Limit,
}

impl DeadlineLayer {
    /// Bounds the whole operation: when its time is over the call ends in
    /// [`DeadlineExceeded`](leeward_error_taxonomy::Rejected::DeadlineExceeded), which no layer tries again.
    ///
    /// A timeout of zero refuses every call before anything is done for it.
    #[must_use]
    pub const fn new(timeout: Duration) -> Self {
        Self {
            limit: Limit {
                timeout,
                scope: Scope::Operation,
            },
        }
    }

    /// Bounds one attempt: when its time is over it ends in
    /// [`AttemptTimedOut`](leeward_error_taxonomy::Rejected::AttemptTimedOut), after which an idempotent request is sent again.
    ///
    /// A timeout of zero refuses every attempt, so that no request is ever sent.
    #[must_use]
    pub const fn per_attempt(timeout: Duration) -> Self {
        Self {
            limit: Limit {
                timeout,
                scope: Scope::Attempt,
            },
        }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Deadline<S> {
        Deadline::new(inner, self.limit)
    }
}
