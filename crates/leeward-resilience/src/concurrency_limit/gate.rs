use std::{collections::VecDeque, task::Waker};

use super::atomic::{AtomicU32, AtomicU64, Mutex, MutexGuard, Ordering};

/// Hands out places in the order in which they were asked for, and knows neither time nor runtime.
///
/// While nobody waits, taking a place is one exchange and giving it back one subtraction; only callers who wait meet the
/// lock.
#[derive(Debug)]
pub(super) struct Gate {
    // Places taken in the low half, callers waiting in the high half: in one word, so that whoever gives a place back and
    // whoever joins the line cannot miss each other.
    occupancy: AtomicU64,
    limit: AtomicU32,
    max_waiting: u32,
    line: Mutex<Line>,
}

/// What a caller gets at the gate.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A place; to be [left](Gate::leave).
    Entered,
    /// A place in the line; to be [polled](Gate::poll) until it is a place, or [abandoned](Gate::abandon).
    Queued(u64),
    /// Nothing: the line is full.
    Full,
}

#[derive(Debug, Default)]
struct Line {
    next_ticket: u64,
    // By ticket. The first ones, as many as were granted a place, have yet to take notice of it.
    waiters: VecDeque<Waiter>,
    granted: usize,
}

#[derive(Debug)]
struct Waiter {
    ticket: u64,
    waker: Option<Waker>,
}

const TAKEN: u64 = 1;
const WAITING: u64 = 1 << 32;

const fn taken(occupancy: u64) -> u32 {
    occupancy as u32
}

const fn waiting(occupancy: u64) -> u32 {
    (occupancy >> 32) as u32
}

impl Gate {
    pub(super) fn new(limit: u32, max_waiting: u32) -> Self {
        Self {
            occupancy: AtomicU64::new(0),
            limit: AtomicU32::new(limit),
            max_waiting,
            line: Mutex::new(Line::default()),
        }
    }

    pub(super) fn limit(&self) -> u32 {
        self.limit.load(Ordering::Relaxed)
    }

    pub(super) fn in_flight(&self) -> u32 {
        taken(self.occupancy.load(Ordering::Relaxed))
    }

    pub(super) fn waiting(&self) -> u32 {
        waiting(self.occupancy.load(Ordering::Relaxed))
    }

    /// Takes a place if one is free and nobody waits for it.
    #[inline]
    pub(super) fn try_enter(&self) -> bool {
        let limit = self.limit.load(Ordering::Relaxed);
        self.change(|occupancy| {
            (waiting(occupancy) == 0 && taken(occupancy) < limit).then(|| occupancy + TAKEN)
        })
    }

    /// Takes a place or joins the line.
    pub(super) fn enter(&self) -> Entry {
        if self.try_enter() {
            return Entry::Entered;
        }
        let mut line = self.line();
        // Under the lock a new limit cannot pass unnoticed: whoever sets one looks through the line afterwards.
        if self.try_enter() {
            return Entry::Entered;
        }
        // A place that was given back since then is met at the next turn of the loop within.
        let limit = self.limit.load(Ordering::Relaxed);
        let mut occupancy = self.occupancy.load(Ordering::Relaxed);
        loop {
            let is_free = waiting(occupancy) == 0 && taken(occupancy) < limit;
            if !is_free && waiting(occupancy) >= self.max_waiting {
                return Entry::Full;
            }
            let next = occupancy + if is_free { TAKEN } else { WAITING };
            match self.exchange(occupancy, next) {
                Ok(_) if is_free => return Entry::Entered,
                Ok(_) => return Entry::Queued(line.join()),
                Err(now) => occupancy = now,
            }
        }
    }

    /// Whether the ticket's turn has come; its caller then has a place and no ticket any more. If not, `waker` is woken
    /// when it has.
    pub(super) fn poll(&self, ticket: u64, waker: &Waker) -> bool {
        let mut line = self.line();
        let at = line.position(ticket);
        if at < line.granted {
            line.remove(at);
            return true;
        }
        match &mut line.waiters[at].waker {
            Some(known) => known.clone_from(waker),
            unknown => *unknown = Some(waker.clone()),
        }
        false
    }

    /// Gives a place back.
    #[inline]
    pub(super) fn leave(&self) {
        let before = self.occupancy.fetch_sub(TAKEN, Ordering::AcqRel);
        if waiting(before) > 0 {
            self.hand_over();
        }
    }

    /// Leaves the line, and gives the place back if the turn had come unnoticed.
    pub(super) fn abandon(&self, ticket: u64) {
        let mut line = self.line();
        let at = line.position(ticket);
        let was_granted = at < line.granted;
        line.remove(at);
        if was_granted {
            drop(line);
            self.leave();
        } else {
            self.occupancy.fetch_sub(WAITING, Ordering::AcqRel);
        }
    }

