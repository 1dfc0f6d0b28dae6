use super::{Job, RECORDS_IN_FLIGHT, Track};
use crate::{
    input::InputFile,
    meter::Work,
    output::{Output, blocking},
};
use anyhow::{Context, Result};
use aws_lc_rs::digest;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// How many records are read at once, so that going to the disk is not what is measured.
const BATCH: usize = 256;

impl Job<'_> {
    /// Encrypts a file, `passes` times over: each record is `u32 length | message`.
    pub(super) async fn encrypt_file(&self, input: InputFile, output: &Path) -> Result<Track> {
        let mut name = input.relative.clone().into_os_string();
        name.push(".leeward");
        let path = output.join(name);
        let mut target = Output::create(path.clone())
            .await
            .with_context(|| cannot_write(&path))?;
        let mut sha256 = digest::Context::new(&digest::SHA256);
        for pass in 0..self.plan.passes {
            let mut source = open(&input.path).await?;
            let mut first = true;
            loop {
                let (file, batch) = read(source, self.plan.record_bytes * BATCH)
                    .await
                    .with_context(|| format!("cannot read {}", input.path.display()))?;
                source = file;
                // An empty file is one empty record.
                if batch.is_empty() && !first {
                    break;
                }
                first = false;
                if pass == 0 {
                    sha256.update(&batch);
                }
                let bytes = self.encrypt_batch(&batch).await.with_context(|| {
                    format!(
                        "{} was not encrypted, and nothing of it was written",
                        input.path.display()
                    )
                })?;
                target = target
                    .append(bytes)
                    .await
                    .with_context(|| cannot_write(&path))?;
                if batch.len() < self.plan.record_bytes * BATCH {
                    break;
                }
            }
        }
        let encrypted = target.finish().await.with_context(|| cannot_write(&path))?;
        let sha256 = sha256.finish().as_ref().to_vec();
        Ok(Track {
            input,
            encrypted,
            sha256,
        })
    }

    async fn encrypt_batch(&self, batch: &[u8]) -> Result<Vec<u8>> {
        let records: Vec<&[u8]> = if batch.is_empty() {
            vec![&[]]
        } else {
            batch.chunks(self.plan.record_bytes).collect()
        };
        let messages: Vec<Vec<u8>> = stream::iter(records)
            .map(|record| self.encrypt_record(record))
            .buffered(RECORDS_IN_FLIGHT)
            .try_collect()
            .await?;
        let mut bytes = Vec::with_capacity(messages.iter().map(|message| message.len() + 4).sum());
        for message in messages {
            let length = u32::try_from(message.len()).context("a message of more than 4 GiB")?;
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(&message);
        }
        Ok(bytes)
    }

    pub(super) async fn encrypt_record(&self, record: &[u8]) -> Result<Vec<u8>> {
        self.before_record();
        let encrypting = self.encryptor.encrypt(record, &self.context);
        Ok(self.timed(Work::Encrypt, encrypting).await?)
    }
}

async fn open(path: &Path) -> Result<File> {
    let owned = path.to_path_buf();
    let opened = blocking(move || File::open(owned)).await;
    opened.with_context(|| format!("cannot read {}", path.display()))
}

/// Reads up to `most` bytes; fewer only at the end of the file.
async fn read(mut file: File, most: usize) -> io::Result<(File, Vec<u8>)> {
    blocking(move || {
        let mut batch = Vec::with_capacity(most);
        file.by_ref().take(most as u64).read_to_end(&mut batch)?;
        Ok((file, batch))
    })
    .await
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
