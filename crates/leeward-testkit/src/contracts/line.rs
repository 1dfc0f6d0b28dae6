//! What holds of calls that wait: for layers that let one call through and make others wait.

use std::{pin::Pin, time::Duration};

use tokio::time::{sleep, timeout};
use tower_layer::Layer;
use tower_service::Service;

use super::{
    Failing, Script, Scripted, ScriptedError, ScriptedRequest,
    points::{MANY, REST, poll_once, ready, rounds, send},
};

/// How often a call that waits is polled at most before it is dropped.
const POLLS: usize = 6;

/// Checks that a call may be dropped at any point of its wait, and after it: whoever waits behind it is woken and served.
///
/// # Panics
///
/// If the layer breaks this point of the contract.
pub async fn lets_go_of_calls_that_wait<L, S>(make_layer: impl Fn() -> L)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError> + Clone,
{
    for pause in [Duration::from_millis(20), Duration::from_millis(700)] {
        for polls in (0..=POLLS)
            .cycle()
            .take((POLLS + 1) * rounds().div_ceil(10))
        {
            // The place becomes free before one of the polls, or only after the drop.
            for freed_at in 0..=polls {
                drop_in_line(&make_layer(), pause, polls, freed_at).await;
            }
        }
    }
}

async fn drop_in_line<L, S>(layer: &L, pause: Duration, polls: usize, freed_at: usize)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError> + Clone,
{
    let (mut service, script, first) = full(layer).await;
    let mut first = Some(first);
    let mut second = Box::pin(waiting(&mut service, &script).await);
    let third = waiting(&mut service, &script).await;
    for poll in 0..polls {
        if poll == freed_at {
            leave(&script, first.take()).await;
        }
        if poll_once(second.as_mut()).is_ready() {
            break;
        }
        sleep(pause).await;
    }
    let drop_and_leave = async {
        // The third waits by now, and is polled only when it is woken.
        sleep(Duration::from_millis(1)).await;
        drop(second);
        script.succeed();
        leave(&script, first).await;
        // For the third, if its turn came while calls were held.
        script.release(Ok(()));
    };
    let (served, ()) = tokio::join!(timeout(REST, third), drop_and_leave);
    assert!(
        matches!(served, Ok(Ok(_))),
        "one that waited was not served after the one before it was dropped, {polls} polls on: {served:?}"
    );
    assert_eq!(script.in_flight(), 0, "still in flight, {polls} polls on");
    let answer = timeout(REST, send(&mut service)).await;
    assert!(matches!(answer, Ok(Ok(_))), "{polls} polls on: {answer:?}");
    assert_readied(&script);
}

/// Checks that clones which are ready and never called keep those who wait from nothing, nor are kept from readiness by them.
///
/// # Panics
///
/// If the layer breaks this point of the contract.
pub async fn unused_readiness_keeps_those_who_wait_from_nothing<L, S>(make_layer: impl Fn() -> L)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError> + Clone,
{
    let (mut service, script, first) = full(&make_layer()).await;
    let second = waiting(&mut service, &script).await;
    let mut idle = Vec::new();
    for _ in 0..MANY {
        let mut clone = service.clone();
        let readied = timeout(REST, ready(&mut clone)).await;
        assert!(readied.is_ok(), "clone {} never became ready", idle.len());
        idle.push(clone);
    }
    script.succeed();
    leave(&script, Some(first)).await;
    let answer = timeout(REST, second).await;
    assert!(
        matches!(answer, Ok(Ok(_))),
        "waits for clones that are ready and idle: {answer:?}"
    );
    assert_readied(&script);
}

