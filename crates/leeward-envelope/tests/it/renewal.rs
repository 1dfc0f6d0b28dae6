//! Data keys that are replaced in the background.

use crate::{caching::wrapped_key, context, keyrings::Gated};
use leeward_envelope::{CachePolicy, Decryptor, EncryptionContext, Encryptor};
use leeward_resilience::{Ratio, TokioClock};
use std::{collections::HashMap, num::NonZeroU32, sync::Arc, time::Duration};
use tokio::{
    task::{JoinSet, yield_now},
    time::{advance, sleep},
};

const MAX_AGE: Duration = Duration::from_secs(100);

fn policy() -> CachePolicy<TokioClock> {
    CachePolicy::new(MAX_AGE)
        .with_renewal_seed(7)
        .with_clock(TokioClock::new())
}

fn encryptor(keyring: &Arc<Gated>, policy: CachePolicy<TokioClock>) -> Encryptor {
    Encryptor::builder(Arc::clone(keyring))
        .with_cache(policy)
        .build()
        .unwrap()
}

/// Encrypts, and answers whether that took no waiting.
async fn encrypt(encryptor: &Encryptor) -> bool {
    let none = EncryptionContext::empty();
    let misses = encryptor.stats().misses;
    encryptor.encrypt(b"x", &none).await.unwrap();
    let stats = encryptor.stats();
    stats.misses == misses && stats.joins == 0
}

