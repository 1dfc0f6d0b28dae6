use super::{Compared, Job, RECORDS_IN_FLIGHT, Record, Track};
use crate::{meter::Work, output::blocking};
use anyhow::Result;
use aws_lc_rs::digest;
use futures_util::{StreamExt, stream};
use std::{
    fs::File,
    io::{self, BufReader, ErrorKind, Read},
    path::{Path, PathBuf},
};

/// How many messages are read from the disk at once.
const BATCH: u64 = 256;

impl Job<'_> {
    /// Decrypts what became of a file, and says whether each pass over it has the same SHA-256 as the file had.
    pub(super) async fn decrypt_file(&self, track: &Track) -> Result<Compared> {
        let mut messages = Messages::of(&track.encrypted);
        let (mut done, mut same, mut unread) = (0, true, false);
        for _ in 0..self.plan.passes {
            let mut sha256 = digest::Context::new(&digest::SHA256);
            let mut left = track.records;
            while left > 0 {
                let records = left.min(BATCH);
                let (rest, batch) = match messages.read(records).await {
                    Ok(read) => read,
                    Err(error) => {
                        let error = anyhow::Error::new(error).context(GONE);
                        self.lose(record(track, done + 1), error)?;
                        return Ok(Compared::Unread);
                    }
                };
                messages = rest;
                let mut plaintexts = stream::iter(&batch)
                    .map(|message| self.decrypt_record(message))
                    .buffered(RECORDS_IN_FLIGHT);
                while let Some(plaintext) = plaintexts.next().await {
                    done += 1;
                    match plaintext {
                        Ok(plaintext) => sha256.update(&plaintext),
                        Err(error) => {
                            self.lose(record(track, done), error)?;
                            unread = true;
                        }
                    }
                }
                left -= records;
            }
            same &= sha256.finish().as_ref() == track.sha256;
        }
        same &= messages.end_here().await?;
        Ok(match (unread, same) {
            (true, _) => Compared::Unread,
            (false, true) => Compared::Same,
            (false, false) => Compared::Changed,
        })
    }

    pub(super) async fn decrypt_record(&self, message: &[u8]) -> Result<Vec<u8>> {
        let decrypting = self.decryptor.decrypt_with_context(message, &self.context);
        Ok(self
            .timed(Work::Decrypt, decrypting)
            .await?
            .into_plaintext())
    }
}

/// What to do about a file that the run wrote and can no longer read.
const GONE: &str =
    "what was written cannot be read back: leave the output alone until the run is over";

fn record(track: &Track, number: u64) -> Record<'_> {
    Record {
        file: &track.input.path,
        number,
        work: Work::Decrypt,
    }
}

/// The messages of a file, opened when the first is asked for.
#[derive(Debug)]
enum Messages {
    Closed(PathBuf),
    Open(BufReader<File>),
}

impl Messages {
    fn of(path: &Path) -> Self {
        Self::Closed(path.to_path_buf())
    }

    async fn read(self, records: u64) -> io::Result<(Self, Vec<Vec<u8>>)> {
        blocking(move || {
            let mut source = self.open()?;
            let mut messages = Vec::new();
            for _ in 0..records {
                let message = next(&mut source)?;
                messages.push(message.ok_or_else(|| io::Error::from(ErrorKind::UnexpectedEof))?);
            }
            Ok((Self::Open(source), messages))
        })
        .await
    }

    /// Whether nothing is left to be read.
    async fn end_here(self) -> io::Result<bool> {
        blocking(move || Ok(next(&mut self.open()?)?.is_none())).await
    }

    fn open(self) -> io::Result<BufReader<File>> {
        match self {
            Self::Closed(path) => File::open(path).map(BufReader::new),
            Self::Open(source) => Ok(source),
        }
    }
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
