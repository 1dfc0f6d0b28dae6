//! Identity caches of the SDK that somebody sets beside the pool's own credentials. Over real sockets.

use crate::cloud::{EAST, WEST, builder, credentials};
use aws_credential_types::Credentials;
use aws_sdk_kms::{Client, config::IdentityCache, error::ProvideErrorMetadata};
use aws_smithy_runtime_api::client::{
    identity::{
        Identity as Signer, IdentityFuture, ResolveCachedIdentity, SharedIdentityCache,
        SharedIdentityResolver,
    },
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::config_bag::ConfigBag;
use leeward_client_pool::{ClientConfig, Identity, Pool, Role};
use leeward_testkit::Aws;

const LEDGER: &str = "arn:aws:iam::111122223333:role/ledger";

async fn checking() -> (Aws, Pool) {
    let aws = Aws::builder().with_region(EAST).with_region(WEST);
    let aws = aws.checking_credentials().start().await.unwrap();
    let pool = builder(&aws)
        .with_credentials(credentials())
        .with_region(EAST)
        .with_sts_regions([EAST, WEST]);
    (aws, pool.build().await.unwrap())
}

/// Gives the keys of somebody else, whoever is asked for.
#[derive(Debug)]
struct Impostor;

impl ResolveCachedIdentity for Impostor {
    fn resolve_cached_identity<'a>(
        &'a self,
        _: SharedIdentityResolver,
        _: &'a RuntimeComponents,
        _: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        let keys = Credentials::from_keys("AKIDIMPOSTOR", "hush", None);
        IdentityFuture::ready(Ok(Signer::from(keys)))
    }
}

#[tokio::test]
async fn a_cache_that_a_change_sets_neither_signs_nor_keeps_what_was_refused() {
    for keys in [false, true] {
        let (aws, pool) = checking().await;
        let identity = if keys {
            Identity::keys(credentials_of_the_cloud())
        } else {
            Role::new(LEDGER).unwrap().into()
        };
        let kms: Client = pool
            .client()
            .with_identity(identity)
            .with_config("impostor", |config| {
                config.set_identity_cache(Some(SharedIdentityCache::new(Impostor)));
            })
            .await
            .unwrap();
        kms.list_keys().send().await.unwrap();
        aws.roles().revoke(LEDGER);
        kms.list_keys().send().await.unwrap();
        let signers = aws.counts().signers("kms", "ListKeys");
        assert!(!signers.contains_key("AKIDIMPOSTOR"), "{signers:?}");
        assert_eq!(signers.len(), if keys { 1 } else { 2 }, "{signers:?}");
    }
}

fn credentials_of_the_cloud() -> Credentials {
    use leeward_testkit::{ACCESS_KEY_ID, SECRET_ACCESS_KEY};
    Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None)
}

/// A client with a cache of its own, made by whoever takes everything else along.
fn with_a_cache_of_its_own(config: &ClientConfig) -> Client {
    let mut builder = aws_sdk_kms::config::Builder::from(config.sdk());
    for interceptor in config.interceptors() {
        builder.push_interceptor(interceptor);
    }
    for classifier in config.retry_classifiers() {
        builder.push_retry_classifier(classifier);
    }
    Client::from_conf(
        builder
            .identity_cache(IdentityCache::lazy().build())
            .build(),
    )
}

#[tokio::test]
async fn a_client_with_a_cache_of_its_own_is_sent_once_more_with_what_was_refused() {
    let (aws, pool) = checking().await;
    let asked = pool.client_by("kms", with_a_cache_of_its_own);
    let kms = asked.with_role(Role::new(LEDGER).unwrap()).await.unwrap();
    kms.list_keys().send().await.unwrap();
    aws.roles().revoke(LEDGER);
    aws.reset_counts();
    for calls in [2, 4] {
        let refused = kms.list_keys().send().await.unwrap_err();
        assert_eq!(refused.code(), Some("UnrecognizedClientException"));
        assert_eq!(aws.counts().calls("kms", "ListKeys"), calls);
    }
    assert_eq!(aws.counts().signers("kms", "ListKeys").len(), 1);
    // The others that the pool has are served by its own.
    let own: Client = pool
        .client()
        .with_role(Role::new(LEDGER).unwrap())
        .await
        .unwrap();
    own.list_keys().send().await.unwrap();
}