/// Lets what is in the background do what it can in this moment.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_call_waits_for_the_keyring_after_the_first() {
    let keyring = Gated::open();
    let encryptor = encryptor(&keyring, policy());
    assert!(!encrypt(&encryptor).await);
    // For ten ages, with a rest now and then that is longer than what is left at the renewal.
    for rest in [1, 30, 7, 45].iter().cycle().take(50) {
        sleep(Duration::from_secs(*rest)).await;
        assert!(encrypt(&encryptor).await);
    }
    let stats = encryptor.stats();
    assert_eq!((stats.misses, stats.messages), (1, 51));
    assert!((10..=15).contains(&stats.renewals), "{stats:?}");
    assert_eq!(keyring.calls() as u64, 1 + stats.renewals);
    assert_eq!(stats.saved(), 51 - 1 - stats.renewals);
    assert_eq!((stats.failed_renewals, stats.entries), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn the_old_key_serves_to_its_end_while_the_new_one_is_fetched() {
    let keyring = Gated::closed();
    keyring.let_through(1);
    let encryptor = encryptor(
        &keyring,
        policy().with_max_messages(NonZeroU32::new(10).unwrap()),
    );
    let none = EncryptionContext::empty();
    let mut keys = Vec::new();
    for _ in 0..10 {
        let message = encryptor.encrypt(b"x", &none).await.unwrap();
        keys.push(wrapped_key(&message).to_vec());
        settle().await;
    }
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert_eq!(keyring.calls(), 2, "the second is under way");
    // Whoever comes now shares the renewal.
    let mut waiting = Box::pin(encryptor.encrypt(b"x", &none));
    tokio::select! {
        biased;
        _ = &mut waiting => panic!("the old key served once too often"),
        () = settle() => (),
    }
    assert_eq!(keyring.calls(), 2);
    keyring.let_through(1);
    let message = waiting.await.unwrap();
    assert_ne!(wrapped_key(&message), keys[0]);
    assert_eq!((encryptor.stats().joins, encryptor.stats().misses), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_key_serves_more_than_it_may_however_many_replace_each_other() {
    let keyring = Gated::open();
    let limit = NonZeroU32::new(20).unwrap();
    let encryptor = encryptor(&keyring, policy().with_max_messages(limit));
    let mut tasks = JoinSet::new();
    for _ in 0..32 {
        let encryptor = encryptor.clone();
        tasks.spawn(async move {
            let mut messages = Vec::new();
            for _ in 0..50 {
                let none = EncryptionContext::empty();
                messages.push(encryptor.encrypt(b"x", &none).await.unwrap());
                yield_now().await;
            }
            messages
        });
    }
    let mut served: HashMap<Vec<u8>, u32> = HashMap::new();
    for message in tasks.join_all().await.into_iter().flatten() {
        *served.entry(wrapped_key(&message).to_vec()).or_default() += 1;
    }
    assert!(served.values().all(|count| *count <= 20), "{served:?}");
    assert_eq!(served.values().sum::<u32>(), 1600);
    let stats = encryptor.stats();
    assert_eq!(stats.messages, 1600);
    assert!(stats.renewals > 0);
}

#[tokio::test(start_paused = true)]
async fn renewals_begin_at_the_share_and_a_little_earlier_by_chance() {
    let mut at = Vec::new();
    for seed in 0..20 {
        let keyring = Gated::open();
        let encryptor = encryptor(&keyring, policy().with_renewal_seed(seed));
        encrypt(&encryptor).await;
        let mut seconds = 0;
        while keyring.calls() == 1 {
            sleep(Duration::from_secs(1)).await;
            settle().await;
            seconds += 1;
            assert!(seconds < 100);
        }
        at.push(seconds);
    }
    assert!(at.iter().all(|at| (76..=81).contains(at)), "{at:?}");
    assert!(at.iter().any(|it| *it != at[0]), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_uses_is_not_renewed_twice() {
    let keyring = Gated::open();
    let encryptor = encryptor(&keyring, policy());
    encrypt(&encryptor).await;
    sleep(MAX_AGE * 20).await;
    assert_eq!(keyring.calls(), 2, "for the one message before");
    assert!(!encrypt(&encryptor).await);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_counted_and_tried_again_with_growing_pauses() {
    let keyring = Gated::open();
    let encryptor = encryptor(&keyring, policy());
    encrypt(&encryptor).await;
    keyring.set_failing(true);
    sleep(Duration::from_secs(99)).await;
    let stats = encryptor.stats();
    // From 76..81 on, after 1, 2, 4, 8 seconds and up to as much again.
    assert!((3..=5).contains(&stats.failed_renewals), "{stats:?}");
    assert_eq!(stats.failed_renewals, stats.renewals);
    assert!(encrypt(&encryptor).await, "the old key serves");
    keyring.set_failing(false);
    sleep(Duration::from_millis(1500)).await;
    encrypt(&encryptor).await;
    let stats = encryptor.stats();
    assert_eq!(stats.messages, 3);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_last_clone_ends_the_renewals() {
    let keyring = Gated::closed();
    keyring.let_through(1);
    let encryptor = encryptor(&keyring, policy());
    let clone = encryptor.in_partition(Default::default());
    encrypt(&encryptor).await;
    sleep(Duration::from_secs(90)).await;
    assert_eq!((keyring.calls(), keyring.given_up()), (2, 0));
    drop(encryptor);
    settle().await;
    assert_eq!(keyring.given_up(), 0, "a clone is left");
    drop(clone);
    settle().await;
    assert_eq!(keyring.given_up(), 1);
    assert_eq!(Arc::strong_count(&keyring), 1, "nothing keeps the keyring");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_without_an_answer_is_given_up_when_the_old_key_is_too_old() {
    let keyring = Gated::closed();
    keyring.let_through(1);
    let encryptor = encryptor(&keyring, policy());
    encrypt(&encryptor).await;
    sleep(Duration::from_secs(101)).await;
    assert_eq!((keyring.calls(), keyring.given_up()), (2, 1));
    assert_eq!(encryptor.stats().failed_renewals, 1);
    keyring.let_through(1);
    assert!(!encrypt(&encryptor).await);
}

#[tokio::test(start_paused = true)]
async fn no_more_than_a_few_are_renewed_at_a_time() {
    let keyring = Gated::closed();
    keyring.let_through(40);
    let encryptor = encryptor(&keyring, policy());
    for tenant in 0..40 {
        let context = context(&[("tenant", &tenant.to_string())]);
        encryptor.encrypt(b"x", &context).await.unwrap();
    }
    sleep(Duration::from_secs(90)).await;
    assert_eq!(keyring.calls(), 40 + 16);
    keyring.let_through(24);
    sleep(Duration::from_secs(2)).await;
    keyring.let_through(16);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(encryptor.stats().renewals, 40);
    assert_eq!(encryptor.stats().failed_renewals, 0);
}

#[tokio::test(start_paused = true)]
async fn a_reader_renews_what_messages_ask_for() {
    let keyring = Gated::open();
    let encryptor = encryptor(&keyring, policy().with_renewal(None));
    let none = EncryptionContext::empty();
    let message = encryptor.encrypt(b"x", &none).await.unwrap();
    let decryptor = Decryptor::builder(Arc::clone(&keyring))
        .with_cache(policy())
        .build()
        .unwrap();
    for _ in 0..20 {
        decryptor.decrypt(&message).await.unwrap();
        sleep(Duration::from_secs(9)).await;
    }
    let stats = decryptor.stats();
    assert_eq!((stats.misses, stats.renewals), (1, 2), "{stats:?}");
}

#[tokio::test(start_paused = true)]
async fn a_forged_copy_does_not_cost_a_message_its_renewed_data_key() {
    let keyring = Gated::open();
    let none = EncryptionContext::empty();
    let message = encryptor(&keyring, policy()).encrypt(b"x", &none).await;
    let message = message.unwrap();
    let decryptor = Decryptor::builder(Arc::clone(&keyring))
        .with_cache(policy())
        .build()
        .unwrap();
    decryptor.decrypt(&message).await.unwrap();
    sleep(Duration::from_secs(85)).await;
    decryptor.decrypt(&message).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    let stats = decryptor.stats();
    assert_eq!((stats.renewals, stats.failed_renewals), (1, 0));
    assert_eq!(stats.oldest, Some(Duration::from_secs(1)));
    // No true message has been read with it yet, but with its like.
    let mut forged = message.clone();
    forged[5] ^= 1; // in the message id
    decryptor.decrypt(&forged).await.unwrap_err();
    decryptor.decrypt(&message).await.unwrap();
    assert_eq!(decryptor.stats().misses, 1);
}

#[test]
fn without_a_runtime_the_first_call_after_the_end_waits() {
    let keyring = Gated::open();
    let limit = NonZeroU32::new(10).unwrap();
    let policy = CachePolicy::new(MAX_AGE).with_max_messages(limit);
    let encryptor = Encryptor::builder(Arc::clone(&keyring))
        .with_cache(policy)
        .build()
        .unwrap();
    crate::run(async {
        for _ in 0..25 {
            encrypt(&encryptor).await;
        }
    });
    let stats = encryptor.stats();
    assert_eq!((stats.misses, stats.renewals), (3, 0));
}

#[test]
fn a_runtime_that_is_over_does_not_hold_up_another() {
    let keyring = Gated::open();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    };
    let first = runtime();
    let limit = NonZeroU32::new(10).unwrap();
    let policy = CachePolicy::new(MAX_AGE)
        .with_max_messages(limit)
        .with_runtime(first.handle().clone());
    let encryptor = Encryptor::builder(Arc::clone(&keyring))
        .with_cache(policy)
        .build()
        .unwrap();
    first.block_on(encrypt(&encryptor));
    drop(first);
    runtime().block_on(async {
        for _ in 0..24 {
            encrypt(&encryptor).await;
        }
    });
    let stats = encryptor.stats();
    assert_eq!((stats.misses, stats.renewals), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn the_share_can_be_chosen() {
    let keyring = Gated::open();
    let encryptor = encryptor(&keyring, policy().with_renewal(Ratio::percent(50)));
    encrypt(&encryptor).await;
    advance(Duration::from_secs(46)).await;
    settle().await;
    assert_eq!(keyring.calls(), 1);
    sleep(Duration::from_secs(6)).await;
    assert_eq!(keyring.calls(), 2);
}
