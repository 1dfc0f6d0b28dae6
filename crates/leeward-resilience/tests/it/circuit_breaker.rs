//! The breaker as a layer.
//!
//! Where the checks of peers (P), pitfalls (4.) and scenarios (F) of `facts/resilience.md` are held:
//!
//! | | test |
//! |---|---|
//! | P1, 4.8 | `p1_old_successes_do_not_keep_it_closed`, `window::p1_a_hundred_thousand_old_successes_weigh_nothing` |
//! | P2, 4.8 | `p2_a_call_costs_the_same_however_many_are_in_the_window` |
//! | P5, 4.8 | `p5_opens_in_the_first_moment_after_the_start`, `p5_a_burst_in_one_moment_counts_call_by_call` |
//! | P6, 4.6 | `p6_threads_get_one_probe_between_them`, `model::one_of_two_threads_gets_the_probe` |
//! | P7, 4.7 | `p7_a_breaker_inside_a_timeout_…`, `p7_losers_of_hedges_show_an_outage`, `a_black_hole_…` |
//! | P9, 4.5, F2 | `p9_late_answers_of_any_earlier_generation_change_nothing`, `circuit_tests::late_answers_change_nothing`, `model::f2_…` |
//! | 4.1, 4.2 | `contract::circuit_breaker::calls_the_instance_that_was_readied`, `…::unused_readiness_starves_nobody` |
//! | 4.4, F1 | `f1_closes_within_one_lease_wherever_a_probe_was_dropped`, `circuit_tests::a_lost_probe_is_replaced_…` |
//! | 4.18 | every test here: none waits, all stand on a clock that is moved by hand or by tokio |
//! | 4.19 | `says_when_the_next_probe_is_due`; the router's `with_every_circuit_open_calls_go_to_the_region_that_opened_the_longest_time_ago` |
//! | 4.20 | `circuit_tests::rests_longer_only_on_a_relapse` |
//! | F6, F10 | `f6_one_operation_that_fails_leaves_the_others_alone`, `f10_a_million_keys_need_the_memory_of_the_bound` |
//! | F9 | `f9_a_clock_that_jumps_trips_nothing` |

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Waker},
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Rejected, Stage};
use leeward_resilience::{
    CircuitBreaker, CircuitBreakerLayer, CircuitConfig, CircuitState, DeadlineLayer, Ratio,
    TokioClock,
};
use tokio::time::{advance, sleep, timeout};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::{
    fault::{Fault, always_failing, failing, read, silent},
    manual_clock::ManualClock,
};

const SECOND: Duration = Duration::from_secs(1);

fn config() -> CircuitConfig {
    CircuitConfig::new()
        .with_rest_jitter(Ratio::percent(0))
        .with_slow_start(Duration::ZERO, Ratio::percent(100))
        .with_seed(42)
}

