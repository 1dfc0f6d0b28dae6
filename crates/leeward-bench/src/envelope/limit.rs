//! What the cryptographic library takes by itself.

use super::plaintext;
use crate::{BoxError, Subject, threads};
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, Tag, UnboundKey},
    digest::{SHA384, digest},
    error::Unspecified,
    signature::{
        ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, KeyPair,
        UnparsedPublicKey,
    },
};
use std::{convert::Infallible, hint::black_box};

/// Seals the same buffer over and over.
pub(super) fn seal(len: usize, piece: usize) -> Result<Subject, BoxError> {
    let mut sealing = Sealing::new(len, piece)?;
    Ok(Subject::repeat(move || sealing.seal()))
}

/// Seals a share of the buffer on each of so many threads, over and over.
pub(super) fn seal_on(threads: usize, len: usize, piece: usize) -> Result<Subject, BoxError> {
    on_each(
        (0..threads).map(|_| Sealing::new(len / threads, piece)),
        Sealing::seal,
    )
}

/// Opens the same pieces over and over, from one buffer into another.
pub(super) fn open(len: usize, piece: usize) -> Result<Subject, BoxError> {
    let mut opening = Opening::new(len, piece)?;
    Ok(Subject::repeat(move || opening.open()))
}

/// Opens a share of the pieces on each of so many threads, over and over.
pub(super) fn open_on(threads: usize, len: usize, piece: usize) -> Result<Subject, BoxError> {
    on_each(
        (0..threads).map(|_| Opening::new(len / threads, piece)),
        Opening::open,
    )
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

/// One buffer; a nonce for each piece, as the cipher demands.
struct Sealing {
    key: LessSafeKey,
    buffer: Vec<u8>,
    piece: usize,
    nonces: u64,
}

impl Sealing {
    fn new(len: usize, piece: usize) -> Result<Self, Unspecified> {
        Ok(Self {
            key: key()?,
            buffer: plaintext(len),
            piece,
            nonces: 0,
        })
    }

    fn seal(&mut self) -> Result<(), Unspecified> {
        for piece in self.buffer.chunks_mut(self.piece) {
            self.nonces += 1;
            let (nonce, aad) = (nonce(self.nonces), Aad::empty());
            let _ = black_box(self.key.seal_in_place_separate_tag(nonce, aad, piece)?);
        }
        Ok(())
    }
}

/// One buffer of pieces, and one for what is in them.
struct Opening {
    key: LessSafeKey,
    sealed: Vec<u8>,
    tags: Vec<Tag>,
    opened: Vec<u8>,
    piece: usize,
}

impl Opening {
    fn new(len: usize, piece: usize) -> Result<Self, Unspecified> {
        let (key, mut sealed) = (key()?, plaintext(len));
        let pieces = (0..).zip(sealed.chunks_mut(piece));
        let tags = pieces
            .map(|(at, piece)| key.seal_in_place_separate_tag(nonce(at), Aad::empty(), piece))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            key,
            sealed,
            tags,
            opened: vec![0; len],
            piece,
        })
    }

    fn open(&mut self) -> Result<(), Unspecified> {
        let pieces = self.sealed.chunks(self.piece).zip(&self.tags);
        let opened = self.opened.chunks_mut(self.piece);
        for ((at, (sealed, tag)), opened) in (0..).zip(pieces).zip(opened) {
            let (nonce, tag) = (nonce(at), tag.as_ref());
            self.key
                .open_separate_gather(nonce, Aad::empty(), sealed, tag, opened)?;
        }
        Ok(())
    }
}

/// Does the work of every side at once, each on a thread of its own.
fn on_each<T: Send + 'static>(
    sides: impl Iterator<Item = Result<T, Unspecified>>,
    work: fn(&mut T) -> Result<(), Unspecified>,
) -> Result<Subject, BoxError> {
    let mut sides: Vec<_> = sides.collect::<Result<_, _>>()?;
    Ok(Subject::new(move |operations| {
        threads::time(&mut sides, |side| {
            for _ in 0..operations {
                work(side)?;
            }
            Ok(())
        })
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
