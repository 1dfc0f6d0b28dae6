//! The window of time that the rates look back over.

use std::time::Duration;

use leeward_error_taxonomy::Classify;
use leeward_resilience::{CircuitBreaker, CircuitConfig, CircuitState};

use crate::{fault::Fault, manual_clock::ManualClock};

const SECOND: Duration = Duration::from_secs(1);
const MILLI: Duration = Duration::from_millis(1);

/// By the rate alone.
fn breaker(window: Duration) -> (CircuitBreaker<ManualClock>, ManualClock) {
    let config = CircuitConfig::new()
        .with_window(window)
        .with_consecutive_failures(0)
        .with_seed(42);
    let clock = ManualClock::default();
    clock.advance(100 * SECOND);
    (CircuitBreaker::with_clock(config, clock.clone()), clock)
}

/// After 100,000 successes, the count of tower-resilience needs 100,000 failures to open.
#[test]
fn p1_old_successes_do_not_keep_it_closed() {
    let (breaker, clock) = breaker(2 * SECOND);
    for _ in 0..100_000 {
        breaker.admit().expect("closed").succeed();
    }
    clock.advance(2 * SECOND);
    for _ in 0..20 {
        breaker
            .admit()
            .expect("closed")
            .fail(&Fault::lost().facts());
    }
    assert_eq!(breaker.state(), CircuitState::Open);
}

/// The window of time of tower-resilience keeps each call and walks over them all, 46 µs for 50,000 calls.
///
/// What ours keeps is all there from the start: a few kilobytes, which is all that any call can ever walk over.
#[test]
fn p2_a_call_costs_the_same_however_many_are_in_the_window() {
    let mut made = None;
    let size = allocation_counter::measure(|| {
        made = Some(breaker(1_000 * SECOND));
    });
    let (breaker, clock) = made.expect("made");
    assert!(size.bytes_current < 16 * 1024, "{size:?}");
    let allocations = allocation_counter::measure(|| {
        for call in 0..100_000 {
            let admission = breaker.admit().expect("closed");
            clock.advance(MILLI);
            if call % 4 == 0 {
                admission.fail(&Fault::lost().facts());
            } else {
                admission.succeed();
            }
        }
    });
    assert_eq!(allocations.count_total, 0);
    assert_eq!(breaker.snapshot().calls, 100_000);
    assert_eq!(breaker.snapshot().failures, 25_000);
}

/// failsafe's rate cannot trip before a whole window has passed since the start.
#[test]
fn p5_opens_in_the_first_moment_after_the_start() {
    let (breaker, _) = breaker(2 * SECOND);
    for _ in 0..20 {
        breaker
            .admit()
            .expect("closed")
            .fail(&Fault::lost().facts());
    }
    assert_eq!(breaker.state(), CircuitState::Open);
}

/// failsafe's average by time between calls does not see a million failures that come in a burst.
#[test]
fn p5_a_burst_in_one_moment_counts_call_by_call() {
    let (breaker, _) = breaker(2 * SECOND);
    for _ in 0..1_000 {
        breaker.admit().expect("closed").succeed();
    }
    let mut failures = 0;
    while let Ok(admission) = breaker.admit() {
        admission.fail(&Fault::lost().facts());
        failures += 1;
    }
    assert_eq!(failures, 1_000);
}
