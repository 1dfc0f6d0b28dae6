//! Messages that come and go bit by bit, against the same in one piece.

use crate::{
    cases, context,
    keyrings::{Gated, raw},
    messages::{plaintext, read, reader, write, writer},
    run,
};
use leeward_envelope::{
    AlgorithmSuite, Authenticated, CachePolicy, DecryptError, Decryptor, EncryptError,
    EncryptionContext, Encryptor, MalformedMessage, SignedStreams,
};
use proptest::prelude::*;
use std::{num::NonZeroU32, time::Duration};

pub(crate) const SIGNED: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384;

/// Cuts `bytes` into pieces of the sizes that come round.
fn pieces<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at((*size).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

pub(crate) fn decrypt_stream(
    decryptor: &Decryptor,
    message: &[u8],
    sizes: &[usize],
    expected: &EncryptionContext,
) -> Result<(Vec<u8>, Authenticated), DecryptError> {
    let mut header = decryptor.begin(expected);
    let mut pieces = pieces(message, sizes).into_iter();
    let mut left = &[][..];
    while !header.is_complete() {
        let Some(piece) = pieces.next() else { break };
        left = &piece[header.push(piece)?..];
    }
    let mut decryption = run(header.open())?;
    let mut plaintext = Vec::new();
    for piece in std::iter::once(left).chain(pieces) {
        let len = plaintext.len();
        if let Err(error) = decryption.push(piece, &mut plaintext) {
            assert_eq!(
                plaintext.len(),
                len,
                "what a failed call appended is taken off"
            );
            assert!(
                decryption.push(piece, &mut plaintext).is_err(),
                "fails for good"
            );
            assert_eq!(plaintext.len(), len);
            assert!(decryption.finish().is_err());
            return Err(error);
        }
    }
    decryption
        .finish()
        .map(|authenticated| (plaintext, authenticated))
}

fn encrypt_stream(
    encryptor: &Encryptor,
    plaintext: &[u8],
    sizes: &[usize],
    context: &EncryptionContext,
    len: Option<u64>,
) -> Vec<u8> {
    let mut encryption = run(encryptor.begin(context, len)).unwrap();
    let foretold = encryption.message_len();
    assert_eq!(foretold.is_some(), len.is_some());
    let mut message = Vec::new();
    for piece in pieces(plaintext, sizes) {
        encryption.push(piece, &mut message).unwrap();
    }
    encryption.finish(&mut message).unwrap();
    if let Some(foretold) = foretold {
        assert_eq!(message.len() as u64, foretold);
    }
    message
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn a_stream_writes_what_a_buffer_reads(
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
        plaintext in prop::collection::vec(any::<u8>(), 0..500),
        sizes in prop::collection::vec(1_usize..120, 1..5),
        frame_length in 1_u32..100,
        is_known in any::<bool>(),
    ) {
        let pairs = context(&[("a", "1")]);
        let encryptor = writer(raw(), suite)
            .with_frame_length(NonZeroU32::new(frame_length).unwrap())
            .build()
            .unwrap();
        let len = is_known.then_some(plaintext.len() as u64);
        let streamed = encrypt_stream(&encryptor, &plaintext, &sizes, &pairs, len);
        let whole = run(encryptor.encrypt(&plaintext, &pairs)).unwrap();
        prop_assert_eq!(streamed.len(), whole.len());
        let decrypted = read(&streamed).unwrap();
        prop_assert!(decrypted.plaintext() == plaintext);
    }

    #[test]
    fn a_stream_reads_what_a_buffer_writes(
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
        plaintext in prop::collection::vec(any::<u8>(), 0..300),
        sizes in prop::collection::vec(1_usize..120, 1..5),
        release in any::<bool>(),
    ) {
        let pairs = context(&[("a", "1")]);
        let message = write(suite, &plaintext, &pairs);
        let streams = if release {
            SignedStreams::ReleaseUnverified
        } else {
            SignedStreams::HoldBack { max_len: 300 }
        };
        let decryptor = reader(raw()).with_signed_streams(streams).build().unwrap();
        let (streamed, authenticated) = decrypt_stream(&decryptor, &message, &sizes, &pairs).unwrap();
        prop_assert!(streamed == plaintext);
        let whole = read(&message).unwrap();
        prop_assert_eq!(authenticated.context(), whole.context());
        prop_assert_eq!(authenticated.suite(), whole.suite());
    }

    #[test]
    fn a_stream_refuses_what_a_buffer_refuses(
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
        at in any::<prop::sample::Index>(),
        edit in 0_u8..4,
        byte in 1_u8..,
        sizes in prop::collection::vec(1_usize..120, 1..5),
        streams in prop::sample::select(vec![
            SignedStreams::Refuse,
            SignedStreams::ReleaseUnverified,
            SignedStreams::HoldBack { max_len: 1 << 20 },
        ]),
    ) {
        let none = context(&[]);
        let mut message = write(suite, &[5; 40], &none);
        let at = at.index(message.len());
        match edit {
            0 => message[at] ^= byte,
            1 => message.truncate(at),
            2 => message.push(byte),
            _ => {
                message.remove(at);
            }
        }
        prop_assert!(read(&message).is_err());
        let decryptor = reader(raw()).with_signed_streams(streams).build().unwrap();
        prop_assert!(decrypt_stream(&decryptor, &message, &sizes, &none).is_err());
    }

    #[test]
    fn arbitrary_bytes_do_not_make_a_reader_panic(
        start in prop_oneof![
            Just(vec![]),
            Just(vec![1, 0x80, 1, 0x78]),
            Just(vec![2, 4, 0x78]),
            Just(vec![2, 5, 0x78]),
        ],
        rest in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 0..400),
        sizes in prop::collection::vec(1_usize..50, 1..4),
    ) {
        let bytes = [start, rest].concat();
        let decryptor = reader(raw())
            .with_max_encrypted_data_keys(None)
            .with_max_header_len(None)
            .with_max_frame_length(None)
            .build()
            .unwrap();
        prop_assert!(decrypt_stream(&decryptor, &bytes, &sizes, &context(&[])).is_err());
    }
}

