//! What a glance is enough for, and that it overlooks nothing.

use super::{DIGEST, SECRET, check};
use crate::redact::{Kind, clean, glance};
use proptest::{
    collection,
    prelude::*,
    sample::select,
    test_runner::{Config, RngSeed},
};

#[test]
fn a_glance_is_enough_for_what_services_say_most() {
    for text in [
        "Rate exceeded",
        "AccessDeniedException",
        "5a5f1a6e-31e4-4b9a-9f0b-3f3b6a7c2d10",
        "You have exceeded the rate at which you may call KMS.",
        "User: arn:aws:sts::111122223333:assumed-role/payments-production/i-0abcdef1234567890 is not authorized to perform: s3:GetObject on resource: \"arn:aws:s3:::ledger-eu-central-1/2026/11/21/part-00042.parquet\" because no identity-based policy allows the s3:GetObject action, in any of its statements",
        "User: arn:aws:iam::111122223333:user/eve is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab because no resource-based policy allows the kms:Decrypt action",
    ] {
        assert!(glance::is_plain(text.as_bytes()), "{text}");
        check(text, text);
    }
}

#[test]
fn a_glance_overlooks_no_place() {
    for length in 1..140 {
        let plain = "a b,".repeat(40);
        assert!(glance::is_plain(&plain.as_bytes()[..length]));
        for at in 0..length {
            for odd in ["\n", "=", "%"] {
                let mut text = plain[..length].to_owned();
                text.replace_range(at..=at, odd);
                assert!(!glance::is_plain(text.as_bytes()), "{text}");
            }
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 20_000, rng_seed: RngSeed::Fixed(0x1eea), failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_glance_overlooks_no_secret(
        words in collection::vec(
            prop_oneof![
                select(vec![
                    "password", "token", "Cookie", "passphrase", "secret_key", "Signature", "Authorization", "header", "value",
                    "Value", "Key", "name", "Basic", "bearer", "AWS4-HMAC", "--pwd", "-----BEGIN PRIVATE KEY-----", "http://a:b@c",
                    "AKIAIOSFODNN7EXAMPLE", "eyJhbGciOiJSUzI1NiJ9.x", "FwoGZXIvYXdzabcdefgh", DIGEST, SECRET, "%3D", "&#61;",
                    "arn:aws:s3:::x", "is", "the", "x", "' at '", "\u{a0}", "\n",
                ]).prop_map(ToOwned::to_owned),
                "[A-Za-z0-9+/]{1,48}",
                "[ -~]{1,6}",
            ],
            1..6,
        ),
        joints in collection::vec(
            select(vec!["", " ", "  ", ":", ": ", " :", "=", "\"", " \"", "\": \"", "_", "-", ".", " (", ">", ","]), 6,
        ),
    ) {
        let text: String = words.iter().zip(&joints).flat_map(|(word, joint)| [word.as_str(), *joint]).collect();
        if glance::is_plain(text.as_bytes()) {
            prop_assert_eq!(clean(&text, Kind::Words), None, "{}", text);
            prop_assert_eq!(clean(&text, Kind::Id), None, "{}", text);
        }
    }
}
