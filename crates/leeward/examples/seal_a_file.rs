//! Encrypts a file: `cargo run -p leeward --example seal_a_file -- FILE [--key KEYFILE | --kms ARN]`.
//!
//! Writes FILE.sealed. Without `--kms` the key is in `leeward.key`, which is made if it is not there.

mod keys;

use clap::Parser;
use keys::{Bar, KeyArguments};
use leeward_envelope::{EncryptionContext, Encryptor};
use std::{error::Error, path::PathBuf, process::ExitCode};

/// Encrypts a file into FILE.sealed.
#[derive(Parser)]
struct Arguments {
    /// The file to be sealed.
    file: PathBuf,
    #[command(flatten)]
    key: KeyArguments,
}

#[tokio::main]
async fn main() -> ExitCode {
    keys::run(seal(Arguments::parse())).await
}

async fn seal(Arguments { file, key }: Arguments) -> Result<String, Box<dyn Error>> {
    // Looked at first, so that no key is made for nothing.
    let bar = Bar::over(&file)?;
    let mut sealed = file.clone().into_os_string();
    sealed.push(".sealed");
    key.make()?;

    let encryptor = Encryptor::builder(key.keyring().await?).build()?;
    let context = EncryptionContext::new([("purpose", "example")])?;
    let len = encryptor
        .seal_file(&file, &sealed, &context, bar.progress())
        .await?;
    Ok(format!("{len} bytes are sealed in {}", sealed.display()))
}
