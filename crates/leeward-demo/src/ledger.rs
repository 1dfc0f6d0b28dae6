use leeward::{
    error_taxonomy::{Failure, Region},
    resilience::{Clock, Timestamp, TscClock},
};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Distinct failures that are kept; more are counted together.
const MAX_KINDS: usize = 24;

/// What happened on the lines to the Regions: every call, and what came of it.
#[derive(Debug)]
pub(crate) struct Ledger {
    clock: TscClock,
    book: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    calls: BTreeMap<String, u64>,
    failures: BTreeMap<String, u64>,
    /// The Regions that are silent now.
    silent: Vec<Region>,
    calls_in_outage: u64,
    /// When the first call went to a silent Region, and when another Region first answered after that.
    affected: Option<Timestamp>,
    rescued: Option<Timestamp>,
}

/// The figures of the ledger.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) calls: BTreeMap<String, u64>,
    pub(crate) failures: BTreeMap<String, u64>,
    pub(crate) calls_in_outage: u64,
    pub(crate) fail_over: Option<Duration>,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self {
            clock: TscClock::new(),
            book: Mutex::default(),
        }
    }

    pub(crate) fn outage_begins(&self, regions: &[Region]) {
        self.book().silent = regions.to_vec();
    }

    pub(crate) fn outage_ends(&self) {
        self.book().silent.clear();
    }

    pub(crate) fn is_silent(&self, region: &Region) -> bool {
        self.book().silent.contains(region)
    }

    /// Notes that a call to `region` starts.
    pub(crate) fn starts(&self, region: &Region) {
        let now = self.clock.now();
        let mut book = self.book();
        *book.calls.entry(region.to_string()).or_default() += 1;
        if !book.silent.is_empty() {
            book.calls_in_outage += 1;
        }
        if book.silent.contains(region) {
            book.affected.get_or_insert(now);
        }
    }

    /// Notes that `region` did what it was asked for.
    pub(crate) fn answers(&self, region: &Region) {
        let now = self.clock.now();
        let mut book = self.book();
        if book.affected.is_some() && !book.silent.contains(region) {
            book.rescued.get_or_insert(now);
        }
    }

    /// Notes a failure that made a call move on.
    pub(crate) fn fails(&self, region: &Region, failure: &Failure) {
        let mut book = self.book();
        let full = book.failures.len() >= MAX_KINDS;
        let kind = format!("{region}: {failure}");
        let kind = if full && !book.failures.contains_key(&kind) {
            "others".to_owned()
        } else {
            kind
        };
        *book.failures.entry(kind).or_default() += 1;
    }

    /// How many calls `region` has had.
    pub(crate) fn calls(&self, region: &Region) -> u64 {
        self.book()
            .calls
            .get(region.as_str())
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn figures(&self) -> Figures {
        let book = self.book();
        Figures {
            calls: book.calls.clone(),
            failures: book.failures.clone(),
            calls_in_outage: book.calls_in_outage,
            fail_over: book
                .affected
                .zip(book.rescued)
                .map(|(from, to)| to.since(from)),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward::error_taxonomy::{Category, Facts, Stage, Verdict};

    const EAST: Region = Region::from_static("us-east-1");
    const WEST: Region = Region::from_static("us-west-2");

    #[test]
    fn fail_over_is_timed_from_the_first_call_that_meets_silence() {
        let ledger = Ledger::new();
        ledger.starts(&EAST);
        ledger.answers(&EAST);
        ledger.outage_begins(&[EAST]);
        ledger.answers(&WEST);
        assert_eq!(ledger.figures().fail_over, None, "no call was affected yet");
        ledger.starts(&EAST);
        ledger.starts(&WEST);
        ledger.answers(&WEST);
        let figures = ledger.figures();
        assert!(figures.fail_over.is_some());
        assert_eq!(figures.calls_in_outage, 2);
        assert_eq!(figures.calls["us-east-1"], 2);
    }

    #[test]
    fn failures_are_counted_by_kind_and_bounded() {
        let ledger = Ledger::new();
        for at in 0..100_u16 {
            let mut facts = Facts::new(Stage::MaybeSent, Category::Network, Verdict::Transient);
            facts.status = Some(at);
            let failure = Failure::from(&facts);
            ledger.fails(&EAST, &failure);
            ledger.fails(&EAST, &failure);
        }
        let figures = ledger.figures();
        assert_eq!(figures.failures.len(), MAX_KINDS + 1);
        assert_eq!(figures.failures.values().sum::<u64>(), 200);
    }
}
