//! Data keys of an encryptor that a decryptor of the same process keeps, too.

mod keyrings;
mod withdrawal;

use crate::context;
use crate::keyrings::Gated;
use leeward_envelope::{
    AlgorithmSuite, Audit, AuditEvent, AuditOperation, BuildError, CachePolicy, CommitmentPolicy,
    DecryptError, Decryptor, EncryptionContext, Encryptor, Keyring, Partition, Purge,
    RawAesKeyring,
};
use leeward_resilience::TokioClock;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{advance, sleep};

const MAX_AGE: Duration = Duration::from_secs(100);

fn policy() -> CachePolicy<TokioClock> {
    CachePolicy::new(MAX_AGE)
        .with_renewal_seed(7)
        .with_clock(TokioClock::new())
}

/// Two that share a keyring, and the data keys of the first.
fn pair(keyring: &Arc<impl Keyring>, policy: CachePolicy<TokioClock>) -> (Encryptor, Decryptor) {
    let writer = writer(keyring, policy.clone());
    let reader = reader(keyring, policy, &writer);
    (writer, reader)
}

fn writer(keyring: &Arc<impl Keyring>, policy: CachePolicy<TokioClock>) -> Encryptor {
    Encryptor::builder(Arc::clone(keyring))
        .with_cache(policy)
        .build()
        .unwrap()
}

fn reader(
    keyring: &Arc<impl Keyring + ?Sized>,
    policy: CachePolicy<TokioClock>,
    writer: &Encryptor,
) -> Decryptor {
    Decryptor::builder(Arc::clone(keyring))
        .with_cache(policy)
        .with_data_keys_of(writer)
        .build()
        .unwrap()
}

fn raw_named(name: &str) -> Arc<RawAesKeyring> {
    Arc::new(RawAesKeyring::new("tests", name, &[7; 32]).unwrap())
}

fn of_tenant(tenant: &str) -> EncryptionContext {
    context(&[("tenant", tenant)])
}

