//! Decrypts a file: `cargo run -p leeward --example open_a_file -- SEALED TO [--key KEYFILE | --kms ARN]`.
//!
//! Nothing is at TO before every byte is verified. Without `--kms` the key is in `leeward.key`.

mod keys;

use keys::{Arguments, bar};
use leeward_envelope::{Decryptor, EncryptionContext};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read()?;
    let [sealed, to] = &arguments.files[..] else {
        return Err("name a sealed file, and where its plaintext goes".into());
    };

    let decryptor = Decryptor::builder(arguments.keyring().await?).build()?;
    let expected = EncryptionContext::new([("purpose", "example")])?;
    let bar = bar(sealed)?;
    let shown = bar.clone();
    let progress = move |bytes| shown.set_position(bytes);
    let opened = decryptor.open_file(sealed, to, &expected, progress).await?;
    bar.finish();
    println!(
        "{} holds what was sealed under {}",
        to.display(),
        opened.suite()
    );
    Ok(())
}
