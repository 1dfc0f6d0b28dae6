//! Every bit of forty messages turned, every cut of them, read from a buffer and as a stream.

mod subject;

use leeward_envelope::{DecryptError, Decryptor, EncryptionContext};
use std::ops::Range;
use subject::{Subject, subjects};

/// Pieces that end within fields of every kind.
const CHUNK_LEN: usize = 61;

/// What a stream released of a message, and whether it took the message for whole.
fn stream(
    decryptor: &Decryptor,
    expected: &EncryptionContext,
    message: &[u8],
    released: &mut Vec<u8>,
) -> Result<(), DecryptError> {
    let mut header = decryptor.begin(expected);
    let mut chunks = message.chunks(CHUNK_LEN);
    let mut left = &[][..];
    while !header.is_complete() {
        let Some(chunk) = chunks.next() else {
            // All there is has been read, and it is not a header yet.
            return Err(crate::run(decryptor.decrypt(message)).unwrap_err());
        };
        left = &chunk[header.push(chunk)?..];
    }
    let mut decryption = crate::run(header.open())?;
    for chunk in [left].into_iter().chain(chunks) {
        decryption.push(chunk, released)?;
    }
    decryption.finish().map(drop)
}

/// Fails unless `message`, a changed form of the subject's, is refused by all readers.
///
/// `intact` says how many bytes of the subject's message come before the first change.
#[track_caller]
fn refused(subject: &Subject, message: &[u8], intact: usize, what: &dyn Fn() -> String) {
    let name = || format!("{}, {}", subject.name, what());
    let expected = &subject.expected;
    let whole = crate::run(subject.buffer.decrypt_with_context(message, expected));
    assert!(whole.is_err(), "{}: decrypted", name());

    for (policy, decryptor) in &subject.streams {
        let mut released = Vec::new();
        let streamed = stream(decryptor, expected, message, &mut released);
        assert!(streamed.is_err(), "{}: streamed", name());
        let may_be_released = subject.released_by(intact, *policy);
        let is_authentic = subject.plaintext.starts_with(&released);
        assert!(is_authentic, "{}: released what nobody wrote", name());
        let len = released.len();
        assert!(
            len <= may_be_released,
            "{}: released {len} bytes of {may_be_released}",
            name()
        );
    }
}

fn turn_every_bit(subjects: Range<usize>) {
    for subject in &self::subjects()[subjects] {
        let mut message = subject.message.clone();
        for at in 0..message.len() {
            for bit in 0..8 {
                message[at] ^= 1 << bit;
                refused(subject, &message, at, &|| format!("bit {bit} of byte {at}"));
                message[at] ^= 1 << bit;
            }
        }
    }
}

// In four parts, so that as many threads turn bits.
#[test]
fn no_bit_of_the_first_ten_messages_can_be_turned() {
    turn_every_bit(0..10);
}

#[test]
fn no_bit_of_the_second_ten_messages_can_be_turned() {
    turn_every_bit(10..20);
}

#[test]
fn no_bit_of_the_third_ten_messages_can_be_turned() {
    turn_every_bit(20..30);
}

#[test]
fn no_bit_of_the_last_ten_messages_can_be_turned() {
    turn_every_bit(30..40);
}

#[test]
fn no_message_can_be_cut_short() {
    for subject in subjects() {
        for len in 0..subject.message.len() {
            let cut = &subject.message[..len];
            refused(&subject, cut, len, &|| format!("cut at {len}"));
        }
    }
}

#[test]
fn no_message_can_go_on() {
    for subject in subjects() {
        let len = subject.message.len();
        for more in [&[0][..], &[0xff; 60], &subject.message] {
            let longer = [&subject.message, more].concat();
            refused(&subject, &longer, len, &|| format!("{} more", more.len()));
        }
    }
}

/// With `LEEWARD_FULL=1` every byte takes every value; without it, those of one bit turned, above, are all.
#[test]
fn no_byte_can_have_another_value() {
    let every = if crate::cases(1).cases > 1 { 1 } else { 17 };
    for subject in subjects() {
        let mut message = subject.message.clone();
        for at in (0..message.len()).step_by(every) {
            for difference in (1..=u8::MAX).step_by(every) {
                message[at] ^= difference;
                let what = || format!("byte {at} with {difference:#04x} turned");
                refused(&subject, &message, at, &what);
                message[at] ^= difference;
            }
        }
    }
}

#[test]
fn there_are_forty_messages_of_all_suites_that_decrypt() {
    let subjects = subjects();
    assert_eq!(subjects.len(), 40);
    for suite in leeward_envelope::AlgorithmSuite::ALL {
        let count = subjects.iter().filter(|subject| subject.suite == suite);
        assert!(count.count() >= 3, "{suite}");
    }
    for subject in &subjects {
        let decrypted = subject
            .buffer
            .decrypt_with_context(&subject.message, &subject.expected);
        let decrypted = crate::run(decrypted).unwrap();
        assert_eq!(decrypted.plaintext(), subject.plaintext, "{}", subject.name);
        for (_, decryptor) in &subject.streams {
            let mut released = Vec::new();
            let expected = &subject.expected;
            stream(decryptor, expected, &subject.message, &mut released).unwrap();
            assert_eq!(released, subject.plaintext, "{}", subject.name);
        }
    }
}
