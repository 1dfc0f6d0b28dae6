//! What opens a circuit besides answers: calls that are slow, given up or still on their way.

use std::{pin::pin, time::Duration};

use leeward_error_taxonomy::{Classify, Rejected};
use leeward_resilience::{
    Admission, CircuitBreaker, CircuitBreakerLayer, CircuitConfig, CircuitState, Clock, Ratio,
    TokioClock,
};
use tokio::time::timeout;
use tower::{Layer, Service, ServiceExt};

use crate::{
    fault::{Fault, read, silent},
    manual_clock::ManualClock,
};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MILLI: Duration = Duration::from_millis(1);

/// Two seconds of window, as a Region router has it.
pub(crate) fn config() -> CircuitConfig {
    CircuitConfig::new()
        .with_window(2 * SECOND)
        .with_rest_jitter(Ratio::percent(0))
        .with_slow_start(Duration::ZERO, Ratio::percent(100))
        .with_seed(42)
}

pub(crate) fn breaker(config: CircuitConfig) -> (CircuitBreaker<ManualClock>, ManualClock) {
    let clock = ManualClock::default();
    clock.advance(100 * SECOND);
    (CircuitBreaker::with_clock(config, clock.clone()), clock)
}

#[track_caller]
pub(crate) fn admit(breaker: &CircuitBreaker<ManualClock>) -> Admission<ManualClock> {
    breaker.admit().expect("admitted")
}

/// Makes so many calls, one each 10 ms, of which every one succeeds after `latency`.
pub(crate) fn call_steadily(
    breaker: &CircuitBreaker<ManualClock>,
    clock: &ManualClock,
    calls: usize,
    latency: Duration,
) -> usize {
    let mut in_flight: Vec<(Duration, Admission<ManualClock>)> = Vec::new();
    let start = clock.now();
    let mut refused = 0;
    for _ in 0..calls {
        match breaker.admit() {
            Ok(admission) => in_flight.push((clock.now().since(start), admission)),
            Err(_) => refused += 1,
        }
        clock.advance(10 * MILLI);
        let now = clock.now().since(start);
        while in_flight
            .first()
            .is_some_and(|(begun, _)| now - *begun >= latency)
        {
            in_flight.remove(0).1.succeed();
        }
    }
    for (begun, admission) in in_flight {
        let left = (begun + latency).saturating_sub(clock.now().since(start));
        clock.advance(left);
        admission.succeed();
    }
    refused
}

/// The same, of a service that takes every call and answers none; gives the calls back and when a call was refused.
fn call_into_silence(
    breaker: &CircuitBreaker<ManualClock>,
    clock: &ManualClock,
) -> (Vec<Admission<ManualClock>>, Option<Duration>) {
    let start = clock.now();
    let mut lost = Vec::new();
    for _ in 0..1_100 {
        match breaker.admit() {
            Ok(admission) => lost.push(admission),
            Err(_) => return (lost, Some(clock.now().since(start))),
        }
        clock.advance(10 * MILLI);
    }
    (lost, None)
}

#[test]
fn silence_shows_before_any_call_ends() {
    let (breaker, clock) = breaker(config());
    assert_eq!(call_steadily(&breaker, &clock, 500, 20 * MILLI), 0);
    assert_eq!(breaker.snapshot().baseline, Some(20 * MILLI));
    // Of the calls of ten steps, 60 % are in flight for 100 ms and more after 1.2 s to 1.3 s; one step is the resolution.
    let (lost, noticed) = call_into_silence(&breaker, &clock);
    let noticed = noticed.expect("noticed");
    assert!(
        (1_100 * MILLI..=1_500 * MILLI).contains(&noticed),
        "{noticed:?}"
    );
    assert_eq!(breaker.state(), CircuitState::Open);
    // They end in another generation than they began in.
    drop(lost);
    assert_eq!(breaker.snapshot().in_flight, 0);
    assert_eq!(breaker.snapshot().calls, 0);
}

