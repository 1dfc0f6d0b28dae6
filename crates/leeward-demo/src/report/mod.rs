//! What the run showed: a table for people, JSON for scripts.

mod bar;
mod router;
mod table;

pub(crate) use router::Router;

use crate::{
    job::FailedRecord,
    ledger::Figures,
    meter::{Meter, Phase, Times, Work},
    plan::Plan,
};
use bar::Bar;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the run showed, to be printed or read by a script.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) input: Input,
    /// Parts of files that a killed run had left in the output; they are gone now.
    pub(crate) removed_parts: Vec<String>,
    pub(crate) regions: Vec<String>,
    pub(crate) silenced: Vec<String>,
    pub(crate) records: u64,
    pub(crate) reads: u64,
    pub(crate) failed_records: u64,
    pub(crate) first_failed_records: Vec<FailedRecord>,
    pub(crate) unwritten_files: Vec<String>,
    pub(crate) unread_files: Vec<String>,
    pub(crate) changed_files: Vec<String>,
    pub(crate) kms: Kms,
    pub(crate) router: Router,
    pub(crate) failures_seen: BTreeMap<String, u64>,
    pub(crate) fail_over_ms: Option<f64>,
    pub(crate) first_region_back_after_ms: Option<f64>,
    pub(crate) phases: Vec<PhaseTimes>,
    pub(crate) connections_opened: u64,
    pub(crate) seconds: f64,
    pub(crate) bars: Vec<Bar>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Input {
    pub(crate) files: usize,
    pub(crate) bytes: u64,
    pub(crate) passes: u64,
    pub(crate) record_bytes: usize,
    pub(crate) skipped: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Kms {
    pub(crate) calls: u64,
    pub(crate) calls_by_region: BTreeMap<String, u64>,
    pub(crate) calls_in_outage: u64,
    pub(crate) saved: u64,
    pub(crate) saved_percent: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct PhaseTimes {
    pub(crate) phase: &'static str,
    pub(crate) encrypt: Option<Times>,
    pub(crate) decrypt: Option<Times>,
}

impl Input {
    pub(crate) fn new(lengths: &[u64], plan: Plan, skipped: Vec<String>) -> Self {
        Self {
            files: lengths.len(),
            bytes: lengths.iter().sum(),
            passes: plan.passes,
            record_bytes: plan.record_bytes,
            skipped,
        }
    }
}

impl Kms {
    pub(crate) fn new(figures: &Figures, records_and_reads: u64) -> Self {
        let calls = figures.calls.values().sum();
        let saved = records_and_reads.saturating_sub(calls);
        Self {
            calls,
            calls_by_region: figures.calls.clone(),
            calls_in_outage: figures.calls_in_outage,
            saved,
            saved_percent: saved as f64 * 100.0 / records_and_reads.max(1) as f64,
        }
    }
}

impl PhaseTimes {
    pub(crate) fn all(meter: &Meter) -> Vec<Self> {
        let times = |phase| Self {
            phase: Phase::name(phase),
            encrypt: meter.times(phase, Work::Encrypt),
            decrypt: meter.times(phase, Work::Decrypt),
        };
        Phase::ALL.map(times).into()
    }
}

impl Report {
    pub(crate) fn holds(&self) -> bool {
        self.bars.iter().all(|bar| bar.holds)
    }
}