#[test]
fn every_suite_comes_back_byte_by_byte_at_every_frame_boundary() {
    let pairs = context(&[("a", "1")]);
    for suite in AlgorithmSuite::ALL {
        let encryptor = writer(raw(), suite)
            .with_frame_length(NonZeroU32::new(16).unwrap())
            .build()
            .unwrap();
        let decryptor = reader(raw())
            .with_signed_streams(SignedStreams::ReleaseUnverified)
            .build()
            .unwrap();
        for len in [0, 1, 15, 16, 17, 32, 33] {
            let plaintext = plaintext(len);
            for sizes in [[1], [16], [1000]] {
                let message = encrypt_stream(&encryptor, &plaintext, &sizes, &pairs, None);
                let read = decrypt_stream(&decryptor, &message, &sizes, &pairs).unwrap();
                assert_eq!(read.0, plaintext, "{suite}, {len} bytes by {sizes:?}");
            }
        }
    }
}

#[test]
fn an_unframed_message_is_read_as_it_comes_too() {
    // Of the official vectors of version 2 some are unframed.
    let text = include_str!("../vectors/commitment-test-vectors.json");
    let vectors: serde_json::Value = serde_json::from_str(text).unwrap();
    let mut unframed = 0;
    for vector in vectors["tests"].as_array().unwrap() {
        use base64::{Engine, prelude::BASE64_STANDARD};
        let decode = |field: &str| {
            BASE64_STANDARD
                .decode(vector[field].as_str().unwrap())
                .unwrap()
        };
        let keyring = || crate::keyrings::Fixed {
            data_key: decode("decrypted-dek"),
            wrapped: Vec::new(),
        };
        let message = decode("ciphertext");
        if leeward_envelope::inspect(&message).is_ok_and(|it| it.frame_length().is_none()) {
            unframed += 1;
        }
        let whole = run(Decryptor::builder(keyring())
            .build()
            .unwrap()
            .decrypt(&message));
        let decryptor = Decryptor::builder(keyring())
            .with_signed_streams(SignedStreams::HoldBack { max_len: 1 << 20 })
            .build()
            .unwrap();
        let streamed = decrypt_stream(&decryptor, &message, &[7, 1, 300], &context(&[]));
        match whole {
            Ok(whole) => assert_eq!(whole.plaintext(), streamed.unwrap().0),
            Err(_) => assert!(streamed.is_err()),
        }
    }
    assert!(unframed > 0);
}

