use crate::{
    advice,
    failure::one_line,
    meter::{Phase, Work},
};
use anyhow::{Result, bail};
use leeward::{error_taxonomy::Rejected, kms_envelope::KmsError};
use serde::Serialize;
use std::{fmt, path::Path};

/// So many failures are told in full; what follows is mostly the same again.
const MAX_TOLD: usize = 5;

/// So many failures end the run: whatever causes them lasts.
const MAX_FAILED: u64 = 100;

/// The records that failed.
#[derive(Debug, Default)]
pub(crate) struct Failed {
    pub(crate) count: u64,
    /// The first of them in full.
    pub(crate) first: Vec<FailedRecord>,
}

/// A record that failed, and why.
#[derive(Debug, Serialize)]
pub(crate) struct FailedRecord {
    pub(crate) file: String,
    /// Its place in the file, counted from one through all passes.
    pub(crate) record: u64,
    pub(crate) work: &'static str,
    pub(crate) outage: &'static str,
    pub(crate) error: String,
    pub(crate) advice: Option<&'static str>,
}

/// Which record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) file: &'a Path,
    pub(super) number: u64,
    pub(super) work: Work,
}

impl Failed {
    pub(super) fn note(&mut self, record: Record<'_>, phase: Phase, error: &anyhow::Error) {
        self.count += 1;
        if self.first.len() < MAX_TOLD {
            self.first.push(FailedRecord {
                file: record.file.display().to_string(),
                record: record.number,
                work: record.work.name(),
                outage: phase.name(),
                error: one_line(error),
                advice: kms(error).map(|met| advice::on(met.failure().category())),
            });
        }
    }
}

impl Failed {
    /// Fails when it is no use to go on.
    pub(super) fn check(&self) -> Result<()> {
        match self.first.first() {
            Some(first) if self.count >= MAX_FAILED => {
                bail!("{MAX_FAILED} records failed, so the run was ended; the first was {first}")
            }
            _ => Ok(()),
        }
    }
}

/// `FILE, record 7, encrypt, during the outage: ERROR; ADVICE`
impl fmt::Display for FailedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            record,
            work,
            outage,
            error,
            advice,
        } = self;
        write!(
            f,
            "{file}, record {record}, {work}, {outage} the outage: {error}"
        )?;
        match advice {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

/// Whether no Region answers any more, so that no other record would fare better.
pub(super) fn is_total_outage(error: &anyhow::Error) -> bool {
    let rejected = kms(error).and_then(KmsError::rejected);
    matches!(rejected, Some(Rejected::Exhausted { .. }))
}

fn kms(error: &anyhow::Error) -> Option<&KmsError> {
    error.chain().find_map(|cause| cause.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;

    #[test]
    fn the_hundredth_failure_ends_the_run_and_tells_the_first() {
        let mut failed = Failed::default();
        for number in 1..=MAX_FAILED {
            failed.check().unwrap();
            let record = Record {
                file: Path::new("a"),
                number,
                work: Work::Encrypt,
            };
            failed.note(record, Phase::During, &anyhow!("gone").context("not read"));
        }
        assert_eq!(
            failed.check().unwrap_err().to_string(),
            "100 records failed, so the run was ended; the first was a, record 1, encrypt, during the outage: not read: gone"
        );
        assert_eq!(failed.first.len(), MAX_TOLD);
    }
}
