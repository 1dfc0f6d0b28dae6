//! Whole messages with a cached data key, beside the cipher, the hash and the signature alone.

use crate::{Area, Bar, BoxError, Case, Subject, Tally, Unit};
use leeward_envelope::AlgorithmSuite;
use message::Shape;

mod limit;
mod message;
mod savings;

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

/// 150,000 messages a second where the cipher seals 2.3 million pieces of the same size.
const SHORT: Bar = Bar::AtLeast(0.0652);

pub(crate) fn cases() -> Result<Vec<Case>, BoxError> {
    let mut cases = vec![
        short(Way::Encrypt, ENCRYPT_1_KIB)?,
        short(Way::Decrypt, DECRYPT_1_KIB)?,
    ];
    for (encrypt, decrypt, len, is_held) in [
        ("encrypt 64 KiB", "decrypt 64 KiB", 64 << 10, false),
        (ENCRYPT_1_MIB, DECRYPT_1_MIB, 1 << 20, true),
        ("encrypt 16 MiB", "decrypt 16 MiB", 16 << 20, true),
    ] {
        cases.push(long(Way::Encrypt, encrypt, len, is_held)?);
        cases.push(long(Way::Decrypt, decrypt, len, is_held)?);
    }
    cases.extend(signed()?);
    Ok(cases)
}

/// What is counted: keyring calls saved by `crowd` times a hundred messages over a day.
pub(crate) fn tallies(crowd: usize) -> Vec<Tally> {
    vec![savings::tally(100 * crowd)]
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

const fn shape(suite: AlgorithmSuite, frame: usize, len: usize) -> Shape {
    Shape { suite, frame, len }
}

const fn throughput(name: &'static str, len: usize) -> Case {
    let bytes = len as u32;
    Case::new(Area::Envelope, name, Unit::MegabytesPerSecond { bytes })
}

fn short(way: Way, name: &'static str) -> Result<Case, BoxError> {
    let len = 1 << 10;
    Ok(throughput(name, len)
        .with(LIMIT, way.limit(len, len)?)
        .with(LEEWARD, way.ours(shape(UNSIGNED, FRAME, len))?)
        .with(
            LEEWARD_NEW_BUFFER,
            way.ours_anew(shape(UNSIGNED, FRAME, len))?,
        )
        .compare(LEEWARD, LIMIT, SHORT)
        .compare(LEEWARD_NEW_BUFFER, LIMIT, None))
}

fn long(way: Way, name: &'static str, len: usize, is_held: bool) -> Result<Case, BoxError> {
    let bar = |least| is_held.then_some(Bar::AtLeast(least));
    Ok(throughput(name, len)
        .with(LIMIT, way.limit(len, len)?)
        .with(LIMIT_IN_PIECES, way.limit(len, FRAME)?)
        .with(LIMIT_IN_LARGE_PIECES, way.limit(len, LARGE_FRAME)?)
        .with(LEEWARD, way.ours(shape(UNSIGNED, FRAME, len))?)
        .with(
            LEEWARD_LARGE_FRAMES,
            way.ours(shape(UNSIGNED, LARGE_FRAME, len))?,
        )
        .with(
            LEEWARD_NEW_BUFFER,
            way.ours_anew(shape(UNSIGNED, FRAME, len))?,
        )
        .compare(LEEWARD, LIMIT, None)
        .compare(LEEWARD, LIMIT_IN_PIECES, bar(0.80))
        .compare(LEEWARD_LARGE_FRAMES, LIMIT_IN_LARGE_PIECES, bar(0.90))
        .compare(LEEWARD_NEW_BUFFER, LIMIT_IN_PIECES, None))
}

fn signed() -> Result<[Case; 4], BoxError> {
    let (short, long) = (1 << 10, 1 << 20);
    let time = |name| Case::new(Area::Envelope, name, Unit::Nanoseconds);
    let ours = |way: Way, len| way.ours(shape(SIGNED, FRAME, len));
    Ok([
        // 0.8 of the signature's rate is 1.25 of its time.
        time(ENCRYPT_1_KIB_SIGNED)
            .with(LIMIT_OF_SIGNATURE, limit::sign()?)
            .with(LEEWARD_SIGNED, ours(Way::Encrypt, short)?)
            .compare(LEEWARD_SIGNED, LIMIT_OF_SIGNATURE, Bar::AtMost(1.25)),
        time(DECRYPT_1_KIB_SIGNED)
            .with(LIMIT_OF_VERIFICATION, limit::verify()?)
            .with(LEEWARD_SIGNED, ours(Way::Decrypt, short)?)
            .compare(LEEWARD_SIGNED, LIMIT_OF_VERIFICATION, None),
        throughput("encrypt 1 MiB, signed", long)
            .with(LIMIT_OF_HASH, limit::hash(long))
            .with(LEEWARD_SIGNED, ours(Way::Encrypt, long)?)
            .compare(LEEWARD_SIGNED, LIMIT_OF_HASH, Bar::AtLeast(0.80)),
        throughput("decrypt 1 MiB, signed", long)
            .with(LIMIT_OF_HASH, limit::hash(long))
            .with(LEEWARD_SIGNED, ours(Way::Decrypt, long)?)
            .compare(LEEWARD_SIGNED, LIMIT_OF_HASH, Bar::AtLeast(0.75)),
    ])
}

/// Bytes that no cipher or allocator could treat as empty.
fn plaintext(len: usize) -> Vec<u8> {
    (0..len).map(|at| at as u8).collect()
}
