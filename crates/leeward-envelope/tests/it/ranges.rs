//! Parts of messages, read by themselves.

use crate::{
    cases, context,
    keyrings::{Gated, raw},
    messages::{plaintext, reader, write},
    run,
};
use leeward_envelope::{
    AlgorithmSuite, DecryptError, Decryptor, MalformedMessage, RangeError, RangeReader, ReadAt,
    SignedStreams, read_at_fn,
};
use proptest::prelude::*;
use std::{
    io,
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;
/// What a frame of [`write`] takes.
const STRIDE: usize = 16 + 32;

fn decryptor() -> Decryptor {
    reader(raw()).build().unwrap()
}

fn open<R: ReadAt>(source: R) -> Result<RangeReader<R>, RangeError> {
    run(decryptor().open_ranges(source, &context(&[])))
}

fn message(len: usize) -> Vec<u8> {
    write(SUITE, &plaintext(len), &context(&[]))
}

/// How many bytes stand before the first frame.
fn header_len(message: &[u8]) -> usize {
    leeward_envelope::inspect(message).unwrap().header_len()
}

fn clip(len: usize, range: &Range<u64>) -> Vec<u8> {
    let (start, end) = (range.start as usize, range.end as usize);
    plaintext(len)[start.min(len)..end.clamp(start.min(len), len)].to_vec()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_range_is_what_the_whole_has_there(
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
        len in 0_usize..200,
        start in 0_u64..220,
        wanted in 0_u64..220,
    ) {
        prop_assume!(!suite.is_signing());
        let message = write(suite, &plaintext(len), &context(&[("a", "1")]));
        let reader = open(message).unwrap();
        let range = start..start + wanted;
        prop_assert_eq!(run(reader.read_range(range.clone())).unwrap(), clip(len, &range));
        prop_assert_eq!(reader.claimed_len(), len as u64);
        prop_assert_eq!(run(reader.prove_len()).unwrap(), len as u64);
    }

    #[test]
    fn what_was_changed_is_refused_or_not_read(
        len in 0_usize..100,
        at in any::<prop::sample::Index>(),
        byte in 1_u8..,
        start in 0_u64..110,
        wanted in 1_u64..110,
    ) {
        let mut message = message(len);
        let at = at.index(message.len());
        message[at] ^= byte;
        let range = start..start + wanted;
        if let Ok(reader) = open(message)
            && let Ok(part) = run(reader.read_range(range.clone()))
        {
            prop_assert_eq!(part, clip(len, &range));
        }
    }

    #[test]
    fn what_was_cut_off_is_refused_or_before_the_cut(
        len in 0_usize..100,
        cut in any::<prop::sample::Index>(),
        start in 0_u64..110,
        wanted in 1_u64..110,
    ) {
        let mut message = message(len);
        message.truncate(cut.index(message.len()));
        if let Ok(reader) = open(message) {
            prop_assert!(run(reader.prove_len()).is_err());
            prop_assert_eq!(reader.proven_len(), None);
            let range = start..start + wanted;
            if let Ok(part) = run(reader.read_range(range.clone())) {
                prop_assert_eq!(part, clip(len, &range));
            }
        }
    }

    #[test]
    fn arbitrary_bytes_do_not_make_a_reader_panic(
        rest in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 0..400),
    ) {
        prop_assert!(open([vec![2, 4, 0x78], rest].concat()).is_err());
    }
}

#[test]
fn only_the_frames_of_the_range_are_fetched() {
    let message = message(160);
    let header_len = header_len(&message) as u64;
    let fetched = std::sync::Mutex::new(Vec::new());
    let source = read_at_fn(message.len() as u64, |range: Range<u64>| {
        fetched.lock().unwrap().push(range.clone());
        let bytes = message[range.start as usize..range.end as usize].to_vec();
        async move { Ok(bytes) }
    });
    let reader = open(source).unwrap();
    fetched.lock().unwrap().clear();
    assert_eq!(run(reader.read_range(40..50)).unwrap(), plaintext(50)[40..]);
    let stride = STRIDE as u64;
    let frames = header_len + 2 * stride..header_len + 4 * stride;
    assert_eq!(fetched.lock().unwrap().as_slice(), [frames].as_slice());
    assert_eq!(reader.proven_len(), None);
    run(reader.read_range(155..160)).unwrap();
    assert_eq!(reader.proven_len(), Some(160));
}

