use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{
    ConcurrencyLimitConfig, ConcurrencyLimitLayer, ConcurrencyLimiter, Switch, TokioClock,
};
use leeward_testkit::contracts::{Script, ScriptedError, ScriptedRequest};
use proptest::{
    prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest},
    test_runner::RngSeed,
};
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt};

use crate::instantly::{Instantly, assert_allocates_nothing};

const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn limiter(config: ConcurrencyLimitConfig) -> ConcurrencyLimiter<TokioClock> {
    ConcurrencyLimiter::with_clock(config, TokioClock::new())
}

pub(crate) fn adaptive() -> ConcurrencyLimitConfig {
    ConcurrencyLimitConfig::adaptive()
        .with_bounds(10, 200)
        .with_initial(100)
}

pub(crate) fn counts(limiter: &ConcurrencyLimiter<TokioClock>) -> (u32, u32) {
    (limiter.in_flight(), limiter.waiting())
}

pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Makes the service ready and calls it.
pub(crate) async fn call<S>(service: &mut S) -> S::Future
where
    S: Service<ScriptedRequest, Error = ScriptedError>,
{
    let ready = service.ready().await;
    ready
        .expect("refusals come from `call`")
        .call(Script::request())
}

#[track_caller]
fn assert_full<T>(answer: Result<T, ScriptedError>) {
    let error = answer.err().expect("there is no room");
    assert!(
        matches!(error, ScriptedError::Refused(Rejected::LimiterFull)),
        "{error}"
    );
    let facts = error.facts();
    assert_eq!(facts.stage, Stage::NotSent);
    assert!(facts.rejected.is_some_and(Rejected::is_free_to_fail_over));
}

#[tokio::test(start_paused = true)]
async fn calls_wait_in_the_order_of_their_coming() {
    let limiter = limiter(ConcurrencyLimitConfig::fixed(1).with_max_waiting(3));
    let (scripted, script) = Script::new();
    script.hold();
    let mut service = ConcurrencyLimitLayer::new(limiter.clone()).layer(scripted);
    let mut calls = Vec::new();
    for _ in 0..4 {
        calls.push(Box::pin(call(&mut service).await));
    }
    // Polled from the last to the first: the line is that of `call`.
    for call in calls.iter_mut().rev() {
        assert!(poll_once(call.as_mut()).is_pending());
    }
    assert_eq!(
        (script.calls(), script.unready_calls(), counts(&limiter)),
        (1, 0, (1, 3))
    );
    for (at, mut call) in calls.into_iter().enumerate() {
        assert!(poll_once(call.as_mut()).is_pending());
        script.release(Ok(()));
        assert_eq!(call.await.unwrap(), at as u64 + 1);
    }
    assert_eq!((script.unready_calls(), counts(&limiter)), (0, (0, 0)));
}