#[test]
fn frames_are_released_as_soon_as_they_are_there_and_not_before() {
    let message = write(
        AlgorithmSuite::Aes256GcmHkdfSha512Commit,
        &plaintext(40),
        &context(&[]),
    );
    let body_at = message.len() - 2 * 48 - (4 + 4 + 12 + 4 + 8 + 16);
    let decryptor = Decryptor::builder(raw()).build().unwrap();
    let mut header = decryptor.begin(&context(&[]));
    assert_eq!(header.push(&message).unwrap(), body_at);
    assert!(header.is_complete());
    assert_eq!(
        header.push(&message).unwrap(),
        0,
        "no more of it belongs to the header"
    );
    let mut decryption = run(header.open()).unwrap();
    let mut out = Vec::new();
    for (at, byte) in message[body_at..].iter().enumerate() {
        decryption.push(&[*byte], &mut out).unwrap();
        let released = match at + 1 {
            0..48 => 0,
            48..96 => 16,
            96..144 => 32,
            _ => 40,
        };
        assert_eq!(out.len(), released, "after {} bytes", at + 1);
    }
    assert!(decryption.is_verified());
    let error = decryption.push(&[0, 0], &mut out).unwrap_err();
    assert!(matches!(
        error,
        DecryptError::Malformed(MalformedMessage::TrailingBytes { count: 2 })
    ));
}

#[test]
fn a_stream_that_is_cut_says_so_at_its_end_wherever_that_is() {
    for suite in [AlgorithmSuite::Aes256GcmHkdfSha512Commit, SIGNED] {
        let message = write(suite, &plaintext(40), &context(&[]));
        let decryptor = Decryptor::builder(raw())
            .with_signed_streams(SignedStreams::ReleaseUnverified)
            .build()
            .unwrap();
        for len in 0..message.len() {
            let cut = decrypt_stream(&decryptor, &message[..len], &[len.max(1)], &context(&[]));
            assert!(
                matches!(
                    cut,
                    Err(DecryptError::Malformed(MalformedMessage::Truncated { len: at, .. })) if at == len
                ),
                "{len}: {cut:?}"
            );
        }
    }
}

#[test]
fn a_stream_of_another_length_than_announced_is_refused() {
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    let mut out = b"before".to_vec();
    let mut encryption = run(encryptor.begin(&context(&[]), Some(4))).unwrap();
    encryption.push(b"abc", &mut out).unwrap();
    let error = encryption.push(b"de", &mut out).unwrap_err();
    assert_eq!(
        error.to_string(),
        "4 bytes of plaintext were announced and 5 given: announce as many as there are, or nothing"
    );
    let error = encryption.push(b"", &mut out).unwrap_err();
    assert!(
        matches!(error, EncryptError::OtherLength { .. }),
        "for good"
    );

    let mut encryption = run(encryptor.begin(&context(&[]), Some(4))).unwrap();
    let mut out = b"before".to_vec();
    encryption.push(b"abc", &mut out).unwrap();
    let len = out.len();
    let error = encryption.finish(&mut out).unwrap_err();
    assert!(matches!(
        error,
        EncryptError::OtherLength {
            stated: 4,
            found: 3
        }
    ));
    assert_eq!(out.len(), len);
    let too_long = run(encryptor.begin(&context(&[]), Some(u64::MAX))).map(drop);
    assert!(matches!(
        too_long,
        Err(EncryptError::TooLong { len: u64::MAX, .. })
    ));
}

#[test]
fn a_cached_data_key_serves_streams_whose_length_is_known() {
    let keyring = Gated::open();
    let encryptor = Encryptor::builder(keyring.clone())
        .with_cache(CachePolicy::new(Duration::from_secs(60)).with_max_bytes(10))
        .build()
        .unwrap();
    for (len, calls) in [
        (Some(6), 1),
        (Some(4), 1),
        (Some(1), 2),
        (None, 3),
        (None, 4),
    ] {
        let encryption = run(encryptor.begin(&context(&[]), len)).unwrap();
        // Dropped at once, which takes back nothing.
        drop(encryption);
        assert_eq!(keyring.calls(), calls);
    }
}
