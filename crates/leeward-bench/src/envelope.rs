//! Whole messages under suite 0x0478 with a cached data key, beside AES-256-GCM alone.

use crate::{Area, BoxError, Case, Subject, Unit};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    error::Unspecified,
};
use leeward_envelope::{CachePolicy, Decryptor, EncryptionContext, Encryptor, RawAesKeyring};
use std::{hint::black_box, time::Duration};
use tokio::runtime::Builder;

/// The cipher over the whole plaintext at once: what no message format can be faster than.
pub const LIMIT: &str = "limit: AES-256-GCM, one buffer";
/// The cipher over pieces as large as our frames.
pub const LIMIT_IN_PIECES: &str = "limit: AES-256-GCM, 4 KiB pieces";
/// Our messages, in frames of 4 KiB.
pub const LEEWARD: &str = "leeward 0x0478, 4 KiB frames";

const FRAME: usize = 4096;

pub(crate) fn cases() -> Result<Vec<Case>, BoxError> {
    let sizes = [
        ("encrypt 1 KiB", "decrypt 1 KiB", 1 << 10),
        ("encrypt 64 KiB", "decrypt 64 KiB", 1 << 16),
        ("encrypt 1 MiB", "decrypt 1 MiB", 1 << 20),
    ];
    let mut cases = Vec::new();
    for (encrypt, decrypt, bytes) in sizes {
        let unit = Unit::MegabytesPerSecond { bytes };
        let len = bytes as usize;
        let mut sealing = Case::new(Area::Envelope, encrypt, unit)
            .with(LIMIT, seal(len, len)?)
            .with(LEEWARD, encrypt_messages(len)?)
            .compare(LEEWARD, LIMIT, None);
        let mut opening = Case::new(Area::Envelope, decrypt, unit)
            .with(LIMIT, open(len, len)?)
            .with(LEEWARD, decrypt_messages(len)?)
            .compare(LEEWARD, LIMIT, None);
        if len > FRAME {
            sealing = sealing.with(LIMIT_IN_PIECES, seal(len, FRAME)?).compare(
                LEEWARD,
                LIMIT_IN_PIECES,
                None,
            );
            opening = opening.with(LIMIT_IN_PIECES, open(len, FRAME)?).compare(
                LEEWARD,
                LIMIT_IN_PIECES,
                None,
            );
        }
        cases.extend([sealing, opening]);
    }
    Ok(cases)
}

fn encrypt_messages(len: usize) -> Result<Subject, BoxError> {
    let (encryptor, context) = (encryptor()?, context()?);
    let plaintext = plaintext(len);
    Ok(Subject::awaited(async move || {
        encryptor.encrypt(&plaintext, &context).await
    })?)
}

fn decrypt_messages(len: usize) -> Result<Subject, BoxError> {
    let (encryptor, context) = (encryptor()?, context()?);
    let runtime = Builder::new_current_thread().build()?;
    let message = runtime.block_on(encryptor.encrypt(&plaintext(len), &context))?;
    let decryptor = Decryptor::builder(keyring()?)
        .with_cache(CachePolicy::new(ALL_DAY))
        .build()?;
    Ok(Subject::awaited(async move || {
        decryptor.decrypt(&message).await
    })?)
}

/// Longer than any run, so that a data key is fetched once, while the subject is calibrated.
const ALL_DAY: Duration = Duration::from_secs(86_400);

fn encryptor() -> Result<Encryptor, BoxError> {
    let encryptor = Encryptor::builder(keyring()?).with_cache(CachePolicy::new(ALL_DAY));
    Ok(encryptor.build()?)
}

fn keyring() -> Result<RawAesKeyring, BoxError> {
    Ok(RawAesKeyring::new("leeward", "bench", &[0x2a; 32])?)
}

fn context() -> Result<EncryptionContext, BoxError> {
    Ok(EncryptionContext::new([
        ("tenant", "acme"),
        ("table", "orders"),
    ])?)
}

/// Seals the same buffer over and over; a nonce for each piece, as the cipher demands.
fn seal(len: usize, piece: usize) -> Result<Subject, BoxError> {
    let (key, mut buffer) = (key()?, plaintext(len));
    let mut nonces = 0;
    Ok(Subject::repeat(move || {
        for piece in buffer.chunks_mut(piece) {
            nonces += 1;
            let _ =
                black_box(key.seal_in_place_separate_tag(nonce(nonces), Aad::empty(), piece)?);
        }
        Ok::<_, Unspecified>(())
    }))
}

/// Opens the same pieces over and over, from one buffer into another.
fn open(len: usize, piece: usize) -> Result<Subject, BoxError> {
    let (key, mut sealed) = (key()?, plaintext(len));
    let mut tags = Vec::new();
    for (at, piece) in (0..).zip(sealed.chunks_mut(piece)) {
        tags.push(key.seal_in_place_separate_tag(nonce(at), Aad::empty(), piece)?);
    }
    let mut opened = vec![0; len];
    Ok(Subject::repeat(move || {
        let pieces = sealed.chunks(piece).zip(&tags);
        for ((at, (sealed, tag)), opened) in (0..).zip(pieces).zip(opened.chunks_mut(piece)) {
            let (nonce, tag) = (nonce(at), tag.as_ref());
            key.open_separate_gather(nonce, Aad::empty(), sealed, tag, opened)?;
        }
        Ok::<_, Unspecified>(())
    }))
}

fn key() -> Result<LessSafeKey, Unspecified> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32])?))
}

fn nonce(number: u64) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

/// Bytes that no cipher or allocator could treat as empty.
fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|at| at as u8).collect()
}
