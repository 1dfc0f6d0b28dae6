use crate::Operation;
use leeward_error_taxonomy::{OperationName, Region, Rejected};
use leeward_resilience::{Idempotency, Placement, Request};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};

/// An operation that counts how often it is played, its copies with it.
#[derive(Debug)]
pub(super) struct Counted<O> {
    operation: O,
    attempts: Attempts,
}

/// How many attempts were made, hedges included.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(Arc<AtomicU32>);

impl Attempts {
    pub(super) fn count(&self) -> u32 {
        self.0.load(Relaxed)
    }
}

impl<O> Counted<O> {
    pub(super) fn new(operation: O) -> (Self, Attempts) {
        let attempts = Attempts::default();
        let counted = Self {
            operation,
            attempts: attempts.clone(),
        };
        (counted, attempts)
    }

    fn like(&self, operation: O) -> Self {
        Self {
            operation,
            attempts: self.attempts.clone(),
        }
    }
}

impl<C, O: Operation<C>> Operation<C> for Counted<O> {
    type Output = O::Output;
    type Error = O::Error;
    type Future = O::Future;

    fn play(self, client: C) -> Self::Future {
        self.attempts.0.fetch_add(1, Relaxed);
        self.operation.play(client)
    }
}

impl<O: Request> Request for Counted<O> {
    fn operation(&self) -> OperationName {
        self.operation.operation()
    }

    fn idempotency(&self) -> Idempotency {
        self.operation.idempotency()
    }

    fn replay(&self) -> Option<Self> {
        self.operation.replay().map(|copy| self.like(copy))
    }

    fn for_region(&self, region: &Region) -> Result<Self, Rejected> {
        self.operation
            .for_region(region)
            .map(|copy| self.like(copy))
    }

    fn placement(&self) -> Option<&Placement> {
        self.operation.placement()
    }
}
