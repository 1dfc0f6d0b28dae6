//! Messages under all eleven suites: written here, read here.

use crate::{
    cases, context,
    keyrings::{Gated, raw},
    messages::{plaintext, read, reader, write, writer},
    run,
};
use leeward_envelope::{
    AlgorithmSuite, BuildError, CachePolicy, CommitmentPolicy, Decryptor, EncryptError,
    EncryptionContext, Encryptor, EncryptorBuilder,
};
use proptest::prelude::*;
use std::{collections::HashSet, num::NonZeroU32, time::Duration};

#[test]
fn every_suite_comes_back_at_every_frame_boundary() {
    let pairs = context(&[("a", "1"), ("b", "2")]);
    for suite in AlgorithmSuite::ALL {
        for len in [0, 1, 15, 16, 17, 31, 32, 33, 48] {
            let plaintext = plaintext(len);
            let message = write(suite, &plaintext, &pairs);
            let id = suite.id().to_be_bytes();
            match suite.is_committing() {
                true => assert_eq!(message[..3], [2, id[0], id[1]]),
                false => assert_eq!(message[..4], [1, 0x80, id[0], id[1]]),
            }
            let decrypted = read(&message).unwrap();
            assert_eq!(decrypted.plaintext(), plaintext, "{suite}, {len} bytes");
            assert_eq!(decrypted.suite(), suite);
            for (key, value) in pairs.iter() {
                assert_eq!(decrypted.context().get(key), Some(value));
            }
            let public_key = decrypted.context().get("aws-crypto-public-key");
            assert_eq!(public_key.is_some(), suite.is_signing(), "{suite}");
        }
    }
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn what_was_encrypted_under_any_suite_is_decrypted(
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
        plaintext in prop::collection::vec(any::<u8>(), 0..600),
        pairs in prop::collection::btree_map("[a-z]{0,9}", any::<String>(), 0..5),
        required in prop::collection::btree_set("[a-z]{0,2}", 0..3),
        frame_length in 1_u32..300,
    ) {
        let mut pairs = pairs;
        for key in &required {
            pairs.insert(key.clone(), "required".to_owned());
        }
        let bound = EncryptionContext::new(pairs).unwrap();
        let encryptor = writer(raw(), suite)
            .with_frame_length(NonZeroU32::new(frame_length).unwrap())
            .with_required_context_keys(required.clone())
            .build()
            .unwrap();
        let message = run(encryptor.encrypt(&plaintext, &bound)).unwrap();
        let decryptor = reader(raw()).with_required_context_keys(required).build().unwrap();
        let decrypted = run(decryptor.decrypt_with_context(&message, &bound)).unwrap();
        prop_assert!(decrypted.plaintext() == plaintext);
        for (key, value) in bound.iter() {
            prop_assert_eq!(decrypted.context().get(key), Some(value));
        }
    }

    #[test]
    fn a_mutated_message_of_any_suite_never_decrypts_and_never_panics(
        suite in prop::sample::select(AlgorithmSuite::ALL.to_vec()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3, any::<u8>()), 1..6),
    ) {
        let message = write(suite, &[5; 40], &context(&[("a", "1")]));
        let mut changed = message.clone();
        for (at, edit, byte) in edits {
            if changed.is_empty() {
                break;
            }
            let at = at.index(changed.len());
            match edit {
                0 => changed[at] = byte,
                1 => changed.insert(at, byte),
                _ => {
                    changed.remove(at);
                }
            }
        }
        prop_assume!(changed != message);
        prop_assert!(read(&changed).is_err());
    }
}

#[test]
fn the_policy_chooses_an_unsigned_suite_and_refuses_the_others() {
    use CommitmentPolicy::{
        ForbidEncryptAllowDecrypt, RequireEncryptAllowDecrypt, RequireEncryptRequireDecrypt,
    };
    for (policy, id) in [
        (ForbidEncryptAllowDecrypt, 0x0178),
        (RequireEncryptAllowDecrypt, 0x0478),
        (RequireEncryptRequireDecrypt, 0x0478),
    ] {
        let builder = || Encryptor::builder(raw()).with_commitment_policy(policy);
        assert_eq!(builder().build().unwrap().suite().id(), id);
        for suite in AlgorithmSuite::ALL {
            let built = builder().with_suite(suite).build();
            assert_eq!(
                built.is_ok(),
                policy.allows_encrypt(suite),
                "{policy:?}, {suite}"
            );
            if let Err(error) = built {
                assert_eq!(error, BuildError::ForbiddenSuite { suite, policy });
            }
        }
    }
    let error = Encryptor::builder(raw())
        .with_suite(AlgorithmSuite::Aes256Gcm)
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "suite 0x0078 (AES-256-GCM) must not be written under policy RequireEncryptRequireDecrypt: \
         choose another suite, or the policy that fits the readers"
    );
}

#[test]
fn a_data_key_without_derivation_serves_one_message_whatever_the_cache() {
    for suite in AlgorithmSuite::ALL {
        let keyring = Gated::open();
        let encryptor = writer(keyring.clone(), suite)
            .with_cache(CachePolicy::new(Duration::from_secs(60)))
            .build()
            .unwrap();
        for _ in 0..3 {
            run(encryptor.encrypt(b"x", &context(&[]))).unwrap();
        }
        let calls = if suite.may_reuse_data_key() { 1 } else { 3 };
        assert_eq!(keyring.calls(), calls, "{suite}");
    }
}

