use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tower_layer::Layer;
use tower_service::Service;

use super::{Failing, Script, Scripted, ScriptedError, ScriptedRequest};

/// Longer than any layer of a suite rests.
pub(super) const REST: Duration = Duration::from_secs(120);

/// Enough failures to bring any layer of a suite to its limits.
pub(super) const MANY: u32 = 100;

/// Checks that `call` uses the very instance that `poll_ready` made ready, and readies it again before another attempt.
///
/// # Panics
///
/// If the layer breaks this point of the contract.
pub async fn calls_the_instance_that_was_readied<L, S>(make_layer: impl Fn() -> L)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError> + Clone,
{
    let (scripted, script) = Script::new();
    let mut service = make_layer().layer(scripted);
    for _ in 0..3 {
        send(&mut service).await.expect("the service succeeds");
    }
    let mut clone = service.clone();
    ready(&mut service).await;
    ready(&mut clone).await;
    let from_the_first = service.call(Script::request());
    let from_the_clone = clone.call(Script::request());
    from_the_clone.await.expect("the service succeeds");
    from_the_first.await.expect("the service succeeds");
    script.fail(Failing::Transient);
    send(&mut service).await.expect_err("the service fails");
    send(&mut clone).await.expect_err("the service fails");
    assert!(script.calls() >= 7, "the service was hardly called");
    assert_eq!(
        script.unready_calls(),
        0,
        "an instance was called that was not ready"
    );
}

/// Checks that dropping the response future at any point lets go of the inner call and leaves the layer of use.
///
/// # Panics
///
/// If the layer breaks this point of the contract.
pub async fn lets_go_of_dropped_calls<L, S>(make_layer: impl Fn() -> L)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError> + Clone,
{
    let fail = |script: &Script| script.fail(Failing::Transient);
    for behave in [Script::succeed, Script::hold, fail] {
        for pause in [Duration::from_millis(20), Duration::from_millis(700)] {
            for polls in (0..10).cycle().take(10 * rounds()) {
                let (scripted, script) = Script::new();
                let mut service = make_layer().layer(scripted);
                behave(&script);
                poll_then_drop(&mut service, polls, pause).await;
                assert_eq!(
                    script.in_flight(),
                    0,
                    "still in flight, {polls} polls and a drop later"
                );
                script.succeed();
                tokio::time::sleep(REST).await;
                let answer = send(&mut service).await;
                assert!(answer.is_ok(), "{polls} polls and a drop later: {answer:?}");
            }
        }
    }
}

/// Checks that the answer of a call from before an outage neither ends the outage nor brings it back.
///
/// # Panics
///
/// If the layer breaks this point of the contract.
pub async fn late_answers_change_nothing<L, S>(make_layer: impl Fn() -> L)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError> + Clone,
{
    let (scripted, script) = Script::new();
    let mut service = make_layer().layer(scripted);
    script.hold();
    let mut early = Vec::new();
    for _ in 0..20 {
        ready(&mut service).await;
        let mut call = Box::pin(service.call(Script::request()));
        assert!(
            poll_once(call.as_mut()).is_pending(),
            "answered a call that is held"
        );
        early.push(call);
    }
    script.fail(Failing::Transient);
    let refuses = refuses_after_failures(&mut service, &script).await;

    script.release(Ok(()));
    let _ = early.remove(0).await;
    if refuses {
        assert!(
            is_refused(&mut service, &script).await,
            "a late success ended the outage"
        );
    }
    script.succeed();
    tokio::time::sleep(REST).await;
    send(&mut service).await.expect("the service has recovered");
    for call in early {
        script.release(Err(Failing::Transient));
        let _ = call.await;
    }
    let answer = send(&mut service).await;
    assert!(
        answer.is_ok(),
        "late failures brought the outage back: {answer:?}"
    );
}

/// Checks that clones which are ready and never called keep nobody else from calling, also after an outage.
///
/// # Panics
///
/// If the layer breaks this point of the contract.
pub async fn unused_readiness_starves_nobody<L, S>(make_layer: impl Fn() -> L)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError> + Clone,
{
    let (scripted, script) = Script::new();
    let mut service = make_layer().layer(scripted);
    for outage in [false, true] {
        if outage {
            script.fail(Failing::Transient);
            refuses_after_failures(&mut service, &script).await;
            script.succeed();
            tokio::time::sleep(REST).await;
        }
        let mut idle = Vec::new();
        for _ in 0..MANY {
            let mut clone = service.clone();
            let readied = tokio::time::timeout(REST, ready(&mut clone)).await;
            assert!(readied.is_ok(), "clone {} never became ready", idle.len());
            idle.push(clone);
        }
        let answer = tokio::time::timeout(REST, send(&mut service)).await;
        assert!(
            matches!(answer, Ok(Ok(_))),
            "kept out by clones that are ready and idle: {answer:?}"
        );
    }
}

