use crate::{
    context,
    messages::{plaintext, write},
};
use leeward_envelope::{AlgorithmSuite, DecryptError, MalformedMessage, inspect};
use std::num::NonZeroU32;

#[test]
fn every_suite_is_told_with_its_sizes_and_without_a_key() {
    let pairs = context(&[("a", "1")]);
    for suite in AlgorithmSuite::ALL {
        let message = write(suite, &plaintext(40), &pairs);
        let claims = inspect(&message).unwrap();
        assert_eq!(claims.suite(), suite);
        assert_eq!(claims.context().get("a"), Some("1"));
        assert_eq!(claims.frame_length(), NonZeroU32::new(16));
        assert_eq!(claims.plaintext_len(), Some(40));
        assert_eq!(claims.encrypted_data_keys().len(), 1);
        let signature = match suite.id() {
            0x0214 => 2 + 71,
            0x0346 | 0x0378 | 0x0578 => 2 + 103,
            _ => 0,
        };
        assert_eq!(
            claims.header_len() + 40 + 3 * 32 + 8 + signature,
            message.len(),
            "{suite}"
        );
    }
}

#[test]
fn the_beginning_of_a_message_will_do() {
    let message = write(
        AlgorithmSuite::Aes256GcmHkdfSha512Commit,
        &plaintext(40),
        &context(&[]),
    );
    let header_len = inspect(&message).unwrap().header_len();
    for len in 0..message.len() {
        match inspect(&message[..len]) {
            Ok(claims) => {
                assert!(len >= header_len);
                assert_eq!(claims.plaintext_len(), None);
            }
            Err(error) => {
                assert!(len < header_len, "{len}: {error}");
                assert!(matches!(
                    error,
                    DecryptError::Malformed(MalformedMessage::Truncated { .. })
                ));
            }
        }
    }
}

#[test]
fn what_is_shown_says_that_it_is_not_authenticated() {
    let message = write(
        AlgorithmSuite::Aes256GcmHkdfSha512Commit,
        &plaintext(40),
        &context(&[("tenant", "acme")]),
    );
    let text = inspect(&message).unwrap().to_string();
    // The nonce that stands behind the name of a raw AES key is left out.
    assert_eq!(
        text,
        "not authenticated: suite 0x0478 (AES-256-GCM, HKDF, key commitment), keys [tests key], \
         context {\"tenant\": \"acme\"}, frames of 16, 40 bytes"
    );
}

#[test]
fn what_is_no_message_is_refused() {
    let mut message = write(
        AlgorithmSuite::Aes256GcmHkdfSha512Commit,
        b"x",
        &context(&[]),
    );
    message.push(0);
    let error = inspect(&message).unwrap_err();
    assert!(
        error.to_string().starts_with("1 bytes follow the end"),
        "{error}"
    );
    assert!(inspect(b"AgR4AAAA").is_err());
}
