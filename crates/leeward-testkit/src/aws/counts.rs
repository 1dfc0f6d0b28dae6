use crate::aws::call::{Call, signing_name};
use leeward_error_taxonomy::Region;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

/// What has been called so far, as it stood when the snapshot was taken.
///
/// A call counts from the moment its head has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    calls: BTreeMap<Call, Tally>,
    connections: BTreeMap<Region, Connections>,
}

/// How calls ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// All calls; the sum of the others.
    pub calls: u64,
    /// Answered by the service with a success.
    pub ok: u64,
    /// Answered by the service with an error.
    pub errors: u64,
    /// Answered with an error, torn or dropped by the fault plane.
    pub faulted: u64,
    /// Without an answer: under way, in a black hole, or given up by the client.
    pub unanswered: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Connections {
    open: u64,
    opened: u64,
}

impl Counts {
    /// Keeps only what happened in `region`.
    #[must_use]
    pub fn in_region(&self, region: &Region) -> Self {
        let mut counts = self.clone();
        counts.calls.retain(|call, _| call.region == *region);
        counts.connections.retain(|at, _| at == region);
        counts
    }

    /// How often an operation was called.
    #[must_use]
    pub fn calls(&self, service: &str, operation: &str) -> u64 {
        self.tally(service, operation).calls
    }

    /// How the calls of an operation ended.
    #[must_use]
    pub fn tally(&self, service: &str, operation: &str) -> Tally {
        let service = signing_name(service);
        self.sum(|call| call.service == service && call.operation == operation)
    }

    /// How the calls of all operations ended.
    #[must_use]
    pub fn total(&self) -> Tally {
        self.sum(|_| true)
    }

    /// Region, service, operation and tally of whatever was called, in this order.
    pub fn iter(&self) -> impl Iterator<Item = (&Region, &str, &str, Tally)> {
        self.calls
            .iter()
            .map(|(call, tally)| (&call.region, &*call.service, &*call.operation, *tally))
    }

    /// How many connections are open.
    #[must_use]
    pub fn open_connections(&self) -> u64 {
        self.connections.values().map(|at| at.open).sum()
    }

    /// How many connections were opened since the start or the last reset.
    #[must_use]
    pub fn opened_connections(&self) -> u64 {
        self.connections.values().map(|at| at.opened).sum()
    }

    fn sum(&self, wanted: impl Fn(&Call) -> bool) -> Tally {
        let mut sum = Tally::default();
        for (_, tally) in self.calls.iter().filter(|(call, _)| wanted(call)) {
            sum.calls += tally.calls;
            sum.ok += tally.ok;
            sum.errors += tally.errors;
            sum.faulted += tally.faulted;
            sum.unanswered += tally.unanswered;
        }
        sum
    }
}

/// Counts as calls come and go.
#[derive(Debug, Default)]
pub(super) struct Counter {
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    counts: Counts,
    /// Tells what began before the last reset: its end is not counted.
    resets: u64,
}

/// How a call ended that got an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Ok,
    Error,
    Faulted,
}

/// A call that is counted; unanswered until it is settled.
#[derive(Debug)]
pub(super) struct Ticket {
    counter: Arc<Counter>,
    call: Call,
    resets: u64,
}

/// A connection that is counted; open until it is dropped.
#[derive(Debug)]
pub(super) struct Connected {
    counter: Arc<Counter>,
    region: Region,
}

impl Counter {
    pub(super) fn snapshot(&self) -> Counts {
        self.ledger().counts.clone()
    }

    /// Starts from zero; connections that are open stay counted as such.
    pub(super) fn reset(&self) {
        let mut ledger = self.ledger();
        ledger.resets += 1;
        ledger.counts.calls.clear();
        for at in ledger.counts.connections.values_mut() {
            at.opened = 0;
        }
    }

    pub(super) fn begin(self: &Arc<Self>, call: Call) -> Ticket {
        let mut ledger = self.ledger();
        ledger.enter(&call);
        Ticket {
            counter: Arc::clone(self),
            call,
            resets: ledger.resets,
        }
    }

    pub(super) fn connected(self: &Arc<Self>, region: Region) -> Connected {
        let mut ledger = self.ledger();
        let at = ledger.counts.connections.entry(region.clone()).or_default();
        at.open += 1;
        at.opened += 1;
        drop(ledger);
        Connected {
            counter: Arc::clone(self),
            region,
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("not poisoned")
    }
}

impl Ledger {
    fn enter(&mut self, call: &Call) {
        let tally = self.counts.calls.entry(call.clone()).or_default();
        tally.calls += 1;
        tally.unanswered += 1;
    }