    /// Lets no more than `limit` in from now on; those who are in stay. If it tells so, [hand over](Gate::hand_over) what
    /// has become free.
    #[must_use]
    pub(super) fn set_limit(&self, limit: u32) -> bool {
        self.limit.swap(limit, Ordering::Relaxed) < limit
    }

    /// Gives free places to those who wait longest.
    #[cold]
    pub(super) fn hand_over(&self) {
        // Woken outside the lock: a waker may run anything.
        while let Some(waker) = self.grant() {
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    fn grant(&self) -> Option<Option<Waker>> {
        let mut line = self.line();
        let at = line.granted;
        if at == line.waiters.len() {
            return None;
        }
        let limit = self.limit.load(Ordering::Relaxed);
        let granted = self
            .change(|occupancy| (taken(occupancy) < limit).then(|| occupancy + TAKEN - WAITING));
        granted.then(|| {
            line.granted += 1;
            line.waiters[at].waker.take()
        })
    }

    #[inline]
    fn change(&self, next: impl Fn(u64) -> Option<u64>) -> bool {
        self.occupancy
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, next)
            .is_ok()
    }

    fn exchange(&self, from: u64, to: u64) -> Result<u64, u64> {
        self.occupancy
            .compare_exchange_weak(from, to, Ordering::AcqRel, Ordering::Relaxed)
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().expect("not poisoned")
    }
}

impl Line {
    fn join(&mut self) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiters.push_back(Waiter {
            ticket,
            waker: None,
        });
        ticket
    }

    fn position(&self, ticket: u64) -> usize {
        self.waiters
            .binary_search_by_key(&ticket, |waiter| waiter.ticket)
            .expect("a ticket is given up once")
    }

    fn remove(&mut self, at: usize) {
        self.waiters.remove(at);
        if at < self.granted {
            self.granted -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays callers against a gate with two places and room for two to wait.
    struct Play {
        gate: Gate,
        tickets: Vec<u64>,
    }

    impl Play {
        fn new() -> Self {
            Self {
                gate: Gate::new(2, 2),
                tickets: Vec::new(),
            }
        }

        /// `e` entered, `q` queued, `f` full.
        #[track_caller]
        fn enter(&mut self, expected: &str) {
            for expected in expected.chars() {
                let entry = match self.gate.enter() {
                    Entry::Entered => 'e',
                    Entry::Queued(ticket) => {
                        self.tickets.push(ticket);
                        'q'
                    }
                    Entry::Full => 'f',
                };
                assert_eq!(entry, expected);
            }
        }

        fn has_turn(&self, caller: usize) -> bool {
            self.gate.poll(self.tickets[caller], Waker::noop())
        }

        #[track_caller]
        fn counts(&self, in_flight: u32, waiting: u32) {
            assert_eq!(
                (self.gate.in_flight(), self.gate.waiting()),
                (in_flight, waiting)
            );
        }
    }

    #[test]
    fn places_go_to_those_who_wait_longest() {
        let mut play = Play::new();
        play.enter("eeqqf");
        assert!(!play.has_turn(0) && !play.has_turn(1));
        play.gate.leave();
        assert!(!play.has_turn(1) && play.has_turn(0));
        play.counts(2, 1);
        play.gate.leave();
        assert!(play.has_turn(1));
        play.counts(2, 0);
    }

    #[test]
    fn nobody_passes_those_who_wait() {
        let mut play = Play::new();
        play.enter("eeq");
        play.gate.leave();
        // The place is the waiter's, who has not yet taken notice.
        assert!(!play.gate.try_enter());
        play.enter("q");
        assert!(play.has_turn(0) && !play.has_turn(1));
    }

    #[test]
    fn whoever_leaves_the_line_takes_no_place_along() {
        let mut play = Play::new();
        play.enter("eeqq");
        play.gate.abandon(play.tickets[0]);
        play.counts(2, 1);
        play.gate.leave();
        assert!(play.has_turn(1));
        play.counts(2, 0);
    }

    #[test]
    fn a_turn_that_nobody_noticed_goes_to_the_next() {
        let mut play = Play::new();
        play.enter("eeqq");
        play.gate.leave();
        play.gate.abandon(play.tickets[0]);
        assert!(play.has_turn(1));
        play.gate.leave();
        play.gate.leave();
        play.counts(0, 0);
    }

    #[test]
    fn a_new_limit_holds_from_now_on() {
        let mut play = Play::new();
        play.enter("eeqq");
        assert!(!play.gate.set_limit(1));
        play.gate.leave();
        assert!(!play.has_turn(0), "one is in, and one is the limit");
        play.counts(1, 2);
        assert!(play.gate.set_limit(3));
        play.gate.hand_over();
        assert!(play.has_turn(0) && play.has_turn(1));
        play.counts(3, 0);
    }

    #[test]
    fn nobody_waits_where_there_is_no_line() {
        let gate = Gate::new(1, 0);
        assert_eq!(gate.enter(), Entry::Entered);
        assert_eq!(gate.enter(), Entry::Full);
    }
}
