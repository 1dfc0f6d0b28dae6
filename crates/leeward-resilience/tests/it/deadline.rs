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
use leeward_resilience::DeadlineLayer;
use tokio::time::{Instant, advance, sleep};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::fault::{Fault, failing, read, silent};

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

    let mut service = DeadlineLayer::new(SECOND).layer(service);
    let late = service.ready().await.unwrap().call(());
    advance(SECOND).await;
    assert_eq!(late.await.unwrap_err().facts().stage, Stage::NotSent);
    assert!(!polled.load(Ordering::Relaxed));
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
