use crate::{
    context,
    keyrings::{Fixed, raw},
    run,
};
use leeward_envelope::{CachePolicy, Decryptor, Encryptor};
use std::{fmt::Debug, time::Duration};

/// Fails if the debug output shows eight equal bytes `0xc5` in a row, in whatever notation.
#[track_caller]
fn check(value: &dyn Debug) {
    for text in [format!("{value:?}"), format!("{value:#?}")] {
        let squeezed: String = text
            .chars()
            .filter(|char| char.is_alphanumeric())
            .collect::<String>()
            .to_lowercase()
            .replace("0x", "");
        for notation in ["197", "c5", "xc5", "Å"] {
            assert!(!squeezed.contains(&notation.repeat(8)), "{text}");
        }
    }
}

#[test]
fn nothing_prints_a_key_or_a_plaintext() {
    let secret = [0xc5; 32];
    let keyring = leeward_envelope::RawAesKeyring::new("tests", "key", &secret).unwrap();
    check(&keyring);
    let policy = CachePolicy::new(Duration::from_secs(60));
    let encryptor = Encryptor::builder(keyring)
        .with_cache(policy.clone())
        .build()
        .unwrap();
    let message = run(encryptor.encrypt(&secret, &context(&[]))).unwrap();
    check(&encryptor);

    let keyring = leeward_envelope::RawAesKeyring::new("tests", "key", &secret).unwrap();
    let decryptor = Decryptor::builder(keyring)
        .with_cache(policy)
        .build()
        .unwrap();
    let decrypted = run(decryptor.decrypt(&message)).unwrap();
    check(&decryptor);
    check(&decrypted);
    assert_eq!(
        format!("{decrypted:?}"),
        "Decrypted { plaintext_len: 32, context: {}, suite: Aes256GcmHkdfSha512Commit }"
    );
}

#[test]
fn the_check_above_finds_a_key_that_is_printed() {
    let printed = Fixed {
        data_key: vec![0xc5; 32],
        wrapped: Vec::new(),
    };
    let text = format!("{printed:?}");
    assert!(text.contains("197, 197"));
    assert!(std::panic::catch_unwind(|| check(&printed)).is_err());
    check(&raw());
}

#[test]
fn encryptors_may_be_shared_among_threads() {
    fn check<T: Clone + Send + Sync + 'static>() {}
    check::<Encryptor>();
    check::<Decryptor>();
}
