//! Every interleaving of two threads at one gate, as loom plays them: `cargo xtask test --loom`.

use std::{sync::Arc as StdArc, task::Wake};

use loom::{
    model,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
};

use super::gate::{Entry, Gate};

/// Notes that it was woken.
struct Woken(AtomicBool);

impl Woken {
    fn not_yet() -> StdArc<Self> {
        StdArc::new(Self(AtomicBool::new(false)))
    }
}

impl Wake for Woken {
    fn wake(self: StdArc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// A gate with one place, which is taken.
fn taken(max_waiting: u32) -> Arc<Gate> {
    let gate = Arc::new(Gate::new(1, max_waiting));
    assert!(gate.try_enter());
    gate
}

fn queue(gate: &Gate) -> u64 {
    match gate.enter() {
        Entry::Queued(ticket) => ticket,
        entry => panic!("{entry:?} where there is only the line"),
    }
}

fn has_turn(gate: &Gate, ticket: u64) -> bool {
    gate.poll(ticket, std::task::Waker::noop())
}

/// Whether the caller who got this is in by now.
fn is_in(gate: &Gate, entry: &Entry) -> bool {
    match entry {
        Entry::Entered => true,
        Entry::Queued(ticket) => has_turn(gate, *ticket),
        Entry::Full => false,
    }
}

#[track_caller]
fn assert_counts(gate: &Gate, in_flight: u32, waiting: u32) {
    assert_eq!((gate.in_flight(), gate.waiting()), (in_flight, waiting));
}

fn beside<T: 'static>(gate: &Arc<Gate>, work: impl FnOnce(&Gate) -> T + 'static) -> JoinHandle<T> {
    let gate = Arc::clone(gate);
    thread::spawn(move || work(&gate))
}

#[test]
fn whoever_comes_in_sees_what_the_one_before_has_done() {
    model(|| {
        let gate = Arc::new(Gate::new(1, 0));
        let done = Arc::new(AtomicU32::new(0));
        // No exchange: the place is what keeps two from doing it at once.
        let work = |gate: &Gate, done: &AtomicU32| {
            let is_in = gate.try_enter();
            if is_in {
                done.store(done.load(Relaxed) + 1, Relaxed);
                gate.leave();
            }
            u32::from(is_in)
        };
        let theirs = Arc::clone(&done);
        let other = beside(&gate, move |gate| work(gate, &theirs));
        let entered = work(&gate, &done) + other.join().unwrap();
        assert_eq!((done.load(Relaxed), gate.in_flight()), (entered, 0));
    });
}

#[test]
fn whoever_is_handed_a_place_sees_what_the_one_before_has_done() {
    model(|| {
        let gate = taken(1);
        let done = Arc::new(AtomicBool::new(false));
        let ticket = queue(&gate);
        let theirs = Arc::clone(&done);
        let other = beside(&gate, move |gate| {
            theirs.store(true, Relaxed);
            gate.leave();
        });
        if has_turn(&gate, ticket) {
            assert!(done.load(Relaxed));
        }
        other.join().unwrap();
    });
}

#[test]
fn nobody_waits_for_a_place_that_is_free() {
    model(|| {
        let gate = taken(1);
        let other = beside(&gate, Gate::enter);
        gate.leave();
        let entry = other.join().unwrap();
        assert!(is_in(&gate, &entry), "{entry:?}");
        assert_counts(&gate, 1, 0);
    });
}

#[test]
fn whoever_looks_too_early_is_woken() {
    model(|| {
        let gate = taken(1);
        let ticket = queue(&gate);
        let other = beside(&gate, Gate::leave);
        let woken = Woken::not_yet();
        let has_turn_at_once = gate.poll(ticket, &StdArc::clone(&woken).into());
        other.join().unwrap();
        if !has_turn_at_once {
            assert!(woken.0.load(Relaxed), "waits though its turn has come");
            assert!(has_turn(&gate, ticket));
        }
        assert_counts(&gate, 1, 0);
    });
}

#[test]
fn nobody_passes_those_who_wait() {
    model(|| {
        let gate = taken(2);
        let ticket = queue(&gate);
        let other = beside(&gate, Gate::leave);
        assert!(!gate.try_enter());
        other.join().unwrap();
        assert!(has_turn(&gate, ticket));
    });
}

#[test]
fn a_turn_of_one_who_leaves_the_line_goes_to_the_next() {
    model(|| {
        let gate = taken(2);
        let (first, second) = (queue(&gate), queue(&gate));
        let other = beside(&gate, Gate::leave);
        gate.abandon(first);
        other.join().unwrap();
        assert!(has_turn(&gate, second));
        assert_counts(&gate, 1, 0);
        gate.leave();
        assert_counts(&gate, 0, 0);
    });
}

#[test]
fn two_who_leave_let_two_in() {
    model(|| {
        let gate = Arc::new(Gate::new(2, 2));
        assert!(gate.try_enter() && gate.try_enter());
        let tickets = [queue(&gate), queue(&gate)];
        let other = beside(&gate, Gate::leave);
        gate.leave();
        other.join().unwrap();
        assert!(tickets.iter().all(|ticket| has_turn(&gate, *ticket)));
        assert_counts(&gate, 2, 0);
    });
}

#[test]
fn the_last_place_in_the_line_goes_to_one() {
    model(|| {
        let gate = taken(1);
        let other = beside(&gate, Gate::enter);
        let entries = [gate.enter(), other.join().unwrap()];
        let full = entries.iter().filter(|entry| **entry == Entry::Full);
        assert_eq!(full.count(), 1, "{entries:?}");
        assert_counts(&gate, 1, 1);
    });
}

#[test]
fn a_limit_that_rises_lets_those_in_who_come_at_that_moment() {
    model(|| {
        let gate = taken(1);
        let other = beside(&gate, Gate::enter);
        if gate.set_limit(2) {
            gate.hand_over();
        }
        let entry = other.join().unwrap();
        assert!(is_in(&gate, &entry), "{entry:?}");
        assert_counts(&gate, 2, 0);
    });
}

#[test]
fn a_limit_that_falls_keeps_the_next_out() {
    model(|| {
        let gate = Arc::new(Gate::new(2, 1));
        assert!(gate.try_enter() && gate.try_enter());
        let ticket = queue(&gate);
        let other = beside(&gate, |gate| {
            assert!(!gate.set_limit(1));
        });
        gate.leave();
        other.join().unwrap();
        let was_let_in = u32::from(has_turn(&gate, ticket));
        assert_counts(&gate, 1 + was_let_in, 1 - was_let_in);
        gate.leave();
        if was_let_in == 0 {
            assert!(has_turn(&gate, ticket), "the last one is out");
        }
        assert_counts(&gate, 1, 0);
    });
}
