//! A rate that is learned from pleas for fewer calls.

use std::time::Duration;

use leeward_error_taxonomy::{Category, Classify, Facts, Stage, Verdict};
use leeward_resilience::{
    Plain, Rate, RateLimitConfig, RateLimitLayer, RateLimiter, Switch, TokioClock,
};
use leeward_testkit::contracts::{Failing, Script, ScriptedRequest};
use tokio::time::sleep;
use tower::{Layer, Service, ServiceExt};

use crate::fault::{Fault, always_failing, read};

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

fn limiter(config: RateLimitConfig) -> RateLimiter<TokioClock> {
    RateLimiter::with_clock(config, TokioClock::new())
}

/// A service that bears `bears` calls a second, and asks for fewer when more come.
fn bearing(
    bears: u32,
) -> impl Service<Plain<()>, Response = (), Error = Fault, Future: Send> + Clone {
    let capacity = Rate::per_second(bears).with_burst(bears / 10 + 1);
    let capacity = limiter(RateLimitConfig::fixed(capacity));
    tower::service_fn(move |_: Plain<()>| {
        let answer = capacity.try_acquire().map_err(|_| Fault::throttled());
        async move {
            sleep(20 * MILLISECOND).await;
            answer
        }
    })
}

/// Calls 200 times a second for so long: how many calls a second were answered, how many were turned away by the service.
async fn drive<S>(service: &S, seconds: u32) -> (usize, usize)
where
    S: Service<Plain<()>, Response = (), Error = Fault, Future: Send + 'static> + Clone,
{
    let mut calls = tokio::task::JoinSet::new();
    let mut service = service.clone();
    for _ in 0..200 * seconds {
        let ready = service.ready().await.expect("always ready");
        calls.spawn(ready.call(read()));
        sleep(5 * MILLISECOND).await;
    }
    let (mut answered, mut throttled) = (0, 0);
    while let Some(answer) = calls.join_next().await {
        match answer.expect("no call panics") {
            Ok(()) => answered += 1,
            Err(fault) if fault.rejected.is_none() => throttled += 1,
            Err(_) => {}
        }
    }
    (answered / seconds as usize, throttled / seconds as usize)
}

#[tokio::test(start_paused = true)]
async fn an_adaptive_limit_slows_to_what_the_service_bears_and_comes_back() {
    let limiter = limiter(RateLimitConfig::adaptive());
    let layer = RateLimitLayer::new(limiter.clone());
    let bare = bearing(50);
    let (_, without) = drive(&bare, 60).await;
    let (answered, with) = drive(&layer.layer(bare), 60).await;
    assert!(without >= 145, "{without}");
    assert!(
        with <= without / 10,
        "{with} pleas a second, {without} without"
    );
    assert!(answered >= 35, "{answered}");
    assert!(limiter.throttled_rate().is_some());

    // Another client of the Region profits at once, and the service is well again.
    let (_, throttled) = drive(&layer.layer(bearing(1_000)), 60).await;
    assert_eq!((throttled, limiter.throttled_rate()), (0, None));
}

#[tokio::test(start_paused = true)]
async fn pleas_for_calls_of_one_moment_slow_down_once() {
    let limiter = limiter(RateLimitConfig::adaptive());
    let (scripted, script) = Script::new();
    let mut service = RateLimitLayer::new(limiter.clone()).layer(scripted);
    script.hold();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let ready = ServiceExt::<ScriptedRequest>::ready(&mut service).await;
        calls.spawn(ready.unwrap().call(Script::request()));
    }
    tokio::task::yield_now().await;
    assert_eq!(limiter.throttled_rate(), None);
    for _ in 0..100 {
        script.release(Err(Failing::Throttled));
        calls.join_next().await.unwrap().unwrap().unwrap_err();
        sleep(MILLISECOND).await;
    }
    // A hundred in the first half second are two hundred a second.
    let rate = limiter.throttled_rate().unwrap();
    assert!((rate - 140.0).abs() < 1e-9, "{rate}");
}

#[tokio::test(start_paused = true)]
async fn only_pleas_for_fewer_calls_slow_an_adaptive_limit() {
    for fault in [
        Fault::lost,
        Fault::not_sent,
        Fault::invalid,
        Fault::no_credentials,
    ] {
        let limiter = limiter(RateLimitConfig::adaptive());
        let mut service = RateLimitLayer::new(limiter.clone()).layer(always_failing(fault).0);
        for _ in 0..10 {
            service
                .ready()
                .await
                .unwrap()
                .call(read())
                .await
                .unwrap_err();
        }
        assert_eq!(limiter.throttled_rate(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_switched_off_learns_nothing() {
    let limiter = limiter(RateLimitConfig::adaptive());
    let switch = Switch::off();
    let layer = RateLimitLayer::new(limiter.clone()).with_switch(switch.clone());
    let mut service = layer.layer(always_failing(Fault::throttled).0);
    for expected in [false, true] {
        let call = service.ready().await.unwrap().call(read());
        call.await.unwrap_err();
        assert_eq!(limiter.throttled_rate().is_some(), expected);
        switch.turn_on();
    }
}

/// A limiter that a plea has slowed to fewer than two calls a second.
fn slowed() -> RateLimiter<TokioClock> {
    let limiter = limiter(RateLimitConfig::adaptive().with_max_wait(60 * SECOND));
    limiter.try_acquire().expect("nobody has asked for fewer");
    limiter.failed(&Fault::throttled().facts());
    assert!(limiter.throttled_rate().is_some_and(|rate| rate < 2.0));
    limiter
}

leeward_testkit::waiting_contract! {
    line: RateLimitLayer::new(slowed());
}

#[tokio::test(start_paused = true)]
async fn a_share_that_is_taken_without_the_layer_teaches_as_a_call_does() {
    let limiter = RateLimiter::with_clock(RateLimitConfig::adaptive(), TokioClock::new());
    for _ in 0..100 {
        limiter.try_pass().unwrap().succeed();
    }
    drop(limiter.try_pass().unwrap());
    assert_eq!(limiter.throttled_rate(), None);
    let plea = Facts::new(Stage::Answered, Category::RateLimit, Verdict::Throttled);
    limiter.try_pass().unwrap().fail(&plea);
    assert!(limiter.throttled_rate().is_some());
}
