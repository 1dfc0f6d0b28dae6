//! Every interleaving of two threads on one circuit, as loom plays them: `cargo xtask test --loom`.

use std::time::Duration;

use loom::{
    model as check,
    sync::Arc,
    thread::{self, JoinHandle},
};

use super::{
    AdmissionTerms, CircuitConfig, CircuitMode, CircuitState, SharedSlowStart,
    front::{Front, Ticket},
    outcome::Outcome::{self, Failure, Success},
    passage::Seen,
};
use crate::{Ratio, Timestamp};

fn at(seconds: u64) -> Timestamp {
    Timestamp::new(Duration::from_secs(seconds))
}

fn config() -> CircuitConfig {
    CircuitConfig::new()
        .with_consecutive_failures(2)
        .with_failure_rate(Ratio::percent(50), 0)
        .with_slow_rate(Ratio::percent(60), 0)
        .with_rest_jitter(Ratio::percent(0))
        .with_slow_start(Duration::ZERO, Ratio::percent(100))
        .with_seed(42)
}

/// A closed circuit with a lane for each of two threads.
fn front(config: CircuitConfig) -> Arc<Front> {
    Arc::new(Front::new(config, 2, at(100)))
}

fn admit(front: &Front, lane: usize, now: u64) -> Ticket {
    front
        .admit(lane, at(now), AdmissionTerms::new())
        .0
        .expect("admitted")
}

fn end(front: &Front, lane: usize, ticket: Ticket, outcome: Outcome, now: u64) {
    front.record(lane, ticket, outcome, at(now), at(now));
}

fn seen(front: &Front, now: u64) -> Seen {
    front.inspect(at(now), |_, seen| *seen)
}

fn beside(front: &Arc<Front>, work: impl FnOnce(&Front) + 'static) -> JoinHandle<()> {
    let front = Arc::clone(front);
    thread::spawn(move || work(&front))
}

#[test]
fn no_success_is_lost_or_counted_twice() {
    for lane in [0, 1] {
        check(move || {
            let front = front(config());
            let other = beside(&front, move |front| {
                let ticket = admit(front, lane, 100);
                end(front, lane, ticket, Success, 100);
            });
            let ticket = admit(&front, 0, 100);
            end(&front, 0, ticket, Success, 100);
            other.join().unwrap();
            assert_eq!(seen(&front, 100).successes, 2);
        });
    }
}

#[test]
fn two_threads_that_begin_a_step_lose_nothing() {
    check(|| {
        let front = front(config());
        // A slot of the lane that an older step has used.
        let old = admit(&front, 0, 100);
        end(&front, 0, old, Success, 100);
        let other = beside(&front, |front| {
            let ticket = admit(front, 0, 120);
            end(front, 0, ticket, Success, 120);
        });
        let ticket = admit(&front, 0, 120);
        end(&front, 0, ticket, Success, 120);
        other.join().unwrap();
        assert_eq!(seen(&front, 120).successes, 2);
    });
}

#[test]
fn a_success_between_two_failures_keeps_it_closed() {
    check(|| {
        let front = front(config());
        let [first, second, third] = [0; 3].map(|_| admit(&front, 0, 100));
        end(&front, 0, first, Failure, 100);
        // Done before the second failure, on another thread and lane.
        let other = beside(&front, |front| {
            let ticket = admit(front, 1, 100);
            end(front, 1, ticket, Success, 100);
        });
        other.join().unwrap();
        end(&front, 0, second, Failure, 100);
        assert_eq!(front.state(), CircuitState::Closed);
        end(&front, 0, third, Failure, 100);
        assert_eq!(front.state(), CircuitState::Open);
    });
}

#[test]
fn a_success_beside_failures_resets_them_once_or_comes_too_late() {
    check(|| {
        let front = front(config());
        let [first, second, third] = [0; 3].map(|_| admit(&front, 0, 100));
        let other = beside(&front, |front| {
            if let Ok(ticket) = front.admit(1, at(100), AdmissionTerms::new()).0 {
                end(front, 1, ticket, Success, 100);
            }
        });
        for ticket in [first, second, third] {
            end(&front, 0, ticket, Failure, 100);
        }
        // Wherever the success fell, two of three failures have none between them.
        assert_eq!(front.state(), CircuitState::Open);
        other.join().unwrap();
        assert_eq!(front.state(), CircuitState::Open);
    });
}

#[test]
fn failures_of_two_threads_are_a_row() {
    check(|| {
        let front = front(config());
        let (mine, theirs) = (admit(&front, 0, 100), admit(&front, 1, 100));
        let other = beside(&front, move |front| end(front, 1, theirs, Failure, 100));
        end(&front, 0, mine, Failure, 100);
        other.join().unwrap();
        assert_eq!(front.state(), CircuitState::Open);
        assert!(front.admit(0, at(104), AdmissionTerms::new()).0 == Err(Duration::from_secs(1)));
    });
}