#[test]
fn a_cached_data_key_keeps_its_signing_key_and_another_has_another() {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384;
    let public_keys = |builder: EncryptorBuilder| {
        let encryptor = builder.build().unwrap();
        let messages = (0..4).map(|_| run(encryptor.encrypt(b"x", &context(&[]))).unwrap());
        let public_key = |message: Vec<u8>| {
            let decrypted = read(&message).unwrap();
            decrypted
                .context()
                .get("aws-crypto-public-key")
                .unwrap()
                .to_owned()
        };
        messages.map(public_key).collect::<HashSet<_>>().len()
    };
    let cache = CachePolicy::new(Duration::from_secs(60));
    assert_eq!(public_keys(writer(raw(), suite).with_cache(cache)), 1);
    assert_eq!(public_keys(writer(raw(), suite)), 4);
}

#[test]
fn required_pairs_are_bound_to_a_message_and_do_not_stand_in_it() {
    let all = context(&[("tenant", "acme-corporation"), ("table", "orders")]);
    for suite in AlgorithmSuite::ALL {
        let encryptor = writer(raw(), suite)
            .with_required_context_keys(["tenant"])
            .build()
            .unwrap();
        let message = run(encryptor.encrypt(b"x", &all)).unwrap();
        let is_in = |text: &[u8]| message.windows(text.len()).any(|bytes| bytes == text);
        assert!(
            !is_in(b"acme") && !is_in(b"tenant") && is_in(b"orders"),
            "{suite}"
        );

        let decryptor = reader(raw()).build().unwrap();
        let decrypt = |expected| run(decryptor.decrypt_with_context(&message, &expected));
        assert_eq!(decrypt(all.clone()).unwrap().plaintext(), b"x");
        assert_eq!(
            decrypt(context(&[("tenant", "acme-corporation")]))
                .unwrap()
                .plaintext(),
            b"x"
        );
        assert!(decrypt(context(&[])).is_err());
        assert!(decrypt(context(&[("tenant", "other")])).is_err());
    }
}

#[test]
fn calls_without_a_required_pair_are_refused_before_the_keyring_is_asked() {
    let keyring = Gated::open();
    let without = context(&[("table", "orders")]);
    let encryptor = Encryptor::builder(keyring.clone())
        .with_required_context_keys(["tenant"])
        .build()
        .unwrap();
    let error = run(encryptor.encrypt(b"x", &without)).unwrap_err();
    assert!(matches!(error, EncryptError::MissingContextKey { .. }));
    assert_eq!(
        error.to_string(),
        "the context has no value under required key \"tenant\": every call must give one"
    );
    let message = write(AlgorithmSuite::Aes256GcmHkdfSha512Commit, b"x", &without);
    let decryptor = Decryptor::builder(keyring.clone())
        .with_required_context_keys(["tenant"])
        .build()
        .unwrap();
    let error = run(decryptor.decrypt(&message)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the expected context has no value under required key \"tenant\": every call must give one"
    );
    assert_eq!(keyring.calls(), 0);
}

#[test]
fn the_expected_context_is_checked_on_every_call_and_not_on_the_first_alone() {
    let keyring = Gated::open();
    let all = context(&[("tenant", "acme")]);
    let encryptor = Encryptor::builder(keyring.clone())
        .with_required_context_keys(["tenant"])
        .build()
        .unwrap();
    let message = run(encryptor.encrypt(b"x", &all)).unwrap();
    let decryptor = Decryptor::builder(keyring.clone())
        .with_cache(CachePolicy::new(Duration::from_secs(60)))
        .build()
        .unwrap();
    let decrypt = |expected| run(decryptor.decrypt_with_context(&message, &expected));
    for _ in 0..2 {
        assert!(decrypt(all.clone()).is_ok());
        assert!(decrypt(context(&[("tenant", "other")])).is_err());
        assert!(decrypt(context(&[])).is_err());
    }
    assert!(decryptor.stats().hits > 0, "the cache was in use");
}

#[test]
fn a_required_key_of_the_format_itself_is_refused() {
    let keys = ["aws-crypto-public-key"];
    let error = Encryptor::builder(raw())
        .with_required_context_keys(keys)
        .build()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "required context key \"aws-crypto-public-key\" is reserved by the format: require one of your own"
    );
    let built = Decryptor::builder(raw())
        .with_required_context_keys(keys)
        .build();
    assert!(matches!(built, Err(BuildError::ReservedContextKey { .. })));
}

#[test]
fn the_buffer_of_the_caller_keeps_what_stood_in_it() {
    let none = context(&[]);
    let encryptor = Encryptor::builder(raw()).build().unwrap();
    let mut message = b"before".to_vec();
    run(encryptor.encrypt_into(b"attack at dawn", &none, &mut message)).unwrap();
    assert!(message.starts_with(b"before\x02\x04\x78"));

    let decryptor = Decryptor::builder(raw()).build().unwrap();
    let mut plaintext = b"before: ".to_vec();
    run(decryptor.decrypt_into(&message[6..], &none, &mut plaintext)).unwrap();
    assert_eq!(plaintext, b"before: attack at dawn");

    *message.last_mut().unwrap() ^= 1;
    assert!(run(decryptor.decrypt_into(&message[6..], &none, &mut plaintext)).is_err());
    assert_eq!(plaintext, b"before: attack at dawn");
    let reserved = read(&write(
        AlgorithmSuite::Aes256GcmHkdfSha512CommitEcdsaP384,
        b"",
        &none,
    ));
    let reserved = reserved.unwrap();
    assert!(run(encryptor.encrypt_into(b"", reserved.context(), &mut message)).is_err());
}
