//! Our messages, under a data key that was fetched once, while the subject was calibrated.

use super::plaintext;
use crate::{BoxError, Subject};
use leeward_envelope::{
    AlgorithmSuite, CachePolicy, Decryptor, EncryptionContext, Encryptor, RawAesKeyring,
};
use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};
use tokio::runtime::Builder;

/// What a message is like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) suite: AlgorithmSuite,
    /// How many bytes a frame holds.
    pub(super) frame: usize,
    /// How many bytes the plaintext has.
    pub(super) len: usize,
    /// How many threads may work on it.
    pub(super) threads: NonZeroUsize,
}

/// Encrypts into one buffer over and over.
pub(super) fn encrypt(shape: Shape) -> Result<Subject, BoxError> {
    let (encryptor, context) = (encryptor(shape)?, context()?);
    let (plaintext, mut message) = (plaintext(shape.len), Vec::new());
    Ok(Subject::awaited(async move || {
        let sealed = encryptor.encrypt_over(&plaintext, &context, &mut message);
        sealed.await
    })?)
}

/// Encrypts into a new buffer each time.
pub(super) fn encrypt_anew(shape: Shape) -> Result<Subject, BoxError> {
    let (encryptor, context) = (encryptor(shape)?, context()?);
    let plaintext = plaintext(shape.len);
    Ok(Subject::awaited(async move || {
        encryptor.encrypt(&plaintext, &context).await
    })?)
}

/// Decrypts into one buffer over and over.
pub(super) fn decrypt(shape: Shape) -> Result<Subject, BoxError> {
    let (message, decryptor) = (message(shape)?, decryptor(shape)?);
    let (any, mut plaintext) = (EncryptionContext::empty(), Vec::new());
    Ok(Subject::awaited(async move || {
        let opened = decryptor.decrypt_over(&message, &any, &mut plaintext);
        opened.await
    })?)
}

/// Decrypts into a new buffer each time.
pub(super) fn decrypt_anew(shape: Shape) -> Result<Subject, BoxError> {
    let (message, decryptor) = (message(shape)?, decryptor(shape)?);
    Ok(Subject::awaited(async move || {
        decryptor.decrypt(&message).await
    })?)
}

pub(super) fn message(shape: Shape) -> Result<Vec<u8>, BoxError> {
    let runtime = Builder::new_current_thread().build()?;
    let (encryptor, context) = (encryptor(shape)?, context()?);
    let plaintext = plaintext(shape.len);
    Ok(runtime.block_on(encryptor.encrypt(&plaintext, &context))?)
}

/// Longer than any run.
const ALL_DAY: Duration = Duration::from_secs(86_400);

pub(super) fn encryptor(shape: Shape) -> Result<Encryptor, BoxError> {
    let frame = NonZeroU32::try_from(u32::try_from(shape.frame)?)?;
    let encryptor = Encryptor::builder(keyring()?)
        .with_suite(shape.suite)
        .with_frame_length(frame)
        .with_parallelism(shape.threads)
        .with_cache(CachePolicy::new(ALL_DAY));
    Ok(encryptor.build()?)
}

pub(super) fn decryptor(shape: Shape) -> Result<Decryptor, BoxError> {
    let decryptor = Decryptor::builder(keyring()?)
        .with_parallelism(shape.threads)
        .with_cache(CachePolicy::new(ALL_DAY));
    Ok(decryptor.build()?)
}

fn keyring() -> Result<RawAesKeyring, BoxError> {
    Ok(RawAesKeyring::new("leeward", "bench", &[0x2a; 32])?)
}

pub(super) fn context() -> Result<EncryptionContext, BoxError> {
    Ok(EncryptionContext::new([
        ("tenant", "acme"),
        ("table", "orders"),
    ])?)
}