#[test]
fn frames_that_change_places_are_refused() {
    let message = message(100);
    let body = header_len(&message);
    let mut swapped = message.clone();
    let (first, second) = swapped[body..].split_at_mut(STRIDE);
    first.swap_with_slice(&mut second[..STRIDE]);
    // With the numbers put right again, too.
    let mut renumbered = swapped.clone();
    renumbered[body..][..4].copy_from_slice(&message[body..][..4]);
    renumbered[body + STRIDE..][..4].copy_from_slice(&message[body + STRIDE..][..4]);
    // And a frame of the same place in another message under the same key and context.
    let mut other = message.clone();
    other[body..][..STRIDE].copy_from_slice(&self::message(100)[body..][..STRIDE]);
    for (forged, later) in [(swapped, 32), (renumbered, 32), (other, 16)] {
        let reader = open(forged).unwrap();
        assert!(matches!(
            run(reader.read_range(0..1)),
            Err(RangeError::Decrypt(_))
        ));
        let part = run(reader.read_range(later..100)).unwrap();
        assert_eq!(part, plaintext(100)[later as usize..]);
    }
}

#[test]
fn the_length_of_what_was_cut_off_between_frames_is_never_proven() {
    let message = message(100);
    let body = header_len(&message);
    // As long as a message of 49 bytes, yet what stands at its end is no final frame.
    let reader = open(message[..body + 3 * STRIDE + 41].to_vec()).unwrap();
    assert_eq!(reader.claimed_len(), 49);
    assert_eq!(run(reader.read_range(0..48)).unwrap(), plaintext(48));
    assert!(run(reader.read_range(0..49)).is_err());
    assert!(run(reader.read_range(60..61)).is_err());
    assert!(run(reader.prove_len()).is_err());
    // Likewise behind the end of a message that grew.
    let grown = [message, vec![0; STRIDE]].concat();
    let reader = open(grown).unwrap();
    assert!(run(reader.prove_len()).is_err());
    assert!(run(reader.read_range(90..100)).is_err());
}

#[test]
fn signed_messages_are_refused_before_the_keyring_is_called() {
    let keyring = Gated::open();
    let decryptor = reader(keyring.clone())
        .with_signed_streams(SignedStreams::ReleaseUnverified)
        .build()
        .unwrap();
    for suite in AlgorithmSuite::ALL {
        let message = write(suite, b"attack", &context(&[]));
        let opened = run(decryptor.open_ranges(message, &context(&[])));
        if suite.is_signing() {
            let error = opened.unwrap_err();
            assert!(matches!(error, RangeError::Signed { .. }));
            assert!(error.to_string().contains("is signed, and a range cannot"));
        } else {
            opened.unwrap();
        }
    }
    assert_eq!(keyring.calls(), 7);
}

#[test]
fn a_source_that_fails_is_told_as_such() {
    let message = message(100);
    let calls = AtomicUsize::new(0);
    let source = read_at_fn(message.len() as u64, |range: Range<u64>| {
        let bytes = message[range.start as usize..range.end as usize].to_vec();
        let answer = match calls.fetch_add(1, SeqCst) {
            0 => Ok(bytes),
            1 => Err(io::ErrorKind::ConnectionReset.into()),
            _ => Ok(bytes[1..].to_vec()),
        };
        async move { answer }
    });
    let reader = open(source).unwrap();
    assert!(matches!(
        run(reader.read_range(0..10)),
        Err(RangeError::Source(_))
    ));
    assert!(matches!(
        run(reader.read_range(0..10)),
        Err(RangeError::Decrypt(DecryptError::Malformed(
            MalformedMessage::Truncated { part: "range", .. }
        )))
    ));
}

#[test]
fn a_message_of_one_block_is_refused() {
    // Of the official vectors of version 2 some are unframed.
    let text = include_str!("../vectors/commitment-test-vectors.json");
    let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut unframed = 0;
    for vector in vectors["tests"].as_array().unwrap() {
        use base64::{Engine, prelude::BASE64_STANDARD};
        let message = BASE64_STANDARD.decode(vector["ciphertext"].as_str().unwrap());
        let message = message.unwrap();
        let claims = leeward_envelope::inspect(&message).unwrap();
        if claims.frame_length().is_none() && !claims.suite().is_signing() {
            assert!(matches!(open(message), Err(RangeError::Unframed)));
            unframed += 1;
        }
    }
    assert!(unframed > 0);
}

#[cfg(all(feature = "file", any(unix, windows)))]
#[test]
fn a_file_is_read_at_any_place() {
    use std::io::Write;
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&message(1000)).unwrap();
    let reader = open(std::sync::Arc::new(file)).unwrap();
    let part = run(reader.read_range(500..700)).unwrap();
    assert_eq!(part, plaintext(1000)[500..700]);
}
