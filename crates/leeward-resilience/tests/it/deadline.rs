use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{DeadlineLayer, RetryLayer, RetryPolicy, Switch, deadline};
use tokio::time::{Instant, advance, sleep};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::fault::{Fault, always_failing, failing, read, silent};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_passes() {
    let service = service_fn(|_| async {
        sleep(SECOND - Duration::from_millis(1)).await;
        Ok::<_, Fault>("answer")
    });
    let answer = DeadlineLayer::new(SECOND).layer(service).oneshot(()).await;
    assert_eq!(answer.unwrap(), "answer");
}

#[tokio::test(start_paused = true)]
async fn silence_ends_at_the_deadline_and_may_have_been_sent() {
    let start = Instant::now();
    let service = DeadlineLayer::new(SECOND).layer(silent().0);
    let fault = service.oneshot(read()).await.unwrap_err();
    assert_eq!(start.elapsed(), SECOND);
    assert_eq!(fault.facts().stage, Stage::MaybeSent);
    assert_eq!(
        fault.rejected.unwrap().to_string(),
        "no answer within the deadline of 1 s"
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_runs_out_of_time_may_be_followed_by_another() {
    let service = DeadlineLayer::per_attempt(SECOND).layer(silent().0);
    let fault = service.oneshot(read()).await.unwrap_err();
    assert!(matches!(
        fault.rejected,
        Some(Rejected::AttemptTimedOut { timeout }) if timeout == SECOND
    ));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_nothing_starts_nothing() {
    let polled = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&polled);
    let service = service_fn(move |_| {
        let seen = Arc::clone(&seen);
        async move {
            seen.store(true, Ordering::Relaxed);
            Ok::<_, Fault>(())
        }
    });
    let mut service = DeadlineLayer::new(Duration::ZERO).layer(service);
    let fault = service.ready().await.unwrap().call(()).await.unwrap_err();
    assert_eq!(fault.facts().stage, Stage::NotSent);
    assert!(!polled.load(Ordering::Relaxed));
}

#[tokio::test(start_paused = true)]
async fn the_time_runs_from_the_call_and_not_from_the_first_poll() {
    let mut service = DeadlineLayer::new(SECOND).layer(silent().0);
    let start = Instant::now();
    let call = service.ready().await.unwrap().call(read());
    advance(SECOND / 2).await;
    call.await.unwrap_err();
    assert_eq!(start.elapsed(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_there_at_the_deadline_wins() {
    let service = service_fn(|_| async {
        sleep(SECOND).await;
        Ok::<_, Fault>("answer")
    });
    let answer = DeadlineLayer::new(SECOND).layer(service).oneshot(()).await;
    assert_eq!(answer.unwrap(), "answer");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_over_holds_nothing() {
    let held = Arc::new(());
    let permit = Arc::clone(&held);
    let service = service_fn(move |_| {
        let permit = Arc::clone(&permit);
        async move {
            let _permit = permit;
            std::future::pending::<Result<(), Fault>>().await
        }
    });
    let mut service = DeadlineLayer::new(SECOND).layer(service);
    let mut call = pin!(service.ready().await.unwrap().call(()));
    let before = Arc::strong_count(&held);
    call.as_mut().await.unwrap_err();
    assert_eq!(
        Arc::strong_count(&held),
        before - 1,
        "`call` is still alive"
    );
}

#[tokio::test(start_paused = true)]
async fn a_deadline_beyond_the_clock_never_comes() {
    let service = DeadlineLayer::new(Duration::MAX).layer(silent().0);
    let mut call = pin!(service.oneshot(read()));
    assert!(poll_once(call.as_mut()).is_pending());
    advance(SECOND * 86_400 * 365).await;
    assert!(poll_once(call.as_mut()).is_pending());
    let answered = DeadlineLayer::new(Duration::MAX).layer(failing([]).0);
    assert_eq!(answered.oneshot(read()).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_never_rests_is_ended_too() {
    let service = DeadlineLayer::new(SECOND).layer(silent().0);
    let mut call = pin!(service.oneshot(read()));
    assert!(poll_once(call.as_mut()).is_pending());
    advance(SECOND).await;
    // From here on tokio tells the task that nothing is ready, until it yields.
    let answer = poll_fn(|cx| {
        while pin!(tokio::task::consume_budget()).poll(cx).is_ready() {}
        Poll::Ready(call.as_mut().poll(cx))
    })
    .await;
    assert!(matches!(answer, Poll::Ready(Err(_))), "{answer:?}");
}

fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Answers with the time that its caller has left, as it is called and as it is polled.
async fn time_left(layer: DeadlineLayer) -> [Option<Duration>; 2] {
    let service = service_fn(|_| {
        let called = deadline::remaining();
        async move {
            sleep(SECOND / 4).await;
            Ok::<_, Fault>([called, deadline::remaining()])
        }
    });
    let answer = layer.layer(service).oneshot(()).await;
    answer.expect("answers within every deadline here")
}

#[tokio::test(start_paused = true)]
async fn what_runs_under_a_deadline_knows_it() {
    let left = time_left(DeadlineLayer::new(SECOND)).await;
    assert_eq!(left, [Some(SECOND), Some(SECOND * 3 / 4)]);
    assert_eq!(deadline::remaining(), None, "and nothing else does");
    let unbounded = time_left(DeadlineLayer::new(Duration::MAX)).await;
    assert_eq!(unbounded, [None, None]);
}

#[tokio::test(start_paused = true)]
async fn an_inner_deadline_is_cut_to_what_is_left() {
    for (above, expected) in [(SECOND, SECOND), (5 * SECOND, 3 * SECOND)] {
        let end = Instant::now() + above;
        let left = deadline::until(end, time_left(DeadlineLayer::new(3 * SECOND))).await;
        assert_eq!(left[0], Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_cut_short_by_the_operation_says_that_the_operation_was_over() {
    let service = DeadlineLayer::per_attempt(5 * SECOND).layer(silent().0);
    let end = Instant::now() + SECOND;
    let fault = deadline::until(end, service.oneshot(read())).await;
    let fault = fault.unwrap_err();
    assert_eq!(Instant::now(), end);
    assert!(matches!(
        fault.rejected,
        Some(Rejected::DeadlineExceeded { timeout, stage: Stage::MaybeSent }) if timeout == SECOND
    ));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_when_nothing_is_left() {
    let (service, attempts) = failing([]);
    let service = DeadlineLayer::per_attempt(SECOND).layer(service);
    let fault = deadline::until(Instant::now(), service.oneshot(read())).await;
    assert!(fault.is_err());
    assert_eq!(attempts.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_carries_its_deadline_or_has_none() {
    let end = Instant::now() + SECOND;
    let handle = tokio::runtime::Handle::current();
    let seen = deadline::until(end, async {
        let carries = deadline::carry(async { deadline::current() });
        let carries = handle.spawn(carries);
        let forgets = handle.spawn(async { deadline::current() });
        (carries.await.unwrap(), forgets.await.unwrap())
    });
    assert_eq!(seen.await, (Some(end), None));
}

#[tokio::test(start_paused = true)]
async fn only_what_a_layer_drops_in_time_is_told_so() {
    let seen = || async { Ok::<_, Fault>(deadline::is_enforced()) };
    let layer = DeadlineLayer::new(SECOND);
    let end = Instant::now() + SECOND;
    assert!(!deadline::is_enforced());
    let called = layer.layer(service_fn(|()| seen())).oneshot(());
    assert!(called.await.unwrap());
    // A deadline above it that is only told is enforced by the layer below.
    let called = layer.layer(service_fn(|()| seen())).oneshot(());
    assert!(deadline::until(end, called).await.unwrap());
    assert!(!deadline::until(end, seen()).await.unwrap());
    let handle = tokio::runtime::Handle::current();
    let spawns = layer.layer(service_fn(|()| {
        let spawned = handle.spawn(deadline::carry(seen()));
        async { spawned.await.expect("does not panic") }
    }));
    assert!(!spawns.oneshot(()).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn two_tasks_of_one_thread_keep_their_deadlines_apart() {
    let at = |seconds| Instant::now() + SECOND * seconds;
    let watch = |end| {
        deadline::until(end, async move {
            for _ in 0..10 {
                tokio::task::yield_now().await;
                assert_eq!(deadline::current(), Some(end));
            }
        })
    };
    tokio::join!(watch(at(1)), watch(at(2)), async {
        for _ in 0..10 {
            tokio::task::yield_now().await;
            assert_eq!(deadline::current(), None);
        }
    });
}

/// F5 of the facts: no attempt starts with less than its usual time left.
#[tokio::test(start_paused = true)]
async fn f5_no_attempt_starts_that_cannot_finish() {
    for (min_attempt_time, attempts_made) in [(Duration::ZERO, 2), (SECOND, 1)] {
        let policy = RetryPolicy::new()
            .with_seed(42)
            .with_min_attempt_time(min_attempt_time);
        let retry = RetryLayer::new(policy);
        let (service, attempts) = silent();
        let service = DeadlineLayer::per_attempt(SECOND).layer(service);
        let service = DeadlineLayer::new(3 * SECOND / 2).layer(retry.layer(service));
        let start = Instant::now();
        let fault = service.oneshot(read()).await.unwrap_err();
        assert_eq!(attempts.count(), attempts_made);
        if attempts_made == 1 {
            // Given up at once, with the last error: half a second is not enough for another.
            assert_eq!(start.elapsed(), SECOND);
            assert!(matches!(
                fault.rejected,
                Some(Rejected::AttemptTimedOut { .. })
            ));
            assert_eq!(retry.counters().out_of_time(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_ends_after_the_deadline_is_not_begun() {
    let (service, attempts) = always_failing(|| Fault::throttled().retry_after(4 * SECOND));
    let retry = RetryLayer::new(RetryPolicy::new().with_seed(42));
    let service = DeadlineLayer::new(3 * SECOND).layer(retry.layer(service));
    let start = Instant::now();
    let fault = service.oneshot(read()).await.unwrap_err();
    assert_eq!((start.elapsed(), attempts.count()), (Duration::ZERO, 1));
    assert_eq!(fault.facts().stage, Stage::Answered, "the last error");
}

#[tokio::test(start_paused = true)]
async fn switched_off_it_ends_nothing_and_tells_nothing() {
    let switch = Switch::new();
    let layer = DeadlineLayer::new(SECOND).with_switch(switch.clone());
    switch.turn_off();
    assert_eq!(time_left(layer.clone()).await, [None, None]);
    let mut service = layer.layer(silent().0);
    let mut call = pin!(service.ready().await.unwrap().call(read()));
    advance(86_400 * SECOND).await;
    assert!(poll_once(call.as_mut()).is_pending());
    switch.turn_on();
    let fault = layer.layer(silent().0).oneshot(read()).await.unwrap_err();
    assert!(fault.rejected.is_some());
}

/// Runs in a process of its own, since the environment belongs to all tests of one.
#[test]
fn the_environment_switches_layers_off() {
    const CHILD: &str = "LEEWARD_TEST_SWITCH_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            assert_eq!(
                time_left(DeadlineLayer::new(SECOND)).await,
                [None, None],
                "off by the environment"
            );
            let by_hand = DeadlineLayer::new(SECOND).with_switch(Switch::new());
            assert_eq!(time_left(by_hand).await[0], Some(SECOND), "the handle wins");
            let (service, attempts) = failing([Fault::lost()]);
            let retry = RetryLayer::new(RetryPolicy::new());
            retry.layer(service).oneshot(read()).await.unwrap_err();
            assert_eq!((attempts.count(), retry.counters().calls()), (1, 0));
        });
        return;
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "deadline::the_environment_switches_layers_off"])
        .env(CHILD, "1")
        .env("LEEWARD_DEADLINE", "off")
        .env("LEEWARD_RETRY", "OFF")
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{output}");
    assert!(output.contains("1 passed"), "{output}");
}
