use std::{sync::Arc, time::Duration};

use super::{
    AdmissionTerms, CircuitChange, CircuitConfig, CircuitMode, CircuitState,
    atomic::{AtomicU64, Mutex, MutexGuard, Ordering},
    circuit::{self, Circuit},
    lane::{Counted, Lane},
    outcome::Outcome,
    passage::{Gate, Passage, Seen},
    steps::Steps,
};
use crate::Timestamp;

/// Stands before a circuit and spares most calls its lock.
///
/// One word says in which generation the circuit is and what calls may do without asking. While it is closed, a call that
/// begins and a success of ordinary age are counted in the lane of their thread; the circuit sees those counts when it has
/// something to decide: on a failure, on a slow call and once in each step.
///
/// The order of two events on different threads is that in which they take effect here; those that follow one another, in
/// the order of their callers, take effect in that order too.
#[derive(Debug)]
pub(super) struct Front {
    // The generation and, in the lowest bits, the gate.
    word: AtomicU64,
    // Of `HOLD`. Written before the word: whoever sees the word sees this end or that of a later hold.
    until: AtomicU64,
    ordinary_age: AtomicU64,
    // What is normal, in nanoseconds; none if zero.
    normal: AtomicU64,
    steps: Steps,
    lanes: Box<[Lane]>,
    circuit: Mutex<Circuit>,
}

const ASK: u64 = 0;
const PASS: u64 = 1;
const IGNORE: u64 = 2;
const HOLD: u64 = 3;
const GATE_BITS: u32 = 2;

/// Says what state of the circuit let a call through, so that it can tell its own calls from earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket {
    generation: u64,
    // In which the lane counts the call; none if zero or that of a probe.
    step: u64,
}

/// Of no lane.
const PROBE: u64 = u64::MAX;

impl Ticket {
    /// Of no generation, hence without consequence.
    const UNOBSERVED: Self = Self {
        generation: u64::MAX,
        step: 0,
    };

    pub(super) const fn is_probe(self) -> bool {
        self.step == PROBE
    }

    const fn is_counted(self) -> bool {
        self.step != 0 && self.step != PROBE
    }
}

/// What a call did to the circuit, besides what it asked for.
pub(super) type Change = Option<CircuitChange>;

impl Front {
    /// A closed circuit for threads on so many lanes.
    pub(super) fn new(config: impl Into<Arc<CircuitConfig>>, lanes: usize, now: Timestamp) -> Self {
        let config = config.into();
        let circuit = Circuit::new(Arc::clone(&config), now);
        let front = Self {
            word: AtomicU64::new(ASK),
            until: AtomicU64::new(0),
            ordinary_age: AtomicU64::new(0),
            normal: AtomicU64::new(0),
            steps: Steps::new(config.window),
            lanes: (0..lanes).map(|_| Lane::default()).collect(),
            circuit: Mutex::new(circuit),
        };
        front.publish(&front.circuit());
        front
    }

    /// Lets a call on `lane` through at `now`, or says how long it would have to wait.
    #[inline]
    pub(super) fn admit(
        &self,
        lane: usize,
        now: Timestamp,
        terms: AdmissionTerms,
    ) -> (Result<Ticket, Duration>, Change) {
        let word = self.word.load(Ordering::Acquire);
        let generation = word >> GATE_BITS;
        match word & ((1 << GATE_BITS) - 1) {
            PASS => {
                let step = self.steps.number(now, generation);
                match self.lanes[lane].begin(step) {
                    Counted::Again => (Ok(Ticket { generation, step }), None),
                    Counted::Not => (
                        Ok(Ticket {
                            generation,
                            step: 0,
                        }),
                        None,
                    ),
                    Counted::First => {
                        self.admit_first(lane, now, terms, Ticket { generation, step })
                    }
                }
            }
            IGNORE => (Ok(Ticket::UNOBSERVED), None),
            HOLD => {
                let until =
                    Timestamp::new(Duration::from_nanos(self.until.load(Ordering::Relaxed)));
                if now < until {
                    (Err(circuit::wait(until, now)), None)
                } else {
                    self.ask(lane, now, terms)
                }
            }
            _ => self.ask(lane, now, terms),
        }
    }

    /// Looks at the calls in flight before it lets the first call of a step pass.
    #[cold]
    fn admit_first(
        &self,
        lane: usize,
        now: Timestamp,
        terms: AdmissionTerms,
        ticket: Ticket,
    ) -> (Result<Ticket, Duration>, Change) {
        let mut circuit = self.circuit();
        if circuit.counts(ticket.generation)
            && let Ok(Passage::Counted) = circuit.admit(now, terms).0
        {
            return self.pass_or_trip(circuit, lane, now, terms, ticket);
        }
        drop(circuit);
        // Somebody else has just changed the state.
        self.lanes[lane].end(ticket.step);
        self.ask(lane, now, terms)
    }

    #[cold]
    fn ask(
        &self,
        lane: usize,
        now: Timestamp,
        terms: AdmissionTerms,
    ) -> (Result<Ticket, Duration>, Change) {
        let mut circuit = self.circuit();
        let (passage, change) = circuit.admit(now, terms);
        let generation = circuit.generation();
        let ticket = match passage {
            Ok(Passage::Counted) => {
                let step = self.steps.number(now, generation);
                match self.lanes[lane].begin(step) {
                    Counted::Again => Ok(Ticket { generation, step }),
                    Counted::Not => Ok(Ticket {
                        generation,
                        step: 0,
                    }),
                    Counted::First => {
                        let ticket = Ticket { generation, step };
                        return self.pass_or_trip(circuit, lane, now, terms, ticket);
                    }
                }
            }
            Ok(Passage::Probe) => Ok(Ticket {
                generation,
                step: PROBE,
            }),
            Ok(Passage::Unobserved) => Ok(Ticket::UNOBSERVED),
            Err(retry_in) => Err(retry_in),
        };
        self.publish(&circuit);
        (ticket, change)
    }

