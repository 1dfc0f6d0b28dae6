use std::{
    future::{Future, ready},
    num::NonZeroUsize,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{
    KeyedRateLimitLayer, KeyedRateLimiter, Plain, Rate, RateLimitConfig, RateLimitLayer,
    RateLimiter, Switch, TokioClock,
};
use leeward_testkit::contracts::ScriptedRequest;
use proptest::{
    prelude::{ProptestConfig, prop_assert, proptest},
    test_runner::RngSeed,
};
use tokio::time::{Instant, advance};
use tower::{Layer, Service, ServiceExt};

use crate::{
    fault::{Fault, failing, read},
    instantly::{Instantly, assert_allocates_nothing},
    manual_clock::ManualClock,
};

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Ten calls a second, two at once.
pub(crate) const TEN: Rate = Rate::per_second(10).with_burst(2);

/// So many keys at most.
pub(crate) fn keys(max_keys: usize) -> NonZeroUsize {
    NonZeroUsize::new(max_keys).expect("more than none")
}

pub(crate) fn limiter(config: RateLimitConfig) -> RateLimiter<TokioClock> {
    RateLimiter::with_clock(config, TokioClock::new())
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[track_caller]
pub(crate) fn assert_full<T>(answer: Result<T, Fault>) {
    let fault = answer.err().expect("there is no share");
    assert!(matches!(fault.rejected, Some(Rejected::LimiterFull)));
    assert_eq!(fault.facts().stage, Stage::NotSent);
    assert!(fault.rejected.is_some_and(|it| it.is_free_to_fail_over()));
}

/// How long after `start` each of so many calls, all made at once, reached the service; those that were refused are
/// missing.
async fn reached_after(config: RateLimitConfig, calls: usize) -> Vec<u128> {
    let start = Instant::now();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let service = tower::service_fn(move |_: Plain<()>| {
        let after = start.elapsed().as_millis();
        noted.lock().expect("not poisoned").push(after);
        ready(Ok::<_, Fault>(()))
    });
    let mut service = RateLimitLayer::new(limiter(config)).layer(service);
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..calls {
        let ready = service.ready().await.expect("always ready");
        waiting.spawn(ready.call(read()));
    }
    while waiting.join_next().await.is_some() {}
    let seen = seen.lock().expect("not poisoned");
    seen.clone()
}

#[tokio::test(start_paused = true)]
async fn a_burst_passes_and_the_rest_waits_its_turn() {
    let config = RateLimitConfig::fixed(TEN);
    assert_eq!(reached_after(config, 5).await, [0, 0, 100, 200, 300]);
}

#[tokio::test(start_paused = true)]
async fn whoever_would_wait_too_long_is_refused_at_once() {
    let config = RateLimitConfig::fixed(TEN);
    let by_time = config.with_max_wait(200 * MILLISECOND);
    assert_eq!(reached_after(by_time, 10).await, [0, 0, 100, 200]);
    let by_number = config.with_max_waiting(1);
    assert_eq!(reached_after(by_number, 10).await, [0, 0, 100]);
    let at_once = config.with_max_waiting(0);
    assert_eq!(reached_after(at_once, 10).await, [0, 0]);

    let (service, attempts) = failing([]);
    let mut service = RateLimitLayer::new(limiter(at_once)).layer(service);
    for _ in 0..2 {
        service.ready().await.unwrap().call(read()).await.unwrap();
    }
    let start = Instant::now();
    assert_full(service.ready().await.unwrap().call(read()).await);
    assert_eq!((start.elapsed(), attempts.count()), (Duration::ZERO, 2));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_gives_up_takes_nothing_and_delays_nobody() {
    let limiter = limiter(RateLimitConfig::fixed(TEN));
    let (service, attempts) = failing([]);
    let mut service = RateLimitLayer::new(limiter.clone()).layer(service);
    for _ in 0..2 {
        service.ready().await.unwrap().call(read()).await.unwrap();
    }
    let start = Instant::now();
    let first = service.ready().await.unwrap().call(read());
    let second = service.ready().await.unwrap().call(read());
    assert_eq!(limiter.waiting(), 2);
    drop(first);
    assert_eq!(limiter.waiting(), 1);
    // What the first leaves goes to whoever comes next.
    let third = service.ready().await.unwrap().call(read());
    let (second, third) = tokio::join!(second, third);
    second.unwrap();
    third.unwrap();
    assert_eq!(start.elapsed(), 200 * MILLISECOND);
    assert_eq!((limiter.waiting(), attempts.count()), (0, 4));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_and_is_not_polled_holds_nobody_up() {
    let limiter = limiter(RateLimitConfig::fixed(TEN));
    let mut service = RateLimitLayer::new(limiter.clone()).layer(failing([]).0);
    for _ in 0..2 {
        service.ready().await.unwrap().call(read()).await.unwrap();
    }
    let mut forgotten = Box::pin(service.ready().await.unwrap().call(read()));
    assert!(poll_once(forgotten.as_mut()).is_pending());
    for _ in 0..20 {
        service.ready().await.unwrap().call(read()).await.unwrap();
    }
    forgotten.await.unwrap();
}

/// Pitfall 3: a limit that cannot be cloned needs a buffer and its task. Here clones share the rate.
#[tokio::test(start_paused = true)]
async fn clones_and_further_services_share_the_rate() {
    let config = RateLimitConfig::fixed(TEN).with_max_waiting(0);
    let layer = RateLimitLayer::new(limiter(config));
    let mut one = layer.layer(failing([]).0);
    let mut clone = one.clone();
    let mut other = layer.clone().layer(failing([]).0);
    one.ready().await.unwrap().call(read()).await.unwrap();
    clone.ready().await.unwrap().call(read()).await.unwrap();
    assert_full(other.ready().await.unwrap().call(read()).await);
    advance(SECOND / 10).await;
    other.ready().await.unwrap().call(read()).await.unwrap();
    assert_full(one.ready().await.unwrap().call(read()).await);
}

#[tokio::test(start_paused = true)]
async fn readiness_that_is_not_used_takes_no_share() {
    let limiter = limiter(RateLimitConfig::fixed(TEN).with_max_waiting(0));
    let mut service = RateLimitLayer::new(limiter).layer(failing([]).0);
    for _ in 0..10 {
        service.clone().ready().await.unwrap();
    }
    for _ in 0..2 {
        service.ready().await.unwrap().call(read()).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn keys_have_a_rate_each_and_those_beyond_the_bound_share_one() {
    let config = RateLimitConfig::fixed(Rate::per_second(1)).with_max_waiting(0);
    let limiters = KeyedRateLimiter::with_clock(config, keys(2), TokioClock::new());
    let layer = KeyedRateLimitLayer::new(limiters.clone(), |request: &Plain<u32>| {
        request.clone().into_inner()
    });
    let service = tower::service_fn(|_| ready(Ok::<_, Fault>(())));
    let mut service = layer.layer(service);
    let mut passed = String::new();
    for key in [1, 2, 1, 2, 3, 4, 3] {
        let answer = service.ready().await.unwrap().call(Plain::new(key)).await;
        passed.push(if answer.is_ok() { 'y' } else { 'n' });
    }
    assert_eq!((passed.as_str(), limiters.keys()), ("yynnynn", 2));
}

#[tokio::test(start_paused = true)]
async fn a_million_keys_take_no_more_room_than_the_bound_and_idle_ones_go() {
    let config = RateLimitConfig::fixed(Rate::per_second(1));
    let clock = ManualClock::default();
    let limiters = KeyedRateLimiter::with_clock(config, keys(100), clock.clone());
    for key in 0..1_000_000 {
        let _ = limiters.of(&key).try_acquire();
    }
    assert_eq!(limiters.keys(), 100);
    let held = limiters.of(&7);
    clock.advance(60 * SECOND);
    let _ = limiters.of(&1_000_000).try_acquire();
    assert_eq!(
        limiters.keys(),
        2,
        "the new one, and one in somebody's hands"
    );
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_switched_off_lets_everything_pass() {
    let switch = Switch::off();
    let config = RateLimitConfig::fixed(TEN).with_max_waiting(0);
    let limiter = limiter(config);
    let layer = RateLimitLayer::new(limiter.clone()).with_switch(switch.clone());
    let mut service = layer.layer(failing([]).0);
    for _ in 0..10 {
        service.ready().await.unwrap().call(read()).await.unwrap();
    }
    switch.turn_on();
    for _ in 0..2 {
        service.ready().await.unwrap().call(read()).await.unwrap();
    }
    assert_full(service.ready().await.unwrap().call(read()).await);
}

#[tokio::test]
async fn a_call_that_finds_a_share_allocates_nothing() {
    let fixed = RateLimitConfig::fixed(Rate::per_second(1_000));
    for config in [
        fixed,
        fixed.with_adaptation(true),
        RateLimitConfig::adaptive(),
    ] {
        let mut service = RateLimitLayer::new(limiter(config)).layer(Instantly);
        assert_allocates_nothing(&mut service);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        rng_seed: RngSeed::Fixed(42),
        ..ProptestConfig::default()
    })]

    /// In any window there pass no more calls than the burst and what the rate adds, whoever comes, waits or gives up.
    #[test]
    fn never_more_than_the_rate_and_one_burst(
        calls in 1_u32..2_000,
        burst in 1_u32..20,
        steps in proptest::collection::vec((0_u64..30_000, 0_u8..4), 1..150),
    ) {
        let rate = Rate::per_second(calls).with_burst(burst);
        let interval = Duration::from_nanos(1_000_000_000_u64.div_ceil(u64::from(calls)));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let mut passed = runtime.block_on(async {
            let passed = Arc::new(Mutex::new(Vec::new()));
            let noted = Arc::clone(&passed);
            let service = tower::service_fn(move |_: Plain<()>| {
                noted.lock().unwrap().push(Instant::now());
                ready(Ok::<_, Fault>(()))
            });
            let limiter = limiter(RateLimitConfig::fixed(rate));
            let mut service = RateLimitLayer::new(limiter.clone()).layer(service);
            let mut waiting = Vec::new();
            for (micros, step) in steps {
                advance(Duration::from_micros(micros)).await;
                waiting.push(Box::pin(service.ready().await.unwrap().call(read())));
                // Some are polled, some forgotten for a while, some given up.
                let skipped = usize::from(step);
                let mut at = 0;
                waiting.retain_mut(|call| {
                    at += 1;
                    at % 3 == skipped || poll_once(call.as_mut()).is_pending()
                });
                if step == 3 && !waiting.is_empty() {
                    drop(waiting.remove(0));
                }
            }
            drop(waiting);
            assert_eq!(limiter.waiting(), 0);
            drop(service);
            Arc::into_inner(passed).unwrap().into_inner().unwrap()
        });
        passed.sort();
        for (at, from) in passed.iter().enumerate() {
            for (more, to) in passed[at..].iter().enumerate() {
                let allowed = u128::from(burst) + (*to - *from).as_nanos() / interval.as_nanos();
                prop_assert!((more + 1) as u128 <= allowed, "{} in {:?}", more + 1, *to - *from);
            }
        }
    }
}

leeward_testkit::contract! {
    ample: RateLimitLayer::new(limiter(RateLimitConfig::fixed(Rate::per_second(1_000))));
    waiting: RateLimitLayer::new(limiter(
        RateLimitConfig::fixed(Rate::per_second(10).with_burst(30)).with_max_wait(10 * SECOND),
    ));
    self_adapting: RateLimitLayer::new(limiter(RateLimitConfig::adaptive()));
    keyed: KeyedRateLimitLayer::new(
        KeyedRateLimiter::with_clock(
            RateLimitConfig::fixed(Rate::per_second(1_000)),
            keys(10),
            TokioClock::new(),
        ),
        |_: &ScriptedRequest| (),
    );
}

/// A call in four seconds, and others that wait for a minute.
fn slow() -> RateLimitConfig {
    let rate = Rate::new(1, 4 * SECOND).expect("a rate");
    RateLimitConfig::fixed(rate).with_max_wait(60 * SECOND)
}

leeward_testkit::waiting_contract! {
    line: RateLimitLayer::new(limiter(slow()));
    self_adapting_line: RateLimitLayer::new(limiter(slow().with_adaptation(true)));
    keyed_line: KeyedRateLimitLayer::new(
        KeyedRateLimiter::with_clock(slow(), keys(10), TokioClock::new()),
        |_: &ScriptedRequest| (),
    );
}
