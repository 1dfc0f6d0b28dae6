use crate::aws::call::{Call, signing_name};
use leeward_error_taxonomy::Region;
use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

/// Whom the calls are counted under that nobody signed.
const ANONYMOUS: &str = "anonymous";
/// Whom the calls are counted under whose signers are too many to be told apart.
const OTHERS: &str = "others";
/// How many signers of an operation in a Region are told apart.
const MAX_SIGNERS: usize = 4096;
/// How many connections of an operation in a Region are told apart.
const MAX_CONNECTIONS: usize = 65_536;

/// What has been called so far, as it stood when the snapshot was taken.
///
/// A call counts from the moment its head has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    calls: BTreeMap<Call, Tally>,
    traces: BTreeMap<Call, Traces>,
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
    peak: u64,
    handshakes: u64,
}

/// Who signed calls, and over which connections they came: calls by access key id and by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Traces {
    signers: BTreeMap<String, u64>,
    connections: BTreeMap<u64, u64>,
}

impl Counts {
    /// Keeps only what happened in `region`.
    #[must_use]
    pub fn in_region(&self, region: &Region) -> Self {
        let mut counts = self.clone();
        counts.calls.retain(|call, _| call.region == *region);
        counts.traces.retain(|call, _| call.region == *region);
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

    /// Who signed the calls of an operation: calls by access key id.
    ///
    /// Calls without a signature are under `anonymous`. Past 4,096 access key ids in a Region the rest is under `others`.
    #[must_use]
    pub fn signers(&self, service: &str, operation: &str) -> BTreeMap<String, u64> {
        let mut sum = BTreeMap::new();
        for traces in self.traces(service, operation) {
            for (signer, calls) in &traces.signers {
                *sum.entry(signer.clone()).or_default() += calls;
            }
        }
        sum
    }

    /// Over how many connections the calls of an operation came; those past 65,536 in a Region are not told apart.
    #[must_use]
    pub fn connections_of(&self, service: &str, operation: &str) -> u64 {
        let traces = self.traces(service, operation);
        let connections: BTreeSet<_> = traces.flat_map(|at| at.connections.keys()).collect();
        connections.len() as u64
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

    /// How many connections were open at one time since the start or the last reset: the sum of each Region's own peak.
    #[must_use]
    pub fn peak_connections(&self) -> u64 {
        self.connections.values().map(|at| at.peak).sum()
    }

    /// How many TLS handshakes were completed since the start or the last reset.
    #[must_use]
    pub fn handshakes(&self) -> u64 {
        self.connections.values().map(|at| at.handshakes).sum()
    }

    fn traces(&self, service: &str, operation: &str) -> impl Iterator<Item = &Traces> {
        let service = signing_name(service);
        self.traces
            .iter()
            .filter(move |(call, _)| call.service == service && call.operation == operation)
            .map(|(_, traces)| traces)
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
    /// Numbers the connections.
    connections: u64,
}

/// Whence a call came.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    signer: String,
    connection: u64,
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
    trace: Trace,
    resets: u64,
}

/// A connection that is counted; open until it is dropped.
#[derive(Debug)]
pub(super) struct Connected {
    counter: Arc<Counter>,
    region: Region,
    number: u64,
}

impl Trace {
    pub(super) fn new(access_key_id: Option<&str>, connection: u64) -> Self {
        Self {
            signer: access_key_id.unwrap_or(ANONYMOUS).to_owned(),
            connection,
        }
    }
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
        ledger.counts.traces.clear();
        for at in ledger.counts.connections.values_mut() {
            *at = Connections {
                open: at.open,
                peak: at.open,
                ..Connections::default()
            };
        }
    }

    pub(super) fn begin(self: &Arc<Self>, call: Call, trace: Trace) -> Ticket {
        let mut ledger = self.ledger();
        ledger.enter(&call, &trace);
        Ticket {
            counter: Arc::clone(self),
            call,
            trace,
            resets: ledger.resets,
        }
    }

    pub(super) fn connected(self: &Arc<Self>, region: Region) -> Connected {
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
            if traces.signers.is_empty() {
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

impl Traces {
    fn enter(&mut self, trace: &Trace) {
        let signer = if self.signers.contains_key(&trace.signer) || self.signers.len() < MAX_SIGNERS
        {
            &trace.signer
        } else {
            OTHERS
        };
        *self.signers.entry(signer.to_owned()).or_default() += 1;
        if self.connections.contains_key(&trace.connection)
            || self.connections.len() < MAX_CONNECTIONS
        {
            *self.connections.entry(trace.connection).or_default() += 1;
        }
    }

    fn leave(&mut self, trace: &Trace) {
        let signer = if self.signers.contains_key(&trace.signer) {
            trace.signer.as_str()
        } else {
            OTHERS
        };
        take_one(&mut self.signers, signer);
        take_one(&mut self.connections, &trace.connection);
    }
}

fn take_one<K: Ord + Borrow<Q>, Q: Ord + ?Sized>(counts: &mut BTreeMap<K, u64>, key: &Q) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
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
            ledger.leave(&self.call, &self.trace);
        }
        self.call.operation = operation;
        if !from_before_the_reset {
            ledger.enter(&self.call, &self.trace);
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

impl Connected {
    /// Tells the connection from all others of this AWS.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn shook_hands(&self) {
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
    fn the_signers_that_are_too_many_are_counted_together() {
        let counter = Arc::new(Counter::default());
        let signers = u64::try_from(MAX_SIGNERS).unwrap() + 3;
        for at in 0..signers {
            counter.begin(
                call(EAST, "kms", "Encrypt"),
                trace(&format!("ASIA{at}"), at),
            );
        }
        let seen = counter.snapshot().signers("kms", "Encrypt");
        assert_eq!((seen.len(), seen[OTHERS]), (MAX_SIGNERS + 1, 3));
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
