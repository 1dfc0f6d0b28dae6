//! Each refusal by its text, since the text is what leads to the remedy.

use crate::{
    context,
    keyrings::{Fixed, Gated, raw},
    run,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use leeward_envelope::{
    BuildError, CachePolicy, CommitmentPolicy, Decryptor, EncryptError, EncryptedDataKey,
    EncryptionContext, Encryptor, KeyringError, RawAesKeyring,
};
use std::{error::Error, io, num::NonZeroU16, time::Duration};

fn message() -> Vec<u8> {
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    run(encryptor.encrypt(b"hello", &context(&[("a", "1")]))).unwrap()
}

fn refusal(message: &[u8]) -> String {
    let decryptor = Decryptor::builder(raw()).build().unwrap();
    run(decryptor.decrypt(message)).unwrap_err().to_string()
}

fn wrapped(count: usize) -> Fixed {
    let key = EncryptedDataKey::new("tests", "info", "wrapped").unwrap();
    Fixed {
        data_key: vec![3; 32],
        wrapped: vec![key; count],
    }
}

#[test]
fn text_is_not_taken_for_a_message() {
    let text = BASE64_STANDARD.encode(message());
    assert!(text.starts_with("AgR4"));
    assert_eq!(
        refusal(text.as_bytes()),
        "the message is in base64: decode it first"
    );
    let v1 = include_bytes!("../vectors/raw-aes/0178-pairs-default.message");
    let text = BASE64_STANDARD.encode(v1);
    assert!(text.starts_with("AY"));
    assert_eq!(
        refusal(text.as_bytes()),
        "the message is in base64: decode it first"
    );
    for wrapped in [
        format!("\r\n {text}"),
        format!("\"{text}\""),
        text.replace('+', "-").replace('/', "_"),
        text.as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line) + "\n")
            .collect(),
    ] {
        assert_eq!(
            refusal(wrapped.as_bytes()),
            "the message is in base64: decode it first"
        );
    }
    assert_eq!(
        refusal(b"{\"a\": 1}"),
        "no message of the AWS Encryption SDK begins with byte 0x7b: check what is being decrypted"
    );
}

#[test]
fn a_foreign_suite_is_named() {
    let mut message = message();
    message[1..3].copy_from_slice(&[0x67, 0x01]);
    assert_eq!(
        refusal(&message),
        "suite 0x6701 in a header of version 2 is not supported: the message was written by another library or changed"
    );
}

#[test]
fn a_cut_message_says_where_it_ends() {
    let message = message();
    assert_eq!(
        refusal(&message[..message.len() - 1]),
        format!(
            "the message ends after {} bytes, inside its body tag: fetch the whole of it",
            message.len() - 1
        )
    );
    assert_eq!(
        refusal(b""),
        "the message ends after 0 bytes, inside its version: fetch the whole of it"
    );
}

#[test]
fn a_message_without_commitment_needs_a_policy_that_reads_it() {
    let message = include_bytes!("../vectors/raw-aes/0178-pairs-default.message");
    assert_eq!(
        refusal(message),
        "suite 0x0178 (AES-256-GCM, HKDF) commits to no key, and the policy is RequireEncryptRequireDecrypt: \
         allow it while such messages are about, and write them anew"
    );
}

#[test]
fn every_policy_reads_a_message_with_commitment() {
    let message = message();
    for policy in [
        CommitmentPolicy::ForbidEncryptAllowDecrypt,
        CommitmentPolicy::RequireEncryptAllowDecrypt,
        CommitmentPolicy::RequireEncryptRequireDecrypt,
    ] {
        let decryptor = Decryptor::builder(raw())
            .with_commitment_policy(policy)
            .build()
            .unwrap();
        assert!(run(decryptor.decrypt(&message)).is_ok(), "{policy:?}");
    }
}

#[test]
fn too_many_wrapped_keys_are_refused_on_both_sides() {
    let encryptor = Encryptor::builder(wrapped(11)).build().unwrap();
    let none = EncryptionContext::empty();
    assert_eq!(
        run(encryptor.encrypt(b"", &none)).unwrap_err().to_string(),
        "the keyring wrapped the data key 11 times, 10 at most: take keyrings away or raise the limit here and at the readers"
    );
    let encryptor = Encryptor::builder(wrapped(11))
        .with_max_encrypted_data_keys(None)
        .build()
        .unwrap();
    let message = run(encryptor.encrypt(b"", &none)).unwrap();

    let keyring = Gated::open();
    let decryptor = Decryptor::builder(keyring.clone()).build().unwrap();
    assert_eq!(
        run(decryptor.decrypt(&message)).unwrap_err().to_string(),
        "the message has 11 encrypted data keys, 10 at most: raise the limit if its writer is trusted"
    );
    assert_eq!(keyring.calls(), 0, "refused before the keyring was asked");

    let decryptor = Decryptor::builder(wrapped(0))
        .with_max_encrypted_data_keys(NonZeroU16::new(11))
        .build()
        .unwrap();
    assert!(run(decryptor.decrypt(&message)).is_ok());
}

