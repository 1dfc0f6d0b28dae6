//! Bytes that were never a message, or that claim to be more than they are.

use crate::{cases, keyrings::raw, run};
use futures_util::FutureExt;
use leeward_envelope::{CommitmentPolicy, DecryptError, Decryptor, MalformedMessage};
use proptest::prelude::*;

/// Refuses nothing for its length.
fn decryptor() -> Decryptor {
    Decryptor::builder(raw())
        .with_commitment_policy(CommitmentPolicy::ForbidEncryptAllowDecrypt)
        .with_max_encrypted_data_keys(None)
        .with_max_frame_length(None)
        .build()
        .unwrap()
}

fn decrypt(message: &[u8]) -> Result<(), DecryptError> {
    run(decryptor().decrypt(message)).map(drop)
}

/// A header up to its encrypted data keys, of either version.
fn start() -> impl Strategy<Value = Vec<u8>> {
    let suites = prop_oneof![
        prop::sample::select(vec![0x0014_u16, 0x0178, 0x0214, 0x0378, 0x0478, 0x0578]),
        any::<u16>(),
    ];
    (any::<bool>(), suites, any::<[u8; 32]>()).prop_map(|(is_v1, suite, id)| {
        let suite = suite.to_be_bytes();
        if is_v1 {
            [&[0x01, 0x80][..], &suite, &id[..16], &[0, 0]].concat()
        } else {
            [&[0x02][..], &suite, &id, &[0, 0]].concat()
        }
    })
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(decrypt(&bytes).is_err());
    }

    #[test]
    fn arbitrary_bytes_behind_the_start_of_a_header_are_refused(
        start in start(),
        rest in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 0..400),
    ) {
        prop_assert!(decrypt(&[start, rest].concat()).is_err());
    }
}

/// How a message is refused whose claims are far larger than it is, which takes no more memory than it has bytes.
#[track_caller]
fn refused_for_little(message: &[u8]) -> DecryptError {
    let decryptor = decryptor();
    let mut error = None;
    let used = allocation_counter::measure(|| {
        let refused = decryptor.decrypt(message).now_or_never();
        error = refused.expect("nothing is waited for").err();
    });
    assert!(used.bytes_total < 1024, "{used:?}");
    error.expect("it is cut off")
}

#[test]
fn claims_of_length_cost_nothing_until_they_are_true() {
    // 65,535 encrypted data keys, of which not one is there.
    let mut message = vec![0x02, 0x04, 0x78];
    message.extend_from_slice(&[9; 32]);
    message.extend_from_slice(&[0, 0, 0xff, 0xff]);
    assert!(matches!(
        refused_for_little(&message),
        DecryptError::Malformed(MalformedMessage::Truncated {
            part: "encrypted data keys",
            len: 39
        })
    ));
    // One short key, then a frame of 4 GiB that ends at once.
    message.truncate(37);
    message.extend_from_slice(&[0, 1, 0, 1, b'p', 0, 0, 0, 0]);
    message.extend_from_slice(&[2, 0xff, 0xff, 0xff, 0xff]);
    message.extend_from_slice(&[7; 32 + 16]);
    message.extend_from_slice(&[0, 0, 0, 1]);
    message.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert!(matches!(
        refused_for_little(&message),
        DecryptError::Malformed(MalformedMessage::Truncated { part: "body", .. })
    ));
}

#[test]
fn digits_that_stand_for_a_message_are_told_as_such() {
    for text in [
        "0204789a",
        "0205",
        "02",
        "01800014",
        "\\x020478ab",
        "\\\\x020478ab",
        "\"\\x0180",
        "0x020478",
        "0X0180",
        "x'0204789A'",
        "  020478\n",
    ] {
        let error = decrypt(text.as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the message is in hexadecimal: decode it first",
            "{text}"
        );
    }
    for text in [
        "0",
        "0203",
        "2026-11-22",
        "x",
        "\\x",
        "attack at dawn",
        "0x",
    ] {
        let error = decrypt(text.as_bytes()).unwrap_err();
        assert!(
            matches!(
                error,
                DecryptError::Malformed(MalformedMessage::NotAMessage { .. })
            ),
            "{text}"
        );
    }
}
