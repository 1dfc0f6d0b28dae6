//! Messages that were changed with some sense; every bit of many is turned in [`mutation`](crate::mutation).

use crate::{
    context,
    keyrings::raw,
    messages::{read, write},
    run,
};
use leeward_envelope::{AlgorithmSuite, DecryptError, Decryptor, Encryptor, MalformedMessage};
use std::sync::LazyLock;

/// Two full frames and a final one.
static MESSAGE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let suite = AlgorithmSuite::Aes256GcmHkdfSha512Commit;
    write(suite, &[5; 40], &context(&[("a", "1"), ("b", "2")]))
});

/// The same under a signing suite, from the Python SDK.
static SIGNED: &[u8] = include_bytes!("../vectors/python/python-0578.message");

fn decrypt(message: &[u8]) -> Result<Vec<u8>, DecryptError> {
    read(message).map(|decrypted| decrypted.into_plaintext())
}

fn decrypt_signed(message: &[u8]) -> Result<Vec<u8>, DecryptError> {
    let keyring = leeward_envelope::RawAesKeyring::new("leeward", "example", &[0x2a; 32]).unwrap();
    let decryptor = Decryptor::builder(keyring).build().unwrap();
    run(decryptor.decrypt(message)).map(|decrypted| decrypted.into_plaintext())
}

#[test]
fn a_change_of_any_byte_of_a_signed_message_is_found() {
    assert!(decrypt_signed(SIGNED).is_ok());
    let mut changed = SIGNED.to_vec();
    for at in (0..changed.len()).filter(|at| *at < 400 || at % 61 == 0 || *at > 9_500) {
        changed[at] ^= 1;
        assert!(decrypt_signed(&changed).is_err(), "byte {at}");
        changed[at] ^= 1;
    }
}

#[test]
fn a_message_cut_short_anywhere_is_found() {
    for len in 0..MESSAGE.len() {
        let error = decrypt(&MESSAGE[..len]).unwrap_err();
        assert!(
            matches!(
                error,
                DecryptError::Malformed(MalformedMessage::Truncated { .. })
            ),
            "{len}: {error}"
        );
    }
}

#[test]
fn a_message_that_goes_on_is_found() {
    for count in [1, 2, 500] {
        let mut longer = MESSAGE.clone();
        longer.extend(std::iter::repeat_n(0, count));
        let error = decrypt(&longer).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{count} bytes follow the end of the message: pass the message alone")
        );
    }
}

#[test]
fn frames_cannot_be_left_out_doubled_or_swapped() {
    // Frames of 16 + 32 bytes, before a final one of 8 + 32 + 8.
    let frames_at = MESSAGE.len() - 48 - 2 * 48;
    let (header, rest) = MESSAGE.split_at(frames_at);
    let (one, rest) = rest.split_at(48);
    let (two, last) = rest.split_at(48);
    assert_eq!(
        decrypt(&[header, one, two, last].concat()).unwrap(),
        [5; 40]
    );
    for order in [
        vec![header, two, last],
        vec![header, one, last],
        vec![header, one, two],
        vec![header, two, one, last],
        vec![header, one, one, two, last],
        vec![header, one, two, two, last],
        vec![header, one, two, last, last],
        vec![header, last],
    ] {
        assert!(decrypt(&order.concat()).is_err());
    }
}

#[test]
fn parts_of_two_messages_do_not_make_one() {
    let encryptor = Encryptor::builder(raw())
        .with_cache(leeward_envelope::CachePolicy::new(
            std::time::Duration::from_secs(60),
        ))
        .build()
        .unwrap();
    let none = context(&[]);
    // Both under one data key.
    let one = run(encryptor.encrypt(b"one", &none)).unwrap();
    let two = run(encryptor.encrypt(b"two", &none)).unwrap();
    let body_at = one.len() - (4 + 4 + 12 + 4 + 3 + 16);
    let mixed = [&one[..body_at], &two[body_at..]].concat();
    assert!(matches!(
        decrypt(&mixed).unwrap_err(),
        DecryptError::Unauthentic
    ));
}
