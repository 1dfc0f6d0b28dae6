//! Encrypts a file: `cargo run -p leeward --example seal_a_file -- FILE [--key KEYFILE | --kms ARN]`.
//!
//! Writes FILE.sealed. Without `--kms` the key is in `leeward.key`, which is made if it is not there.

mod keys;

use keys::{Arguments, bar};
use leeward_envelope::{EncryptionContext, Encryptor};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read()?;
    let [file] = &arguments.files[..] else {
        return Err("name one file to be sealed".into());
    };
    let mut sealed = file.clone().into_os_string();
    sealed.push(".sealed");
    arguments.make_key()?;

    let encryptor = Encryptor::builder(arguments.keyring().await?).build()?;
    let context = EncryptionContext::new([("purpose", "example")])?;
    let bar = bar(file)?;
    let shown = bar.clone();
    let progress = move |bytes| shown.set_position(bytes);
    let len = encryptor
        .seal_file(file, &sealed, &context, progress)
        .await?;
    bar.finish();
    println!("{len} bytes are sealed in {}", sealed.display());
    Ok(())
}
