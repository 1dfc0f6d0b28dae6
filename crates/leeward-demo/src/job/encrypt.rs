use super::{Job, RECORDS_IN_FLIGHT, Record, Track};
use crate::{
    destination::Destination,
    input::InputFile,
    meter::Work,
    output::{Output, blocking},
};
use anyhow::{Context, Result};
use aws_lc_rs::digest;
use futures_util::{StreamExt, stream};
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// How many records are read at once, so that going to the disk is not what is measured.
const BATCH: usize = 256;

impl Job<'_> {
    /// Encrypts a file, `passes` times over: each record is `u32 length | message`. If a record fails nothing is written,
    /// and the others are tried nevertheless.
    pub(super) async fn encrypt_file(
        &self,
        input: InputFile,
        destination: &Destination,
    ) -> Result<Option<Track>> {
        let path = destination.place(&input);
        let created = Output::create(path.clone()).await;
        let mut target = Some(created.with_context(|| cannot_write(&path))?);
        let most = self.plan.record_bytes * BATCH;
        let mut sha256 = digest::Context::new(&digest::SHA256);
        let (mut done, mut records) = (0, 0);
        for pass in 0..self.plan.passes {
            let mut source = None;
            loop {
                let first = source.is_none();
                let (file, batch) = match read(source.take(), &input.path, most).await {
                    Ok(read) => read,
                    Err(error) => {
                        let error = anyhow::Error::new(error).context(GONE);
                        self.lose(record(&input, done + 1), error)?;
                        return Ok(None);
                    }
                };
                source = Some(file);
                // An empty file is one empty record.
                if batch.is_empty() && !first {
                    break;
                }
                if pass == 0 {
                    sha256.update(&batch);
                }
                let bytes = self.encrypt_batch(&input, done, &batch).await?;
                target = match (target, bytes) {
                    (Some(target), Some(bytes)) => {
                        let written = target.append(bytes).await;
                        Some(written.with_context(|| cannot_write(&path))?)
                    }
                    _ => None,
                };
                done += batch.len().div_ceil(self.plan.record_bytes).max(1) as u64;
                if batch.len() < most {
                    break;
                }
            }
            if pass == 0 {
                records = done;
            }
        }
        let Some(target) = target else {
            return Ok(None);
        };
        let encrypted = target.finish().await.with_context(|| cannot_write(&path))?;
        let sha256 = sha256.finish().as_ref().to_vec();
        Ok(Some(Track {
            input,
            encrypted,
            records,
            sha256,
        }))
    }

    /// Encrypts the records that come after `done` others; nothing comes of it unless all succeed.
    async fn encrypt_batch(
        &self,
        input: &InputFile,
        done: u64,
        batch: &[u8],
    ) -> Result<Option<Vec<u8>>> {
        let chunks: Vec<&[u8]> = if batch.is_empty() {
            vec![&[]]
        } else {
            batch.chunks(self.plan.record_bytes).collect()
        };
        let mut numbers = done + 1..;
        let mut messages = stream::iter(chunks)
            .map(|chunk| self.encrypt_record(chunk))
            .buffered(RECORDS_IN_FLIGHT);
        let mut bytes = Some(Vec::with_capacity(batch.len() * 2));
        while let Some(message) = messages.next().await {
            let number = numbers.next().unwrap_or(u64::MAX);
            match message {
                Ok(message) => {
                    let length =
                        u32::try_from(message.len()).context("a message of more than 4 GiB")?;
                    if let Some(bytes) = &mut bytes {
                        bytes.extend_from_slice(&length.to_be_bytes());
                        bytes.extend_from_slice(&message);
                    }
                }
                Err(error) => {
                    self.lose(record(input, number), error)?;
                    bytes = None;
                }
            }
        }
        Ok(bytes)
    }

    pub(super) async fn encrypt_record(&self, record: &[u8]) -> Result<Vec<u8>> {
        self.before_record();
        let encrypting = self.encryptor.encrypt(record, &self.context);
        Ok(self.timed(Work::Encrypt, encrypting).await?)
    }
}

/// What to do about a file that the run found and can no longer read.
const GONE: &str = "the file was there when the run began and cannot be read now: leave the input alone until the run is over";

fn record(input: &InputFile, number: u64) -> Record<'_> {
    Record {
        file: &input.path,
        number,
        work: Work::Encrypt,
    }
}

/// Reads up to `most` bytes, fewer only at the end of the file, which is opened first unless it is.
async fn read(file: Option<File>, path: &Path, most: usize) -> io::Result<(File, Vec<u8>)> {
    let path = path.to_path_buf();
    blocking(move || {
        let mut file = file.map_or_else(|| File::open(path), Ok)?;
        let mut batch = Vec::with_capacity(most);
        file.by_ref().take(most as u64).read_to_end(&mut batch)?;
        Ok((file, batch))
    })
    .await
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
