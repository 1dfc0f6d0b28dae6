use leeward_error_taxonomy::{Classify, Facts, OperationName, Rejected};
use leeward_resilience::Plain;
use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};
use tower::Service;

/// A service that is always ready and answers at once with what it was asked: what a layer adds to it is the layer's cost.
#[derive(Clone, Copy, Debug)]
pub struct BareService;

/// The request of every subject: idempotent, so that whoever retries has to keep a copy.
pub type Read = Plain<u64>;

/// Asks the bare service for `account`.
#[must_use]
pub fn read(account: u64) -> Read {
    Plain::new(account)
        .named(OperationName::new("ledger", "Read"))
        .idempotent()
}

/// What a call of the bare service can fail with: a layer's refusal, never an answer of its own.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Fault(#[from] Rejected);

impl Classify for Fault {
    fn facts(&self) -> Facts<'_> {
        self.0.facts()
    }
}

impl Service<Read> for BareService {
    type Response = u64;
    type Error = Fault;
    type Future = Ready<Result<u64, Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Read) -> Self::Future {
        ready(Ok(request.into_inner()))
    }
}
