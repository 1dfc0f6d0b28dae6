use super::{Job, RECORDS_IN_FLIGHT, Track};
use crate::{meter::Work, output::blocking};
use anyhow::{Context, Result};
use aws_lc_rs::digest;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::{
    fs::File,
    io::{self, BufReader, ErrorKind, Read},
};

/// How many messages are read from the disk at once.
const BATCH: usize = 256;

impl Job<'_> {
    /// Decrypts what became of a file, and says whether each pass over it has the same SHA-256 as the file had.
    pub(super) async fn decrypt_file(&self, track: &Track) -> Result<bool> {
        let path = track.encrypted.clone();
        let mut source = blocking(move || File::open(path).map(BufReader::new)).await?;
        let mut fits = true;
        for _ in 0..self.plan.passes {
            let mut sha256 = digest::Context::new(&digest::SHA256);
            let mut left = track.input.bytes;
            loop {
                let records = left
                    .div_ceil(self.plan.record_bytes as u64)
                    .clamp(1, BATCH as u64);
                let (file, messages) = read(source, records)
                    .await
                    .with_context(|| track.unreadable())?;
                source = file;
                let batch: Vec<Vec<u8>> = stream::iter(&messages)
                    .map(|message| self.decrypt_record(message))
                    .buffered(RECORDS_IN_FLIGHT)
                    .try_collect()
                    .await
                    .with_context(|| track.unreadable())?;
                let bytes: usize = batch.iter().map(Vec::len).sum();
                for plaintext in batch {
                    sha256.update(&plaintext);
                }
                left = left.saturating_sub(bytes as u64);
                if left == 0 || bytes == 0 {
                    break;
                }
            }
            fits &= left == 0 && sha256.finish().as_ref() == track.sha256;
        }
        let (_, rest) = read_one(source).await?;
        Ok(fits && rest.is_none())
    }

    pub(super) async fn decrypt_record(&self, message: &[u8]) -> Result<Vec<u8>> {
        let decrypting = self.decryptor.decrypt_with_context(message, &self.context);
        Ok(self
            .timed(Work::Decrypt, decrypting)
            .await?
            .into_plaintext())
    }
}

impl Track {
    fn unreadable(&self) -> String {
        format!("{} cannot be read back", self.encrypted.display())
    }
}

async fn read(
    mut source: BufReader<File>,
    records: u64,
) -> io::Result<(BufReader<File>, Vec<Vec<u8>>)> {
    blocking(move || {
        let mut messages = Vec::new();
        for _ in 0..records {
            let message = next(&mut source)?;
            messages.push(message.ok_or_else(|| io::Error::from(ErrorKind::UnexpectedEof))?);
        }
        Ok((source, messages))
    })
    .await
}

async fn read_one(mut source: BufReader<File>) -> Result<(BufReader<File>, Option<Vec<u8>>)> {
    let read = blocking(move || {
        let message = next(&mut source)?;
        Ok((source, message))
    });
    Ok(read.await?)
}

fn next(source: &mut BufReader<File>) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match source.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = u64::from(u32::from_be_bytes(length));
    let mut message = Vec::new();
    source.take(length).read_to_end(&mut message)?;
    let whole = message.len() as u64 == length;
    whole
        .then_some(Some(message))
        .ok_or_else(|| ErrorKind::UnexpectedEof.into())
}
