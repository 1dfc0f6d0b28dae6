//! Calls that are given up at any moment, beside others that are not: nothing is lost with them.

use crate::cloud::{Cloud, WEST, tenant};
use leeward_envelope::{CachePolicy, Decryptor, EncryptionContext, Encryptor, inspect};
use leeward_testkit::{Fault, Latency, Scope};
use std::{collections::HashMap, num::NonZeroU32, sync::Arc, time::Duration};
use tokio::{
    task::{AbortHandle, JoinSet, yield_now},
    time::sleep,
};

const TENANTS: usize = 5;
const CALLS: usize = 120;
const MAX_MESSAGES: u32 = 20;

fn policy() -> CachePolicy {
    CachePolicy::new(Duration::from_secs(3_600)).with_renewal(None)
}

/// Answers soon or late, so that whoever is given up has got to another place each time.
fn waver(cloud: &Cloud, seed: u64) {
    let wavering = Fault::latency(Latency::log_normal(Duration::from_millis(2), 1.0));
    let kms = Scope::any().service("kms");
    cloud.aws.faults().inject(kms, wavering.with_seed(seed));
}

/// Gives up each third of the calls after a while, and answers what the others came to.
async fn give_up_some<T: 'static>(
    mut set: JoinSet<T>,
    calls: Vec<AbortHandle>,
    seed: u64,
) -> Vec<T> {
    let mut random = fastrand::Rng::with_seed(seed);
    for call in calls {
        match random.u8(..9) {
            0 => call.abort(),
            1 => {
                yield_now().await;
                call.abort();
            }
            2 => {
                sleep(Duration::from_micros(random.u64(..1_000))).await;
                call.abort();
            }
            _ => {}
        }
    }
    let mut done = Vec::new();
    while let Some(result) = set.join_next().await {
        match result {
            Ok(result) => done.push(result),
            Err(gone) => assert!(gone.is_cancelled(), "{gone}"),
        }
    }
    done
}

/// The data key of a message, as KMS has wrapped it.
fn data_key(message: &[u8]) -> Vec<u8> {
    let inspection = inspect(message).unwrap();
    inspection.encrypted_data_keys()[0].ciphertext().to_vec()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encryption_may_be_given_up_at_any_moment() {
    let mut done_in_all = 0;
    for seed in 0..6 {
        let cloud = Cloud::start().await;
        waver(&cloud, seed);
        let limited = policy().with_max_messages(NonZeroU32::new(MAX_MESSAGES).unwrap());
        let encryptor = Encryptor::builder(cloud.keyring()).with_cache(limited);
        let encryptor = encryptor.build().unwrap();
        let mut set = JoinSet::new();
        let calls = (0..CALLS).map(|at| {
            let encryptor = encryptor.clone();
            set.spawn(async move { encryptor.encrypt(b"x", &tenant(at % TENANTS)).await })
        });
        let calls = calls.collect();
        let done = give_up_some(set, calls, seed).await;
        let mut messages: Vec<Vec<u8>> = done.into_iter().map(Result::unwrap).collect();
        done_in_all += messages.len();

        // Whoever comes later is served, and each data key by no more than its limit in all.
        for at in 0..2 * TENANTS {
            let context = tenant(at % TENANTS);
            messages.push(encryptor.encrypt(b"x", &context).await.unwrap());
        }
        let mut served = HashMap::new();
        for message in &messages {
            *served.entry(data_key(message)).or_insert(0) += 1;
        }
        assert!(
            served.values().all(|served| *served <= MAX_MESSAGES),
            "{seed}"
        );
        let total = cloud.aws.counts().total();
        assert!(total.ok >= served.len() as u64, "{seed}");
        // No call was begun that nobody counted, and none of them twice.
        let stats = encryptor.stats();
        assert!(total.calls <= stats.misses, "{seed}: {total:?} {stats:?}");
        assert_eq!(cloud.aws.counts().in_region(&WEST).total().calls, 0);
        // None of the messages was harmed.
        let decryptor = Decryptor::builder(cloud.keyring()).with_cache(policy());
        let decryptor = decryptor.build().unwrap();
        for message in &messages {
            assert_eq!(decryptor.decrypt(message).await.unwrap().plaintext(), b"x");
        }
    }
    assert!(done_in_all < 6 * CALLS, "nobody was given up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decryption_may_be_given_up_at_any_moment() {
    for seed in 0..6 {
        let cloud = Cloud::start().await;
        let encryptor = Encryptor::builder(cloud.keyring()).build().unwrap();
        let mut messages = Vec::new();
        for number in 0..TENANTS {
            let message = encryptor.encrypt(b"x", &tenant(number)).await.unwrap();
            messages.push(Arc::new(message));
        }
        waver(&cloud, seed);
        cloud.aws.reset_counts();
        let decryptor = Decryptor::builder(cloud.keyring()).with_cache(policy());
        let decryptor = decryptor.build().unwrap();
        let mut set = JoinSet::new();
        let calls = (0..CALLS).map(|at| {
            let (decryptor, message) = (decryptor.clone(), Arc::clone(&messages[at % TENANTS]));
            let expected = EncryptionContext::empty();
            set.spawn(async move { decryptor.decrypt_with_context(&message, &expected).await })
        });
        let calls = calls.collect();
        for decrypted in give_up_some(set, calls, seed).await {
            assert_eq!(decrypted.unwrap().plaintext(), b"x");
        }
        // Each data key is there, unwrapped once by a call that was answered.
        for message in &messages {
            decryptor.decrypt(message).await.unwrap();
        }
        let (before, entries) = (cloud.aws.counts().total(), decryptor.stats().entries);
        assert_eq!(entries, TENANTS as u64, "{seed}");
        assert!(before.calls <= decryptor.stats().misses, "{seed}");
        for message in &messages {
            decryptor.decrypt(message).await.unwrap();
        }
        assert_eq!(cloud.aws.counts().total(), before, "{seed}");
    }
}
