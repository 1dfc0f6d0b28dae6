//! What both examples with files have: the key that is named on the command line, a bar, and how they end.

use indicatif::{ProgressBar, ProgressStyle};
use leeward_client_pool::Pool;
use leeward_envelope::{Keyring, RawAesKeyring};
use leeward_kms_envelope::{KeyArn, KmsError, KmsKeyring, KmsStack};
use std::{
    error::Error,
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};
use tokio::signal;
use zeroize::Zeroizing;

/// Messages name the key so, wherever its file lies.
const KEY_NAME: &str = "leeward.key";

/// The key of a command line.
#[derive(clap::Args)]
pub(crate) struct KeyArguments {
    /// A file with the 32 bytes of an AES key; seal_a_file makes it if it is not there.
    #[arg(
        long,
        value_name = "KEYFILE",
        default_value = "leeward.key",
        conflicts_with = "kms"
    )]
    key: PathBuf,
    /// The ARN of a key of KMS instead, reached with the credentials of the environment.
    #[arg(long, value_name = "ARN")]
    kms: Option<KeyArn>,
}

impl KeyArguments {
    pub(crate) async fn keyring(&self) -> Result<Arc<dyn Keyring>, Box<dyn Error>> {
        if let Some(arn) = &self.kms {
            let pool = Pool::builder().build().await?;
            let kms = KmsStack::new([arn.region().clone()]).through(&pool)?;
            return Ok(Arc::new(KmsKeyring::single(arn.clone(), kms)));
        }
        let path = self.key.display();
        let key = fs::read(&self.key).map(Zeroizing::new);
        let key = key.map_err(|error| format!("no key in {path}: {error}"))?;
        let keyring = RawAesKeyring::new("leeward-example", KEY_NAME, &key);
        let keyring = keyring.map_err(|error| format!("no key in {path}: {error}"))?;
        Ok(Arc::new(keyring))
    }

    /// Makes a key where none is yet.
    #[allow(dead_code, reason = "whoever opens has a key")]
    pub(crate) fn make(&self) -> Result<(), Box<dyn Error>> {
        let path = &self.key;
        if self.kms.is_some() || path.exists() {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut key = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(&mut *key)?;
        let made = options.open(path);
        let made = made.and_then(|mut file| file.write_all(&*key));
        made.map_err(|error| format!("no key was made in {}: {error}", path.display()))?;
        Ok(())
    }
}

/// A bar over the bytes of a file, drawn where there is a terminal; gone when it is dropped, so that nothing is written beside it.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// Fails if there is no such file.
    pub(crate) fn over(path: &Path) -> Result<Self, Box<dyn Error>> {
        let file = fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if !file.is_file() {
            return Err(format!("{} is no regular file", path.display()).into());
        }
        let style = "{wide_bar} {bytes}/{total_bytes} {binary_bytes_per_sec}";
        let bar = ProgressBar::new(file.len());
        Ok(Self(bar.with_style(ProgressStyle::with_template(style)?)))
    }

    pub(crate) fn progress(&self) -> impl Fn(u64) + Send + use<> {
        let shown = self.0.clone();
        move |bytes| shown.set_position(bytes)
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Does the work and tells how it ended, or why not; Ctrl-C drops it, which removes the temporary file as well.
pub(crate) async fn run(work: impl Future<Output = Result<String, Box<dyn Error>>>) -> ExitCode {
    let ended = tokio::select! {
        // First, so that it is heard from the beginning.
        biased;
        heard = signal::ctrl_c() => Err(match heard {
            Ok(()) => "interrupted".into(),
            Err(error) => error.into(),
        }),
        ended = work => ended,
    };
    match ended {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            tell(&*error);
            ExitCode::FAILURE
        }
    }
}

/// Prints an error with all that caused it, and what KMS advises.
fn tell(error: &(dyn Error + 'static)) {
    eprintln!("error: {error}");
    let mut next = error.source();
    while let Some(source) = next {
        eprintln!("  {source}");
        next = source.source();
    }
    if let Some(kms) = KmsError::below(error) {
        eprintln!("to do: {}", kms.advice());
    }
}
