//! Whole histories of a circuit, as tables and step by step.

use std::time::Duration;

use super::{
    AdmissionTerms, CircuitChange, CircuitConfig, CircuitState,
    circuit::Circuit,
    outcome::Outcome::{self, Dropped, Failure, Neutral, Success, Throttled, TimedOut},
    passage::{Passage, Seen},
};
use crate::{Ratio, Timestamp};

const SECOND: Duration = Duration::from_secs(1);
const ALONE: Seen = Seen {
    successes: 0,
    mark: 0,
    overdue: 0,
};

fn config() -> CircuitConfig {
    CircuitConfig::new()
        .with_consecutive_failures(2)
        .with_rest_jitter(Ratio::percent(0))
        .with_slow_start(Duration::ZERO, Ratio::percent(100))
        .with_seed(42)
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::new(Duration::from_secs(seconds))
}

/// Plays one call after the other and notes which were admitted. `+` succeeds, `-` fails, `t` times out, `~` teaches
/// nothing, `T` throttles, `q` and `s` are dropped quickly and slowly; `.` rests five seconds.
#[track_caller]
fn check(config: CircuitConfig, calls: &str, expected: &str) {
    let mut circuit = Circuit::new(config, at(100));
    let mut now = at(100);
    let mut admitted = String::new();
    for call in calls.chars() {
        let (outcome, age) = match call {
            '.' => {
                now = now + 5 * SECOND;
                continue;
            }
            '+' => (Success, 0),
            '-' => (Failure, 0),
            't' => (TimedOut, 10),
            '~' => (Neutral, 0),
            'T' => (Throttled, 0),
            'q' => (Dropped, 999),
            's' => (Dropped, 1_000),
            other => unreachable!("{other}"),
        };
        let begun = Timestamp::new(now.since(at(0)) - Duration::from_millis(age));
        match circuit.admit(now, AdmissionTerms::new()).0 {
            Ok(_) => {
                admitted.push('y');
                circuit.record(circuit.generation(), outcome, begun, now, &ALONE);
            }
            Err(_) => admitted.push('n'),
        }
    }
    assert_eq!(admitted, expected, "{calls}");
}

#[test]
fn closes_after_several_good_probes_in_a_row_with_a_pause_after_each() {
    let config = config().with_probes(3, 5 * SECOND);
    check(config, "--.+~.+~.+++", "yyynynyyy");
    // One that fails begins the row anew, one that says nothing leaves it as it is.
    check(config, "--.+.-~.+~.+~.++", "yyyynynynyy");
    check(config, "--.+.~+~.++", "yyyyynyy");
    // A slow one opens it, too, whichever it is.
    check(config, "--.+.s~.+~.+~.++", "yyyynynynyy");
}

#[test]
fn a_probe_of_a_row_whose_lease_ends_gives_way_to_the_next_without_beginning_anew() {
    let mut circuit = Circuit::new(
        config()
            .with_probes(2, SECOND)
            .with_probe_timeout(2 * SECOND),
        at(90),
    );
    for _ in 0..2 {
        fail_at(&mut circuit, 100);
    }
    let first = admit_at(&mut circuit, 105);
    circuit.record(first, Success, at(105), at(105), &ALONE);
    assert!(
        circuit.admit(at(105), AdmissionTerms::new()).0.is_err(),
        "the pause"
    );
    let lost = admit_at(&mut circuit, 106);
    assert!(
        circuit.admit(at(107), AdmissionTerms::new()).0.is_err(),
        "the lease"
    );
    let next = admit_at(&mut circuit, 108);
    circuit.record(lost, Success, at(106), at(108), &ALONE);
    assert_eq!(circuit.state(), CircuitState::HalfOpen);
    circuit.record(next, Success, at(108), at(108), &ALONE);
    assert_eq!(circuit.state(), CircuitState::Closed);
}

#[test]
fn starts_slowly_on_demand_while_it_is_closed() {
    let config = config().with_slow_start(10 * SECOND, Ratio::percent(10));
    let mut circuit = Circuit::new(config, at(100));
    circuit.start_slowly(at(100));
    let passed = (0..1_000).filter(|_| circuit.admit(at(101), AdmissionTerms::new()).0.is_ok());
    assert!((100..300).contains(&passed.count()));
    let passed = (0..1_000).filter(|_| circuit.admit(at(110), AdmissionTerms::new()).0.is_ok());
    assert_eq!(passed.count(), 1_000);

    let mut open = opened();
    open.start_slowly(at(101));
    assert_eq!(open.state(), CircuitState::Open);
    assert!(open.admit(at(101), AdmissionTerms::new()).0.is_err());
}

#[test]
fn remembers_when_it_last_opened() {
    let opened_for = |circuit: &Circuit, now| circuit.snapshot(at(now), &ALONE, 0).opened;
    let mut circuit = Circuit::new(config(), at(90));
    assert_eq!(opened_for(&circuit, 100), None);
    for _ in 0..2 {
        fail_at(&mut circuit, 100);
    }
    assert_eq!(opened_for(&circuit, 103), Some(3 * SECOND));
    let probe = admit_at(&mut circuit, 105);
    assert_eq!(opened_for(&circuit, 105), Some(5 * SECOND));
    circuit.record(probe, Failure, at(105), at(106), &ALONE);
    assert_eq!(opened_for(&circuit, 107), Some(SECOND));
    circuit.reset(at(108));
    assert_eq!(opened_for(&circuit, 108), None);
}

