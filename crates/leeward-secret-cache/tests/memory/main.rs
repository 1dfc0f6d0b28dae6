//! What is left of a secret in the memory of a process: in one of its own, where nobody else writes over it.
#![cfg(target_os = "linux")]

mod marker;
mod server;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_secretsmanager::Client;
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_secret_cache::{SecretCache, SecretFilter, WarmUp};
use marker::Marker;
use server::MANY;
use std::{num::NonZeroUsize, sync::Arc, time::Duration};
use tokio::{sync::Mutex, task::yield_now};
use zeroize::Zeroizing;

/// What is before the marker in a value, and in no answer as it is read: that has backslashes.
const VALUE: &[u8] = br#"":""#;

/// Held by each test, so that none looks for what another writes over.
static ALONE: Mutex<()> = Mutex::const_new(());

const EAST: Region = Region::from_static("us-east-1");

/// A pool of connections to a Secrets Manager of its own, and what is to be looked for.
async fn site(seed: u64) -> (Pool, Arc<Marker>) {
    let marker = Arc::new(Marker::draw(&mut fastrand::Rng::with_seed(seed)));
    let address = server::serve(marker.clone()).await;
    let address = address.expect("a port on loopback");
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "none", None, None, "tests");
    let pool = Pool::builder()
        .without_proxy()
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .with_endpoint(EAST, format!("http://{address}"))
        .build()
        .await;
    (pool.expect("what can be built"), marker)
}

/// How many copies of a secret there are.
#[derive(Debug)]
struct Copies {
    /// After 100 gets, of which one is in use.
    in_use: Found,
    /// After all was dropped.
    at_the_end: Found,
}

#[derive(Debug, PartialEq, Eq)]
struct Found {
    all: usize,
    /// As a value has it: what is ours, and nobody else's.
    values: usize,
}

fn look_for(marker: &Marker) -> Found {
    Found {
        all: marker.copies_after(b""),
        values: marker.copies_after(VALUE),
    }
}

/// Of the SDK, with 100 calls.
async fn of_the_sdk(seed: u64) -> Copies {
    let (pool, marker) = site(seed).await;
    let client = pool.client::<Client>().with_region(EAST).await;
    let client = client.expect("a client");
    let mut last = None;
    for _ in 0..100 {
        let answer = client.get_secret_value().secret_id("db-0").send().await;
        last = Some(answer.expect("a secret"));
    }
    let in_use = look_for(&marker);
    drop((last, client));
    end(pool).await;
    Copies {
        in_use,
        at_the_end: look_for(&marker),
    }
}

/// Of a cache, with one call, or with 100 if each get is let go of.
async fn of_a_cache(is_fetched_each_time: bool) -> Copies {
    let (pool, marker) = site(u64::from(is_fetched_each_time)).await;
    let service = pool.target::<Client>(EAST).await.expect("a target");
    let cache = SecretCache::builder(service).build();
    let cache = cache.expect("what can be built");
    let mut last = None;
    for _ in 0..100 {
        if is_fetched_each_time {
            cache.invalidate("db-0");
        }
        let secret = cache.get("db-0").await.expect("a secret");
        assert_eq!(secret.key("password").map(str::len), Ok(61));
        last = Some(secret);
    }
    let fetches = if is_fetched_each_time { 100 } else { 1 };
    assert_eq!(cache.stats().fetches(), fetches);
    let in_use = look_for(&marker);
    let value = last.as_ref().map(Arc::downgrade);
    drop((last, cache));
    // Until the tasks of the cache have ended as well.
    while value.as_ref().is_some_and(|value| value.strong_count() > 0) {
        yield_now().await;
    }
    end(pool).await;
    Copies {
        in_use,
        at_the_end: look_for(&marker),
    }
}

async fn end(pool: Pool) {
    pool.shutdown().await;
    drop(pool);
}

#[tokio::test]
async fn a_value_leaves_no_more_behind_than_the_sdk_reads_it_from() {
    let _alone = ALONE.lock().await;
    check_the_search();
    let kept = of_a_cache(false).await;
    let fetched = of_a_cache(true).await;
    let mut sdk = of_the_sdk(10).await;
    // What was let go of is written over as it happens: all of it once, but not time and again.
    for seed in 11..20 {
        if sdk.in_use.all < kept.in_use.all {
            sdk = of_the_sdk(seed).await;
        }
    }
    println!("of the SDK {sdk:?}; of a cache {kept:?}, and {fetched:?} with 100 fetches");
    // The value, and what the SDK read it from.
    assert!(
        kept.in_use.all <= 2 && kept.in_use.all <= sdk.in_use.all,
        "{kept:?}, {sdk:?}"
    );
    assert!(kept.at_the_end.all <= 1, "{kept:?}");
    // What the SDK reads a hundred answers from is used again as it happens, so that some are left; of ours is none.
    for copies in [kept, fetched] {
        let values = (copies.in_use.values, copies.at_the_end.values);
        assert_eq!(values, (1, 0), "{copies:?}");
    }
}

#[tokio::test]
async fn a_warm_up_leaves_nothing_of_what_it_does_not_keep() {
    let _alone = ALONE.lock().await;
    for (capacity, kept) in [(1, 1), (1_000, MANY)] {
        let (pool, marker) = site(30 + u64::from(kept == 1)).await;
        let service = pool.target::<Client>(EAST).await.expect("a target");
        let builder = SecretCache::builder(service);
        let capacity = NonZeroUsize::new(capacity).expect("some room");
        let cache = builder.with_capacity(capacity).build();
        let cache = cache.expect("what can be built");
        // What is there is not kept the second time.
        for _ in 0..2 {
            let all = WarmUp::of_filters([SecretFilter::name("db-")]);
            let report = cache.warm_up(all.with_start_within(Duration::ZERO)).await;
            assert_eq!(report.expect("a report").loaded.len(), kept);
        }
        assert_eq!(look_for(&marker).values, kept);
        cache.clear();
        assert_eq!(look_for(&marker).values, 0);
        end(pool).await;
    }
}

/// What is there is found, and what was wiped is not.
fn check_the_search() {
    let marker = Marker::draw(&mut fastrand::Rng::with_seed(9));
    assert_eq!(look_for(&marker).all, 0);
    let mut texts: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    for nth in 1..=3 {
        let mut text = Vec::with_capacity(100);
        marker.write_to(&mut text);
        texts.push(Zeroizing::new(text));
        assert_eq!(look_for(&marker).all, nth);
    }
    drop(texts);
    assert_eq!(look_for(&marker).all, 0);
}
