use super::{
    snapshot::{Connections, Counts},
    traces::Trace,
};
use crate::aws::call::Call;
use leeward_error_taxonomy::Region;
use std::sync::{Arc, Mutex, MutexGuard};

/// Counts as calls come and go.
#[derive(Debug, Default)]
pub(in crate::aws) struct Counter {
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    counts: Counts,
    /// Tells what began before the last reset: its end is not counted.
    resets: u64,
    /// Numbers the connections.
    connections: u64,
}

/// How a call ended that got an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::aws) enum Outcome {
    Ok,
    Error,
    Faulted,
}

/// A call that is counted; unanswered until it is settled.
#[derive(Debug)]
pub(in crate::aws) struct Ticket {
    counter: Arc<Counter>,
    call: Call,
    trace: Trace,
    resets: u64,
}

/// A connection that is counted; open until it is dropped.
#[derive(Debug)]
pub(in crate::aws) struct Connected {
    counter: Arc<Counter>,
    region: Region,
    number: u64,
}

impl Counter {
    pub(in crate::aws) fn snapshot(&self) -> Counts {
        self.ledger().counts.clone()
    }

    /// Starts from zero; connections that are open stay counted as such.
    pub(in crate::aws) fn reset(&self) {
        let mut ledger = self.ledger();
        ledger.resets += 1;
        ledger.counts.calls.clear();
        ledger.counts.traces.clear();
        for at in ledger.counts.connections.values_mut() {
            *at = Connections {
                open: at.open,
                peak: at.open,
                ..Connections::default()
            };
        }
    }

    pub(in crate::aws) fn begin(self: &Arc<Self>, call: Call, trace: Trace) -> Ticket {
        let mut ledger = self.ledger();
        ledger.enter(&call, &trace);
        Ticket {
            counter: Arc::clone(self),
            call,
            trace,
            resets: ledger.resets,
        }
    }

    pub(in crate::aws) fn connected(self: &Arc<Self>, region: Region) -> Connected {
        let mut ledger = self.ledger();
        let at = ledger.counts.connections.entry(region.clone()).or_default();
        at.open += 1;
        at.opened += 1;
        at.peak = at.peak.max(at.open);
        ledger.connections += 1;
        let number = ledger.connections;
        drop(ledger);
        Connected {
            counter: Arc::clone(self),
            region,
            number,
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("not poisoned")
    }
}

impl Ledger {
    fn enter(&mut self, call: &Call, trace: &Trace) {
        self.counts
            .traces
            .entry(call.clone())
            .or_default()
            .enter(trace);
        let tally = self.counts.calls.entry(call.clone()).or_default();
        tally.calls += 1;
        tally.unanswered += 1;
    }

    fn leave(&mut self, call: &Call, trace: &Trace) {
        if let Some(traces) = self.counts.traces.get_mut(call) {
            traces.leave(trace);
            if traces.is_empty() {
                self.counts.traces.remove(call);
            }
        }
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
    pub(in crate::aws) const fn call(&self) -> &Call {
        &self.call
    }

    /// Moves the count to the operation that the body turned out to name.
    pub(in crate::aws) fn rename(&mut self, operation: String) {
        let mut ledger = self.counter.ledger();
        let from_before_the_reset = ledger.resets != self.resets;
        if !from_before_the_reset {
            ledger.leave(&self.call, &self.trace);
        }
        self.call.operation = operation;
        if !from_before_the_reset {
            ledger.enter(&self.call, &self.trace);
        }
    }

    pub(in crate::aws) fn settle(self, outcome: Outcome) {
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

impl Connected {
    /// Tells the connection from all others of this AWS.
    pub(in crate::aws) const fn number(&self) -> u64 {
        self.number
    }

    pub(in crate::aws) fn shook_hands(&self) {
        let mut ledger = self.counter.ledger();
        if let Some(at) = ledger.counts.connections.get_mut(&self.region) {
            at.handshakes += 1;
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
    use crate::aws::counts::{Tally, traces::ANONYMOUS};

    const EAST: Region = Region::from_static("us-east-1");
    const WEST: Region = Region::from_static("us-west-2");

    fn call(region: Region, service: &str, operation: &str) -> Call {
        Call {
            region,
            service: service.into(),
            operation: operation.into(),
        }
    }

    fn trace(signer: &str, connection: u64) -> Trace {
        Trace::new(Some(signer), connection)
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
        let begin = |region| counter.begin(call(region, "kms", "Decrypt"), trace("AKID", 1));
        begin(EAST).settle(Outcome::Ok);
        begin(EAST).settle(Outcome::Error);
        begin(WEST).settle(Outcome::Faulted);
        drop(begin(WEST));
        counter
            .begin(call(EAST, "logs", "PutLogEvents"), trace("AKID", 1))
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
        let mut ticket = counter.begin(call(EAST, "sts", "Unknown"), trace("AKID", 1));
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
        let mut early = counter.begin(call(EAST, "sts", "Unknown"), trace("AKID", 1));
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

    #[test]
    fn signers_and_connections_are_told_apart() {
        let counter = Arc::new(Counter::default());
        for (region, signer, connection) in [
            (EAST, "ONE", 1),
            (EAST, "ONE", 2),
            (EAST, "TWO", 2),
            (WEST, "ONE", 3),
        ] {
            counter.begin(call(region, "kms", "Encrypt"), trace(signer, connection));
        }
        counter.begin(call(EAST, "kms", "Encrypt"), Trace::new(None, 4));
        let counts = counter.snapshot();
        let signers = counts.signers("kms", "Encrypt");
        let expected = [("ONE", 3), ("TWO", 1), (ANONYMOUS, 1)];
        assert_eq!(
            signers,
            expected
                .map(|(signer, calls)| (signer.to_owned(), calls))
                .into()
        );
        assert_eq!(counts.connections_of("kms", "Encrypt"), 4);
        let west = counts.in_region(&WEST);
        assert_eq!(west.signers("kms", "Encrypt"), [("ONE".into(), 1)].into());
        assert_eq!(west.connections_of("kms", "Encrypt"), 1);
        counter.reset();
        assert!(counter.snapshot().signers("kms", "Encrypt").is_empty());
    }

    #[test]
    fn a_renamed_call_leaves_no_trace_under_its_old_name() {
        let counter = Arc::new(Counter::default());
        let mut one = counter.begin(call(EAST, "sts", "Unknown"), trace("AKID", 1));
        let two = counter.begin(call(EAST, "sts", "Unknown"), trace("AKID", 1));
        one.rename("AssumeRole".into());
        let counts = counter.snapshot();
        assert_eq!(counts.connections_of("sts", "Unknown"), 1);
        assert_eq!(counts.signers("sts", "AssumeRole").len(), 1);
        let mut two = two;
        two.rename("AssumeRole".into());
        let counts = counter.snapshot();
        assert_eq!(counts.connections_of("sts", "Unknown"), 0);
        assert_eq!(
            counts.signers("sts", "AssumeRole"),
            [("AKID".into(), 2)].into()
        );
    }

    #[test]
    fn the_peak_is_what_was_open_at_one_time() {
        let counter = Arc::new(Counter::default());
        let (one, two) = (counter.connected(EAST), counter.connected(EAST));
        drop(one);
        let three = counter.connected(EAST);
        three.shook_hands();
        assert_ne!(two.number(), three.number());
        let counts = counter.snapshot();
        assert_eq!((counts.peak_connections(), counts.handshakes()), (2, 1));
        drop((two, three));
        counter.reset();
        let counts = counter.snapshot();
        assert_eq!((counts.peak_connections(), counts.handshakes()), (0, 0));
    }
}
