//! Two Regions, of which one is lost.

use super::{ByHand, EAST, UNHURRIED, pool, until};
use aws_sdk_secretsmanager::{Client, types::ReplicaRegionType};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_region_router::Hedging;
use leeward_secret_cache::{SecretCache, SecretErrorKind, SecretsStack};
use leeward_testkit::{Aws, Fault, FaultRule, Scope};
use std::time::Duration;

const WEST: Region = Region::from_static("us-west-2");

/// The primary in the east, a replica in the west.
struct Regions {
    aws: Aws,
    pool: Pool,
    east: Client,
    clock: ByHand,
}

impl Regions {
    async fn start() -> Self {
        let aws = Aws::start(&[EAST, WEST]).await.expect("two Regions");
        let pool = pool(&aws).with_endpoint(WEST, aws.endpoint(&WEST));
        let pool = pool.build().await.expect("a pool");
        let east = pool.client().with_region(EAST).await.expect("a client");
        Self {
            aws,
            pool,
            east,
            clock: ByHand::default(),
        }
    }

    /// A secret with a replica; gives its ARN.
    async fn secret(&self, name: &str, value: &str) -> String {
        let west = ReplicaRegionType::builder().region(WEST.as_str()).build();
        let create = self.east.create_secret().name(name).secret_string(value);
        let made = create.add_replica_regions(west).send().await;
        made.expect("a new name").arn.expect("an ARN")
    }

    async fn put(&self, name: &str, value: &str) {
        let put = self.east.put_secret_value().secret_id(name);
        put.secret_string(value).send().await.expect("a secret");
    }

    /// A cache that waits as long as the machine takes, but leaves a silent Region soon.
    fn cache(&self) -> SecretCache {
        let stack = SecretsStack::new([EAST, WEST])
            .with_attempt_timeout(UNHURRIED)
            .with_deadline(3 * UNHURRIED)
            .with_hedging(Hedging::new().with_max_delay(Duration::from_millis(300)));
        let service = stack.through(&self.pool).expect("a stack");
        SecretCache::builder(service)
            .with_fetch_timeout(3 * UNHURRIED)
            .with_clock(self.clock.clone())
            .with_seed(7)
            .build()
            .expect("what can be built")
    }

    fn lose(&self, region: Region, fault: Fault) -> FaultRule {
        self.aws.faults().inject(Scope::region(region), fault)
    }

    fn calls(&self, region: &Region) -> u64 {
        let counts = self.aws.counts().in_region(region);
        counts.calls("secretsmanager", "GetSecretValue")
    }
}

#[tokio::test]
async fn a_secret_is_had_from_its_replica_while_the_region_is_a_black_hole_by_whatever_name() {
    let regions = Regions::start().await;
    let arn = regions.secret("db", "1").await;
    let silence = regions.lose(EAST, Fault::black_hole());
    // The emulated Regions know no ARNs of one another.
    let partial = arn.rsplit_once('-').unwrap().0;
    for id in ["db", &arn, partial] {
        // A cache each, since one would have learnt the other names by then.
        let cache = regions.cache();
        let secret = cache.get(id).await.unwrap();
        assert_eq!(secret.expose(), b"1", "{id}");
        assert_eq!(secret.region(), Some("us-west-2"));
        assert_eq!(secret.arn(), arn.replace("us-east-1", "us-west-2"));
    }
    silence.clear();
    regions.aws.shutdown().await;
}

#[tokio::test]
async fn what_was_rotated_is_had_from_the_replica_and_an_older_version_never_comes_back() {
    let regions = Regions::start().await;
    regions.secret("db", "1").await;
    let cache = regions.cache();
    cache.get("db").await.unwrap();
    // The replica does not hear of the second version.
    regions.aws.secrets().hold_replicas(&WEST);
    // Versions are told apart by their dates, in milliseconds.
    tokio::time::sleep(Duration::from_millis(5)).await;
    regions.put("db", "2").await;
    regions.clock.advance(241);
    cache.get("db").await.unwrap();
    until(|| {
        cache
            .try_get("db")
            .is_some_and(|secret| secret.expose() == b"2")
    })
    .await;
    let refused = regions.lose(EAST, Fault::refuse());
    let calls = regions.calls(&WEST);
    regions.clock.advance(241);
    cache.get("db").await.unwrap();
    until(|| regions.calls(&WEST) > calls && cache.stats().outages > 0).await;
    assert_eq!(cache.get("db").await.unwrap().expose(), b"2");
    regions.aws.secrets().release_replicas(&WEST);
    regions.clock.advance(31);
    cache.get("db").await.unwrap();
    until(|| {
        cache
            .try_get("db")
            .is_some_and(|secret| secret.region() == Some("us-west-2"))
    })
    .await;
    assert_eq!(cache.get("db").await.unwrap().expose(), b"2");
    refused.clear();
    regions.aws.shutdown().await;
}

#[tokio::test]
async fn a_denial_is_not_asked_about_elsewhere() {
    let regions = Regions::start().await;
    regions.secret("db", "1").await;
    regions.aws.secrets().deny("db", "GetSecretValue");
    let cache = regions.cache();
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Denied);
    assert_eq!((regions.calls(&EAST), regions.calls(&WEST)), (1, 0));
    regions.aws.shutdown().await;
}

#[tokio::test]
async fn that_a_replica_has_no_such_secret_is_no_word_of_the_primary() {
    let regions = Regions::start().await;
    let create = regions.east.create_secret().name("db").secret_string("1");
    create.send().await.unwrap();
    let refused = regions.lose(EAST, Fault::refuse());
    let cache = regions.cache();
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
    assert!(regions.calls(&WEST) > 0);
    refused.clear();
    regions.clock.advance(31);
    // Its circuit is open for some seconds at the most.
    while cache.get("db").await.is_err() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        regions.clock.advance(31);
    }
    regions.aws.shutdown().await;
}
