use super::{Job, Record};
use crate::{input::InputFile, meter::Work, output::blocking};
use anyhow::{Context, Result, anyhow};
use leeward::{region_router::Health, resilience::Clock};
use std::{fs::File, io::Read, path::PathBuf, time::Duration};

/// How many records are encrypted and read back in a round, more than one data key is good for, so that each has to ask KMS.
const ROUND: usize = 500;
/// How many records are encrypted and read back once the Regions are there again, at least.
const RECORDS: u64 = 2_500;
/// How long the first Region may take to be used again, and to be taken for well.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long to wait between rounds, so that the circuit's rest is not burnt through.
const PAUSE: Duration = Duration::from_millis(100);

/// A record to be encrypted again.
#[derive(Debug)]
pub(super) struct Sample {
    file: PathBuf,
    bytes: Vec<u8>,
}

impl Job<'_> {
    /// Encrypts records of the input anew and reads each back at once, until every Region is taken for well again; says how long
    /// after the end of the outage the first one was asked.
    pub(super) async fn rehearse(&self, sample: &[Sample]) -> Result<Option<Duration>> {
        let begun = self.clock.now();
        let home = &self.cloud.regions[0];
        let calls = self.ledger.calls(home);
        let (mut records, mut returned_after) = (0, None);
        self.progress.stage("after the outage", RECORDS * 2);
        loop {
            for record in sample.iter().cycle().take(ROUND) {
                self.there_and_back(record).await?;
            }
            records += ROUND as u64;
            if returned_after.is_none() && self.ledger.calls(home) > calls {
                returned_after = Some(self.clock.now().since(begun));
            }
            let waited = self.clock.now().since(begun);
            let is_back = returned_after.is_some() && self.router.status().health == Health::Ok;
            if records >= RECORDS && (is_back || waited > PATIENCE) {
                return Ok(returned_after);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn there_and_back(&self, sample: &Sample) -> Result<()> {
        let record = |work| Record {
            file: &sample.file,
            number: 1,
            work,
        };
        let message = match self.encrypt_record(&sample.bytes).await {
            Ok(message) => message,
            Err(error) => return self.lose(record(Work::Encrypt), error),
        };
        match self.decrypt_record(&message).await {
            Ok(back) if back == sample.bytes => Ok(()),
            Ok(_) => self.lose(record(Work::Decrypt), anyhow!("it came back changed")),
            Err(error) => self.lose(record(Work::Decrypt), error),
        }
    }

    /// The first record of each of the first files, as it is when the job begins.
    pub(super) async fn sample(&self, files: &[InputFile]) -> Result<Vec<Sample>> {
        let most = self.plan.record_bytes as u64;
        let mut sample = Vec::new();
        for input in files.iter().take(64) {
            let path = input.path.clone();
            let bytes = blocking(move || {
                let mut bytes = Vec::new();
                File::open(path)?.take(most).read_to_end(&mut bytes)?;
                Ok(bytes)
            });
            let file = input.path.clone();
            let told = || format!("cannot read {}", file.display());
            let bytes = bytes.await.with_context(told)?;
            sample.push(Sample { file, bytes });
        }
        Ok(sample)
    }
}
