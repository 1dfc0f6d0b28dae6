//! What no event has in it.

use super::{Telling, Trail};
use crate::{cases, run};
use leeward_envelope::{Decryptor, EncryptionContext, Encryptor};
use proptest::{collection::vec, prelude::*};

/// Whether `secret` is in `text`, as it is or in the notation of bytes, hexadecimal or base64.
fn shows(text: &str, secret: &[u8]) -> bool {
    use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = format!("{secret:?}");
    let squeezed = text.replace(char::is_whitespace, "");
    let list = list.trim_matches(['[', ']']).replace(' ', "");
    // All groups of three bytes, which is what base64 keeps together.
    let base64 = BASE64_STANDARD_NO_PAD.encode(&secret[..secret.len() / 3 * 3]);
    [
        hex,
        list,
        base64,
        String::from_utf8_lossy(secret).into_owned(),
    ]
    .iter()
    .any(|notation| squeezed.contains(&**notation))
}

#[test]
fn the_search_for_secrets_finds_them() {
    let secret = b"attack-at-dawn";
    for text in [format!("{secret:?}"), "xattack-at-dawnx".to_owned()] {
        assert!(shows(&text, secret), "{text}");
    }
    assert!(shows("61747461636b2d61742d6461776e", secret));
    assert!(shows("YXR0YWNrLWF0LWRhd24=", &secret[..12]));
    assert!(!shows("attack-at-noon", secret));
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn no_event_has_plaintext_or_key_or_the_value_of_a_context_in_it(
        data_key in any::<[u8; 32]>(),
        plaintext in vec(any::<u8>(), 12..200),
        value in "[a-zA-Z0-9]{12,40}",
        cut in 0_usize..200,
    ) {
        let trail = Trail::default();
        let keyring = || Telling { data_key, failure: None };
        let bound = EncryptionContext::new([("tenant", value.as_str())]).unwrap();
        let encryptor = Encryptor::builder(keyring()).with_audit(trail.audit()).build().unwrap();
        let message = run(encryptor.encrypt(&plaintext, &bound)).unwrap();
        let decryptor = Decryptor::builder(keyring()).with_audit(trail.audit()).build().unwrap();
        run(decryptor.decrypt_with_context(&message, &bound)).unwrap();
        let mut changed = message.clone();
        let at = message.len() - 1 - cut.min(message.len() - 1);
        changed[at] ^= 1;
        prop_assert!(run(decryptor.decrypt(&changed)).is_err());
        prop_assert!(run(decryptor.decrypt(&message[..at])).is_err());
        let events = trail.take();
        prop_assert_eq!(events.len(), 4);
        for event in events {
            let text = format!("{event:?} {event:#?} {event}");
            for secret in [&data_key[..], &plaintext, value.as_bytes()] {
                prop_assert!(!shows(&text, secret), "{}", text);
            }
        }
    }
}