/// Checks that the service's own errors reach a caller that has waited as they are.
///
/// # Panics
///
/// If the layer breaks this point of the contract.
pub async fn passes_errors_on_after_a_wait<L, S>(make_layer: impl Fn() -> L)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError> + Clone,
{
    for expected in [Failing::Final, Failing::Transient, Failing::Throttled] {
        let (mut service, script, first) = full(&make_layer()).await;
        let second = waiting(&mut service, &script).await;
        script.fail(expected);
        leave(&script, Some(first)).await;
        match timeout(REST, second).await {
            Ok(Err(ScriptedError::Failed { failing, .. })) => assert_eq!(failing, expected),
            answer => panic!("{expected:?} became {answer:?}"),
        }
        assert_readied(&script);
    }
}

/// Checks that the services of one layer wait for each other, as those do that are made one for each connection.
///
/// # Panics
///
/// If the layer breaks this point of the contract.
pub async fn services_of_one_layer_share_its_line<L, S>(make_layer: impl Fn() -> L)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError> + Clone,
{
    let layer = make_layer();
    let (_, script, first) = full(&layer).await;
    let (scripted, other_script) = Script::new();
    let mut other = layer.layer(scripted);
    let call = waiting(&mut other, &other_script).await;
    leave(&script, Some(first)).await;
    let answer = timeout(REST, call).await;
    assert!(matches!(answer, Ok(Ok(_))), "{answer:?}");
    assert_readied(&other_script);
}

