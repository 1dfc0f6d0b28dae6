//! What both examples with files have: the key that is named on the command line, and a bar.

use indicatif::{ProgressBar, ProgressStyle};
use leeward_client_pool::Pool;
use leeward_envelope::{Keyring, RawAesKeyring};
use leeward_kms_envelope::{KeyArn, KmsKeyring, KmsStack};
use std::{
    error::Error,
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The files of a command line, and the key.
pub(crate) struct Arguments {
    pub(crate) files: Vec<PathBuf>,
    key: Key,
}

enum Key {
    /// A file with the 32 bytes of an AES key.
    File(PathBuf),
    /// A key of KMS, reached with the credentials of the environment.
    Kms(KeyArn),
}

impl Arguments {
    pub(crate) fn read() -> Result<Self, Box<dyn Error>> {
        let mut files = Vec::new();
        let mut key = Key::File("leeward.key".into());
        let mut words = std::env::args_os().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or("--key and --kms need a value");
            match word.to_str() {
                Some("--key") => key = Key::File(value()?.into()),
                Some("--kms") => {
                    let arn = value()?;
                    key = Key::Kms(arn.to_str().ok_or("an ARN is text")?.parse()?);
                }
                _ => files.push(word.into()),
            }
        }
        Ok(Self { files, key })
    }

    pub(crate) async fn keyring(&self) -> Result<Arc<dyn Keyring>, Box<dyn Error>> {
        match &self.key {
            Key::File(path) => {
                let name = path.display().to_string();
                let key = fs::read(path).map_err(|error| format!("no key in {name}: {error}"))?;
                Ok(Arc::new(RawAesKeyring::new(
                    "leeward-example",
                    &name,
                    &key,
                )?))
            }
            Key::Kms(arn) => {
                let pool = Pool::builder().build().await?;
                let kms = KmsStack::new([arn.region().clone()]).through(&pool)?;
                Ok(Arc::new(KmsKeyring::single(arn.clone(), kms)))
            }
        }
    }

    /// Makes a key where none is yet.
    #[allow(dead_code, reason = "whoever opens has a key")]
    pub(crate) fn make_key(&self) -> Result<(), Box<dyn Error>> {
        let Key::File(path) = &self.key else {
            return Ok(());
        };
        if path.exists() {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut key = [0; 32];
        aws_lc_rs::rand::fill(&mut key)?;
        options.open(path)?.write_all(&key)?;
        Ok(())
    }
}

/// A bar over the bytes of a file; drawn where there is a terminal.
pub(crate) fn bar(path: &Path) -> Result<ProgressBar, Box<dyn Error>> {
    let style = "{wide_bar} {bytes}/{total_bytes} {binary_bytes_per_sec}";
    let bar = ProgressBar::new(fs::metadata(path)?.len());
    Ok(bar.with_style(ProgressStyle::with_template(style)?))
}
