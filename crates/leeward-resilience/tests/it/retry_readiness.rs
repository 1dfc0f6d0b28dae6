//! Requests that cannot be copied, and services that are not ready again or take their time to be.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, OperationName, Region, Rejected, Stage};
use leeward_resilience::{Budget, BudgetConfig, HedgeLayer, HedgePolicy, Idempotency, Request};
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::{
    fault::{Fault, always_failing, read},
    retry::retry,
};

const SECOND: Duration = Duration::from_secs(1);

/// Sent once and consumed by it, as a streaming body is.
pub(crate) struct Stream;

impl Request for Stream {
    fn operation(&self) -> OperationName {
        OperationName::new("ledger", "Upload")
    }

    fn idempotency(&self) -> Idempotency {
        Idempotency::Idempotent
    }

    fn replay(&self) -> Option<Self> {
        None
    }

    fn for_region(&self, _: &Region) -> Result<Self, Rejected> {
        Err(Rejected::unavailable("a stream stays where it is"))
    }
}

/// Pitfall 16 of the facts: the retry of a streaming body.
#[tokio::test(start_paused = true)]
async fn pitfall_16_what_cannot_be_copied_is_sent_once_and_costs_no_token() {
    let budget = Budget::new(BudgetConfig::new());
    let service = service_fn(|_: Stream| async { Err::<(), _>(Fault::not_sent()) });
    let service = retry().with_budget(budget.clone()).layer(service);
    service.oneshot(Stream).await.unwrap_err();
    assert_eq!(budget.tokens(), 50);
}

#[tokio::test(start_paused = true)]
async fn pitfall_16_what_cannot_be_copied_is_not_hedged() {
    let layer = HedgeLayer::new(HedgePolicy::after(SECOND));
    let service = service_fn(|_: Stream| async {
        tokio::time::sleep(10 * SECOND).await;
        Ok::<_, Fault>(())
    });
    layer.layer(service).oneshot(Stream).await.unwrap();
    assert_eq!(layer.counters().hedges(), 0);
}

#[derive(Clone)]
pub(crate) struct DiesAfterOneCall {
    pub(crate) calls: u32,
}

impl<R> Service<R> for DiesAfterOneCall {
    type Response = ();
    type Error = Fault;
    type Future = std::future::Ready<Result<(), Fault>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(match self.calls {
            0 => Ok(()),
            _ => Err(Fault::no_credentials()),
        })
    }

    fn call(&mut self, _: R) -> Self::Future {
        self.calls += 1;
        std::future::ready(Err(Fault::lost()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_will_never_be_ready_again_ends_the_call() {
    let budget = Budget::new(BudgetConfig::new());
    let layer = retry().with_budget(budget.clone());
    let service = layer.layer(DiesAfterOneCall { calls: 0 });
    let fault = service.oneshot(read()).await.unwrap_err();
    assert_eq!(fault.facts().stage, Stage::NotSent);
    assert_eq!((budget.tokens(), layer.counters().retries()), (50, 0));
}

/// Ready at once for the first call, and a second later for each of the others.
struct SlowlyReady<S> {
    inner: S,
    rest: Option<std::pin::Pin<Box<tokio::time::Sleep>>>,
}

impl<S: Clone> Clone for SlowlyReady<S> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            rest: None,
        }
    }
}

impl<S: Service<R>, R> Service<R> for SlowlyReady<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        if let Some(rest) = &mut self.rest {
            std::task::ready!(std::future::Future::poll(rest.as_mut(), cx));
        }
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.rest = Some(Box::pin(tokio::time::sleep(SECOND)));
        self.inner.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_ready_too_late_is_not_begun() {
    let budget = Budget::new(BudgetConfig::new());
    let layer = retry().with_budget(budget.clone());
    let (service, attempts) = always_failing(Fault::lost);
    let service = layer.layer(SlowlyReady {
        inner: service,
        rest: None,
    });
    // Told of the time and not ended by it, so that the layer's own care shows.
    let end = Instant::now() + SECOND / 2;
    let fault = leeward_resilience::deadline::until(end, service.oneshot(read())).await;
    assert_eq!(fault.unwrap_err().facts().stage, Stage::MaybeSent);
    assert_eq!((attempts.count(), layer.counters().out_of_time()), (1, 1));
    assert_eq!(budget.tokens(), 50, "the token went back");
}