/// A service of the layer, with one call that has reached the inner service and is held there.
async fn full<L, S>(layer: &L) -> (S, Script, Pin<Box<S::Future>>)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError>,
{
    let (scripted, script) = Script::new();
    let mut service = layer.layer(scripted);
    script.hold();
    ready(&mut service).await;
    let mut first = Box::pin(service.call(Script::request()));
    let reached = async {
        loop {
            assert!(poll_once(first.as_mut()).is_pending(), "is not held");
            if script.calls() > 0 {
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
    };
    let reached = timeout(REST, reached).await;
    assert!(reached.is_ok(), "lets nobody through");
    (service, script, first)
}

/// A further call, which does not reach the inner service.
async fn waiting<S>(service: &mut S, script: &Script) -> Pin<Box<S::Future>>
where
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError>,
{
    let before = script.calls();
    let readied = timeout(REST, ready(service)).await;
    assert!(readied.is_ok(), "never became ready while others wait");
    let mut call = Box::pin(service.call(Script::request()));
    let answer = poll_once(call.as_mut());
    assert!(
        answer.is_pending() && script.calls() == before,
        "does not wait: {answer:?}"
    );
    call
}

/// Answers the first call, which leaves its place.
async fn leave<F>(script: &Script, first: Option<F>)
where
    F: Future<Output = Result<u64, ScriptedError>>,
{
    let Some(first) = first else { return };
    script.release(Ok(()));
    first.await.expect("the service succeeds");
}

fn assert_readied(script: &Script) {
    assert_eq!(
        script.unready_calls(),
        0,
        "an instance was called that was not ready"
    );
}

#[cfg(test)]
mod tests {
    use std::{
        mem::{self, ManuallyDrop},
        sync::Arc,
        task::{Context, Poll},
    };

    use tokio::sync::{OwnedSemaphorePermit, Semaphore};
    use tower_layer::layer_fn;

    use super::*;
    use crate::contracts::tests::{assert_says, failure_of};

    type Boxed = Pin<Box<dyn Future<Output = Result<u64, ScriptedError>>>>;

    /// What breaks about a [`Line`].
    #[derive(Clone, Copy, PartialEq)]
    enum Flaw {
        None,
        KeepsThePlaceOfWhoLeaves,
        CallsAClone,
        TakesItsPlaceInPollReady,
        ReplacesErrors,
        LetsNobodyWait,
    }

    /// Lets one call through at a time, with one flaw.
    struct Line {
        inner: Scripted,
        flaw: Flaw,
        places: Arc<Semaphore>,
        readied: Option<OwnedSemaphorePermit>,
    }

    impl Clone for Line {
        fn clone(&self) -> Self {
            Self {
                inner: self.inner.clone(),
                flaw: self.flaw,
                places: Arc::clone(&self.places),
                readied: None,
            }
        }
    }

    fn line(flaw: Flaw) -> impl Layer<Scripted, Service = Line> {
        let places = Arc::new(Semaphore::new(1));
        layer_fn(move |inner| Line {
            inner,
            flaw,
            places: Arc::clone(&places),
            readied: None,
        })
    }

    impl Service<ScriptedRequest> for Line {
        type Response = u64;
        type Error = ScriptedError;
        type Future = Boxed;

        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ScriptedError>> {
            if self.flaw == Flaw::TakesItsPlaceInPollReady && self.readied.is_none() {
                self.readied = Arc::clone(&self.places).try_acquire_owned().ok();
                if self.readied.is_none() {
                    return Poll::Pending;
                }
            }
            Service::<ScriptedRequest>::poll_ready(&mut self.inner, cx)
        }

        fn call(&mut self, request: ScriptedRequest) -> Boxed {
            let mut inner = self.inner.clone();
            if self.flaw != Flaw::CallsAClone {
                inner = mem::replace(&mut self.inner, inner);
            }
            let flaw = self.flaw;
            let readied = self.readied.take();
            let places = Arc::clone(&self.places);
            Box::pin(async move {
                let _permit = match (readied, flaw) {
                    (Some(permit), _) => Some(permit),
                    (None, Flaw::LetsNobodyWait) => None,
                    (None, Flaw::KeepsThePlaceOfWhoLeaves) => {
                        // Never dropped, hence for ever in the line.
                        let mut turn = ManuallyDrop::new(Box::pin(places.acquire_owned()));
                        (*turn).as_mut().await.ok()
                    }
                    (None, _) => places.acquire_owned().await.ok(),
                };
                match inner.call(request).await {
                    Err(_) if flaw == Flaw::ReplacesErrors => {
                        Err(leeward_error_taxonomy::Rejected::LimiterFull.into())
                    }
                    answer => answer,
                }
            })
        }
    }

    crate::waiting_contract! {
        sound: line(Flaw::None);
    }

    #[test]
    fn a_place_that_is_lost_with_one_who_leaves_the_line_is_found() {
        let message =
            failure_of(|| lets_go_of_calls_that_wait(|| line(Flaw::KeepsThePlaceOfWhoLeaves)));
        assert_says(&message, "was not served");
    }

    #[test]
    fn a_call_of_a_fresh_clone_after_a_wait_is_found() {
        let message = failure_of(|| lets_go_of_calls_that_wait(|| line(Flaw::CallsAClone)));
        assert_says(&message, "an instance was called that was not ready");
    }

    #[test]
    fn a_place_taken_in_poll_ready_is_found_while_others_wait() {
        let flaw = Flaw::TakesItsPlaceInPollReady;
        let message =
            failure_of(|| unused_readiness_keeps_those_who_wait_from_nothing(|| line(flaw)));
        assert_says(&message, "never became ready while others wait");
    }

    #[test]
    fn an_error_that_is_replaced_after_a_wait_is_found() {
        let message = failure_of(|| passes_errors_on_after_a_wait(|| line(Flaw::ReplacesErrors)));
        assert_says(&message, "Final became Ok(Err(Refused(LimiterFull)))");
    }

    #[test]
    fn a_line_for_each_service_is_found() {
        let apart = || {
            layer_fn(|inner| Line {
                inner,
                flaw: Flaw::None,
                places: Arc::new(Semaphore::new(1)),
                readied: None,
            })
        };
        let message = failure_of(|| services_of_one_layer_share_its_line(apart));
        assert_says(&message, "does not wait");
    }

    #[test]
    fn a_layer_that_lets_nobody_wait_is_found() {
        let message = failure_of(|| lets_go_of_calls_that_wait(|| line(Flaw::LetsNobodyWait)));
        assert_says(&message, "does not wait");
    }
}