/// Five times as long as normal may be longer than the window.
#[test]
fn silence_shows_of_a_service_that_takes_nearly_a_window_by_nature() {
    for (normal, slow) in [(300, 1_500), (500, 2_500), (1_900, 9_500)] {
        let (breaker, clock) = breaker(config().with_slow(60 * SECOND));
        assert_eq!(call_steadily(&breaker, &clock, 1_000, normal * MILLI), 0);
        assert_eq!(breaker.snapshot().baseline, Some(normal * MILLI));
        assert_eq!(breaker.snapshot().overdue, 0);
        let (lost, noticed) = call_into_silence(&breaker, &clock);
        // As soon as twenty of them are slow; no answer of the window speaks for the service any more.
        let noticed = noticed.expect("noticed");
        let (soonest, latest) = (slow * MILLI, (slow + 600) * MILLI);
        assert!(
            (soonest..=latest).contains(&noticed),
            "{noticed:?} at {normal} ms"
        );
        drop(lost);
    }
}

#[test]
fn a_call_in_flight_counts_for_one_window_from_when_it_became_slow() {
    let (breaker, clock) = breaker(config());
    call_steadily(&breaker, &clock, 500, 500 * MILLI);
    let lost = admit(&breaker);
    let mut seen = Vec::new();
    for step in 1..=40 {
        clock.advance(SECOND / 5);
        // Somebody looks, and nothing is learnt.
        admit(&breaker).give_up();
        if breaker.snapshot().overdue == 1 {
            seen.push(step);
        }
    }
    // Slow after 2.5 s, that is from the end of the step in which it began: one step early or late is the resolution.
    let (first, last) = (seen[0], seen[seen.len() - 1]);
    assert!((12..=14).contains(&first), "{seen:?}");
    assert_eq!(seen, Vec::from_iter(first..first + 10), "ten steps on end");
    assert!(last < 40);
    drop(lost);
}

/// Pitfall 12: a balancer that takes failures for fast answers sends 199 of 200 calls to the one that fails at once.
#[test]
fn pitfall_12_failures_however_fast_change_nothing_of_what_is_normal() {
    let tolerant = config()
        .with_consecutive_failures(0)
        .with_failure_rate(Ratio::percent(100), 0);
    let (breaker, clock) = breaker(tolerant);
    call_steadily(&breaker, &clock, 500, 20 * MILLI);
    for _ in 0..1_000 {
        clock.advance(10 * MILLI);
        admit(&breaker).fail(&Fault::lost().facts());
        admit(&breaker).fail(&Fault::throttled().facts());
    }
    assert_eq!(breaker.snapshot().baseline, Some(20 * MILLI));
}

