//! What a stream does with messages that are signed.

use crate::{
    context,
    keyrings::{Gated, raw},
    messages::{plaintext, write},
    run,
    stream::{SIGNED, decrypt_stream},
};
use leeward_envelope::{DecryptError, Decryptor, SignedStreams};

#[test]
fn a_signed_message_is_refused_by_default_before_the_keyring_is_asked() {
    let message = write(SIGNED, b"x", &context(&[]));
    let keyring = Gated::open();
    let decryptor = Decryptor::builder(keyring.clone()).build().unwrap();
    let error = decrypt_stream(&decryptor, &message, &[10], &context(&[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "suite 0x0578 (AES-256-GCM, HKDF, key commitment, signature) is signed, and a stream would release plaintext \
         before the signature: decrypt the message whole, or choose with SignedStreams"
    );
    assert_eq!(keyring.calls(), 0);
}

#[test]
fn the_last_frame_of_a_signed_message_waits_for_the_signature() {
    let message = write(SIGNED, &plaintext(40), &context(&[]));
    let footer = 2 + 103;
    let decryptor = Decryptor::builder(raw())
        .with_signed_streams(SignedStreams::ReleaseUnverified)
        .build()
        .unwrap();
    let mut header = decryptor.begin(&context(&[]));
    let body_at = header.push(&message).unwrap();
    let mut decryption = run(header.open()).unwrap();
    let mut out = Vec::new();
    decryption
        .push(&message[body_at..message.len() - footer], &mut out)
        .unwrap();
    assert_eq!(out, plaintext(32));
    assert!(!decryption.is_verified());
    decryption
        .push(&message[message.len() - footer..], &mut out)
        .unwrap();
    assert_eq!(out, plaintext(40));
    assert!(decryption.is_verified());
    decryption.finish().unwrap();
}

#[test]
fn what_went_out_before_a_false_signature_is_never_called_verified() {
    let mut message = write(SIGNED, &plaintext(40), &context(&[]));
    *message.last_mut().unwrap() ^= 1;
    let footer = 2 + 103;
    let decryptor = Decryptor::builder(raw())
        .with_signed_streams(SignedStreams::ReleaseUnverified)
        .build()
        .unwrap();
    let mut header = decryptor.begin(&context(&[]));
    let body_at = header.push(&message).unwrap();
    let mut decryption = run(header.open()).unwrap();
    let (body, signature) = message[body_at..].split_at(message.len() - footer - body_at);
    let mut out = Vec::new();
    decryption.push(body, &mut out).unwrap();
    assert_eq!(out, plaintext(32));
    assert!(decryption.push(signature, &mut out).is_err());
    assert!(!decryption.is_verified());
}

#[test]
fn what_is_held_back_comes_all_at_once_or_never() {
    let mut message = write(SIGNED, &plaintext(40), &context(&[]));
    let decryptor = |max_len| {
        Decryptor::builder(raw())
            .with_signed_streams(SignedStreams::HoldBack { max_len })
            .build()
            .unwrap()
    };
    let none = context(&[]);
    assert_eq!(
        decrypt_stream(&decryptor(40), &message, &[9], &none)
            .unwrap()
            .0,
        plaintext(40)
    );
    let error = decrypt_stream(&decryptor(39), &message, &[9], &none).unwrap_err();
    assert!(matches!(error, DecryptError::SignedTooLong { max: 39 }));
    // A signature of nobody's.
    *message.last_mut().unwrap() ^= 1;
    let decryptor = decryptor(40);
    let mut header = decryptor.begin(&none);
    let body_at = header.push(&message).unwrap();
    let mut decryption = run(header.open()).unwrap();
    let mut out = Vec::new();
    let error = decryption.push(&message[body_at..], &mut out).unwrap_err();
    assert!(matches!(error, DecryptError::Unauthentic));
    assert!(out.is_empty());
}