/// Checks that the service's own errors reach the caller as they are, from the last attempt.
///
/// # Panics
///
/// If the layer breaks this point of the contract.
pub async fn passes_errors_on_unchanged<L, S>(make_layer: impl Fn() -> L)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError> + Clone,
{
    for expected in [Failing::Final, Failing::Transient, Failing::Throttled] {
        let (scripted, script) = Script::new();
        let mut service = make_layer().layer(scripted);
        script.fail(expected);
        let error = send(&mut service).await.expect_err("the service fails");
        let ScriptedError::Failed { call, failing } = error else {
            panic!("{expected:?} became {error}");
        };
        assert_eq!((call, failing), (script.calls(), expected));
    }
}

/// Checks that a service behaves after an outage as another one of the same layer does, whichever of them saw the outage.
///
/// # Panics
///
/// If the layer breaks this point of the contract.
pub async fn services_of_one_layer_share_its_state<L, S>(make_layer: impl Fn() -> L)
where
    L: Layer<Scripted, Service = S>,
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError> + Clone,
{
    let layer = make_layer();
    let (scripted, seen) = Script::new();
    let mut witness = layer.layer(scripted);
    seen.fail(Failing::Transient);
    refuses_after_failures(&mut witness, &seen).await;
    let expected = behaviour(&mut witness, &seen).await;
    assert_eq!(
        behaviour(&mut witness.clone(), &seen).await,
        expected,
        "of a clone"
    );

    let (scripted, unseen) = Script::new();
    let mut other = layer.layer(scripted);
    unseen.fail(Failing::Transient);
    assert_eq!(
        behaviour(&mut other, &unseen).await,
        expected,
        "of another service"
    );
}

/// How often a failing call reaches the service, and whether the layer refuses it, three times over.
async fn behaviour<S>(service: &mut S, script: &Script) -> Vec<(u64, bool)>
where
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError>,
{
    let mut behaviour = Vec::new();
    for _ in 0..3 {
        let before = script.calls();
        let refused = matches!(send(service).await, Err(ScriptedError::Refused(_)));
        behaviour.push((script.calls() - before, refused));
    }
    behaviour
}

/// Fails many calls, and tells whether the layer refuses calls in the end.
async fn refuses_after_failures<S>(service: &mut S, script: &Script) -> bool
where
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError>,
{
    for _ in 0..MANY {
        let _ = send(service).await;
    }
    is_refused(service, script).await
}

async fn is_refused<S>(service: &mut S, script: &Script) -> bool
where
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError>,
{
    let before = script.calls();
    let answer = send(service).await;
    matches!(answer, Err(ScriptedError::Refused(_))) && script.calls() == before
}

pub(super) async fn send<S>(service: &mut S) -> Result<u64, ScriptedError>
where
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError>,
{
    ready(service).await;
    service.call(Script::request()).await
}

pub(super) async fn ready<S>(service: &mut S)
where
    S: Service<ScriptedRequest, Error = ScriptedError>,
{
    poll_fn(|cx| service.poll_ready(cx))
        .await
        .expect("refusals come from `call`");
}

/// How often drops are tried at each point: layers draw at random.
pub(super) fn rounds() -> usize {
    match std::env::var("LEEWARD_FULL") {
        Ok(full) if full == "1" => 1_000,
        _ => 10,
    }
}

/// Makes a call, polls it up to so many times with pauses between, and drops it.
async fn poll_then_drop<S>(service: &mut S, polls: usize, pause: Duration)
where
    S: Service<ScriptedRequest, Response = u64, Error = ScriptedError>,
{
    ready(service).await;
    let mut call = pin!(service.call(Script::request()));
    for _ in 0..polls {
        if poll_once(call.as_mut()).is_ready() {
            return;
        }
        tokio::time::sleep(pause).await;
    }
}

pub(super) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
