//! Each point fails for a layer that breaks it, so that the suite is no empty promise.

use std::{
    future::Future,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use leeward_error_taxonomy::Rejected;
use leeward_resilience::DeadlineLayer;
use tower_layer::{Layer, layer_fn};
use tower_service::Service;

use super::*;

type Boxed = Pin<Box<dyn Future<Output = Result<u64, ScriptedError>>>>;

/// Runs a check on a paused clock and gives the message that it fails with.
#[track_caller]
pub(super) fn failure_of<F: Future<Output = ()>>(check: impl FnOnce() -> F) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let broken = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async { check().await })
    }))
    .expect_err("the suite lets a broken layer pass");
    match broken.downcast::<String>() {
        Ok(message) => *message,
        Err(other) => (*other.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[track_caller]
pub(super) fn assert_says(message: &str, expected: &str) {
    assert!(message.contains(expected), "{message}");
}

contract! {
    nothing: tower_layer::Identity::new();
    deadline: DeadlineLayer::new(Duration::from_secs(3));
}

/// What breaks about a [`Broken`] service.
#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    CallsAClone,
    LeaksDroppedCalls,
    CountsLateAnswers,
    TakesItsPlaceInPollReady,
    ReplacesErrors,
}

/// A counter of failures that refuses after five, with one flaw.
struct Broken {
    inner: Scripted,
    flaw: Flaw,
    failures: Arc<AtomicU32>,
    places_taken: Arc<AtomicU32>,
    has_place: bool,
}

impl Clone for Broken {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            failures: Arc::clone(&self.failures),
            places_taken: Arc::clone(&self.places_taken),
            has_place: false,
            flaw: self.flaw,
        }
    }
}

fn broken(flaw: Flaw) -> impl Layer<Scripted, Service = Broken> {
    layer_fn(move |inner| Broken {
        inner,
        flaw,
        failures: Arc::default(),
        places_taken: Arc::default(),
        has_place: false,
    })
}

impl Service<ScriptedRequest> for Broken {
    type Response = u64;
    type Error = ScriptedError;
    type Future = Boxed;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ScriptedError>> {
        if self.flaw == Flaw::TakesItsPlaceInPollReady && !self.has_place {
            if self.places_taken.load(Ordering::Relaxed) == 50 {
                return Poll::Pending;
            }
            self.places_taken.fetch_add(1, Ordering::Relaxed);
            self.has_place = true;
        }
        Service::<ScriptedRequest>::poll_ready(&mut self.inner, cx)
    }

    fn call(&mut self, request: ScriptedRequest) -> Boxed {
        if mem::take(&mut self.has_place) {
            self.places_taken.fetch_sub(1, Ordering::Relaxed);
        }
        let mut inner = self.inner.clone();
        if self.flaw != Flaw::CallsAClone {
            inner = mem::replace(&mut self.inner, inner);
        }
        let counts = self.flaw == Flaw::CountsLateAnswers;
        if counts && self.failures.load(Ordering::Relaxed) >= 5 {
            return Box::pin(async { Err(Rejected::LimiterFull.into()) });
        }
        let call = inner.call(request);
        if self.flaw == Flaw::LeaksDroppedCalls {
            mem::forget(inner.call(Script::request()));
        }
        let (failures, flaw) = (Arc::clone(&self.failures), self.flaw);
        Box::pin(async move {
            let answer = call.await;
            if counts && answer.is_ok() {
                failures.store(0, Ordering::Relaxed);
            } else if counts {
                failures.fetch_add(1, Ordering::Relaxed);
            }
            match answer {
                Err(_) if flaw == Flaw::ReplacesErrors => Err(Rejected::LimiterFull.into()),
                answer => answer,
            }
        })
    }
}

#[test]
fn a_call_of_a_fresh_clone_is_found() {
    let message = failure_of(|| calls_the_instance_that_was_readied(|| broken(Flaw::CallsAClone)));
    assert_says(&message, "an instance was called that was not ready");
}

#[test]
fn a_call_that_outlives_its_future_is_found() {
    let message = failure_of(|| lets_go_of_dropped_calls(|| broken(Flaw::LeaksDroppedCalls)));
    assert_says(&message, "still in flight");
}

#[test]
fn a_late_answer_that_counts_is_found() {
    let message = failure_of(|| late_answers_change_nothing(|| broken(Flaw::CountsLateAnswers)));
    assert_says(&message, "a late success ended the outage");
}

#[test]
fn a_place_taken_in_poll_ready_is_found() {
    let message =
        failure_of(|| unused_readiness_starves_nobody(|| broken(Flaw::TakesItsPlaceInPollReady)));
    assert_says(&message, "never became ready");
}

#[test]
fn an_error_that_is_replaced_is_found() {
    let message = failure_of(|| passes_errors_on_unchanged(|| broken(Flaw::ReplacesErrors)));
    assert_says(&message, "Final became limiter full");
}

#[test]
fn state_that_is_made_per_service_is_found() {
    let message =
        failure_of(|| services_of_one_layer_share_its_state(|| broken(Flaw::CountsLateAnswers)));
    assert_says(&message, "of another service");
}
