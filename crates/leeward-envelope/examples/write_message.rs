//! Writes a message under a raw AES key, for any reader of the AWS Encryption SDK to decrypt.
//!
//! `cargo run -p leeward-envelope --example write_message > message`
//!
//! The key is 32 bytes of 0x2a under the provider id `leeward` and the name `example`; the context is `purpose=interop`.

use leeward_envelope::{EncryptionContext, Encryptor, RawAesKeyring};
use std::{
    error::Error,
    io::{self, Write},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let keyring = RawAesKeyring::new("leeward", "example", &[0x2a; 32])?;
    let encryptor = Encryptor::builder(keyring).build()?;
    let context = EncryptionContext::new([("purpose", "interop")])?;
    let plaintext = "a line that no single frame holds\n".repeat(300);
    let message = encryptor.encrypt(plaintext.as_bytes(), &context).await?;
    io::stdout().write_all(&message)?;
    Ok(())
}