    fn leave(&mut self, call: &Call) {
        if let Some(tally) = self.counts.calls.get_mut(call) {
            tally.calls -= 1;
            tally.unanswered -= 1;
            if tally.calls == 0 {
                self.counts.calls.remove(call);
            }
        }
    }
}

impl Ticket {
    pub(super) const fn call(&self) -> &Call {
        &self.call
    }

    /// Moves the count to the operation that the body turned out to name.
    pub(super) fn rename(&mut self, operation: String) {
        let mut ledger = self.counter.ledger();
        let from_before_the_reset = ledger.resets != self.resets;
        if !from_before_the_reset {
            ledger.leave(&self.call);
        }
        self.call.operation = operation;
        if !from_before_the_reset {
            ledger.enter(&self.call);
        }
    }

    pub(super) fn settle(self, outcome: Outcome) {
        let mut ledger = self.counter.ledger();
        if ledger.resets != self.resets {
            return;
        }
        let tally = ledger.counts.calls.entry(self.call.clone()).or_default();
        tally.unanswered -= 1;
        match outcome {
            Outcome::Ok => tally.ok += 1,
            Outcome::Error => tally.errors += 1,
            Outcome::Faulted => tally.faulted += 1,
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let mut ledger = self.counter.ledger();
        if let Some(at) = ledger.counts.connections.get_mut(&self.region) {
            at.open -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EAST: Region = Region::from_static("us-east-1");
    const WEST: Region = Region::from_static("us-west-2");

    fn call(region: Region, service: &str, operation: &str) -> Call {
        Call {
            region,
            service: service.into(),
            operation: operation.into(),
        }
    }

    fn tally(ok: u64, errors: u64, faulted: u64, unanswered: u64) -> Tally {
        Tally {
            calls: ok + errors + faulted + unanswered,
            ok,
            errors,
            faulted,
            unanswered,
        }
    }

    #[test]
    fn every_call_ends_in_one_column() {
        let counter = Arc::new(Counter::default());
        let begin = |region| counter.begin(call(region, "kms", "Decrypt"));
        begin(EAST).settle(Outcome::Ok);
        begin(EAST).settle(Outcome::Error);
        begin(WEST).settle(Outcome::Faulted);
        drop(begin(WEST));
        counter
            .begin(call(EAST, "logs", "PutLogEvents"))
            .settle(Outcome::Ok);

        let counts = counter.snapshot();
        assert_eq!(counts.tally("kms", "Decrypt"), tally(1, 1, 1, 1));
        assert_eq!(
            counts.in_region(&WEST).tally("kms", "Decrypt"),
            tally(0, 0, 1, 1)
        );
        assert_eq!(counts.calls("cloudwatchlogs", "PutLogEvents"), 1);
        assert_eq!(counts.calls("kms", "Encrypt"), 0);
        assert_eq!(counts.total(), tally(2, 1, 1, 1));
        assert_eq!(counts.iter().count(), 3);
    }

    #[test]
    fn a_call_is_counted_once_under_the_name_that_its_body_gives() {
        let counter = Arc::new(Counter::default());
        let mut ticket = counter.begin(call(EAST, "sts", "Unknown"));
        assert_eq!(counter.snapshot().calls("sts", "Unknown"), 1);
        ticket.rename("GetCallerIdentity".into());
        ticket.settle(Outcome::Ok);
        let counts = counter.snapshot();
        assert_eq!(counts.tally("sts", "GetCallerIdentity"), tally(1, 0, 0, 0));
        assert_eq!(counts.total().calls, 1);
    }

    #[test]
    fn what_began_before_a_reset_is_not_counted_after_it() {
        let counter = Arc::new(Counter::default());
        let mut early = counter.begin(call(EAST, "sts", "Unknown"));
        let connection = counter.connected(EAST);
        counter.reset();
        early.rename("GetCallerIdentity".into());
        early.settle(Outcome::Ok);
        let counts = counter.snapshot();
        assert_eq!(counts.total(), Tally::default());
        assert_eq!(
            (counts.open_connections(), counts.opened_connections()),
            (1, 0)
        );
        drop(connection);
        assert_eq!(counter.snapshot().open_connections(), 0);
    }
}
