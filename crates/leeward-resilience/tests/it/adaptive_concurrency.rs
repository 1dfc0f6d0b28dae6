//! A number of calls in flight that is learned from how long answers take.

use std::{task::Poll, time::Duration};

use leeward_resilience::{ConcurrencyLimitConfig, ConcurrencyLimitLayer, DeadlineLayer, Switch};
use leeward_testkit::contracts::{Failing, Script, ScriptedError};
use tokio::time::advance;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::{
    concurrency_limit::{adaptive, call, counts, limiter, poll_once},
    fault::{Fault, always_failing, read, silent},
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn attempts_that_run_out_of_time_shrink_an_adaptive_limit_to_its_minimum() {
    let limiter = limiter(adaptive());
    let mut service = ServiceBuilder::new()
        .layer(ConcurrencyLimitLayer::new(limiter.clone()))
        .layer(DeadlineLayer::per_attempt(SECOND))
        .service(silent().0);
    service
        .ready()
        .await
        .unwrap()
        .call(read())
        .await
        .unwrap_err();
    assert_eq!(limiter.limit(), 90);
    for _ in 0..100 {
        service
            .ready()
            .await
            .unwrap()
            .call(read())
            .await
            .unwrap_err();
    }
    assert_eq!((limiter.limit(), limiter.in_flight()), (10, 0));
}

#[tokio::test(start_paused = true)]
async fn an_overdue_call_that_is_dropped_shrinks_an_adaptive_limit() {
    let limiter = limiter(adaptive());
    let service = service_fn(|silent: bool| async move {
        let time = if silent { 60_000 } else { 100 };
        tokio::time::sleep(Duration::from_millis(time)).await;
        Ok::<_, Fault>(())
    });
    let mut service = ConcurrencyLimitLayer::new(limiter.clone()).layer(service);
    for _ in 0..20 {
        service.ready().await.unwrap().call(false).await.unwrap();
    }
    let early = service.ready().await.unwrap().call(true);
    let _ = tokio::time::timeout(SECOND / 10, early).await;
    assert_eq!(limiter.limit(), 100);
    let overdue = service.ready().await.unwrap().call(true);
    let _ = tokio::time::timeout(SECOND / 5, overdue).await;
    assert_eq!((limiter.limit(), limiter.in_flight()), (90, 0));
}

#[tokio::test(start_paused = true)]
async fn a_plea_for_fewer_calls_shrinks_an_adaptive_limit_and_passes_unchanged() {
    let limiter = limiter(adaptive());
    let (scripted, script) = Script::new();
    let mut service = ConcurrencyLimitLayer::new(limiter.clone()).layer(scripted);
    for (failing, limit) in [
        (Failing::Final, 100),
        (Failing::Transient, 100),
        (Failing::Throttled, 90),
    ] {
        script.fail(failing);
        let answer = call(&mut service).await.await;
        let error = answer.unwrap_err();
        assert!(matches!(error, ScriptedError::Failed { failing: seen, .. } if seen == failing));
        assert_eq!(limiter.limit(), limit, "{failing:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_switched_off_learns_nothing() {
    let limiter = limiter(adaptive());
    let switch = Switch::off();
    let layer = ConcurrencyLimitLayer::new(limiter.clone()).with_switch(switch.clone());
    let mut service = layer.layer(always_failing(Fault::throttled).0);
    for expected in [100, 90] {
        let call = service.ready().await.unwrap().call(read());
        call.await.unwrap_err();
        assert_eq!(limiter.limit(), expected);
        switch.turn_on();
    }
}

/// A service made for each connection, as axum's `Router::layer` or a `MakeService` does: what one learns, all heed.
#[tokio::test(start_paused = true)]
async fn services_that_are_made_for_each_connection_learn_one_limit() {
    let limiter = limiter(adaptive());
    let layer = ConcurrencyLimitLayer::new(limiter.clone());
    let per_connection = || layer.clone().layer(always_failing(Fault::throttled).0);
    for expected in [90, 81] {
        per_connection().oneshot(read()).await.unwrap_err();
        assert_eq!(limiter.limit(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_adaptive_limit_that_rises_lets_those_in_who_wait() {
    let config = ConcurrencyLimitConfig::adaptive()
        .with_bounds(1, 10)
        .with_initial(1)
        .with_max_wait(60 * SECOND);
    let limiter = limiter(config);
    let held = limiter.try_acquire().unwrap();
    let mut waiting = Box::pin(limiter.acquire());
    assert!(poll_once(waiting.as_mut()).is_pending());
    drop(held);
    // The waiter has the one place now; answers make it two, which lets the next one in.
    let mut second = Box::pin(limiter.acquire());
    assert!(poll_once(second.as_mut()).is_pending());
    let mut permit = waiting.await.unwrap();
    for _ in 0..40 {
        advance(SECOND / 10).await;
        permit.succeed();
        permit = match poll_once(second.as_mut()) {
            Poll::Ready(permit) => permit.unwrap(),
            Poll::Pending => panic!("nobody else waits"),
        };
        second = Box::pin(limiter.acquire());
        if let Poll::Ready(next) = poll_once(second.as_mut()) {
            assert!(limiter.limit() > 1);
            assert_eq!(counts(&limiter), (2, 0));
            return drop((permit, next));
        }
    }
    panic!("the limit never rose");
}