#[test]
fn until_it_knows_what_is_normal_nothing_is_slow() {
    let (breaker, clock) = breaker(config());
    assert_eq!(call_steadily(&breaker, &clock, 14, 20 * MILLI), 0);
    assert_eq!(breaker.snapshot().baseline, None);
    let (lost, noticed) = call_into_silence(&breaker, &clock);
    assert_eq!(noticed, None);
    assert_eq!(breaker.state(), CircuitState::Closed);
    // Those that the callers give up show it all the same.
    drop(lost);
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn ten_times_as_slow_opens_it_and_twice_as_slow_becomes_normal() {
    let (breaker, clock) = breaker(config());
    call_steadily(&breaker, &clock, 500, 20 * MILLI);
    assert_eq!(call_steadily(&breaker, &clock, 20_000, 40 * MILLI), 0);
    let normal = breaker.snapshot().baseline.expect("learnt");
    assert!((39 * MILLI..=40 * MILLI).contains(&normal), "{normal:?}");
    assert!(call_steadily(&breaker, &clock, 500, 400 * MILLI) > 100);
    assert_eq!(breaker.state(), CircuitState::Open);
    // Nothing of it was learnt.
    assert_eq!(breaker.snapshot().baseline, Some(normal));
}

#[test]
fn a_service_is_slow_against_itself_and_not_against_others() {
    // 200 ms are ten times as long as usual in one Region, and usual in another.
    for (usual, state) in [(20, CircuitState::Open), (180, CircuitState::Closed)] {
        let (breaker, clock) = breaker(config());
        call_steadily(&breaker, &clock, 500, usual * MILLI);
        call_steadily(&breaker, &clock, 300, 200 * MILLI);
        assert_eq!(breaker.state(), state, "usually {usual} ms");
    }
}

#[test]
fn a_slow_probe_opens_it_again_until_slow_is_normal() {
    let (breaker, clock) = breaker(config());
    call_steadily(&breaker, &clock, 500, 20 * MILLI);
    while breaker.state() == CircuitState::Closed {
        call_steadily(&breaker, &clock, 100, 200 * MILLI);
    }
    let mut probes = 0;
    while breaker.state() != CircuitState::Closed {
        clock.advance(10 * SECOND);
        let probe = breaker.admit().expect("a probe is due");
        clock.advance(200 * MILLI);
        probe.succeed();
        probes += 1;
    }
    assert!((20..=24).contains(&probes), "{probes}");
}

/// Pitfall 7: a hedge that cancels the slow primary hides an outage from a breaker that looks at answers alone.
#[test]
fn p7_losers_of_hedges_show_an_outage() {
    let (breaker, clock) = breaker(config());
    call_steadily(&breaker, &clock, 500, 20 * MILLI);
    let mut given_up = 0;
    // The hedge leaves after 60 ms and wins 90 ms later.
    while breaker.state() == CircuitState::Closed && given_up < 1_000 {
        let Ok(loser) = breaker.admit() else { break };
        clock.advance(150 * MILLI);
        loser.give_up();
        given_up += 1;
    }
    assert_eq!(
        breaker.state(),
        CircuitState::Closed,
        "too few in a window for the rule"
    );

    // Ten times the rate.
    let mut losers = std::collections::VecDeque::new();
    for _ in 0..200 {
        let Ok(loser) = breaker.admit() else { break };
        losers.push_back(loser);
        clock.advance(10 * MILLI);
        if losers.len() > 15 {
            losers.pop_front().expect("there are some").give_up();
        }
    }
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn losers_of_ordinary_age_are_no_evidence() {
    let (breaker, clock) = breaker(config());
    call_steadily(&breaker, &clock, 500, 20 * MILLI);
    for _ in 0..1_000 {
        let loser = breaker.admit().expect("closed");
        clock.advance(60 * MILLI);
        loser.give_up();
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().calls, 0);
}

/// tower-resilience and failsafe record nothing of calls that are cancelled.
#[tokio::test(start_paused = true)]
async fn p7_a_breaker_inside_a_timeout_sees_the_calls_that_the_timeout_drops() {
    let breaker = CircuitBreaker::with_clock(config(), TokioClock::new());
    let mut service = CircuitBreakerLayer::new(breaker.clone()).layer(silent().0);
    for _ in 0..5 {
        let call = pin!(service.ready().await.unwrap().call(read()));
        assert!(timeout(SECOND, call).await.is_err());
    }
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn f9_a_clock_that_jumps_trips_nothing() {
    type End = fn(Admission<ManualClock>);
    let succeed: End = Admission::succeed;
    let give_up: End = Admission::give_up;
    let time_out: End = |admission| {
        let timed_out = Fault::from(Rejected::AttemptTimedOut { timeout: SECOND });
        admission.fail(&timed_out.facts());
    };
    let all = [succeed, give_up, time_out];
    for (jump, ends) in [
        // Shorter than any attempt may take.
        (SECOND / 2, &all[..2]),
        (3 * SECOND / 2, &all),
        (5 * SECOND, &all),
        (3_600 * SECOND, &all),
    ] {
        for end in ends {
            let (breaker, clock) = breaker(config());
            call_steadily(&breaker, &clock, 500, 50 * MILLI);
            let on_their_way: Vec<_> = (0..50).map(|_| admit(&breaker)).collect();
            clock.advance(jump);
            // The first call after it looks at those, before any of them comes back.
            admit(&breaker).succeed();
            on_their_way.into_iter().for_each(end);
            assert_eq!(breaker.state(), CircuitState::Closed, "after {jump:?}");
            assert_eq!(call_steadily(&breaker, &clock, 500, 50 * MILLI), 0);
        }
    }
}

#[test]
fn silence_shows_all_the_same_where_calls_are_few_and_far_between() {
    let (breaker, clock) = breaker(config());
    for call in 0..5 {
        assert_eq!(breaker.state(), CircuitState::Closed, "before call {call}");
        clock.advance(60 * SECOND);
        let lost = breaker.admit().expect("closed");
        clock.advance(30 * SECOND);
        lost.give_up();
    }
    assert_eq!(breaker.state(), CircuitState::Open);
}

#[test]
fn after_an_opening_a_growing_share_of_calls_passes() {
    let slow_start = config().with_slow_start(10 * SECOND, Ratio::percent(10));
    let (breaker, clock) = breaker(slow_start.with_consecutive_failures(1));
    breaker
        .admit()
        .expect("closed")
        .fail(&Fault::lost().facts());
    clock.advance(5 * SECOND);
    breaker.admit().expect("the probe").succeed();
    assert_eq!(breaker.state(), CircuitState::Closed);
    let passed: Vec<usize> = (0..11)
        .map(|_| {
            let passed = (0..1_000).filter(|_| {
                clock.advance(MILLI);
                breaker.admit().map(Admission::succeed).is_ok()
            });
            passed.count()
        })
        .collect();
    assert!((100..=200).contains(&passed[0]), "{passed:?}");
    assert!((500..=700).contains(&passed[5]), "{passed:?}");
    assert!((900..1_000).contains(&passed[9]), "{passed:?}");
    assert_eq!(passed[10], 1_000);
    assert_eq!(breaker.snapshot().share, 1.0);
}

#[test]
fn whoever_calls_seldom_notices_nothing_of_a_slow_start() {
    let slow_start = config().with_slow_start(10 * SECOND, Ratio::percent(10));
    let (breaker, clock) = breaker(slow_start.with_consecutive_failures(1));
    breaker
        .admit()
        .expect("closed")
        .fail(&Fault::lost().facts());
    clock.advance(5 * SECOND);
    for _ in 0..20 {
        breaker
            .admit()
            .expect("the probe, and one each 100 ms")
            .succeed();
        clock.advance(SECOND / 10);
    }
}

/// Tokio's timers fire a millisecond late, and between a burst and its end nobody calls.
#[test]
fn a_burst_of_calls_that_a_silent_service_lets_run_out_of_time_counts_one_by_one() {
    let timeout = Rejected::AttemptTimedOut { timeout: SECOND };
    for late in [1, 100, 250] {
        let (breaker, clock) = breaker(config().with_attempt_timeout(SECOND));
        let burst: Vec<_> = (0..5).map(|_| admit(&breaker)).collect();
        clock.advance(SECOND + late * MILLI);
        for call in burst {
            call.fail(&timeout.facts());
        }
        assert_eq!(breaker.state(), CircuitState::Open, "{late} ms late");
    }
    // A process that stood still hears of all of them late, and once.
    let (breaker, clock) = breaker(config().with_attempt_timeout(SECOND));
    let burst: Vec<_> = (0..50).map(|_| admit(&breaker)).collect();
    clock.advance(SECOND + 251 * MILLI);
    for call in burst {
        call.fail(&timeout.facts());
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert_eq!(breaker.snapshot().failures, 1);
}