fn breaker() -> CircuitBreaker<TokioClock> {
    CircuitBreaker::with_clock(config(), TokioClock::new())
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_behind_the_callers_timeout_opens_it() {
    let breaker = breaker();
    let (service, attempts) = silent();
    let mut service = CircuitBreakerLayer::new(breaker.clone()).layer(service);
    for _ in 0..5 {
        let call = service.ready().await.unwrap().call(read());
        assert!(timeout(SECOND, call).await.is_err());
    }
    assert_eq!(breaker.state(), CircuitState::Open);
    let fault = service.ready().await.unwrap().call(read()).await;
    let fault = fault.unwrap_err();
    assert!(fault.is_circuit_open());
    assert_eq!(fault.facts().stage, Stage::NotSent);
    assert_eq!(attempts.count(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_over_a_deadline_opens_it() {
    for deadline in [
        DeadlineLayer::new(2 * SECOND),
        DeadlineLayer::per_attempt(2 * SECOND),
    ] {
        let breaker = breaker();
        let mut service = ServiceBuilder::new()
            .layer(CircuitBreakerLayer::new(breaker.clone()))
            .layer(deadline.clone())
            .service(silent().0);
        for _ in 0..5 {
            let call = service.ready().await.unwrap().call(read());
            call.await.unwrap_err();
        }
        assert_eq!(breaker.state(), CircuitState::Open, "{deadline:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn losers_that_are_dropped_early_are_no_evidence() {
    let breaker = breaker();
    let mut service = CircuitBreakerLayer::new(breaker.clone()).layer(silent().0);
    for _ in 0..100 {
        let call = service.ready().await.unwrap().call(read());
        assert!(timeout(SECOND / 2, call).await.is_err());
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn opens_on_what_blames_the_service_and_on_nothing_else() {
    type Maker = fn() -> Fault;
    let attempt_timed_out: Maker = || Rejected::AttemptTimedOut { timeout: SECOND }.into();
    let unavailable: Maker = || Rejected::unavailable("no client").into();
    let exhausted: Maker = || Rejected::Exhausted { tried: vec![] }.into();
    let not_started: Maker = || {
        let (timeout, stage) = (Duration::ZERO, Stage::NotSent);
        Rejected::DeadlineExceeded { timeout, stage }.into()
    };
    for (fault, state) in [
        (Fault::lost as Maker, CircuitState::Open),
        (Fault::not_sent, CircuitState::Open),
        (attempt_timed_out, CircuitState::Open),
        (Fault::throttled, CircuitState::Closed),
        (Fault::invalid, CircuitState::Closed),
        (Fault::no_credentials, CircuitState::Closed),
        (|| Rejected::LimiterFull.into(), CircuitState::Closed),
        (unavailable, CircuitState::Closed),
        (exhausted, CircuitState::Closed),
        (not_started, CircuitState::Closed),
    ] {
        let breaker = breaker();
        let mut service = CircuitBreakerLayer::new(breaker.clone()).layer(always_failing(fault).0);
        for _ in 0..100 {
            let _ = service.ready().await.unwrap().call(read()).await;
        }
        assert_eq!(breaker.state(), state, "{:?}", fault());
    }
}

#[tokio::test(start_paused = true)]
async fn f3_throttling_opens_it_only_on_request() {
    for (config, sent, state) in [
        (config(), 100, CircuitState::Closed),
        (
            config().with_throttling_as_failure(true),
            5,
            CircuitState::Open,
        ),
    ] {
        let breaker = CircuitBreaker::with_clock(config, TokioClock::new());
        let (service, attempts) = always_failing(Fault::throttled);
        let mut service = CircuitBreakerLayer::new(breaker.clone()).layer(service);
        for _ in 0..100 {
            let _ = service.ready().await.unwrap().call(read()).await;
        }
        assert_eq!((breaker.state(), attempts.count()), (state, sent));
    }
}

#[test]
fn an_answer_that_blames_the_request_is_a_success_and_throttling_is_nothing() {
    for (between, state) in [
        (Fault::invalid(), CircuitState::Closed),
        (Fault::throttled(), CircuitState::Open),
        (Fault::no_credentials(), CircuitState::Open),
    ] {
        let breaker = CircuitBreaker::with_clock(config(), ManualClock::default());
        for at in 0..8 {
            let fault = if at % 4 == 3 {
                &between
            } else {
                &Fault::lost()
            };
            breaker.admit().unwrap().fail(&fault.facts());
            if breaker.state() == CircuitState::Open {
                break;
            }
        }
        assert_eq!(breaker.state(), state, "{between:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn says_when_the_next_probe_is_due() {
    let (service, _) = always_failing(Fault::lost);
    let mut service = CircuitBreakerLayer::new(breaker()).layer(service);
    for _ in 0..5 {
        let _ = service.ready().await.unwrap().call(read()).await;
    }
    advance(3 * SECOND).await;
    let fault = service.ready().await.unwrap().call(read()).await;
    assert!(matches!(
        fault.unwrap_err().rejected,
        Some(Rejected::CircuitOpen { retry_in }) if retry_in == 2 * SECOND
    ));
}

/// How often drops are tried at each point.
fn rounds() -> u32 {
    match std::env::var("LEEWARD_FULL") {
        Ok(full) if full == "1" => 1_000,
        _ => 20,
    }
}

#[tokio::test(start_paused = true)]
async fn f1_closes_within_one_lease_wherever_a_probe_was_dropped() {
    for round in 0..rounds() {
        for polls in 0..5 {
            let breaker = breaker();
            let failures: Vec<Fault> = (0..5).map(|_| Fault::lost()).collect();
            let (slow_start, _) = failing(failures);
            let service = service_fn(move |request| {
                let mut inner = slow_start.clone();
                async move {
                    let answer = inner.ready().await?.call(request).await?;
                    for _ in 0..3 {
                        sleep(SECOND / 10).await;
                    }
                    Ok::<_, Fault>(answer)
                }
            });
            let mut service = CircuitBreakerLayer::new(breaker.clone()).layer(service);
            for _ in 0..5 {
                let _ = service.ready().await.unwrap().call(read()).await;
            }
            advance(5 * SECOND).await;
            {
                let mut probe = pin!(service.ready().await.unwrap().call(read()));
                for _ in 0..polls {
                    let mut cx = Context::from_waker(Waker::noop());
                    if probe.as_mut().poll(&mut cx).is_ready() {
                        break;
                    }
                    advance(SECOND / 10).await;
                }
                if round % 2 == 0 {
                    // A probe that nobody drops and nobody polls: its lease ends by itself.
                    advance(5 * SECOND).await;
                    service.ready().await.unwrap().call(read()).await.unwrap();
                }
            }
            service.ready().await.unwrap().call(read()).await.unwrap();
            assert_eq!(breaker.state(), CircuitState::Closed, "{polls} polls");
        }
    }
}

#[test]
fn tells_observers_of_every_change_who_may_look_back() {
    let clock = ManualClock::default();
    let breaker = CircuitBreaker::with_clock(config(), clock.clone());
    let changes = Arc::new(Mutex::new(Vec::new()));
    let (seen, looked_at) = (Arc::clone(&changes), breaker.clone());
    breaker.on_change(move |change| {
        assert_eq!(looked_at.state(), change.to);
        seen.lock().unwrap().push(change.to);
    });
    for _ in 0..5 {
        breaker.admit().unwrap().fail(&Fault::lost().facts());
    }
    clock.advance(5 * SECOND);
    breaker.admit().unwrap().succeed();
    assert_eq!(
        *changes.lock().unwrap(),
        [
            CircuitState::Open,
            CircuitState::HalfOpen,
            CircuitState::Closed
        ]
    );
}

#[test]
fn p6_threads_get_one_probe_between_them() {
    let clock = ManualClock::default();
    let breaker = CircuitBreaker::with_clock(config(), clock.clone());
    for _ in 0..5 {
        breaker.admit().unwrap().fail(&Fault::lost().facts());
    }
    clock.advance(5 * SECOND);
    let admitted = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..1_000 {
                    if let Ok(probe) = breaker.admit() {
                        admitted.fetch_add(1, Ordering::Relaxed);
                        // Lost: neither dropped nor answered.
                        std::mem::forget(probe);
                    }
                }
            });
        }
    });
    assert_eq!(admitted.into_inner(), 1);
}

/// tower-resilience lets a success from before the outage close a half-open circuit.
#[test]
fn p9_late_answers_of_any_earlier_generation_change_nothing() {
    let clock = ManualClock::default();
    let breaker = CircuitBreaker::with_clock(config(), clock.clone());
    let mut late = Vec::new();
    for _ in 0..10 {
        // One from each state that lets calls through.
        late.extend([(); 8].map(|()| breaker.admit().unwrap()));
        for _ in 0..5 {
            breaker.admit().unwrap().fail(&Fault::lost().facts());
        }
        clock.advance(60 * SECOND);
        let lost_probe = breaker.admit().unwrap();
        clock.advance(5 * SECOND);
        let probe = breaker.admit().unwrap();
        late.push(lost_probe);
        for (at, admission) in late.drain(..).enumerate() {
            assert_eq!(breaker.state(), CircuitState::HalfOpen);
            match at % 3 {
                0 => admission.succeed(),
                1 => admission.fail(&Fault::lost().facts()),
                _ => admission.give_up(),
            }
        }
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        probe.succeed();
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_eq!(breaker.snapshot().calls, 0);
    }
}
