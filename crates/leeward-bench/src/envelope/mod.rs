//! Whole messages with a cached data key, beside the cipher, the hash and the signature alone.

use crate::{Area, BoxError, Case, Subject, Tally, Unit};
use leeward_envelope::AlgorithmSuite;
use message::Shape;
use std::{num::NonZeroUsize, path::Path};

mod floor;
mod limit;
mod long;
mod memory;
mod message;
mod savings;
mod short;
mod signed;
mod source;
mod stream;

pub(crate) use memory::print_memory;

/// The case of a short message that is encrypted.
pub const ENCRYPT_1_KIB: &str = "encrypt 1 KiB";
/// The case of a short message that is decrypted.
pub const DECRYPT_1_KIB: &str = "decrypt 1 KiB";
/// The case of a short message that is encrypted and signed.
pub const ENCRYPT_1_KIB_SIGNED: &str = "encrypt 1 KiB, signed";
/// The case of a short message whose signature is verified.
pub const DECRYPT_1_KIB_SIGNED: &str = "decrypt 1 KiB, signed";
/// The case of a message of a megabyte that is encrypted.
pub const ENCRYPT_1_MIB: &str = "encrypt 1 MiB";
/// The case of a message of a megabyte that is decrypted.
pub const DECRYPT_1_MIB: &str = "decrypt 1 MiB";

/// The cipher over the whole plaintext at once: what no message format can be faster than.
pub const LIMIT: &str = "limit: AES-256-GCM, one buffer";
/// The cipher over pieces as large as our frames.
pub const LIMIT_IN_PIECES: &str = "limit: AES-256-GCM, 4 KiB pieces";
/// The cipher over pieces as large as our larger frames.
pub const LIMIT_IN_LARGE_PIECES: &str = "limit: AES-256-GCM, 64 KiB pieces";
/// The hash that a signature is made of, over the plaintext.
pub const LIMIT_OF_HASH: &str = "limit: SHA-384";
/// One signature of a digest.
pub const LIMIT_OF_SIGNATURE: &str = "limit: one signature by P-384";
/// One signature of a digest verified.
pub const LIMIT_OF_VERIFICATION: &str = "limit: one verification by P-384";
/// The calls of the cryptographic library that a message is made of.
pub const FLOOR: &str = "floor: randomness, HKDF, AES key, two tags";
/// Our messages, in frames of 4 KiB, into a buffer that the caller has.
pub const LEEWARD: &str = "leeward 0x0478, 4 KiB frames";
/// Our messages, in frames of 64 KiB, into a buffer that the caller has.
pub const LEEWARD_LARGE_FRAMES: &str = "leeward 0x0478, 64 KiB frames";
/// Our messages, in frames of 4 KiB, each in a new buffer.
pub const LEEWARD_NEW_BUFFER: &str = "leeward 0x0478, 4 KiB frames, new buffer";
/// Our signed messages, in frames of 4 KiB, into a buffer that the caller has.
pub const LEEWARD_SIGNED: &str = "leeward 0x0578, 4 KiB frames";

const FRAME: usize = 4 << 10;
const LARGE_FRAME: usize = 64 << 10;

const UNSIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;
const SIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384;

pub(crate) fn cases() -> Result<Vec<Case>, BoxError> {
    let mut cases = Vec::new();
    cases.extend(short::cases()?);
    cases.extend(long::cases()?);
    cases.extend(signed::cases()?);
    cases.extend(stream::cases()?);
    Ok(cases)
}

/// What is counted: keyring calls saved by `crowd` times a hundred messages over a day, and the memory of a stream of
/// 4 GiB, or of one that is as long as CI has time for.
pub(crate) fn tallies(program: &Path, crowd: usize) -> Vec<Tally> {
    let streamed = match crowd {
        Tally::CROWD.. => 4 << 30,
        _ => 256 << 20,
    };
    vec![
        memory::tally(program.to_owned(), streamed),
        savings::tally(100 * crowd),
    ]
}

/// Which way a message goes.
#[derive(Clone, Copy, Debug)]
enum Way {
    Encrypt,
    Decrypt,
}

impl Way {
    fn limit(self, len: usize, piece: usize) -> Result<Subject, BoxError> {
        match self {
            Self::Encrypt => limit::seal(len, piece),
            Self::Decrypt => limit::open(len, piece),
        }
    }

    fn limit_on_two_threads(self, len: usize, piece: usize) -> Result<Subject, BoxError> {
        match self {
            Self::Encrypt => limit::seal_on(2, len, piece),
            Self::Decrypt => limit::open_on(2, len, piece),
        }
    }

    fn floor(self, shape: Shape) -> Result<Subject, BoxError> {
        match self {
            Self::Encrypt => floor::encrypt(shape),
            Self::Decrypt => floor::decrypt(shape),
        }
    }

    fn ours(self, shape: Shape) -> Result<Subject, BoxError> {
        match self {
            Self::Encrypt => message::encrypt(shape),
            Self::Decrypt => message::decrypt(shape),
        }
    }

    fn ours_anew(self, shape: Shape) -> Result<Subject, BoxError> {
        match self {
            Self::Encrypt => message::encrypt_anew(shape),
            Self::Decrypt => message::decrypt_anew(shape),
        }
    }
}

/// A message that one thread works on.
const fn shape(suite: AlgorithmSuite, frame: usize, len: usize) -> Shape {
    Shape {
        suite,
        frame,
        len,
        threads: NonZeroUsize::MIN,
    }
}

/// The same message on two threads.
fn on_two_threads(shape: Shape) -> Shape {
    Shape {
        threads: shape.threads.saturating_add(1),
        ..shape
    }
}

const fn throughput(name: &'static str, len: usize) -> Case {
    let bytes = len as u32;
    Case::new(Area::Envelope, name, Unit::MegabytesPerSecond { bytes })
}

/// Bytes that no cipher or allocator could treat as empty.
fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|at| at as u8).collect()
}
