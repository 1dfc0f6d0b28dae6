use std::time::Duration;

use tower_layer::Layer;

use super::{
    Deadline,
    limit::{Limit, Scope},
};
use crate::Switch;

/// Bounds the time that a call may take.
#[derive(Clone, Debug)]
pub struct DeadlineLayer {
    limit: Limit,
    switch: Switch,
}

impl DeadlineLayer {
    /// Bounds the whole operation: when its time is over the call ends in
    /// [`DeadlineExceeded`](leeward_error_taxonomy::Rejected::DeadlineExceeded), which no layer tries again.
    ///
    /// A timeout of zero refuses every call before anything is done for it. Reads the environment's `LEEWARD_DEADLINE`.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self::of(timeout, Scope::Operation)
    }

    /// Bounds one attempt: when its time is over it ends in
    /// [`AttemptTimedOut`](leeward_error_taxonomy::Rejected::AttemptTimedOut), after which an idempotent request is sent again.
    ///
    /// A timeout of zero refuses every attempt, with [`NotSentInTime`](leeward_error_taxonomy::Rejected::NotSentInTime), so
    /// that no request is ever sent. Reads the environment's `LEEWARD_DEADLINE`.
    #[must_use]
    pub fn per_attempt(timeout: Duration) -> Self {
        Self::of(timeout, Scope::Attempt)
    }

    /// Obeys this switch and not the environment. While it is off, calls take as long as they take, and no deadline is
    /// passed on inwards.
    #[must_use]
    pub fn with_switch(self, switch: Switch) -> Self {
        Self { switch, ..self }
    }

    fn of(timeout: Duration, scope: Scope) -> Self {
        Self {
            limit: Limit { timeout, scope },
            switch: Switch::from_env("LEEWARD_DEADLINE"),
        }
    }
}

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadline<S>;

    fn layer(&self, inner: S) -> Deadline<S> {
        Deadline::new(inner, self.limit, self.switch.clone())
    }
}