/// A circuit that opened at second 100.
fn opened() -> Circuit {
    let mut circuit = Circuit::new(config(), at(90));
    for _ in 0..2 {
        fail_at(&mut circuit, 100);
    }
    assert_eq!(circuit.state(), CircuitState::Open);
    circuit
}

#[track_caller]
fn admit_at(circuit: &mut Circuit, seconds: u64) -> u64 {
    circuit
        .admit(at(seconds), AdmissionTerms::new())
        .0
        .expect("admitted");
    circuit.generation()
}

fn end_at(
    circuit: &mut Circuit,
    generation: u64,
    outcome: Outcome,
    seconds: u64,
) -> Option<CircuitChange> {
    circuit.record(generation, outcome, at(seconds), at(seconds), &ALONE)
}

#[track_caller]
fn fail_at(circuit: &mut Circuit, seconds: u64) -> Option<CircuitChange> {
    let admitted = admit_at(circuit, seconds);
    end_at(circuit, admitted, Failure, seconds)
}

#[track_caller]
fn succeed_at(circuit: &mut Circuit, seconds: u64) -> Option<CircuitChange> {
    let admitted = admit_at(circuit, seconds);
    end_at(circuit, admitted, Success, seconds)
}

fn refused_for(circuit: &mut Circuit, seconds: u64) -> Duration {
    circuit
        .admit(at(seconds), AdmissionTerms::new())
        .0
        .expect_err("refused")
}

#[test]
fn opens_on_failures_in_a_row() {
    check(config(), "--+", "yyn");
    check(config(), "tt+", "yyn");
    check(config(), "t-+", "yyn");
    check(config(), "-+-+-+", "yyyyyy");
    check(config(), "-~-+", "yyyn");
    check(config().with_consecutive_failures(0), "-------", "yyyyyyy");
}

#[test]
fn closes_when_the_probe_succeeds() {
    check(config(), "--.+-+", "yyyyy");
    check(config(), "--.-+", "yyyn");
    check(config(), "--.-.+-+", "yyyyyy");
}

#[test]
fn a_slow_call_that_is_dropped_is_a_failure_and_a_quick_one_is_not() {
    check(config(), "ss+", "yyn");
    check(config(), "qqqq+", "yyyyy");
    check(config(), "-q-+", "yyyn");
}

#[test]
fn probes_again_after_a_cancelled_probe() {
    check(config(), "--.qqq+-+", "yyyyyyyy");
    check(config(), "--.~~-+", "yyyyyn");
    check(config(), "--.s+", "yyyn");
}

#[test]
fn throttling_is_a_failure_only_on_request() {
    check(config(), "TTTTTT+", "yyyyyyy");
    check(config(), "-TTTT-+", "yyyyyyn");
    // Of a probe it says nothing either: the next call is one in its place.
    check(config(), "--.TT+-+", "yyyyyyy");
    let config = config().with_throttling_as_failure(true);
    check(config, "TT+", "yyn");
    check(config, "-T+", "yyn");
    check(config, "T+T+", "yyyy");
    check(config, "--.T+.+-+", "yyynyyy");
}

#[test]
fn opens_on_the_share_of_failures() {
    let config = config().with_consecutive_failures(0);
    check(config, &"+-".repeat(10), &"y".repeat(20));
    check(config, &("+-".repeat(10) + "+"), &("y".repeat(20) + "n"));
    check(config, &"-".repeat(20), &"y".repeat(20));
    check(config, &("-".repeat(20) + "+"), &("y".repeat(20) + "n"));
    check(config, &("++-".repeat(20) + "+"), &"y".repeat(61));
    // Spread over more than the window, twenty calls are too few to tell.
    check(config, &"--.".repeat(30), &"y".repeat(60));
}

#[test]
fn lets_one_probe_through_at_a_time() {
    let mut circuit = opened();
    assert_eq!(refused_for(&mut circuit, 104), SECOND);
    admit_at(&mut circuit, 105);
    assert_eq!(circuit.state(), CircuitState::HalfOpen);
    assert_eq!(refused_for(&mut circuit, 106), 4 * SECOND);
}

#[test]
fn a_lost_probe_is_replaced_when_its_lease_is_over() {
    let mut circuit = opened();
    let lost = admit_at(&mut circuit, 105);
    let second = admit_at(&mut circuit, 110);
    // Whatever the lost probe comes back with, the lease is no longer its own.
    for late in [Success, Failure, TimedOut, Dropped, Neutral] {
        assert_eq!(end_at(&mut circuit, lost, late, 111), None);
        assert_eq!(refused_for(&mut circuit, 111), 4 * SECOND);
    }
    assert!(end_at(&mut circuit, second, Success, 111).is_some());
    assert_eq!(circuit.state(), CircuitState::Closed);
}

