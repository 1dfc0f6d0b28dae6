use crate::{
    Download, ObjectDetails, TransferError,
    checksum::{Verifier, etag_of_bytes},
};
use leeward_error_taxonomy::AwsError;
use std::{
    io::{ErrorKind, SeekFrom},
    path::{Path, PathBuf},
};
use tokio::{
    fs::{self, File, OpenOptions},
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt},
};

impl Download {
    /// Downloads into a file, which is there only once it is whole.
    ///
    /// Until then the bytes are in a file beside it, `NAME.ETAG.part`. That stays when the download fails or its future is dropped, and
    /// the next download of the same content to the same path goes on from there. What was there before is read again for
    /// the checksum, where S3 keeps one of the whole object; where it does not, a machine that lost its power meanwhile may have left what
    /// was never written. A part of an older content is left alone: delete it. One process at a time may download to a path. A link to a
    /// file is followed; of a name too long for `NAME.ETAG.part` the MD5 stands there.
    ///
    /// Needs a tokio runtime, whose blocking threads do the work on files.
    ///
    /// # Errors
    ///
    /// As [`stream`](Self::stream) and its stream; [`TransferError::File`] if the file cannot be written: what is a folder, a device or a pipe
    /// before anything is asked for. After [`TransferError::Corrupt`] nothing is left.
    ///
    /// ```no_run
    /// # async fn run(s3: leeward_s3::S3) -> Result<(), leeward_error_taxonomy::AwsError> {
    /// let object = s3.download(&"orders-archive".parse()?, &"2026.tar".parse()?).to_file("2026.tar").await?;
    /// println!("{} bytes", object.size);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn to_file(self, path: impl AsRef<Path>) -> Result<ObjectDetails, AwsError> {
        let path = &target(path.as_ref()).await?;
        let (details, mut verifier) = self.look().await?;
        let partial = beside(path, &details.etag);
        let failed = |what, error| TransferError::file(what, &partial, error);
        let mut file = open(&partial)
            .await
            .map_err(|error| failed("open", error))?;
        let offset = at_hand(&mut file, details.size, verifier.as_mut())
            .await
            .map_err(|error| failed("read", error))?;
        let mut stream = self.stream_rest(details, offset, verifier)?;
        while let Some(bytes) = stream.next().await {
            let written = match bytes {
                Ok(bytes) => file.write_all(&bytes).await,
                Err(error) => {
                    let is_corrupt =
                        matches!(error.downcast_ref(), Some(TransferError::Corrupt { .. }));
                    // What was written so far is good to go on from, unless it is not.
                    let kept = match is_corrupt {
                        true => fs::remove_file(&partial).await,
                        false => file.flush().await,
                    };
                    drop(kept);
                    return Err(error);
                }
            };
            written.map_err(|error| failed("write", error))?;
        }
        file.flush().await.map_err(|error| failed("write", error))?;
        file.sync_all()
            .await
            .map_err(|error| failed("write", error))?;
        drop(file);
        fs::rename(&partial, path)
            .await
            .map_err(|error| TransferError::file("rename to", path, error))?;
        Ok(stream.details().clone())
    }
}

/// The file that is written: where a link leads. Says that it is none, before all is downloaded for nothing: what is written takes the
/// place of what is there.
async fn target(path: &Path) -> Result<PathBuf, AwsError> {
    let failed = |error: std::io::Error| TransferError::file("write", path, error);
    if path.file_name().is_none() {
        return Err(failed(ErrorKind::InvalidInput.into()));
    }
    match fs::metadata(path).await {
        Ok(there) if there.is_dir() => Err(failed(ErrorKind::IsADirectory.into())),
        Ok(there) if !there.is_file() => {
            let text = "it is no regular file: write what the stream of the download gives into it";
            Err(failed(std::io::Error::new(ErrorKind::InvalidInput, text)))
        }
        Ok(_) => fs::canonicalize(path).await.map_err(failed),
        Err(error) => {
            // A link that leads nowhere is there too.
            let is_link = fs::symlink_metadata(path).await.is_ok();
            match error.kind() {
                ErrorKind::NotFound if !is_link => Ok(path.to_owned()),
                _ => Err(failed(error)),
            }
        }
    }
}

/// As long as the name of a file may be on most file systems, in bytes.
const MAX_NAME: usize = 255;

/// Where the bytes are until all are there.
fn beside(path: &Path, etag: &str) -> PathBuf {
    let etag: String = etag
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .collect();
    let mut name = path.file_name().unwrap_or_default().to_owned();
    let end = format!(".{etag}.part");
    if name.len() + end.len() > MAX_NAME {
        // What is long is another for another name.
        let hash = etag_of_bytes(name.as_encoded_bytes());
        name = hash.trim_matches('"').into();
    }
    name.push(end);
    path.with_file_name(name)
}

async fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).read(true).write(true);
    options.open(path).await
}

/// How much of it is there already; the file is then at its end, and the verifier knows of it.
async fn at_hand(
    file: &mut File,
    size: u64,
    verifier: Option<&mut Verifier>,
) -> std::io::Result<u64> {
    let found = file.metadata().await?.len();
    if found > size {
        file.set_len(0).await?;
        return Ok(0);
    }
    let Some(verifier) = verifier else {
        return file.seek(SeekFrom::End(0)).await;
    };
    let mut buffer = vec![0; 1 << 20];
    let mut read = 0;
    loop {
        match file.read(&mut buffer).await? {
            0 => return Ok(read),
            some => {
                verifier.update(&buffer[..some]);
                read += some as u64;
            }
        }
    }
}
