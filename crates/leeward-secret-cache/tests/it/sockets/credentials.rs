use super::{EAST, World, pool, until};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_secretsmanager::Client;
use leeward_secret_cache::{SecretCache, SecretErrorKind};
use leeward_testkit::{ACCESS_KEY_ID, Fault, SECRET_ACCESS_KEY};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

#[tokio::test]
async fn credentials_that_have_expired_say_nothing_of_the_secret() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = world.cache().await;
    cache.get("db").await.unwrap();
    let rule = world.inject(Fault::expired_token());
    world.make_due();
    cache.get("db").await.unwrap();
    until(|| cache.stats().outages >= 1).await;
    assert_eq!(cache.stats().withdrawals, 0);
    cache.get("db").await.unwrap();
    world.rest();
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
    assert_eq!(
        error.failure().unwrap().code(),
        Some("ExpiredTokenException")
    );
    rule.clear();
    world.recovered(&cache, "db").await;
    world.aws.shutdown().await;
}

/// Has credentials, or not, as the test says.
#[derive(Clone, Debug, Default)]
struct Wallet {
    is_lost: Arc<AtomicBool>,
}

impl ProvideCredentials for Wallet {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(if self.is_lost.load(Relaxed) {
            Err(CredentialsError::provider_error("no role to be had"))
        } else {
            Ok(Credentials::from_keys(
                ACCESS_KEY_ID,
                SECRET_ACCESS_KEY,
                None,
            ))
        })
    }
}

#[tokio::test]
async fn credentials_that_are_not_to_be_had_are_an_outage_without_a_call() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let wallet = Wallet::default();
    wallet.is_lost.store(true, Relaxed);
    let credentials = SharedCredentialsProvider::new(wallet.clone());
    let pool = pool(&world.aws).with_credentials(credentials).build().await;
    let target = pool.unwrap().target::<Client>(EAST).await.unwrap();
    let cache = SecretCache::builder(target)
        .with_fetch_timeout(super::UNHURRIED)
        .with_clock(world.clock.clone())
        .build()
        .unwrap();
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable, "{error}");
    assert_eq!(world.calls(), 0);
    wallet.is_lost.store(false, Relaxed);
    assert_eq!(world.recovered(&cache, "db").await.expose(), b"1");
    world.aws.shutdown().await;
}
