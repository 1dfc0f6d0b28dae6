//! How much of a message a reader takes on, told alike for buffers and streams.

use crate::{
    context,
    keyrings::{Gated, raw},
    messages::write,
    run,
};
use leeward_envelope::{AlgorithmSuite, DecryptError, DecryptorBuilder, Encryptor};
use std::{num::NonZeroU32, sync::Arc};

const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;

/// What a buffer and a stream say, and how often the keyring was asked.
fn refusals(
    message: &[u8],
    limit: impl Fn(DecryptorBuilder) -> DecryptorBuilder,
) -> [(String, usize); 2] {
    let decryptor = |keyring: &Arc<Gated>| {
        let builder = leeward_envelope::Decryptor::builder(Arc::clone(keyring));
        limit(builder).build().unwrap()
    };
    let say = |result: Result<(), DecryptError>| {
        result
            .err()
            .map_or(String::new(), |error| error.to_string())
    };
    let keyring = Gated::open();
    let whole = run(decryptor(&keyring).decrypt(message)).map(drop);
    let whole = (say(whole), keyring.calls());
    let keyring = Gated::open();
    let decryptor = decryptor(&keyring);
    let mut header = decryptor.begin(&context(&[]));
    let streamed = match header.push(message) {
        Err(error) => Err(error),
        Ok(read) => match run(header.open()) {
            Err(error) => Err(error),
            Ok(mut decryption) => decryption.push(&message[read..], &mut Vec::new()),
        },
    };
    [whole, (say(streamed), keyring.calls())]
}

#[test]
fn a_header_that_is_too_long_is_refused_before_the_keyring_is_asked() {
    let message = write(SUITE, b"x", &context(&[("a", "1")]));
    let header_len = leeward_envelope::inspect(&message).unwrap().header_len();
    let text = format!(
        "the header of the message has more than {} bytes: raise the limit if its writer is trusted",
        header_len - 1
    );
    for refusal in refusals(&message, |it| it.with_max_header_len(header_len - 1)) {
        assert_eq!(refusal, (text.clone(), 0));
    }
    for refusal in refusals(&message, |it| it.with_max_header_len(header_len)) {
        assert_eq!(refusal, (String::new(), 1));
    }
}

#[test]
fn a_message_is_not_searched_for_text_beyond_its_beginning() {
    let decrypt = |message: &[u8]| {
        let decryptor = leeward_envelope::Decryptor::builder(raw()).build().unwrap();
        run(decryptor.decrypt(message)).unwrap_err().to_string()
    };
    let behind = |spaces: usize| [&vec![b' '; spaces][..], b"AgR4"].concat();
    assert_eq!(
        decrypt(&behind(60)),
        "the message is in base64: decode it first"
    );
    assert_eq!(
        decrypt(&behind(64)),
        "no message of the AWS Encryption SDK begins with byte 0x20: check what is being decrypted"
    );
}

#[test]
fn the_largest_header_that_a_stream_holds_is_bounded_by_default() {
    // A context as large as any, then a wrapped key as large as any.
    let mut header = vec![2, 4, 0x78];
    header.extend_from_slice(&[0; 32]);
    header.extend_from_slice(&[0xff, 0xff]);
    header.resize(header.len() + 0xffff, 0);
    header.extend_from_slice(&[0, 2, 0xff, 0xff]);
    let decryptor = leeward_envelope::Decryptor::builder(raw()).build().unwrap();
    let mut reader = decryptor.begin(&context(&[]));
    assert_eq!(
        reader.push(&header[..header.len() - 1]).unwrap(),
        header.len() - 1
    );
    let error = reader.push(&header[header.len() - 1..]).unwrap_err();
    assert!(
        matches!(error, DecryptError::HeaderTooLong { max: 131_072 }),
        "told by its length alone"
    );
    assert!(reader.push(&[]).is_err(), "for good");
    assert!(run(reader.open()).is_err());
}

#[test]
fn frames_that_are_too_long_are_refused_before_the_keyring_is_asked() {
    let message = write(SUITE, b"x", &context(&[]));
    let text = "the message has frames of 16 bytes, 15 at most: raise the limit if there is memory for that";
    for refusal in refusals(&message, |it| it.with_max_frame_length(15)) {
        assert_eq!(refusal, (text.to_owned(), 0));
    }
    for refusal in refusals(&message, |it| it.with_max_frame_length(16)) {
        assert_eq!(refusal, (String::new(), 1));
    }
    let encryptor = Encryptor::builder(raw())
        .with_frame_length(NonZeroU32::new((64 << 20) + 1).unwrap())
        .build()
        .unwrap();
    let message = run(encryptor.encrypt(b"x", &context(&[]))).unwrap();
    for (text, _) in refusals(&message, |it| it) {
        assert!(text.contains("67108864 at most"), "{text}");
    }
    for (text, _) in refusals(&message, |it| it.with_max_frame_length(None)) {
        assert_eq!(text, "");
    }
}

#[test]
fn more_plaintext_than_wanted_is_refused() {
    let message = write(SUITE, &[1; 40], &context(&[]));
    let text = "the message holds more than 39 bytes: raise the limit if it should";
    let [whole, streamed] = refusals(&message, |it| it.with_max_plaintext_len(39));
    assert_eq!(whole, (text.to_owned(), 0));
    assert_eq!(streamed, (text.to_owned(), 1));
    for refusal in refusals(&message, |it| it.with_max_plaintext_len(40)) {
        assert_eq!(refusal, (String::new(), 1));
    }
}
