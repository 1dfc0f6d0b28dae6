//! Decrypts a file: `cargo run -p leeward --example open_a_file -- SEALED TO [--key KEYFILE | --kms ARN]`.
//!
//! Nothing is at TO before every byte is verified. Without `--kms` the key is in `leeward.key`.

mod keys;

use clap::Parser;
use keys::{Bar, KeyArguments};
use leeward_envelope::{Decryptor, EncryptionContext};
use std::{error::Error, path::PathBuf, process::ExitCode};

/// Decrypts a file that seal_a_file has written.
#[derive(Parser)]
struct Arguments {
    /// The sealed file.
    sealed: PathBuf,
    /// Where its plaintext goes.
    to: PathBuf,
    #[command(flatten)]
    key: KeyArguments,
}

#[tokio::main]
async fn main() -> ExitCode {
    keys::run(open(Arguments::parse())).await
}

async fn open(Arguments { sealed, to, key }: Arguments) -> Result<String, Box<dyn Error>> {
    let bar = Bar::over(&sealed)?;
    let decryptor = Decryptor::builder(key.keyring().await?).build()?;
    let expected = EncryptionContext::new([("purpose", "example")])?;
    let opened = decryptor
        .open_file(&sealed, &to, &expected, bar.progress())
        .await?;
    let suite = opened.suite();
    Ok(format!(
        "{} holds what was sealed under {suite}",
        to.display()
    ))
}
