use super::traces::Traces;
use crate::aws::call::{Call, signing_name};
use leeward_error_taxonomy::Region;
use std::collections::{BTreeMap, BTreeSet};

/// What has been called so far, as it stood when the snapshot was taken.
///
/// A call counts from the moment its head has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub(super) calls: BTreeMap<Call, Tally>,
    pub(super) traces: BTreeMap<Call, Traces>,
    pub(super) connections: BTreeMap<Region, Connections>,
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
pub(super) struct Connections {
    pub(super) open: u64,
    pub(super) opened: u64,
    pub(super) peak: u64,
    pub(super) handshakes: u64,
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
            for (signer, calls) in traces.signers() {
                *sum.entry(signer.clone()).or_default() += calls;
            }
        }
        sum
    }

    /// Over how many connections the calls of an operation came; those past 65,536 in a Region are not told apart.
    #[must_use]
    pub fn connections_of(&self, service: &str, operation: &str) -> u64 {
        let traces = self.traces(service, operation);
        let connections: BTreeSet<_> = traces.flat_map(|at| at.connections()).collect();
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
