//! The same with the SDK's client, over sockets.

use crate::{
    sockets::{EAST, UNHURRIED, pool},
    warm_up::warmed,
};
use aws_sdk_secretsmanager::{Client, primitives::Blob, types::Tag};
use leeward_secret_cache::{SecretCache, SecretErrorKind, SecretFilter, WarmUp};
use leeward_testkit::Aws;
use std::time::Duration;

struct World {
    aws: Aws,
    client: Client,
    cache: SecretCache,
}

impl World {
    /// With `prod/db-0` to `prod/db-44`, every third of them tagged, and another.
    async fn start() -> Self {
        let aws = Aws::start(&[EAST]).await.expect("a Region");
        let pool = pool(&aws).build().await.expect("a pool");
        let client = pool.client().with_region(EAST).await.expect("a client");
        let target = pool.target::<Client>(EAST).await.expect("a target");
        let cache = SecretCache::builder(target)
            .with_fetch_timeout(UNHURRIED)
            .build()
            .expect("what can be built");
        let world = Self { aws, client, cache };
        for nth in 0..45 {
            let tag = Tag::builder().key("warm").value("yes").build();
            let secret = world.client.create_secret().name(name(nth));
            let secret = secret.secret_string(format!("value-{nth}"));
            let secret = secret.set_tags((nth % 3 == 0).then(|| vec![tag]));
            secret.send().await.expect("a new name");
        }
        let other = world.client.create_secret().name("other");
        let other = other.secret_binary(Blob::new(vec![0; 65_536]));
        other.send().await.expect("a new name");
        world
    }

    fn calls(&self, operation: &str) -> u64 {
        self.aws.counts().calls("secretsmanager", operation)
    }
}

fn name(nth: usize) -> String {
    format!("prod/db-{nth}")
}

fn at_once(warm_up: WarmUp) -> WarmUp {
    warm_up
        .with_start_within(Duration::ZERO)
        .with_timeout(UNHURRIED)
}

#[tokio::test]
async fn filters_find_secrets_a_page_at_a_time() {
    let world = World::start().await;
    let filters = [SecretFilter::name("prod/")];
    let report = warmed(&world.cache, at_once(WarmUp::of_filters(filters))).await;
    assert_eq!(report.loaded.len(), 45);
    assert_eq!(world.calls("BatchGetSecretValue"), 3);
    let secret = world.cache.try_get("prod/db-7").unwrap();
    assert_eq!(secret.expose(), b"value-7");
    assert!(world.cache.try_get(secret.arn()).is_some());

    let tagged = [SecretFilter::name("prod/"), SecretFilter::tag_key("warm")];
    let report = warmed(&world.cache, at_once(WarmUp::of_filters(tagged))).await;
    assert_eq!(report.loaded.len(), 15);
    assert_eq!(world.calls("GetSecretValue"), 0);
}

#[tokio::test]
async fn ids_come_by_name_and_arn_and_what_one_meets_is_told() {
    let world = World::start().await;
    let described = world.client.describe_secret().secret_id(name(3));
    let arn = described.send().await.unwrap().arn.unwrap();
    world.aws.secrets().deny("prod/db-1", "GetSecretValue");
    let ids = [
        name(1),
        name(2),
        arn.clone(),
        "other".to_owned(),
        "nobody".to_owned(),
    ];
    let report = world.cache.warm_up(at_once(WarmUp::of_ids(ids))).await;
    let mut report = report.unwrap();
    report.loaded.sort_unstable();
    assert_eq!(report.loaded, [arn.clone(), "other".to_owned(), name(2)]);
    let mut failed: Vec<_> = report
        .failed
        .iter()
        .map(|error| (error.secret(), error.kind()))
        .collect();
    failed.sort_unstable_by_key(|(secret, _)| *secret);
    assert_eq!(
        failed,
        [
            ("nobody", SecretErrorKind::NotFound),
            ("prod/db-1", SecretErrorKind::Denied),
        ]
    );
    assert!(world.cache.try_get(&arn).is_some());
    assert_eq!(world.cache.try_get("other").unwrap().expose().len(), 65_536);
    assert_eq!(world.calls("BatchGetSecretValue"), 1);
}
