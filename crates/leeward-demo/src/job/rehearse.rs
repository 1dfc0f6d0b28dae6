use super::{Job, Track};
use crate::output::blocking;
use anyhow::{Result, ensure};
use leeward::resilience::Clock;
use std::{
    fs::File,
    io::{ErrorKind, Read},
    time::Duration,
};

/// How many records are encrypted and read back once the Regions are there again, at least.
const RECORDS: u64 = 2_500;
/// How long the first Region may take to be used again.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long to wait between rounds, so that the circuit's rest is not burnt through.
const PAUSE: Duration = Duration::from_millis(100);

impl Job<'_> {
    /// Encrypts records of the input anew and reads each back at once, until the first Region serves again; says how
    /// long after the end of the outage it did.
    pub(super) async fn rehearse(&self, tracks: &[Track]) -> Result<Option<Duration>> {
        let sample = self.sample(tracks).await?;
        let begun = self.clock.now();
        let home = &self.cloud.regions[0];
        let calls = self.ledger.calls(home);
        let (mut records, mut returned_after) = (0, None);
        self.progress.stage("after the outage", RECORDS * 2);
        loop {
            // One data key's worth at a time, so that each round has to ask KMS.
            for record in sample.iter().cycle().take(500) {
                let message = self.encrypt_record(record).await?;
                let back = self.decrypt_record(&message).await?;
                ensure!(
                    back == *record,
                    "a record came back changed after the outage"
                );
                records += 1;
            }
            if returned_after.is_none() && self.ledger.calls(home) > calls {
                returned_after = Some(self.clock.now().since(begun));
            }
            let waited = self.clock.now().since(begun);
            if records >= RECORDS && (returned_after.is_some() || waited > PATIENCE) {
                return Ok(returned_after);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The first record of each of the first files.
    async fn sample(&self, tracks: &[Track]) -> Result<Vec<Vec<u8>>> {
        let most = self.plan.record_bytes as u64;
        let mut sample = Vec::new();
        for track in tracks.iter().take(64) {
            let path = track.input.path.clone();
            let record = blocking(move || {
                let mut record = Vec::new();
                match File::open(path) {
                    // Encrypted, compared, and deleted by its owner since.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    file => {
                        file?.take(most).read_to_end(&mut record)?;
                    }
                }
                Ok(record)
            });
            sample.push(record.await?);
        }
        Ok(sample)
    }
}
