use crate::{
    context,
    keyrings::{Fixed, Gated, raw},
};
use leeward_envelope::{
    CachePolicy, CacheStats, CommitmentPolicy, DecryptError, Decryptor, EncryptedDataKey,
    EncryptionContext, Encryptor, RawAesKeyring,
};
use leeward_resilience::TokioClock;
use std::{
    collections::HashMap,
    num::{NonZeroU32, NonZeroUsize},
    sync::Arc,
    time::Duration,
};
use tokio::{task::JoinSet, time::advance};

/// Without renewals, which have tests of their own: every keyring call is one that a message waits for.
fn policy() -> CachePolicy<TokioClock> {
    CachePolicy::new(Duration::from_secs(60))
        .with_renewal(None)
        .with_clock(TokioClock::new())
}

fn encryptor(keyring: &Arc<Gated>, policy: CachePolicy<TokioClock>) -> Encryptor {
    Encryptor::builder(Arc::clone(keyring))
        .with_cache(policy)
        .build()
        .unwrap()
}

fn decryptor(keyring: &Arc<Gated>, policy: CachePolicy<TokioClock>) -> Decryptor {
    Decryptor::builder(Arc::clone(keyring))
        .with_cache(policy)
        .build()
        .unwrap()
}

/// What stands for the data key in a message with an empty context.
pub(crate) fn wrapped_key(message: &[u8]) -> &[u8] {
    let start = 1 + 2 + 32 + 2 + 2;
    &message[start..][..(2 + 5) + (2 + 3 + 8 + 12) + (2 + 32 + 16)]
}

fn counts(stats: CacheStats) -> (u64, u64, u64) {
    (stats.hits, stats.misses, stats.messages)
}

