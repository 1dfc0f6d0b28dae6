//! Calls that need the same data key at the same time.

use crate::{caching::wrapped_key, keyrings::Gated};
use leeward_envelope::{
    CachePolicy, Decryptor, EncryptError, EncryptionContext, Encryptor, KeyringError,
};
use leeward_resilience::TokioClock;
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::task::{JoinSet, yield_now};

fn encryptor(keyring: &Arc<Gated>, max_messages: u32) -> Encryptor {
    let policy = CachePolicy::new(Duration::from_secs(60))
        .with_max_messages(NonZeroU32::new(max_messages).unwrap())
        .with_renewal(None)
        .with_clock(TokioClock::new());
    Encryptor::builder(Arc::clone(keyring))
        .with_cache(policy)
        .build()
        .unwrap()
}

fn spawn(encryptor: &Encryptor, count: usize) -> JoinSet<Result<Vec<u8>, EncryptError>> {
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let encryptor = encryptor.clone();
        tasks.spawn(async move { encryptor.encrypt(b"x", &EncryptionContext::empty()).await });
    }
    tasks
}

/// Lets every task run until it waits for the gate.
async fn settle() {
    for _ in 0..100 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn callers_that_need_the_same_data_key_share_one_call() {
    let keyring = Gated::closed();
    let encryptor = encryptor(&keyring, 1000);
    let tasks = spawn(&encryptor, 50);
    settle().await;
    assert_eq!(keyring.calls(), 1);
    keyring.let_through(1);
    for result in tasks.join_all().await {
        result.unwrap();
    }
    let stats = encryptor.stats();
    assert_eq!((stats.hits, stats.misses, stats.messages), (49, 1, 50));
}

#[tokio::test(start_paused = true)]
async fn readers_of_the_same_data_key_share_one_call() {
    let keyring = Gated::closed();
    keyring.let_through(1);
    let encryptor = encryptor(&keyring, 1000);
    let none = EncryptionContext::empty();
    let message: Arc<[u8]> = encryptor.encrypt(b"x", &none).await.unwrap().into();
    let decryptor = Decryptor::builder(Arc::clone(&keyring))
        .with_cache(CachePolicy::new(Duration::from_secs(60)).with_clock(TokioClock::new()))
        .build()
        .unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let (decryptor, message) = (decryptor.clone(), Arc::clone(&message));
        tasks.spawn(async move { decryptor.decrypt(&message).await });
    }
    settle().await;
    keyring.let_through(1);
    for result in tasks.join_all().await {
        assert_eq!(result.unwrap().plaintext(), b"x");
    }
    assert_eq!(decryptor.stats().misses, 1);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_two_calls_however_low_the_limit() {
    for (max_messages, callers, calls) in [(1, 20, 20), (4, 10, 3), (5, 10, 2), (6, 5, 1)] {
        let keyring = Gated::closed();
        let encryptor = encryptor(&keyring, max_messages);
        let tasks = spawn(&encryptor, callers);
        settle().await;
        assert_eq!(keyring.calls(), calls, "{callers} by {max_messages}");
        keyring.let_through(calls);
        let mut served = HashMap::new();
        for message in tasks.join_all().await {
            *served
                .entry(wrapped_key(&message.unwrap()).to_vec())
                .or_insert(0) += 1;
        }
        assert!(served.values().all(|count: &u32| *count <= max_messages));
        assert_eq!(served.len(), calls);
        // What the last one may still serve is used.
        for _ in callers..calls * max_messages as usize {
            let none = EncryptionContext::empty();
            encryptor.encrypt(b"x", &none).await.unwrap();
        }
        assert_eq!(keyring.calls(), calls, "{callers} by {max_messages}");
    }
}

#[tokio::test(start_paused = true)]
async fn callers_whose_bytes_do_not_fit_into_one_data_key_do_not_queue_for_it() {
    let keyring = Gated::closed();
    let policy = CachePolicy::new(Duration::from_secs(60))
        .with_max_bytes(100)
        .with_clock(TokioClock::new());
    let encryptor = Encryptor::builder(Arc::clone(&keyring))
        .with_cache(policy)
        .build()
        .unwrap();
    let mut tasks = JoinSet::new();
    for len in [60, 40, 60, 30, 20, 100] {
        let encryptor = encryptor.clone();
        tasks.spawn(async move {
            let none = EncryptionContext::empty();
            encryptor.encrypt(&vec![1; len], &none).await
        });
    }
    settle().await;
    assert_eq!(keyring.calls(), 4, "60 + 40, 60 + 30, 20, 100");
    keyring.let_through(4);
    for result in tasks.join_all().await {
        result.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_share_of_a_caller_that_goes_away_serves_another() {
    let keyring = Gated::closed();
    let encryptor = encryptor(&keyring, 2);
    let first = spawn(&encryptor, 1);
    settle().await;
    let mut second = spawn(&encryptor, 1);
    settle().await;
    second.shutdown().await;
    let third = spawn(&encryptor, 1);
    settle().await;
    assert_eq!(keyring.calls(), 1);
    keyring.let_through(1);
    for result in [first.join_all().await, third.join_all().await].concat() {
        result.unwrap();
    }
    assert_eq!(keyring.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_share_of_a_caller_that_goes_away_after_the_landing_serves_another() {
    let keyring = Gated::closed();
    let encryptor = encryptor(&keyring, 2);
    let none = EncryptionContext::empty();
    let mut stalled = Box::pin(encryptor.encrypt(b"x", &none));
    let mut waiting = Context::from_waker(Waker::noop());
    assert!(stalled.as_mut().poll(&mut waiting).is_pending());
    keyring.let_through(2);
    encryptor.encrypt(b"x", &none).await.unwrap();
    drop(stalled);
    encryptor.encrypt(b"x", &none).await.unwrap();
    assert_eq!(keyring.calls(), 1);
    encryptor.encrypt(b"x", &none).await.unwrap();
    assert_eq!(keyring.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_reaches_all_who_waited_and_is_forgotten() {
    let keyring = Gated::closed();
    keyring.set_failing(true);
    let encryptor = encryptor(&keyring, 1000);
    let tasks = spawn(&encryptor, 10);
    settle().await;
    keyring.let_through(1);
    for result in tasks.join_all().await {
        assert!(matches!(
            result.unwrap_err(),
            EncryptError::Keyring(KeyringError::Wrap { .. })
        ));
    }
    assert_eq!(keyring.calls(), 1);
    assert_eq!(encryptor.stats().messages, 0);

    keyring.set_failing(false);
    keyring.let_through(1);
    let none = EncryptionContext::empty();
    encryptor.encrypt(b"x", &none).await.unwrap();
    assert_eq!(keyring.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_rest_carry_on_when_the_first_caller_goes_away() {
    let keyring = Gated::closed();
    let encryptor = encryptor(&keyring, 1000);
    let mut first = spawn(&encryptor, 1);
    settle().await;
    let others = spawn(&encryptor, 5);
    settle().await;
    first.shutdown().await;
    keyring.let_through(1);
    for result in others.join_all().await {
        result.unwrap();
    }
    assert_eq!((keyring.calls(), keyring.given_up()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_waits_for_is_given_up() {
    let keyring = Gated::closed();
    let encryptor = encryptor(&keyring, 1000);
    let mut tasks = spawn(&encryptor, 5);
    settle().await;
    tasks.shutdown().await;
    assert_eq!((keyring.calls(), keyring.given_up()), (1, 1));

    // Nothing is left of it that would hold up the next caller.
    keyring.let_through(1);
    let none = EncryptionContext::empty();
    encryptor.encrypt(b"x", &none).await.unwrap();
    assert_eq!(keyring.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_never_polled_again_holds_nobody_up() {
    let keyring = Gated::closed();
    let encryptor = encryptor(&keyring, 1000);
    let none = EncryptionContext::empty();
    let mut stalled = Box::pin(encryptor.encrypt(b"x", &none));
    let mut waiting = Context::from_waker(Waker::noop());
    assert!(stalled.as_mut().poll(&mut waiting).is_pending());
    keyring.let_through(1);
    encryptor.encrypt(b"x", &none).await.unwrap();
    assert_eq!(keyring.calls(), 1);
    // It finds its answer when it comes back.
    assert!(matches!(
        stalled.as_mut().poll(&mut waiting),
        Poll::Ready(Ok(_))
    ));
    assert_eq!(keyring.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_comes_back_late_gets_no_data_key_that_is_too_old() {
    let keyring = Gated::closed();
    let encryptor = encryptor(&keyring, 1000);
    let none = EncryptionContext::empty();
    let mut stalled = Box::pin(encryptor.encrypt(b"x", &none));
    let mut waiting = Context::from_waker(Waker::noop());
    assert!(stalled.as_mut().poll(&mut waiting).is_pending());
    keyring.let_through(2);
    encryptor.encrypt(b"x", &none).await.unwrap();
    tokio::time::advance(Duration::from_secs(60)).await;
    stalled.await.unwrap();
    assert_eq!(keyring.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn different_contexts_do_not_wait_for_each_other() {
    let keyring = Gated::closed();
    let encryptor = encryptor(&keyring, 1000);
    let mut tasks = JoinSet::new();
    for tenant in 0..8 {
        let encryptor = encryptor.clone();
        tasks.spawn(async move {
            let context = EncryptionContext::new([("tenant", tenant.to_string())]).unwrap();
            encryptor.encrypt(b"x", &context).await
        });
    }
    settle().await;
    assert_eq!(keyring.calls(), 8);
    keyring.let_through(8);
    for result in tasks.join_all().await {
        result.unwrap();
    }
}
