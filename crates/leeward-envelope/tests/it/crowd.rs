//! Very many callers at once.

use crate::{context, keyrings::Gated};
use leeward_envelope::{CachePolicy, Encryptor};
use std::{
    num::NonZeroU32,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
};

fn two_workers() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap()
}

fn encryptor(keyring: &Arc<Gated>, max_messages: u32) -> Encryptor {
    let policy = CachePolicy::new(Duration::from_secs(600))
        .with_max_messages(NonZeroU32::new(max_messages).unwrap());
    Encryptor::builder(Arc::clone(keyring))
        .with_cache(policy)
        .build()
        .unwrap()
}

/// So many tasks, of which none is done before all of `calls` wait for the keyring.
async fn crowd(encryptor: &Encryptor, keyring: &Gated, tasks: usize, calls: usize) {
    let mut set = JoinSet::new();
    for at in 0..tasks {
        let encryptor = encryptor.clone();
        let context = context(&[("tenant", &(at % 10).to_string())]);
        set.spawn(async move { encryptor.encrypt(b"x", &context).await });
    }
    while keyring.calls() < calls {
        tokio::task::yield_now().await;
    }
    assert_eq!(set.try_join_next().map(|_| ()), None, "all wait");
    keyring.let_through(tasks);
    while let Some(result) = set.join_next().await {
        result.unwrap().unwrap();
    }
}

#[test]
fn a_thousand_callers_on_a_cold_cache_make_one_call() {
    two_workers().block_on(async {
        let keyring = Gated::closed();
        let encryptor = encryptor(&keyring, u32::MAX);
        let mut set = JoinSet::new();
        for _ in 0..1000 {
            let encryptor = encryptor.clone();
            set.spawn(async move { encryptor.encrypt(b"x", &context(&[])).await });
        }
        while keyring.calls() == 0 {
            tokio::task::yield_now().await;
        }
        keyring.let_through(1000);
        while let Some(result) = set.join_next().await {
            result.unwrap().unwrap();
        }
        assert_eq!(keyring.calls(), 1);
        let stats = encryptor.stats();
        assert_eq!((stats.messages, stats.misses, stats.hits), (1000, 1, 999));
    });
}

#[test]
fn ten_thousand_callers_never_freeze_two_workers() {
    two_workers().block_on(async {
        let keyring = Gated::closed();
        let encryptor = encryptor(&keyring, 100);
        // A thousand wait for each of ten tenants' keys, of which each serves a hundred.
        let crowd = crowd(&encryptor, &keyring, 10_000, 100);
        tokio::time::timeout(Duration::from_secs(300), crowd)
            .await
            .expect("the runtime froze");
        let stats = encryptor.stats();
        assert_eq!(stats.messages, 10_000);
        assert!(stats.misses + stats.renewals >= 100, "{stats:?}");
        assert_eq!(stats.messages, stats.hits + stats.misses);
    });
}

/// Drops a call after each number of polls, beside one that stays: nothing is lost, and no share of a limit with it.
#[tokio::test(start_paused = true)]
async fn a_call_may_be_dropped_at_any_await() {
    let big = vec![1; 5 << 20];
    for polls in 0..12 {
        let keyring = Gated::closed();
        let encryptor = encryptor(&keyring, 2);
        let none = context(&[]);
        let mut dropped = Box::pin(encryptor.encrypt(&big, &none));
        let mut cx = Context::from_waker(Waker::noop());
        let mut is_over = false;
        for poll in 0..polls {
            if poll == 1 {
                keyring.let_through(1);
            }
            is_over = matches!(dropped.as_mut().poll(&mut cx), Poll::Ready(_));
            if is_over {
                break;
            }
        }
        let had_its_key = keyring.calls() == 1 && polls > 1;
        drop(dropped);
        keyring.let_through(10);
        encryptor.encrypt(b"x", &none).await.unwrap();
        assert_eq!(keyring.given_up(), usize::from(polls == 1), "{polls} polls");
        // Whoever had the data key has used up a share of it, whatever became of the message.
        let stats = encryptor.stats();
        assert_eq!(stats.misses, if polls == 1 { 2 } else { 1 }, "{polls}");
        assert_eq!(stats.messages, 1 + u64::from(had_its_key), "{polls}");
        if polls == 11 {
            assert!(is_over, "there are more awaits than were tried");
        }
    }
}
