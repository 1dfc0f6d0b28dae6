//! One secret that is fetched when it is asked for, kept by each peer in the way that its documentation shows.

use super::hit::CAPACITY;
use aws_sdk_secretsmanager::Client;
use aws_secretsmanager_caching::SecretsManagerCachingClient;
use leeward_bench::{
    BoxError,
    secrets::{Answer, Upstream},
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

type Get = Box<dyn Fn() -> Answer + Send + Sync>;

pub(super) fn aws(
    upstream: &Upstream,
    arn: &str,
    max_age: Duration,
    ignores_transient_errors: bool,
) -> Result<Get, BoxError> {
    let client = SecretsManagerCachingClient::new(
        upstream.client(),
        CAPACITY,
        max_age,
        ignores_transient_errors,
    )?;
    let (client, arn) = (Arc::new(client), Arc::<str>::from(arn));
    Ok(Box::new(move || {
        let (client, arn) = (Arc::clone(&client), Arc::clone(&arn));
        Box::pin(async move {
            let got = client.get_secret_value(&arn, None, None, false).await;
            let secret = got.map_err(|error| error.to_string())?;
            Ok(secret.secret_string.ok_or("no text")?)
        })
    }))
}

pub(super) fn moka(upstream: &Upstream, arn: &str, max_age: Duration) -> Result<Get, BoxError> {
    let cache = moka::future::Cache::builder()
        .max_capacity(CAPACITY.get() as u64)
        .time_to_live(max_age)
        .build_with_hasher(ahash::RandomState::new());
    let (client, arn) = (upstream.client(), Arc::<str>::from(arn));
    Ok(Box::new(move || {
        let (cache, client, arn) = (cache.clone(), client.clone(), Arc::clone(&arn));
        Box::pin(async move {
            let fetched = cache.try_get_with(Arc::clone(&arn), fetch(&client, &arn));
            let value: Arc<str> = fetched.await.map_err(|error| error.to_string())?;
            Ok(value.to_string())
        })
    }))
}

/// With the age of the value beside it, since the cache knows none.
pub(super) fn quick_cache(
    upstream: &Upstream,
    arn: &str,
    max_age: Duration,
) -> Result<Get, BoxError> {
    let cache = quick_cache::sync::Cache::<Arc<str>, (Arc<str>, Instant)>::new(CAPACITY.get());
    let (cache, client) = (Arc::new(cache), upstream.client());
    let arn = Arc::<str>::from(arn);
    Ok(Box::new(move || {
        let (cache, client, arn) = (Arc::clone(&cache), client.clone(), Arc::clone(&arn));
        Box::pin(async move {
            let is_over = |(_, fetched): &(Arc<str>, Instant)| fetched.elapsed() >= max_age;
            cache.remove_if(&arn, is_over);
            let fetch = async {
                fetch(&client, &arn)
                    .await
                    .map(|value| (value, Instant::now()))
            };
            let (value, _) = cache.get_or_insert_async(&arn, fetch).await?;
            Ok(value.to_string())
        })
    }))
}

async fn fetch(client: &Client, arn: &str) -> Result<Arc<str>, BoxError> {
    let got = client.get_secret_value().secret_id(arn).send().await?;
    Ok(got.secret_string.ok_or("no text")?.into())
}
