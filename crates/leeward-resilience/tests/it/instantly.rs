//! A service that costs nothing, and how a layer over it is held to the same.

use std::{
    future::{Future, Ready, ready},
    pin::pin,
    task::{Context, Poll, Waker},
};

use leeward_resilience::Plain;
use tower::Service;

use crate::fault::{Fault, read};

/// Answers at once and allocates nothing.
#[derive(Clone)]
pub(crate) struct Instantly;

impl Service<Plain<()>> for Instantly {
    type Response = ();
    type Error = Fault;
    type Future = Ready<Result<(), Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Plain<()>) -> Self::Future {
        ready(Ok(()))
    }
}

/// Makes a hundred calls, each of which must be answered at its first poll.
#[track_caller]
pub(crate) fn assert_allocates_nothing<S>(service: &mut S)
where
    S: Service<Plain<()>, Response = (), Error = Fault>,
{
    let allocations = allocation_counter::measure(|| {
        for _ in 0..100 {
            let mut cx = Context::from_waker(Waker::noop());
            assert!(service.poll_ready(&mut cx).is_ready());
            let answer = pin!(service.call(read())).poll(&mut cx);
            assert!(matches!(answer, Poll::Ready(Ok(()))));
        }
    });
    assert_eq!(allocations.count_total, 0);
}
