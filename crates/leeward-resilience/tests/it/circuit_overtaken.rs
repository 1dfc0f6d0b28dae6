//! What opens a circuit under a hedge: calls that are overtaken, and slow ones in a row; and how few threads may count it all.

use leeward_error_taxonomy::{Classify, Rejected};
use leeward_resilience::{Admission, CircuitState, Clock};

use crate::{
    circuit_evidence::{MILLI, SECOND, admit, breaker, call_steadily, config},
    manual_clock::ManualClock,
};

/// A hedge is sent after three times what is normal, so no age shows it: only that it lost, time and again.
#[test]
fn calls_that_are_overtaken_are_slow_however_young() {
    let overtaken = |admission: Admission<ManualClock>| admission.overtaken();
    let given_up = |admission: Admission<ManualClock>| admission.give_up();
    for (how, expected) in [
        (overtaken as fn(Admission<ManualClock>), CircuitState::Open),
        (given_up, CircuitState::Closed),
    ] {
        let (breaker, clock) = breaker(config());
        call_steadily(&breaker, &clock, 100, 20 * MILLI);
        assert_eq!(breaker.baseline(), Some(20 * MILLI));
        for _ in 0..400 {
            if let Ok(admission) = breaker.admit() {
                clock.advance(65 * MILLI);
                how(admission);
            }
        }
        assert_eq!(breaker.state(), expected);
    }
}

#[test]
fn a_probe_that_is_overtaken_opens_its_circuit_again() {
    let (breaker, clock) = breaker(config().with_consecutive_failures(1));
    admit(&breaker).fail(&Rejected::AttemptTimedOut { timeout: SECOND }.facts());
    clock.advance(5 * SECOND);
    let probe = admit(&breaker);
    assert!(probe.is_probe());
    probe.overtaken();
    assert_eq!(breaker.state(), CircuitState::Open);
    clock.advance(5 * SECOND);
    admit(&breaker).succeed();
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert!(!admit(&breaker).is_probe());
}

#[test]
fn a_shared_lane_counts_what_several_count() {
    for config in [config(), config().with_shared_lane()] {
        let (breaker, clock) = breaker(config);
        call_steadily(&breaker, &clock, 100, 20 * MILLI);
        let snapshot = breaker.snapshot();
        assert_eq!((snapshot.calls, snapshot.in_flight), (100, 0));
        assert_eq!(breaker.baseline(), Some(20 * MILLI));
    }
}

#[test]
fn a_moment_that_the_caller_has_read_serves_as_well() {
    let (breaker, clock) = breaker(config());
    let began = clock.now();
    let admission = breaker.admit_at(began).unwrap();
    clock.advance(30 * MILLI);
    assert_eq!(admission.succeed_at(clock.now()), 30 * MILLI);
    assert_eq!(breaker.snapshot().calls, 1);
}

/// Slow calls that follow one another for half a second say enough, however few they are, and a stall of less does not.
#[test]
fn a_run_of_slow_calls_opens_it_if_it_lasts() {
    let config = config().with_slow_run(5, 500 * MILLI);
    for (calls, apart, expected) in [
        (5, 130, CircuitState::Open),
        (4, 400, CircuitState::Closed),
        // A stall: twelve at once, and too few for a share of the window.
        (12, 0, CircuitState::Closed),
    ] {
        let (breaker, clock) = breaker(config);
        call_steadily(&breaker, &clock, 50, 20 * MILLI);
        for _ in 0..calls {
            admit(&breaker).overtaken();
            clock.advance(apart * MILLI);
        }
        assert_eq!(breaker.state(), expected, "{calls} calls, {apart} ms apart");
    }
    // A prompt success between them begins the run anew, and so does one whose latency is told under the lock.
    let (breaker, clock) = breaker(config);
    call_steadily(&breaker, &clock, 50, 20 * MILLI);
    for _ in 0..4 {
        for _ in 0..4 {
            admit(&breaker).overtaken();
            clock.advance(200 * MILLI);
        }
        admit(&breaker).succeed();
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
}