async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_written_here_is_read_here_without_a_call() {
    for suite in AlgorithmSuite::ALL {
        let keyring = Gated::open();
        let commitment = match suite.is_committing() {
            true => CommitmentPolicy::RequireEncryptRequireDecrypt,
            false => CommitmentPolicy::ForbidEncryptAllowDecrypt,
        };
        let writer = Encryptor::builder(keyring.clone())
            .with_commitment_policy(commitment)
            .with_suite(suite)
            .with_required_context_keys(["tenant"])
            .with_cache(policy())
            .build()
            .unwrap();
        let reader = Decryptor::builder(keyring.clone())
            .with_commitment_policy(commitment)
            .with_required_context_keys(["tenant"])
            .with_cache(policy())
            .with_data_keys_of(&writer)
            .build()
            .unwrap();
        let bound = context(&[("tenant", "acme"), ("table", "orders")]);
        for text in [&b"one"[..], b"two"] {
            let message = writer.encrypt(text, &bound).await.unwrap();
            // The table stands in the message: whoever reads need not name it.
            let expected = of_tenant("acme");
            let read = reader.decrypt_with_context(&message, &expected).await;
            assert_eq!(read.unwrap().plaintext(), text);
            // The tenant does not.
            let evil = of_tenant("evil");
            let refused = reader.decrypt_with_context(&message, &evil).await;
            let refused = refused.unwrap_err();
            assert!(matches!(refused, DecryptError::Unauthentic), "{refused}");
        }
        let (wrote, read) = (writer.stats(), reader.stats());
        if suite.may_reuse_data_key() {
            assert_eq!((wrote.misses, wrote.entries), (1, 1), "{suite}");
            assert_eq!((read.primed, read.hits), (1, 2), "{suite}");
            // The other tenant's, which the keyring refused.
            assert_eq!(read.misses, 2, "{suite}");
        } else {
            assert_eq!((wrote.misses, read.misses, read.primed), (2, 4, 0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn renewals_are_handed_on_and_what_is_on_its_way_has_none_of_its_own() {
    let keyring = Gated::open();
    let (writer, reader) = pair(&keyring, policy());
    let none = EncryptionContext::empty();
    for _ in 0..2000 {
        let message = writer.encrypt(b"x", &none).await.unwrap();
        sleep(Duration::from_secs(1)).await;
        reader.decrypt(&message).await.unwrap();
    }
    let (wrote, read) = (writer.stats(), reader.stats());
    assert_eq!((wrote.misses, wrote.messages), (1, 2000));
    assert!((24..=27).contains(&wrote.renewals), "{wrote:?}");
    assert_eq!((read.misses, read.renewals, read.hits), (0, 0, 2000));
    assert_eq!(read.primed, 1 + wrote.renewals);
    assert_eq!(keyring.calls() as u64, read.primed);
}

#[tokio::test(start_paused = true)]
async fn what_is_read_on_and_on_is_unwrapped_before_it_is_too_old() {
    let keyring = Gated::open();
    let (writer, reader) = pair(&keyring, policy());
    let none = EncryptionContext::empty();
    let message = writer.encrypt(b"x", &none).await.unwrap();
    let mut renewed_at = Vec::new();
    for second in 0..300_u32 {
        reader.decrypt(&message).await.unwrap();
        settle().await;
        if reader.stats().renewals > renewed_at.len() as u64 {
            renewed_at.push(second);
        }
        advance(Duration::from_secs(1)).await;
    }
    // Later than a writer would, and from then on as any reader.
    let [first, second, ..] = renewed_at[..] else {
        panic!("{renewed_at:?}");
    };
    assert!((85..=91).contains(&first), "{renewed_at:?}");
    assert!((76..=81).contains(&(second - first)), "{renewed_at:?}");
    assert_eq!(reader.stats().misses, 0);
}

#[tokio::test(start_paused = true)]
async fn each_of_the_two_has_limits_of_its_own_from_one_moment_on() {
    let keyring = Gated::open();
    let short = || policy().with_renewal(None);
    let writer = writer(&keyring, short().with_max_messages(NonZeroU32::MIN));
    let reader = reader(&keyring, short(), &writer);
    let none = EncryptionContext::empty();
    let message = writer.encrypt(b"x", &none).await.unwrap();
    advance(MAX_AGE - Duration::from_millis(1)).await;
    // The one message that it could write does not keep it from being read with.
    for _ in 0..3 {
        reader.decrypt(&message).await.unwrap();
    }
    assert_eq!((keyring.calls(), reader.stats().misses), (1, 0));
    advance(Duration::from_millis(1)).await;
    reader.decrypt(&message).await.unwrap();
    assert_eq!(
        reader.stats().misses,
        1,
        "as old as when it had been fetched"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_that_many_write_at_a_time_is_fetched_to_be_read() {
    let keyring = Gated::open();
    let few = NonZeroU32::new(20).unwrap();
    let (writer, reader) = pair(&keyring, policy().with_max_messages(few));
    let mut tasks = JoinSet::new();
    for _ in 0..32 {
        let (writer, reader) = (writer.clone(), reader.clone());
        tasks.spawn(async move {
            for _ in 0..50 {
                let none = EncryptionContext::empty();
                let message = writer.encrypt(b"x", &none).await.unwrap();
                yield_now().await;
                reader.decrypt(&message).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let (wrote, read) = (writer.stats(), reader.stats());
    assert_eq!((wrote.messages, read.hits), (1600, 1600));
    assert_eq!((read.misses, read.renewals), (0, 0));
    assert_eq!(
        keyring.calls() as u64,
        wrote.misses + wrote.renewals,
        "{read:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn partitions_are_kept_apart_on_both_sides() {
    let keyring = Gated::open();
    let (writer, reader) = pair(&keyring, policy());
    let none = EncryptionContext::empty();
    let [acme, other] = ["acme", "other"].map(Partition::of_tenant);
    let message = writer.in_partition(acme.clone()).encrypt(b"x", &none).await;
    let message = message.unwrap();
    reader.in_partition(acme).decrypt(&message).await.unwrap();
    assert_eq!(reader.stats().misses, 0);
    reader.in_partition(other).decrypt(&message).await.unwrap();
    assert_eq!(reader.stats().misses, 1);
}

#[tokio::test(start_paused = true)]
async fn a_data_key_of_one_message_is_not_handed_on() {
    let keyring = Gated::open();
    let (writer, reader) = pair(&keyring, policy().with_max_bytes(10));
    let none = EncryptionContext::empty();
    let too_long = writer.encrypt(&[0; 11], &none).await.unwrap();
    let mut stream = Vec::new();
    let mut sealing = writer.begin(&none, None).await.unwrap();
    sealing.push(b"x", &mut stream).unwrap();
    sealing.finish(&mut stream).unwrap();
    for message in [too_long, stream] {
        reader.decrypt(&message).await.unwrap();
    }
    assert_eq!((reader.stats().primed, reader.stats().misses), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn forged_copies_do_not_cost_a_message_its_data_key() {
    let keyring = Gated::open();
    let (writer, reader) = pair(&keyring, policy());
    let none = EncryptionContext::empty();
    let message = writer.encrypt(b"x", &none).await.unwrap();
    let mut forged = message.clone();
    forged[5] ^= 1; // in the message id
    for _ in 0..3 {
        reader.decrypt(&forged).await.unwrap_err();
        reader.decrypt(&message).await.unwrap();
    }
    assert_eq!((keyring.calls(), reader.stats().misses), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_room_of_the_reader_bounds_what_it_keeps() {
    let keyring = Gated::open();
    let writer = writer(&keyring, policy());
    let three = NonZeroUsize::new(3).unwrap();
    let reader = reader(&keyring, policy().with_capacity(three), &writer);
    for tenant in 0..10 {
        let bound = of_tenant(&tenant.to_string());
        writer.encrypt(b"x", &bound).await.unwrap();
    }
    let stats = reader.stats();
    assert_eq!((stats.primed, stats.entries, stats.evictions), (10, 3, 7));
    assert_eq!((stats.misses, stats.renewals), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn neither_keeps_the_other_or_its_keyring() {
    let [writing, reading] = [Gated::open(), Gated::open()];
    let writer = writer(&writing, policy());
    let none = EncryptionContext::empty();
    let message = writer.encrypt(b"x", &none).await.unwrap();
    for _ in 0..3 {
        let short_lived = reader(&reading, policy(), &writer);
        short_lived.decrypt(&message).await.unwrap();
        drop(short_lived);
        settle().await;
        assert_eq!(Arc::strong_count(&reading), 1);
    }
    writer.purge(&Purge::All);
    let reader = reader(&reading, policy(), &writer);
    let message = writer.encrypt(b"x", &none).await.unwrap();
    drop(writer);
    settle().await;
    assert_eq!(Arc::strong_count(&writing), 1);
    reader.decrypt(&message).await.unwrap();
    assert_eq!(
        reader.stats().misses,
        0,
        "what was handed on is the reader's"
    );
}

#[tokio::test]
async fn one_without_a_cache_is_refused() {
    let keyring = Gated::open();
    let without = Encryptor::builder(keyring.clone()).build().unwrap();
    let cached = writer(&keyring, policy());
    let reader = || Decryptor::builder(keyring.clone());
    for (refused, who) in [
        (
            reader().with_cache(policy()).with_data_keys_of(&without),
            "encryptor",
        ),
        (reader().with_data_keys_of(&cached), "decryptor"),
    ] {
        let refused = refused.build().unwrap_err();
        assert_eq!(refused, BuildError::NotCached { who });
        assert_eq!(
            refused.to_string(),
            format!(
                "a decryptor keeps the data keys of an encryptor in its cache as that does in its own, and the {who} has none: \
                 give it one by with_cache"
            )
        );
    }
    // In whatever order they are named.
    let either = reader().with_data_keys_of(&cached).with_cache(policy());
    assert!(either.build().is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_audit_is_told_of_a_cached_key_with_its_name() {
    let keyring = Gated::open();
    let writer = writer(&keyring, policy());
    let events: Arc<Mutex<Vec<AuditEvent>>> = Arc::default();
    let heard = Arc::clone(&events);
    let reader = Decryptor::builder(keyring.clone())
        .with_cache(policy())
        .with_data_keys_of(&writer)
        .with_audit(Audit::new(move |event| {
            heard.lock().unwrap().push(event.clone());
        }))
        .build()
        .unwrap();
    let none = EncryptionContext::empty();
    let message = writer.encrypt(b"x", &none).await.unwrap();
    reader.decrypt(&message).await.unwrap();
    let events = events.lock().unwrap();
    let [event] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(event.operation, AuditOperation::Open);
    assert_eq!(event.is_cached, Some(true));
    assert_eq!(event.key_use.as_ref().unwrap().key(), "tests key");
}
