use super::{
    Input, Kms, PhaseTimes, Report,
    bar::{Bar, Figure},
};
use crate::meter::Times;
use std::fmt;

/// So many files are named in the table; the JSON names all.
const MAX_NAMED: usize = 20;

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
            "\n{}, {}, records of {}",
            counted(*files as u64, "file"),
            counted(*bytes, "byte"),
            counted(*record_bytes as u64, "byte")
        )?;
        if *passes > 1 {
            write!(f, ", gone through {passes} times")?;
        }
        list(f, "\nskipped:", skipped, usize::MAX)?;
        list(
            f,
            "\nremoved, left by a run that was killed:",
            &self.removed_parts,
            MAX_NAMED,
        )?;
        writeln!(
            f,
            "\n{} encrypted, {} read back in {:.1} s",
            counted(self.records, "record"),
            self.reads,
            self.seconds
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
            "{} ({}), {saved} saved; {} opened",
            counted(*calls, "KMS call"),
            by_region.join(", "),
            counted(self.connections_opened, "connection")
        )?;
        write!(f, "{}", self.router)?;
        if !self.failures_seen.is_empty() {
            writeln!(f, "failures that made a call move on:")?;
        }
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
            unit,
            holds,
        } in &self.bars
        {
            let verdict = if *holds { "holds" } else { "MISSED" };
            let value = match value {
                Some(Figure::Count(count)) => count.to_string(),
                Some(Figure::Measure(measure)) => format!("{measure:.2} {unit}"),
                None => "none".to_owned(),
            };
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
        for record in &self.first_failed_records {
            writeln!(f, "  {record}")?;
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

/// `1 file`, `2 files`.
fn counted(count: u64, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(0, "file"), "0 files");
        assert_eq!(counted(1, "file"), "1 file");
        assert_eq!(counted(2, "KMS call"), "2 KMS calls");
    }
}