#[test]
fn f2_what_an_earlier_state_let_through_changes_nothing_in_a_later_one() {
    check(|| {
        let front = front(config());
        let late = admit(&front, 1, 100);
        let [first, second] = [0; 2].map(|_| admit(&front, 0, 100));
        end(&front, 0, first, Failure, 100);
        let other = beside(&front, move |front| end(front, 1, late, Success, 100));
        end(&front, 0, second, Failure, 100);
        if front.state() == CircuitState::Open {
            let probe = admit(&front, 0, 105);
            end(&front, 0, probe, Success, 105);
            assert_eq!(front.state(), CircuitState::Closed);
            other.join().unwrap();
            let seen = seen(&front, 105);
            assert_eq!((seen.successes, seen.mark), (0, 0));
        } else {
            other.join().unwrap();
            assert_eq!(seen(&front, 100).successes, 1);
        }
    });
}

#[test]
fn one_of_two_threads_gets_the_probe() {
    check(|| {
        let front = front(config());
        let [first, second] = [0; 2].map(|_| admit(&front, 0, 100));
        end(&front, 0, first, Failure, 100);
        end(&front, 0, second, Failure, 100);
        let admitted = Arc::new(loom::sync::Mutex::new(Vec::new()));
        let theirs = Arc::clone(&admitted);
        let other = beside(&front, move |front| {
            theirs
                .lock()
                .unwrap()
                .extend(front.admit(1, at(105), AdmissionTerms::new()).0);
        });
        admitted
            .lock()
            .unwrap()
            .extend(front.admit(0, at(105), AdmissionTerms::new()).0);
        other.join().unwrap();
        assert_eq!(admitted.lock().unwrap().len(), 1);
        assert_eq!(front.state(), CircuitState::HalfOpen);
    });
}

#[test]
fn a_refusal_never_outlasts_the_rest() {
    check(|| {
        let front = front(config());
        let [first, second] = [0; 2].map(|_| admit(&front, 0, 100));
        end(&front, 0, first, Failure, 100);
        let other = beside(&front, move |front| end(front, 0, second, Failure, 100));
        if let Err(retry_in) = front.admit(1, at(101), AdmissionTerms::new()).0 {
            assert_eq!(retry_in, Duration::from_secs(4));
        }
        other.join().unwrap();
        assert!(front.admit(1, at(105), AdmissionTerms::new()).0.is_ok());
    });
}

#[test]
fn whoever_ends_a_call_leaves_no_call_in_flight() {
    let config = config().with_slow_rate(Ratio::percent(60), 20);
    check(move || {
        let front = front(config);
        // What is normal is learnt.
        front.command(|circuit| {
            (0..15).for_each(|_| circuit.sample(0, Duration::ZERO, at(100)));
        });
        let (mine, theirs) = (admit(&front, 0, 100), admit(&front, 0, 100));
        let other = beside(&front, move |front| end(front, 0, theirs, Success, 101));
        let overdue = seen(&front, 107).overdue;
        assert!((1..=2).contains(&overdue), "{overdue}");
        end(&front, 0, mine, Failure, 101);
        other.join().unwrap();
        assert_eq!(seen(&front, 107).overdue, 0);
    });
}

#[test]
fn a_command_holds_for_every_call_that_follows_it() {
    check(|| {
        let front = front(config());
        let other = beside(&front, |front| {
            if let Ok(ticket) = front.admit(1, at(100), AdmissionTerms::new()).0 {
                end(front, 1, ticket, Success, 100);
            }
        });
        front.command(|circuit| circuit.set_mode(CircuitMode::ForcedOpen, at(100)));
        assert!(front.admit(0, at(100), AdmissionTerms::new()).0.is_err());
        other.join().unwrap();
        assert!(front.admit(1, at(100), AdmissionTerms::new()).0.is_err());
        front.command(|circuit| circuit.reset(at(100)));
        assert!(front.admit(1, at(100), AdmissionTerms::new()).0.is_ok());
        assert_eq!(seen(&front, 100).successes, 0);
    });
}

/// In a slow start that one call passes each hundredth of a second, and none by lot.
fn starting_slowly(all: &SharedSlowStart) -> Arc<Front> {
    let config = config().with_slow_start(Duration::from_secs(1), Ratio::percent(0));
    let front = front(config);
    front.command(|circuit| {
        circuit.share_slow_start(all.clone());
        circuit.start_slowly(at(100));
    });
    front
}

#[test]
fn of_two_circuits_that_start_slowly_together_one_lets_a_call_pass() {
    check(|| {
        let all = SharedSlowStart::new();
        let (mine, theirs) = (starting_slowly(&all), starting_slowly(&all));
        let passes = |front: &Front| front.admit(0, at(100), AdmissionTerms::new()).0.is_ok();
        let other = thread::spawn(move || passes(&theirs));
        let passed = passes(&mine);
        assert!(passed != other.join().unwrap());
        assert!(!passes(&mine), "the place is taken");
    });
}

#[test]
fn a_call_that_passes_by_lot_keeps_the_place_from_others_though_an_older_one_takes_it_meanwhile() {
    let millis = |millis| Timestamp::new(Duration::from_millis(millis));
    let interval = Duration::from_millis(100);
    check(move || {
        let all = SharedSlowStart::new();
        let by_lot = all.clone();
        let other = thread::spawn(move || by_lot.passed(millis(1_050)));
        all.takes_place(millis(1_000), interval);
        other.join().unwrap();
        assert!(!all.takes_place(millis(1_149), interval));
        assert!(all.takes_place(millis(1_150), interval));
    });
}