#[test]
fn late_answers_change_nothing() {
    let mut circuit = Circuit::new(config(), at(90));
    let [early, early_too] = [0, 1].map(|_| admit_at(&mut circuit, 99));
    for _ in 0..2 {
        fail_at(&mut circuit, 100);
    }
    assert_eq!(end_at(&mut circuit, early, Success, 101), None);
    assert_eq!(circuit.state(), CircuitState::Open);
    let probe = admit_at(&mut circuit, 105);
    assert_eq!(end_at(&mut circuit, early_too, Success, 105), None);
    assert_eq!(circuit.state(), CircuitState::HalfOpen);
    end_at(&mut circuit, probe, Success, 105);
    for _ in 0..10 {
        assert_eq!(end_at(&mut circuit, probe, Failure, 106), None);
    }
    assert_eq!(circuit.state(), CircuitState::Closed);
}

#[test]
fn rests_longer_only_on_a_relapse() {
    let mut circuit = opened();
    // Failing probes: the same rest each time.
    for second in [105, 110, 115] {
        fail_at(&mut circuit, second);
        assert_eq!(refused_for(&mut circuit, second), 5 * SECOND);
    }
    // Relapses: twice the rest each time, up to the cap.
    let mut now = 120;
    for rest in [10, 20, 40, 60, 60] {
        succeed_at(&mut circuit, now);
        now += 29;
        fail_at(&mut circuit, now);
        fail_at(&mut circuit, now);
        assert_eq!(refused_for(&mut circuit, now), rest * SECOND);
        now += u64::from(rest);
    }
    // Half a minute of health, and it is as if nothing had been.
    succeed_at(&mut circuit, now);
    now += 30;
    fail_at(&mut circuit, now);
    fail_at(&mut circuit, now);
    assert_eq!(refused_for(&mut circuit, now), 5 * SECOND);
}

#[test]
fn reports_every_change_in_order() {
    let mut circuit = Circuit::new(config(), at(90));
    assert_eq!(fail_at(&mut circuit, 100), None);
    let opened = fail_at(&mut circuit, 100).expect("opened");
    let (probe, half_opened) = circuit.admit(at(105), AdmissionTerms::new());
    let half_opened = half_opened.expect("half-opened");
    assert_eq!(probe, Ok(Passage::Probe));
    let probe = circuit.generation();
    let closed = end_at(&mut circuit, probe, Success, 105).expect("closed");
    let states = [opened, half_opened, closed].map(|change| (change.from, change.to));
    assert_eq!(
        states,
        [
            (CircuitState::Closed, CircuitState::Open),
            (CircuitState::Open, CircuitState::HalfOpen),
            (CircuitState::HalfOpen, CircuitState::Closed),
        ]
    );
    assert!(opened.generation < half_opened.generation);
    assert!(half_opened.generation < closed.generation);
}

#[test]
fn a_call_that_was_not_served_elsewhere_passes_a_slow_start() {
    let config = config().with_slow_start(Duration::from_secs(10), Ratio::percent(1));
    let mut circuit = Circuit::new(config, at(100));
    circuit.start_slowly(at(100));
    let further = AdmissionTerms::new().past_slow_start();
    let passages = |circuit: &mut Circuit, terms| {
        let admitted =
            (0..1_000).filter(|_| circuit.admit(at(101), terms).0 == Ok(Passage::Counted));
        admitted.count()
    };
    assert_eq!(passages(&mut circuit, further), 1_000);
    // It takes nobody's lot.
    let others = passages(&mut circuit, AdmissionTerms::new());
    assert!((1..300).contains(&others), "{others}");
}

#[test]
fn a_call_that_cannot_be_repeated_leaves_the_probe_to_another() {
    let mut circuit = Circuit::new(config().with_probes(2, SECOND), at(100));
    let (any, once) = (
        AdmissionTerms::new(),
        AdmissionTerms::new().without_probing(),
    );
    for _ in 0..2 {
        assert_eq!(circuit.admit(at(100), once).0, Ok(Passage::Counted));
        circuit.record(circuit.generation(), Failure, at(100), at(100), &ALONE);
    }
    assert_eq!(circuit.state(), CircuitState::Open);
    assert_eq!(circuit.admit(at(101), once).0, Err(Duration::from_secs(4)));
    // Due, for somebody else.
    assert_eq!(circuit.admit(at(105), once), (Err(Duration::ZERO), None));
    assert_eq!(circuit.state(), CircuitState::Open);
    assert_eq!(circuit.admit(at(105), any).0, Ok(Passage::Probe));
    circuit.record(circuit.generation(), Success, at(105), at(105), &ALONE);
    assert_eq!(circuit.snapshot(at(105), &ALONE, 0).passed_probes, 1);
    assert_eq!(circuit.admit(at(106), once), (Err(Duration::ZERO), None));
    assert_eq!(circuit.admit(at(106), any).0, Ok(Passage::Probe));
    circuit.record(circuit.generation(), Success, at(106), at(106), &ALONE);
    assert_eq!(circuit.admit(at(106), once).0, Ok(Passage::Counted));
}
