//! Secrets that are there: each peer by the quickest way that it has, with the same names.

use arc_swap::ArcSwap;
use aws_secretsmanager_caching::SecretsManagerCachingClient;
use dashmap::DashMap;
use leeward_bench::{
    BoxError,
    secrets::{Turns, Upstream},
};
use std::{collections::HashMap, num::NonZeroUsize, sync::Arc, time::Duration};

type Names<V> = HashMap<Arc<str>, V, ahash::RandomState>;

/// Nothing is over while hits are measured.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

const MISSED: &str = "a secret was not in memory";

/// What a map shares, of as many bytes as a secret has here.
fn value() -> Arc<[u8]> {
    [0x2a; 61].into()
}

/// A thousand at the most, as ours.
pub(super) const CAPACITY: NonZeroUsize = NonZeroUsize::MIN.saturating_add(999);

pub(super) fn aws(
    upstream: &Upstream,
    turns: &Turns,
) -> Result<impl AsyncFnMut() -> Result<usize, String> + Clone + Send + 'static, BoxError> {
    let client = SecretsManagerCachingClient::new(upstream.client(), CAPACITY, LONG, false)?;
    let (client, mut turns) = (Arc::new(client), turns.clone());
    upstream.block_on(async {
        for arn in turns.arns() {
            let filled = client.get_secret_value(arn, None, None, false).await;
            filled.map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(())
    })?;
    Ok(async move || {
        let got = client.get_secret_value(turns.take(), None, None, false);
        match got.await {
            Ok(secret) => Ok(secret.secret_string.map_or(0, |value| value.len())),
            Err(error) => Err(error.to_string()),
        }
    })
}

pub(super) fn moka(
    upstream: &Upstream,
    turns: &Turns,
) -> impl AsyncFnMut() -> Result<Arc<[u8]>, String> + Clone + Send + 'static {
    let cache = moka::future::Cache::builder()
        .max_capacity(CAPACITY.get() as u64)
        .time_to_live(LONG)
        .build_with_hasher(ahash::RandomState::new());
    let mut turns = turns.clone();
    upstream.block_on(async {
        for arn in turns.arns() {
            cache.insert(Arc::<str>::from(arn), value()).await;
        }
    });
    async move || {
        cache
            .get(turns.take())
            .await
            .ok_or_else(|| MISSED.to_owned())
    }
}

pub(super) fn quick_cache(
    turns: &Turns,
) -> impl FnMut() -> Result<Arc<[u8]>, &'static str> + Clone + Send + 'static {
    let cache = quick_cache::sync::Cache::new(CAPACITY.get());
    for arn in turns.arns() {
        cache.insert(Arc::<str>::from(arn), value());
    }
    let (cache, mut turns) = (Arc::new(cache), turns.clone());
    move || cache.get(turns.take()).ok_or(MISSED)
}

pub(super) fn arc_swap(
    turns: &Turns,
) -> impl FnMut() -> Result<Arc<[u8]>, &'static str> + Clone + Send + 'static {
    let map: Names<_> = turns.arns().map(|arn| (arn.into(), value())).collect();
    let (map, mut turns) = (Arc::new(ArcSwap::from_pointee(map)), turns.clone());
    move || map.load().get(turns.take()).cloned().ok_or(MISSED)
}

pub(super) fn dashmap(
    turns: &Turns,
) -> impl FnMut() -> Result<Arc<[u8]>, &'static str> + Clone + Send + 'static {
    let map = DashMap::with_hasher(ahash::RandomState::new());
    for arn in turns.arns() {
        map.insert(Arc::<str>::from(arn), value());
    }
    let (map, mut turns) = (Arc::new(map), turns.clone());
    move || {
        let found = map.get(turns.take());
        found.map(|value| Arc::clone(&value)).ok_or(MISSED)
    }
}
