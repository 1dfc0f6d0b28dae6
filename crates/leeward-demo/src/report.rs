use crate::{
    job::FailedRecord,
    ledger::Figures,
    meter::{Meter, Phase, Times, Work},
    plan::{MIN_RECORDS, Plan},
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// So many files are named in the table; the JSON names all.
const MAX_NAMED: usize = 20;

/// What the run showed, to be printed or read by a script.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) input: Input,
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

/// Something that has to hold, or the run proves nothing.
#[derive(Debug, Serialize)]
pub(crate) struct Bar {
    pub(crate) name: &'static str,
    pub(crate) bar: String,
    pub(crate) value: String,
    pub(crate) holds: bool,
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
    /// Judges the run: what it must show to be honest about the outage, and what the project promises.
    pub(crate) fn judge(&mut self) {
        let fail_over = self.fail_over_ms;
        let bar = |name, bar: String, value: String, holds| Bar {
            name,
            bar,
            value,
            holds,
        };
        self.bars = vec![
            bar(
                "records",
                format!(">= {MIN_RECORDS}"),
                self.records.to_string(),
                self.records >= MIN_RECORDS,
            ),
            bar(
                "failed records",
                "0".to_owned(),
                self.failed_records.to_string(),
                self.failed_records == 0,
            ),
            bar(
                "files with another SHA-256",
                "0".to_owned(),
                self.changed_files.len().to_string(),
                self.changed_files.is_empty(),
            ),
            bar(
                "KMS calls begun in the outage",
                ">= 5".to_owned(),
                self.kms.calls_in_outage.to_string(),
                self.kms.calls_in_outage >= 5,
            ),
            bar(
                "time to fail over",
                "< 1000 ms".to_owned(),
                fail_over.map_or("none".to_owned(), |ms| format!("{ms:.0} ms")),
                fail_over.is_some_and(|ms| ms < 1000.0),
            ),
            bar(
                "KMS calls saved",
                ">= 95 %".to_owned(),
                format!("{:.2} %", self.kms.saved_percent),
                self.kms.saved_percent >= 95.0,
            ),
            bar(
                "first Region used again",
                "yes".to_owned(),
                self.first_region_back_after_ms
                    .map_or("no".to_owned(), |ms| format!("after {ms:.0} ms")),
                self.first_region_back_after_ms.is_some(),
            ),
        ];
    }

    pub(crate) fn holds(&self) -> bool {
        self.bars.iter().all(|bar| bar.holds)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Input {
            files,
            bytes,
            passes,
            record_bytes,
            skipped,
        } = &self.input;
        write!(
            f,
            "\n{files} files, {bytes} bytes, records of {record_bytes} bytes"
        )?;
        if *passes > 1 {
            write!(f, ", gone through {passes} times")?;
        }
        list(f, "\nskipped:", skipped, usize::MAX)?;
        writeln!(
            f,
            "\n{} records encrypted, {} read back in {:.1} s",
            self.records, self.reads, self.seconds
        )?;
        writeln!(
            f,
            "Regions {}; silent: {}",
            self.regions.join(", "),
            self.silenced.join(", ")
        )?;
        let Kms {
            calls,
            calls_by_region,
            saved,
            ..
        } = &self.kms;
        let by_region: Vec<_> = calls_by_region
            .iter()
            .map(|(region, calls)| format!("{region} {calls}"))
            .collect();
        writeln!(
            f,
            "{calls} KMS calls ({}), {saved} saved; {} connections opened",
            by_region.join(", "),
            self.connections_opened
        )?;
        writeln!(f, "failures that made a call move on:")?;
        for (kind, times) in &self.failures_seen {
            writeln!(f, "  {times} x {kind}")?;
        }
        writeln!(
            f,
            "\n{:8} {:8} {:>8} {:>12} {:>12} {:>12}",
            "outage", "work", "records", "p50 us", "p99 us", "max us"
        )?;
        for PhaseTimes {
            phase,
            encrypt,
            decrypt,
        } in &self.phases
        {
            for (work, times) in [("encrypt", encrypt), ("decrypt", decrypt)] {
                if let Some(Times {
                    records,
                    p50_us,
                    p99_us,
                    max_us,
                }) = times
                {
                    writeln!(
                        f,
                        "{phase:8} {work:8} {records:>8} {p50_us:>12.1} {p99_us:>12.1} {max_us:>12.1}"
                    )?;
                }
            }
        }
        self.losses(f)?;
        writeln!(f)?;
        for Bar {
            name,
            bar,
            value,
            holds,
        } in &self.bars
        {
            let verdict = if *holds { "holds" } else { "MISSED" };
            writeln!(f, "{name:32} {bar:>12} {value:>16}  {verdict}")?;
        }
        Ok(())
    }
}

impl Report {
    fn losses(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.failed_records > 0 {
            writeln!(f, "\nfailed records ({}):", self.failed_records)?;
        }
        for FailedRecord {
            file,
            record,
            work,
            outage,
            error,
            advice,
        } in &self.first_failed_records
        {
            write!(
                f,
                "  {file}, record {record}, {work}, {outage} the outage: {error}"
            )?;
            match advice {
                Some(advice) => writeln!(f, "; {advice}")?,
                None => writeln!(f)?,
            }
        }
        let told = self.first_failed_records.len() as u64;
        if self.failed_records > told {
            writeln!(f, "  and {} more", self.failed_records - told)?;
        }
        let losses = [
            (
                "files not written, since a record failed:",
                &self.unwritten_files,
            ),
            (
                "files not read back, since a record failed:",
                &self.unread_files,
            ),
            (
                "files that came back with another SHA-256:",
                &self.changed_files,
            ),
        ];
        for (title, names) in losses {
            if !names.is_empty() {
                writeln!(f)?;
                list(f, title, names, MAX_NAMED)?;
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// A title and a line for each name, without an end of line.
fn list(f: &mut fmt::Formatter<'_>, title: &str, names: &[String], most: usize) -> fmt::Result {
    if names.is_empty() {
        return Ok(());
    }
    write!(f, "{title}")?;
    for name in names.iter().take(most) {
        write!(f, "\n  {name}")?;
    }
    match names.len().saturating_sub(most) {
        0 => Ok(()),
        more => write!(f, "\n  and {more} more"),
    }
}