#[test]
fn more_wrapped_keys_than_a_header_counts_are_refused_without_a_limit_too() {
    let encryptor = Encryptor::builder(wrapped(65_536))
        .with_max_encrypted_data_keys(None)
        .build()
        .unwrap();
    let error = run(encryptor.encrypt(b"", &EncryptionContext::empty())).unwrap_err();
    assert!(matches!(
        error,
        EncryptError::TooManyEncryptedDataKeys { found: 65_536, .. }
    ));
}

#[test]
fn another_value_than_expected_is_found_before_the_keyring_is_asked() {
    let keyring = Gated::open();
    let decryptor = Decryptor::builder(keyring.clone()).build().unwrap();
    let expected = context(&[("a", "2")]);
    let error = run(decryptor.decrypt_with_context(&message(), &expected)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the message has another value than expected under context key \"a\": it is a message for something else"
    );
    assert_eq!(keyring.calls(), 0);
}

#[test]
fn a_pair_that_the_message_is_not_bound_to_is_found() {
    // The data key does not depend on the context here, so that only the header's tag can tell.
    let keyring = || wrapped(1);
    let encryptor = Encryptor::builder(keyring()).build().unwrap();
    let decryptor = Decryptor::builder(keyring()).build().unwrap();
    let message = run(encryptor.encrypt(b"", &context(&[("a", "1")]))).unwrap();
    let expected = context(&[("a", "1"), ("b", "2")]);
    let error = run(decryptor.decrypt_with_context(&message, &expected)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the message does not authenticate: it was changed, or belongs to another key or context"
    );
    assert!(error.source().is_none());
}

#[test]
fn a_reserved_key_is_refused_even_in_a_context_that_was_read() {
    let signed = include_bytes!("../vectors/raw-aes/0578-pairs-default.message");
    let key: Vec<u8> = BASE64_STANDARD
        .decode("AAECAwQFBgcICRAREhMUFRYXGBkgISIjJCUmJygpMDE=")
        .unwrap();
    let keyring = RawAesKeyring::new("aws-raw-vectors-persistant", "aes-256", &key).unwrap();
    let decryptor = Decryptor::builder(keyring).build().unwrap();
    let read = run(decryptor.decrypt(signed)).unwrap();
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    let error = run(encryptor.encrypt(b"", read.context())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "context key \"aws-crypto-public-key\" begins with aws-crypto-, which the format reserves: rename it"
    );
}

#[test]
fn a_message_for_another_key_says_for_which() {
    let other = RawAesKeyring::new("tests", "other", &[8; 32]).unwrap();
    let decryptor = Decryptor::builder(other).build().unwrap();
    let error = run(decryptor.decrypt(&message())).unwrap_err();
    assert_eq!(error.to_string(), "the keyring gave no data key");
    let source = error.source().unwrap().to_string();
    assert_eq!(
        source,
        "the message is for other keys: use a keyring for one of [tests key]"
    );
}

#[test]
fn what_the_keyring_met_is_at_the_end_of_the_sources() {
    let keyring = Gated::open();
    keyring.set_failing(true);
    let encryptor = Encryptor::builder(keyring).build().unwrap();
    let error = run(encryptor.encrypt(b"", &EncryptionContext::empty())).unwrap_err();
    let keyring_error = error.source().unwrap();
    assert!(matches!(
        keyring_error.downcast_ref(),
        Some(KeyringError::Wrap { .. })
    ));
    let root = keyring_error.source().unwrap();
    assert_eq!(
        root.downcast_ref::<io::Error>().unwrap().to_string(),
        "closed"
    );
}

#[test]
fn a_cache_that_keeps_nothing_is_refused() {
    let policy = CachePolicy::new(Duration::ZERO);
    let error = Encryptor::builder(raw())
        .with_cache(policy.clone())
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "a data key cached for 0ns serves nobody: allow a millisecond at least, or leave the cache out"
    );
    let error = Decryptor::builder(raw()).with_cache(policy).build();
    assert!(matches!(error, Err(BuildError::MaxAgeTooShort { .. })));
}