    /// Lets the call pass that has just been counted, unless the calls in flight are too old.
    fn pass_or_trip(
        &self,
        mut circuit: MutexGuard<'_, Circuit>,
        lane: usize,
        now: Timestamp,
        terms: AdmissionTerms,
        ticket: Ticket,
    ) -> (Result<Ticket, Duration>, Change) {
        let seen = self.seen(&mut circuit, now);
        let change = circuit.look(now, &seen);
        let passage = if change.is_some() {
            self.lanes[lane].end(ticket.step);
            let observed = circuit.admit(now, terms).0;
            observed.map(|_| Ticket::UNOBSERVED)
        } else {
            Ok(ticket)
        };
        self.publish(&circuit);
        (passage, change)
    }

    /// Learns, on the lane that let it through, that the call of `ticket` ended.
    pub(super) fn record(
        &self,
        lane: usize,
        ticket: Ticket,
        outcome: Outcome,
        begun: Timestamp,
        now: Timestamp,
    ) -> Change {
        if ticket.is_counted() {
            self.lanes[lane].end(ticket.step);
        }
        if ticket == Ticket::UNOBSERVED {
            return None;
        }
        let is_ordinary = outcome == Outcome::Success
            && self.word.load(Ordering::Acquire) == ticket.generation << GATE_BITS | PASS
            && now.nanos().saturating_sub(begun.nanos())
                < self.ordinary_age.load(Ordering::Relaxed);
        if is_ordinary {
            let step = self.steps.number(now, ticket.generation);
            match self.lanes[lane].succeed(step) {
                Counted::Again => return None,
                Counted::First => {
                    self.sample(ticket, begun, now);
                    return None;
                }
                Counted::Not => {}
            }
        }
        self.tell(ticket, outcome, begun, now)
    }

    #[cold]
    fn sample(&self, ticket: Ticket, begun: Timestamp, now: Timestamp) {
        let mut circuit = self.circuit();
        circuit.sample(ticket.generation, now.since(begun), now);
        self.publish(&circuit);
    }

    #[cold]
    fn tell(&self, ticket: Ticket, outcome: Outcome, begun: Timestamp, now: Timestamp) -> Change {
        let mut circuit = self.circuit();
        let seen = if circuit.counts(ticket.generation) {
            self.seen(&mut circuit, now)
        } else {
            Seen::default()
        };
        let change = circuit.record(ticket.generation, outcome, begun, now, &seen);
        self.publish(&circuit);
        change
    }

    /// The normal latency, once it is learnt; one load.
    pub(super) fn normal(&self) -> Option<Duration> {
        match self.normal.load(Ordering::Relaxed) {
            0 => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }

    pub(super) fn mode(&self) -> CircuitMode {
        self.circuit().mode()
    }

    /// The state now.
    pub(super) fn state(&self) -> CircuitState {
        self.circuit().state()
    }

    /// Lets `command` change the circuit.
    pub(super) fn command<T>(&self, command: impl FnOnce(&mut Circuit) -> T) -> T {
        let mut circuit = self.circuit();
        let answer = command(&mut circuit);
        self.publish(&circuit);
        answer
    }

    /// Shows the circuit to `look`, with what the lanes have counted.
    pub(super) fn inspect<T>(
        &self,
        now: Timestamp,
        look: impl FnOnce(&mut Circuit, &Seen) -> T,
    ) -> T {
        let mut circuit = self.circuit();
        let seen = self.seen(&mut circuit, now);
        look(&mut circuit, &seen)
    }

    fn seen(&self, circuit: &mut Circuit, now: Timestamp) -> Seen {
        let (window, first) = (circuit.window(now), circuit.first_step());
        let overdue = circuit.overdue(now);
        let mut seen = Seen::default();
        for lane in &self.lanes {
            seen.successes += lane.successes(&window);
            seen.mark += lane.mark(first);
            seen.overdue += overdue.as_ref().map_or(0, |steps| lane.in_flight(steps));
        }
        seen
    }

    /// Tells the calls that do not ask. Only with the lock held, so that words follow one another as states do.
    fn publish(&self, circuit: &Circuit) {
        let (gate, until) = match circuit.gate() {
            Gate::Ask => (ASK, None),
            Gate::Pass => (PASS, None),
            Gate::Ignore => (IGNORE, None),
            Gate::Hold { until } => (HOLD, Some(until.nanos())),
        };
        // What is not written stays in the caches of all processors.
        let set = |cell: &AtomicU64, value, order| {
            if cell.load(Ordering::Relaxed) != value {
                cell.store(value, order);
            }
        };
        if let Some(until) = until {
            set(&self.until, until, Ordering::Relaxed);
        }
        set(
            &self.ordinary_age,
            circuit.ordinary_age(),
            Ordering::Relaxed,
        );
        set(&self.normal, circuit.normal_age(), Ordering::Relaxed);
        let word = circuit.generation() << GATE_BITS | gate;
        set(&self.word, word, Ordering::Release);
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().expect("not poisoned")
    }
}