#[tokio::test(start_paused = true)]
async fn by_default_a_data_key_serves_for_five_minutes() {
    let keyring = Gated::open();
    let policy = CachePolicy::default().with_renewal(None);
    let encryptor = encryptor(&keyring, policy.with_clock(TokioClock::new()));
    for (waited, calls) in [(0, 1), (299, 1), (2, 2)] {
        advance(Duration::from_secs(waited)).await;
        encryptor.encrypt(b"x", &context(&[])).await.unwrap();
        assert_eq!(keyring.calls(), calls);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_data_key_serves_exactly_as_many_messages_as_it_may() {
    let keyring = Gated::open();
    let policy = policy().with_max_messages(NonZeroU32::new(50).unwrap());
    let encryptor = encryptor(&keyring, policy);
    let mut tasks = JoinSet::new();
    for _ in 0..64 {
        let encryptor = encryptor.clone();
        tasks.spawn(async move {
            let mut messages = Vec::new();
            for _ in 0..20 {
                let none = EncryptionContext::empty();
                messages.push(encryptor.encrypt(b"x", &none).await.unwrap());
                tokio::task::yield_now().await;
            }
            messages
        });
    }
    let mut served: HashMap<Vec<u8>, u32> = HashMap::new();
    for message in tasks.join_all().await.into_iter().flatten() {
        *served.entry(wrapped_key(&message).to_vec()).or_default() += 1;
    }
    let mut served: Vec<u32> = served.into_values().collect();
    served.sort_unstable();
    // 1280 messages: 25 keys that were used up, and one that was not.
    let mut expected = vec![30];
    expected.resize(26, 50);
    assert_eq!(served, expected);
    assert_eq!(keyring.calls(), 26);
    assert_eq!(counts(encryptor.stats()), (1280 - 26, 26, 1280));
}

#[tokio::test(start_paused = true)]
async fn a_data_key_serves_no_more_bytes_than_it_may() {
    let keyring = Gated::open();
    let encryptor = encryptor(&keyring, policy().with_max_bytes(100));
    let none = EncryptionContext::empty();
    for (len, calls) in [(60, 1), (40, 1), (1, 2), (99, 2), (2, 3)] {
        encryptor.encrypt(&vec![0; len], &none).await.unwrap();
        assert_eq!(keyring.calls(), calls, "after {len} bytes");
    }
    // Too large for any cached key: it has one of its own, and the cached one goes on to serve.
    encryptor.encrypt(&[0; 101], &none).await.unwrap();
    assert_eq!(keyring.calls(), 4);
    encryptor.encrypt(&[0; 98], &none).await.unwrap();
    assert_eq!(keyring.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_data_key_serves_until_it_is_too_old() {
    let keyring = Gated::open();
    let encryptor = encryptor(&keyring, policy());
    let decryptor = decryptor(&keyring, policy());
    let none = EncryptionContext::empty();
    let message = encryptor.encrypt(b"x", &none).await.unwrap();
    decryptor.decrypt(&message).await.unwrap();
    assert_eq!(keyring.calls(), 2);

    advance(Duration::from_millis(59_999)).await;
    encryptor.encrypt(b"x", &none).await.unwrap();
    decryptor.decrypt(&message).await.unwrap();
    assert_eq!(keyring.calls(), 2, "in use, but not thereby younger");

    advance(Duration::from_millis(1)).await;
    encryptor.encrypt(b"x", &none).await.unwrap();
    assert_eq!(keyring.calls(), 3);
    decryptor.decrypt(&message).await.unwrap();
    assert_eq!(keyring.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn contexts_share_no_data_key() {
    let keyring = Gated::open();
    let encryptor = encryptor(&keyring, policy());
    let (one, other) = (context(&[("t", "1")]), context(&[("t", "2")]));
    for _ in 0..3 {
        encryptor.encrypt(b"x", &one).await.unwrap();
        encryptor.encrypt(b"x", &other).await.unwrap();
    }
    assert_eq!(counts(encryptor.stats()), (4, 2, 6));
}

#[tokio::test(start_paused = true)]
async fn the_least_recently_used_data_key_gives_way() {
    let keyring = Gated::open();
    let capacity = NonZeroUsize::new(2).unwrap();
    let encryptor = encryptor(&keyring, policy().with_capacity(capacity));
    for (tenant, calls) in [
        ("a", 1),
        ("b", 2),
        ("a", 2),
        ("c", 3), // b goes
        ("a", 3),
        ("b", 4), // c goes
        ("a", 4),
        ("c", 5),
    ] {
        let context = context(&[("tenant", tenant)]);
        encryptor.encrypt(b"x", &context).await.unwrap();
        assert_eq!(keyring.calls(), calls, "tenant {tenant}");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_under_one_data_key_are_read_with_one_call() {
    let keyring = Gated::open();
    let encryptor = encryptor(&keyring, policy());
    let decryptor = decryptor(&keyring, policy());
    let none = EncryptionContext::empty();
    for text in [&b"one"[..], b"two", b"three"] {
        let message = encryptor.encrypt(text, &none).await.unwrap();
        let decrypted = decryptor.decrypt(&message).await.unwrap();
        assert_eq!(decrypted.plaintext(), text);
    }
    assert_eq!(counts(decryptor.stats()), (2, 1, 3));
    assert_eq!(keyring.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_cached_data_key_does_not_open_a_message_of_another_context() {
    let keyring = Gated::open();
    let encryptor = encryptor(&keyring, policy());
    let decryptor = decryptor(&keyring, policy());
    let mut message = encryptor
        .encrypt(b"x", &context(&[("t", "1")]))
        .await
        .unwrap();
    decryptor.decrypt(&message).await.unwrap();
    let value_at = 1 + 2 + 32 + 2 + 2 + 3 + 2;
    assert_eq!(message[value_at], b'1');
    message[value_at] = b'2';
    assert!(decryptor.decrypt(&message).await.is_err());
    assert_eq!(keyring.calls(), 3, "the cache was not asked for it");
}

/// The message, with a wrapped key of nobody's in front of its own.
fn with_foreign_key(message: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    // Behind the empty context.
    let (start, keys) = message.split_at(1 + 2 + 32 + 2);
    let foreign = [
        &[0, 7][..],
        b"foreign",
        &[0, 0],
        &(ciphertext.len() as u16).to_be_bytes(),
        ciphertext,
    ];
    [start, &[0, 2], &foreign.concat(), &keys[2..]].concat()
}

#[tokio::test(start_paused = true)]
async fn forged_headers_leave_nothing_in_the_cache() {
    let keyring = Gated::open();
    let none = EncryptionContext::empty();
    let message = Encryptor::builder(raw()).build().unwrap();
    let message = message.encrypt(b"x", &none).await.unwrap();
    let decryptor = decryptor(&keyring, policy());
    let forged = with_foreign_key(&message, &[1; 0xffff]);
    for calls in 1..=3 {
        // Its wrapped key is a true one, so that the keyring unwraps it.
        let error = decryptor.decrypt(&forged).await.unwrap_err();
        assert!(matches!(error, DecryptError::Unauthentic), "{error}");
        assert_eq!(keyring.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn forged_copies_do_not_cost_a_true_message_its_data_key() {
    let keyring = Gated::open();
    let none = EncryptionContext::empty();
    let message = Encryptor::builder(raw()).build().unwrap();
    let message = message.encrypt(b"x", &none).await.unwrap();
    let decryptor = decryptor(&keyring, policy());
    decryptor.decrypt(&message).await.unwrap();
    let mut forged = message.clone();
    forged[5] ^= 1; // in the message id
    for _ in 0..3 {
        decryptor.decrypt(&forged).await.unwrap_err();
        decryptor.decrypt(&message).await.unwrap();
    }
    assert_eq!(keyring.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_order_of_wrapped_keys_does_not_matter() {
    let wrapped = |info: &str| EncryptedDataKey::new("tests", info, "wrapped").unwrap();
    let fixed = |wrapped: Vec<EncryptedDataKey>| Fixed {
        data_key: vec![3; 32],
        wrapped,
    };
    let none = EncryptionContext::empty();
    let decryptor = Decryptor::builder(fixed(Vec::new()))
        .with_cache(policy())
        .build()
        .unwrap();
    for order in [["a", "b"], ["b", "a"]] {
        let keyring = fixed(order.map(wrapped).to_vec());
        let encryptor = Encryptor::builder(keyring).build().unwrap();
        let message = encryptor.encrypt(b"x", &none).await.unwrap();
        decryptor.decrypt(&message).await.unwrap();
    }
    assert_eq!(counts(decryptor.stats()), (1, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_data_key_that_is_the_cipher_key_is_never_cached() {
    let key: Vec<u8> = [
        0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x10, 0x11, 0x12, 0x13, 0x14,
        0x15, 0x16, 0x17, 0x18, 0x19, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29,
        0x30, 0x31,
    ]
    .to_vec();
    for (message, misses) in [
        (
            &include_bytes!("../vectors/raw-aes/0078-pairs-default.message")[..],
            2,
        ),
        (
            &include_bytes!("../vectors/raw-aes/0178-pairs-default.message")[..],
            1,
        ),
    ] {
        let keyring = RawAesKeyring::new("aws-raw-vectors-persistant", "aes-256", &key).unwrap();
        let decryptor = Decryptor::builder(keyring)
            .with_commitment_policy(CommitmentPolicy::RequireEncryptAllowDecrypt)
            .with_cache(policy())
            .build()
            .unwrap();
        for _ in 0..2 {
            decryptor.decrypt(message).await.unwrap();
        }
        assert_eq!(decryptor.stats().misses, misses);
    }
}

#[tokio::test]
async fn without_a_cache_every_message_has_its_own_data_key() {
    let keyring = Gated::open();
    let encryptor = Encryptor::builder(keyring.clone()).build().unwrap();
    let none = EncryptionContext::empty();
    let one = encryptor.encrypt(b"x", &none).await.unwrap();
    let other = encryptor.encrypt(b"x", &none).await.unwrap();
    assert_ne!(wrapped_key(&one), wrapped_key(&other));
    assert_eq!(counts(encryptor.stats()), (0, 2, 2));
}
