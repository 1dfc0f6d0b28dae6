use crate::{cases, context, keyrings::raw, run};
use leeward_envelope::{AlgorithmSuite, Decryptor, EncryptionContext, Encryptor};
use proptest::prelude::*;
use std::num::NonZeroU32;

#[track_caller]
fn check(plaintext: &[u8], context: &EncryptionContext, frame_length: u32) -> Vec<u8> {
    let encryptor = Encryptor::builder(raw())
        .with_frame_length(NonZeroU32::new(frame_length).unwrap())
        .build()
        .unwrap();
    let decryptor = Decryptor::builder(raw())
        .with_max_frame_length(None)
        .build()
        .unwrap();
    let message = run(encryptor.encrypt(plaintext, context)).unwrap();
    assert_eq!(message.len(), message.capacity(), "allocated exactly once");
    let decrypted = run(decryptor.decrypt(&message)).unwrap();
    assert!(decrypted.plaintext() == plaintext);
    assert_eq!(decrypted.context(), context);
    assert_eq!(decrypted.suite(), AlgorithmSuite::Aes256GcmHkdfSha512Commit);
    message
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn what_was_encrypted_is_decrypted(
        plaintext in prop::collection::vec(any::<u8>(), 0..3000),
        pairs in prop::collection::btree_map(any::<String>(), any::<String>(), 0..6),
        frame_length in prop_oneof![1_u32..64, 64_u32..5000, Just(u32::MAX)],
    ) {
        let pairs = pairs.into_iter().filter(|(key, _)| !key.starts_with("aws-crypto-"));
        check(&plaintext, &EncryptionContext::new(pairs).unwrap(), frame_length);
    }
}

#[test]
fn a_plaintext_that_fills_its_frames_has_no_empty_one() {
    let len = |plaintext: &[u8]| check(plaintext, &EncryptionContext::empty(), 16).len();
    let empty = len(&[]);
    assert_eq!(len(&[1; 16]), empty + 16);
    assert_eq!(len(&[1; 17]), empty + 17 + 32);
    assert_eq!(len(&[1; 32]), empty + 32 + 32);
}

#[test]
fn a_small_message_has_the_size_that_the_format_accounts_for() {
    let message = check(&[0; 1024], &context(&[("a", "1"), ("b", "2")]), 4096);
    let keys = 2 + (2 + 5) + (2 + 3 + 8 + 12) + (2 + 32 + 16);
    let header = 1 + 2 + 32 + (2 + 2 + 2 * 6) + keys + 1 + 4 + 32 + 16;
    assert_eq!(message.len(), header + 4 + 4 + 12 + 4 + 1024 + 16);
}

#[test]
fn a_message_of_many_turns_comes_back() {
    let plaintext: Vec<u8> = (0..3 * (1 << 20) + 5).map(|at: usize| at as u8).collect();
    for frame_length in [4096, 1 << 20, 1 << 21] {
        check(&plaintext, &EncryptionContext::empty(), frame_length);
    }
}

#[test]
fn the_same_plaintext_never_gives_the_same_message() {
    let one = check(b"twice", &EncryptionContext::empty(), 4096);
    let other = check(b"twice", &EncryptionContext::empty(), 4096);
    assert_ne!(one[3..35], other[3..35], "message ids");
    assert_ne!(one, other);
}

#[test]
fn any_number_of_expected_pairs_is_checked() {
    let bound = context(&[("tenant", "acme"), ("table", "orders")]);
    let message = check(b"x", &bound, 4096);
    let decryptor = Decryptor::builder(raw()).build().unwrap();
    for expected in [context(&[]), context(&[("tenant", "acme")]), bound.clone()] {
        let decrypted = run(decryptor.decrypt_with_context(&message, &expected)).unwrap();
        assert_eq!(decrypted.context(), &bound);
    }
}

#[test]
fn one_buffer_serves_for_one_message_after_the_other() {
    let (encryptor, decryptor) = (
        Encryptor::builder(raw())
            .with_frame_length(NonZeroU32::new(64).unwrap())
            .build()
            .unwrap(),
        Decryptor::builder(raw()).build().unwrap(),
    );
    let context = context(&[("a", "1")]);
    let (mut message, mut opened) = (vec![9; 7], vec![9; 7]);
    for len in [1000, 0, 64, 63, 5000, 65, 5000] {
        let plaintext: Vec<u8> = (0..len).map(|at: usize| at as u8).collect();
        run(encryptor.encrypt_over(&plaintext, &context, &mut message)).unwrap();
        let bound = run(decryptor.decrypt_over(&message, &context, &mut opened)).unwrap();
        assert_eq!(opened, plaintext);
        assert_eq!(bound.context(), &context);
        // As it would be read by those who know nothing of the buffer.
        assert_eq!(
            run(decryptor.decrypt(&message)).unwrap().plaintext(),
            plaintext
        );
    }
}

#[test]
fn a_buffer_that_was_to_be_written_over_is_empty_after_a_failure() {
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    let decryptor = Decryptor::builder(raw()).build().unwrap();
    let demanding = Encryptor::builder(raw()).with_required_context_keys(["b"]);
    let demanding = demanding.build().unwrap();
    let sound = context(&[("a", "1")]);
    let mut out = vec![9; 100];
    run(demanding.encrypt_over(b"plaintext", &sound, &mut out)).unwrap_err();
    assert!(out.is_empty());
    let message = run(encryptor.encrypt(&[5; 9000], &sound)).unwrap();
    let mut changed = message.clone();
    *changed.last_mut().unwrap() ^= 1;
    for broken in [&changed[..], &message[..message.len() - 1], b"no message"] {
        let mut out = vec![9; 10_000];
        run(decryptor.decrypt_over(broken, &sound, &mut out)).unwrap_err();
        assert!(out.is_empty());
    }
}
