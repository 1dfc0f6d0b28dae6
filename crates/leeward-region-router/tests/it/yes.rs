//! A service that tests of allocations can call: what they count is the router's alone.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
};

use leeward_error_taxonomy::Rejected;
use leeward_resilience::Plain;
use tower::Service;

/// Says yes at once, and allocates nothing.
#[derive(Clone)]
pub(crate) struct Yes;

impl Service<Plain<&'static str>> for Yes {
    type Response = ();
    type Error = Rejected;
    type Future = Ready<Result<(), Rejected>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Rejected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Plain<&'static str>) -> Self::Future {
        ready(Ok(()))
    }
}