#[tokio::test(start_paused = true)]
async fn a_full_line_refuses_at_once_and_a_long_wait_in_time() {
    let config = ConcurrencyLimitConfig::fixed(1)
        .with_max_waiting(1)
        .with_max_wait(2 * SECOND);
    let limiter = limiter(config);
    let (scripted, script) = Script::new();
    script.hold();
    let mut service = ConcurrencyLimitLayer::new(limiter.clone()).layer(scripted);
    let mut first = Box::pin(call(&mut service).await);
    assert!(poll_once(first.as_mut()).is_pending());
    let waiting = call(&mut service).await;
    let start = Instant::now();
    assert_full(call(&mut service).await.await);
    assert_eq!(start.elapsed(), Duration::ZERO);

    let mut waiting = pin!(waiting);
    assert_full(waiting.as_mut().await);
    assert_eq!(start.elapsed(), 2 * SECOND);
    assert_eq!(counts(&limiter), (1, 0), "`waiting` is still alive");
    assert_eq!(script.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_limit_without_a_line_refuses_at_once() {
    let limiter = limiter(ConcurrencyLimitConfig::fixed(1).with_max_waiting(0));
    let permit = limiter.try_acquire().unwrap();
    let refused = limiter.acquire().await.unwrap_err();
    assert!(matches!(refused, Rejected::LimiterFull));
    drop(permit);
    limiter.acquire().await.unwrap().succeed();
    assert_eq!(counts(&limiter), (0, 0));
}

/// P12: readiness that is never used.
#[tokio::test(start_paused = true)]
async fn clones_that_are_ready_and_idle_hold_no_permit() {
    let limiter = limiter(ConcurrencyLimitConfig::fixed(1));
    let (scripted, _script) = Script::new();
    let mut service = ConcurrencyLimitLayer::new(limiter.clone()).layer(scripted);
    let mut idle = Vec::new();
    for _ in 0..10 {
        let mut clone = service.clone();
        ServiceExt::<ScriptedRequest>::ready(&mut clone)
            .await
            .unwrap();
        idle.push(clone);
    }
    assert_eq!(counts(&limiter), (0, 0));
    call(&mut service).await.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_gives_back_what_it_holds_at_each_point() {
    // Dropped after so many steps: made, polled in line, granted unnoticed, in flight.
    for steps in 0..4 {
        let limiter = limiter(ConcurrencyLimitConfig::fixed(1).with_max_waiting(2));
        let (scripted, script) = Script::new();
        script.hold();
        let mut service = ConcurrencyLimitLayer::new(limiter.clone()).layer(scripted);
        let mut first = Box::pin(call(&mut service).await);
        assert!(poll_once(first.as_mut()).is_pending());
        let mut second = Box::pin(call(&mut service).await);
        let mut third = Box::pin(call(&mut service).await);
        assert!(poll_once(third.as_mut()).is_pending());
        if steps > 0 {
            assert!(poll_once(second.as_mut()).is_pending());
        }
        if steps > 1 {
            script.release(Ok(()));
            first.as_mut().await.unwrap();
        }
        if steps > 2 {
            assert!(poll_once(second.as_mut()).is_pending());
            assert_eq!(script.in_flight(), 1);
        }
        drop(second);
        if steps < 2 {
            assert_eq!(counts(&limiter), (1, 1));
            script.release(Ok(()));
            first.await.unwrap();
        }
        assert_eq!(
            counts(&limiter),
            (1, 0),
            "the third is next, {steps} steps on"
        );
        script.succeed();
        third.await.unwrap();
        assert_eq!(counts(&limiter), (0, 0));
        assert_eq!((script.in_flight(), script.unready_calls()), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_switched_off_lets_everything_pass() {
    let limiter = limiter(ConcurrencyLimitConfig::fixed(1).with_max_waiting(0));
    let switch = Switch::new();
    let (scripted, script) = Script::new();
    script.hold();
    let mut service = ConcurrencyLimitLayer::new(limiter.clone())
        .with_switch(switch.clone())
        .layer(scripted);
    let mut first = Box::pin(call(&mut service).await);
    assert!(poll_once(first.as_mut()).is_pending());
    assert_full(call(&mut service).await.await);
    switch.turn_off();
    script.succeed();
    let passed = call(&mut service).await;
    assert_eq!(counts(&limiter), (1, 0));
    passed.await.unwrap();
    switch.turn_on();
    assert_full(call(&mut service).await.await);
}

#[tokio::test]
async fn a_call_that_finds_a_permit_allocates_nothing() {
    for config in [ConcurrencyLimitConfig::fixed(1), adaptive()] {
        let mut service = ConcurrencyLimitLayer::new(limiter(config)).layer(Instantly);
        assert_allocates_nothing(&mut service);
    }
}

/// P13: two threads that each drive a runtime of their own share one permit, and none of their calls is lost.
#[test]
fn two_runtimes_pass_one_permit_to_and_fro() {
    const CALLS: u32 = 2_000;
    // Room for the other thread beside one's own call that is given up.
    let config = ConcurrencyLimitConfig::fixed(1)
        .with_max_waiting(2)
        .with_max_wait(600 * SECOND);
    let limiter = limiter(config);
    let inside = Arc::new(AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..2 {
            let (limiter, inside) = (limiter.clone(), Arc::clone(&inside));
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_time()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    for call in 0..CALLS {
                        let permit = limiter.acquire().await.unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0);
                        tokio::task::yield_now().await;
                        inside.fetch_sub(1, Ordering::Relaxed);
                        if call % 2 == 0 {
                            permit.succeed();
                        }
                        if call % 7 == 0 {
                            // Given up at the first poll, in line or not.
                            let mut given_up = Box::pin(limiter.acquire());
                            poll_fn(|cx| {
                                let _ = given_up.as_mut().poll(cx);
                                Poll::Ready(())
                            })
                            .await;
                        }
                    }
                });
            });
        }
    });
    assert_eq!(counts(&limiter), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(42),
        ..ProptestConfig::default()
    })]

    /// Against a model: so many calls are in flight as there are places for those that ask, whatever is dropped when.
    #[test]
    fn no_permit_is_lost_and_none_is_made(
        limit in 1_u32..4,
        max_waiting in 0_u32..4,
        steps in proptest::collection::vec((0_u8..4, 0_usize..8), 1..200),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let limiter = limiter(ConcurrencyLimitConfig::fixed(limit).with_max_waiting(max_waiting));
            let mut waiting = Vec::new();
            let mut permits = Vec::new();
            for (step, at) in steps {
                match step {
                    0 | 1 => waiting.push(Box::pin(limiter.acquire())),
                    2 if !waiting.is_empty() => {
                        let at = at % waiting.len();
                        if let Poll::Ready(answer) = poll_once(waiting[at].as_mut()) {
                            drop(waiting.remove(at));
                            permits.extend(answer);
                        }
                    }
                    3 if at % 2 == 0 && !waiting.is_empty() => drop(waiting.remove(at % waiting.len())),
                    3 if !permits.is_empty() => drop(permits.swap_remove(at % permits.len())),
                    _ => {}
                }
                let (in_flight, queued) = counts(&limiter);
                prop_assert!(in_flight <= limit && queued <= max_waiting);
                prop_assert!(permits.len() <= in_flight as usize);
                prop_assert!(queued == 0 || in_flight == limit, "a free place while somebody waits");
            }
            drop((waiting, permits));
            prop_assert_eq!(counts(&limiter), (0, 0));
            Ok(())
        })?;
    }
}

leeward_testkit::contract! {
    fixed: ConcurrencyLimitLayer::new(limiter(ConcurrencyLimitConfig::fixed(50)));
    self_adapting: ConcurrencyLimitLayer::new(limiter(adaptive()));
}

leeward_testkit::waiting_contract! {
    line: ConcurrencyLimitLayer::new(limiter(
        ConcurrencyLimitConfig::fixed(1).with_max_waiting(10).with_max_wait(60 * SECOND),
    ));
    self_adapting_line: ConcurrencyLimitLayer::new(limiter(
        ConcurrencyLimitConfig::adaptive()
            .with_bounds(1, 1)
            .with_initial(1)
            .with_max_waiting(10)
            .with_max_wait(60 * SECOND),
    ));
}
