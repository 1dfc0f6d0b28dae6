//! What the cryptographic library takes by itself.

use super::plaintext;
use crate::{BoxError, Subject};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{SHA384, digest},
    error::Unspecified,
    signature::{
        ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
        UnparsedPublicKey,
    },
};
use std::{convert::Infallible, hint::black_box};

/// Seals the same buffer over and over; a nonce for each piece, as the cipher demands.
pub(super) fn seal(len: usize, piece: usize) -> Result<Subject, BoxError> {
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
pub(super) fn open(len: usize, piece: usize) -> Result<Subject, BoxError> {
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

/// Hashes a buffer, as signatures over it begin.
pub(super) fn hash(len: usize) -> Subject {
    let buffer = plaintext(len);
    Subject::repeat(move || Ok::<_, Infallible>(digest(&SHA384, &buffer)))
}

/// Signs one digest over and over.
pub(super) fn sign() -> Result<Subject, BoxError> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING)?;
    let digest = digest(&SHA384, b"message");
    Ok(Subject::repeat(move || pair.sign_digest(&digest)))
}

/// Verifies one signature over and over, from the bytes of the key on, as one message after the other brings them.
pub(super) fn verify() -> Result<Subject, BoxError> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING)?;
    let digest = digest(&SHA384, b"message");
    let signature = pair.sign_digest(&digest)?;
    let public_key = pair.public_key().as_ref().to_vec();
    let public_key = UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, public_key);
    Ok(Subject::repeat(move || {
        public_key.verify_digest(&digest, signature.as_ref())
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
