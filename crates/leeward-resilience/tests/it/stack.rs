//! The layers on top of each other.

use std::{
    future::poll_fn,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{
    Budget, BudgetConfig, CircuitBreaker, CircuitBreakerLayer, CircuitConfig, CircuitState,
    ConcurrencyLimitConfig, DeadlineLayer, HedgeLayer, HedgePolicy, Plain, RetryLayer, RetryPolicy,
    Switch, TokioClock, TscClock, stack::Preset,
};
use tokio::time::Instant;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use crate::{
    fault::{Fault, always_failing, book, read, silent},
    instantly::{Instantly, assert_allocates_nothing},
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn silence_is_tried_thrice_then_refused_at_once() {
    let breaker = CircuitBreaker::with_clock(CircuitConfig::new().with_seed(42), TokioClock::new());
    let (service, attempts) = silent();
    let mut service = ServiceBuilder::new()
        // Bounds the whole operation, retries included.
        .layer(DeadlineLayer::new(10 * SECOND))
        // Sends transient failures again, within the budget.
        .layer(RetryLayer::new(RetryPolicy::new().with_seed(42)))
        // Refuses what would fail anyway.
        .layer(CircuitBreakerLayer::new(breaker.clone()))
        // Bounds each attempt.
        .layer(DeadlineLayer::per_attempt(SECOND))
        .service(service);
    let fault = service.ready().await.unwrap().call(read()).await;
    assert!(matches!(
        fault.unwrap_err().rejected,
        Some(Rejected::AttemptTimedOut { .. })
    ));
    assert_eq!(attempts.count(), 3);
    let fault = service.ready().await.unwrap().call(read()).await;
    // The fifth silence opens the circuit, whose refusal is not tried again; two attempts of this call were sent.
    assert!(matches!(
        fault.unwrap_err().rejected,
        Some(Rejected::AttemptTimedOut { .. })
    ));
    assert_eq!((attempts.count(), breaker.state()), (5, CircuitState::Open));
    let start = Instant::now();
    let fault = service.ready().await.unwrap().call(read()).await;
    assert!(fault.unwrap_err().is_circuit_open());
    assert_eq!((start.elapsed(), attempts.count()), (Duration::ZERO, 5));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_the_operation_has_the_last_word() {
    let start = Instant::now();
    let service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(3 * SECOND / 2))
        .layer(RetryLayer::new(RetryPolicy::new().with_seed(42)))
        .layer(DeadlineLayer::per_attempt(SECOND))
        .service(silent().0);
    let fault = service.oneshot(read()).await.unwrap_err();
    assert_eq!(start.elapsed(), 3 * SECOND / 2);
    assert_eq!(fault.facts().stage, Stage::MaybeSent);
    assert!(matches!(
        fault.rejected,
        Some(Rejected::DeadlineExceeded { .. })
    ));
}

#[tokio::test]
async fn success_allocates_nothing() {
    let breaker = CircuitBreaker::with_clock(CircuitConfig::new().with_seed(42), TscClock::new());
    let mut service = ServiceBuilder::new()
        .layer(DeadlineLayer::new(10 * SECOND))
        .layer(RetryLayer::new(RetryPolicy::new().with_seed(42)))
        .layer(CircuitBreakerLayer::new(breaker))
        .layer(DeadlineLayer::per_attempt(SECOND))
        .service(Instantly);
    poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
    assert_allocates_nothing(&mut service);
}

#[tokio::test]
async fn a_preset_allocates_nothing_on_success() {
    for preset in [Preset::interactive(), Preset::batch(), Preset::critical()] {
        let mut service = preset.layer().over(Instantly);
        poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
        // What is learned is worked out from the first calls on.
        let allocations = allocation_counter::measure(|| {
            for _ in 0..1_000 {
                let mut cx = Context::from_waker(Waker::noop());
                assert!(service.poll_ready(&mut cx).is_ready());
                let answer = std::future::Future::poll(pin!(service.call(read())), &mut cx);
                assert!(matches!(answer, Poll::Ready(Ok(()))));
            }
        });
        assert_eq!(allocations.count_total, 0, "{preset:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_preset_ends_silence_at_its_deadline_at_the_latest() {
    for (preset, deadline, attempts_made) in [
        (Preset::interactive(), 3, 3),
        (Preset::batch(), 90, 5),
        (Preset::critical(), 10, 4),
    ] {
        let (service, attempts) = silent();
        let service = preset.layer_with_clock(TokioClock::new()).over(service);
        let start = Instant::now();
        service.oneshot(read()).await.unwrap_err();
        assert!(start.elapsed() <= deadline * SECOND);
        assert_eq!(attempts.count(), attempts_made);
    }
}

#[tokio::test(start_paused = true)]
async fn hedges_keep_their_share_while_retries_are_off() {
    for retries in [Switch::new(), Switch::off()] {
        let budget = Budget::new(BudgetConfig::new().with_floor(0));
        let hedge = HedgeLayer::new(HedgePolicy::after(SECOND / 100));
        let hedge = hedge.with_budget(budget.withdraw_only());
        let mut service = ServiceBuilder::new()
            .layer(
                RetryLayer::new(RetryPolicy::new())
                    .with_budget(budget)
                    .with_switch(retries.clone()),
            )
            .layer(hedge.clone())
            .service(service_fn(|_: Plain<()>| async {
                tokio::time::sleep(SECOND / 10).await;
                Ok::<_, Fault>(())
            }));
        for _ in 0..1_000 {
            service.ready().await.unwrap().call(read()).await.unwrap();
        }
        assert_eq!(hedge.counters().hedges(), 100, "{retries:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn presets_that_share_a_budget_draw_on_the_same_tokens() {
    let config = BudgetConfig::new()
        .with_floor(3)
        .with_floor_interval(1_000 * SECOND);
    let budget = Budget::new(config);
    // Two retries for the first, one for the second, none for the third.
    for expected in [3, 2, 1] {
        let (service, attempts) = silent();
        let layer = Preset::interactive()
            .layer_with_clock(TokioClock::new())
            .with_budget(budget.clone());
        let call = layer.over(service).oneshot(read());
        call.await.unwrap_err();
        assert_eq!(attempts.count(), expected);
        assert_eq!(layer.budget().tokens(), budget.tokens());
    }
}

/// Pitfall 15 of the facts: an error of `poll_ready` is for good, to a buffer or a balancer above.
#[tokio::test(start_paused = true)]
async fn pitfall_15_what_a_layer_refuses_it_refuses_in_the_call() {
    let full = ConcurrencyLimitConfig::fixed(1).with_max_waiting(0);
    let preset = || Preset::interactive().with_concurrency(full);
    let open = preset().layer_with_clock(TokioClock::new());
    open.breaker().force_open();
    let busy = preset().layer_with_clock(TokioClock::new());
    let _all_there_is = busy.limiter().try_acquire().unwrap();
    let late = preset()
        .with_deadline(Duration::ZERO)
        .layer_with_clock(TokioClock::new());
    let no_time = preset().with_attempt_timeout(Duration::ZERO);
    let no_time = no_time.layer_with_clock(TokioClock::new());
    for refusing in [open, busy, late, no_time] {
        let mut service = refusing.over(Instantly);
        for _ in 0..3 {
            let ready = poll_fn(|cx| Poll::Ready(service.poll_ready(cx))).await;
            assert!(matches!(ready, Poll::Ready(Ok(()))), "{refusing:?}");
            let fault = service.call(read()).await.unwrap_err();
            assert!(fault.rejected.is_some(), "{refusing:?}");
        }
    }
}

/// Pitfall 18 of the facts: a layer that reads the system's clock does not see the hour that a test lets pass in no time, and
/// would still rest after it.
#[tokio::test(start_paused = true)]
async fn pitfall_18_an_hour_of_a_paused_clock_is_an_hour_to_every_layer() {
    let (silence, attempts) = silent();
    let stack = Preset::critical().layer_with_clock(TokioClock::new());
    let mut service = stack.over(silence);
    let (began, mut refused) = (Instant::now(), 0);
    while began.elapsed() < 3_600 * SECOND {
        let fault = service.ready().await.unwrap().call(read()).await;
        refused += u32::from(fault.unwrap_err().is_circuit_open());
        tokio::time::sleep(SECOND).await;
    }
    assert!(refused > 100, "it rests: {refused}");
    assert!(attempts.count() > 100, "and probes: {}", attempts.count());
}

/// Pitfall 17 of the facts: three attempts of three attempts are nine.
#[tokio::test(start_paused = true)]
async fn pitfall_17_one_operation_is_three_attempts_whatever_is_stacked() {
    let (service, attempts) = always_failing(Fault::lost);
    let layer = Preset::interactive().layer_with_clock(TokioClock::new());
    layer.over(service).oneshot(read()).await.unwrap_err();
    assert_eq!(attempts.count(), 3);
    assert_eq!((layer.retries().retries(), layer.hedges().hedges()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_lost_probe_of_a_preset_keeps_its_place_for_two_attempts() {
    for (preset, rest, place) in [
        (Preset::interactive(), 2, 2),
        (Preset::batch(), 5, 30),
        (Preset::critical(), 1, 4),
    ] {
        let layer = preset.layer_with_clock(TokioClock::new());
        while layer.breaker().state() == CircuitState::Closed {
            let (failing, _) = always_failing(Fault::lost);
            let _ = layer.over(failing).oneshot(book()).await;
        }
        tokio::time::sleep(rest * SECOND * 5 / 4).await;
        let _lost = layer.breaker().admit().expect("the probe");
        let Err(Rejected::CircuitOpen { retry_in }) = layer.breaker().admit() else {
            panic!("half-open");
        };
        assert_eq!(retry_in, place * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn a_circuit_closes_again_however_long_an_attempt_may_take() {
    let preset = Preset::interactive()
        .with_deadline(Duration::from_secs(60))
        .with_attempt_timeout(Duration::from_secs(20));
    let layer = preset.layer_with_clock(TokioClock::new());
    let breaker = layer.breaker().clone();
    for _ in 0..20 {
        let (failing, _) = always_failing(Fault::lost);
        let _ = layer.over(failing).oneshot(book()).await;
    }
    assert_eq!(breaker.state(), CircuitState::Open);
    tokio::time::sleep(Duration::from_secs(5)).await;
    // A probe of eight seconds, and calls that come every second meanwhile.
    let slow = service_fn(|_: Plain<()>| async {
        tokio::time::sleep(Duration::from_secs(8)).await;
        Ok::<_, Fault>(())
    });
    let probe = layer.over(slow).oneshot(book());
    let others = async {
        for _ in 0..7 {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let (service, _) = always_failing(Fault::lost);
            let _ = layer.over(service).oneshot(book()).await;
        }
    };
    let (answer, ()) = tokio::join!(probe, others);
    answer.unwrap();
    assert_eq!(breaker.state(), CircuitState::Closed);
}

/// A call that waits in line is not slow, and its hedge would only wait behind it.
#[tokio::test(start_paused = true)]
async fn a_preset_hedges_no_call_that_waits_in_line_and_learns_nothing_of_its_wait() {
    let config = ConcurrencyLimitConfig::fixed(1)
        .with_max_waiting(100)
        .with_max_wait(60 * SECOND);
    let layer = Preset::interactive()
        .with_hedge(HedgePolicy::after_multiple(3).with_min_calls(20))
        .with_concurrency(config)
        .layer_with_clock(TokioClock::new());
    let service = layer.over(service_fn(|_: Plain<()>| async {
        tokio::time::sleep(SECOND / 50).await;
        Ok::<_, Fault>(())
    }));
    // Of which the last waits for two seconds, a hundred times as long as it is under way.
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        calls.spawn(service.clone().oneshot(read()));
    }
    while let Some(answer) = calls.join_next().await {
        answer.unwrap().unwrap();
    }
    assert_eq!(layer.hedges().hedges(), 0);
    // What it has learned meanwhile is how long the service takes: a call that takes seven times as long is hedged.
    let slow = layer.over(service_fn(|_: Plain<()>| async {
        tokio::time::sleep(SECOND / 7).await;
        Ok::<_, Fault>(())
    }));
    slow.oneshot(read()).await.unwrap();
    assert_eq!(
        (layer.hedges().hedges(), layer.limiter().in_flight()),
        (1, 0)
    );
}

/// A single Region has nowhere else to go: what has recovered is called again, by all.
#[tokio::test(start_paused = true)]
async fn a_preset_refuses_nothing_once_its_circuit_has_closed() {
    for preset in [Preset::interactive(), Preset::batch(), Preset::critical()] {
        let layer = preset.layer_with_clock(TokioClock::new());
        while layer.breaker().state() == CircuitState::Closed {
            let (failing, _) = always_failing(Fault::lost);
            let _ = layer.over(failing).oneshot(book()).await;
        }
        tokio::time::sleep(10 * SECOND).await;
        let service = layer.over(Instantly);
        service.clone().oneshot(read()).await.expect("the probe");
        for _ in 0..1_000 {
            tokio::time::sleep(SECOND / 100).await;
            let answer = service.clone().oneshot(read()).await;
            answer.expect("the service answers");
        }
    }
}

/// The refusal says what the caller waits for.
#[tokio::test(start_paused = true)]
async fn a_circuit_that_starts_slowly_or_is_held_open_says_so() {
    let config = CircuitConfig::new()
        .with_consecutive_failures(1)
        .with_slow_start(10 * SECOND, leeward_resilience::Ratio::percent(1))
        .with_seed(42);
    let breaker = CircuitBreaker::with_clock(config, TokioClock::new());
    let refused = || breaker.admit().unwrap_err().to_string();
    breaker.admit().unwrap().fail(&Fault::lost().facts());
    assert!(refused().starts_with("circuit open, next probe in "));
    tokio::time::sleep(10 * SECOND).await;
    breaker.admit().unwrap().succeed();
    let _first = breaker.admit().unwrap();
    let slowly = "circuit starting slowly after an outage, not every call passes yet";
    assert_eq!(
        (breaker.state(), refused().as_str()),
        (CircuitState::Closed, slowly)
    );
    breaker.force_open();
    let held = "circuit held open until it is reset or set to another mode";
    assert_eq!(refused(), held);
}
