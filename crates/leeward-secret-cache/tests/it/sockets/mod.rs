//! The cache over sockets: the SDK's client, a pool, and a Secrets Manager of its own in this process.

mod credentials;
mod deletion;
mod herd;
mod names;
mod outage;
mod refusal;
mod replicas;
mod rotation;
mod silence;
mod value;
mod version;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_secretsmanager::Client;
use leeward_client_pool::{Pool, PoolBuilder};
use leeward_error_taxonomy::Region;
use leeward_resilience::{Clock, Timestamp};
use leeward_secret_cache::{Secret, SecretCache, SecretCacheBuilder};
use leeward_testkit::{ACCESS_KEY_ID, Aws, Fault, FaultRule, SECRET_ACCESS_KEY, Scope};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::time::{sleep, timeout};

pub(crate) const EAST: Region = Region::from_static("us-east-1");

/// More than the busiest machine takes for an answer.
pub(crate) const UNHURRIED: Duration = Duration::from_secs(120);

/// One Region, and the time of the caches over it.
struct World {
    aws: Aws,
    pool: Pool,
    /// For what is no cache's to do.
    client: Client,
    clock: ByHand,
}

impl World {
    async fn start() -> Self {
        let aws = Aws::start(&[EAST]).await.expect("a Region");
        let pool = pool(&aws).build().await.expect("a pool");
        let client = pool.client().with_region(EAST).await.expect("a client");
        Self {
            aws,
            pool,
            client,
            clock: ByHand::default(),
        }
    }

    /// A secret; gives its ARN.
    async fn secret(&self, name: &str, value: &str) -> String {
        let create = self.client.create_secret().name(name).secret_string(value);
        let made = create.send().await.expect("a new name");
        made.arn.expect("an ARN")
    }

    /// Another version, which is current from then on; gives its id.
    async fn put(&self, name: &str, value: &str) -> String {
        let put = self.client.put_secret_value().secret_id(name);
        let put = put.secret_string(value).send().await.expect("a secret");
        put.version_id.expect("a version")
    }

    /// A cache that goes by the world's clock and waits as long as the machine takes.
    async fn builder(&self) -> SecretCacheBuilder {
        let target = self.pool.target::<Client>(EAST).await.expect("a target");
        SecretCache::builder(target)
            .with_fetch_timeout(UNHURRIED)
            .with_clock(self.clock.clone())
            .with_seed(7)
    }

    async fn cache(&self) -> SecretCache {
        self.builder().await.build().expect("what can be built")
    }

    /// How often values were asked for.
    fn calls(&self) -> u64 {
        self.aws.counts().calls("secretsmanager", "GetSecretValue")
    }

    /// Lets something happen to all values that are asked for.
    fn inject(&self, fault: Fault) -> FaultRule {
        let values = Scope::region(EAST).service("secretsmanager");
        let values = values.operation("GetSecretValue");
        self.aws.faults().inject(values, fault)
    }

    /// So late that values are fetched anew by the side.
    fn make_due(&self) {
        self.clock.advance(241);
    }

    /// So late that values are not served any more.
    fn make_over(&self) {
        self.clock.advance(301);
    }

    /// So late that what failed is tried again.
    fn rest(&self) {
        self.clock.advance(60);
    }

    /// What a cache has as soon as Secrets Manager is well again, and whatever was under way before has ended.
    async fn recovered(&self, cache: &SecretCache, name: &str) -> Arc<Secret> {
        let recovered = timeout(UNHURRIED, async {
            loop {
                self.rest();
                if let Ok(secret) = cache.get(name).await {
                    return secret;
                }
            }
        });
        recovered.await.expect("it recovers")
    }
}

/// One that waits as long as the machine takes.
pub(crate) fn pool(aws: &Aws) -> PoolBuilder {
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    Pool::builder()
        .without_proxy()
        .with_connect_timeout(UNHURRIED)
        .with_max_connection_wait(UNHURRIED)
        .with_read_timeout(None)
        .with_attempt_timeout(None)
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .with_endpoint(EAST, aws.endpoint(&EAST))
}

/// Told the time by the test, in seconds, on both clocks.
#[derive(Clone, Debug, Default)]
struct ByHand(Arc<AtomicU64>);

impl ByHand {
    fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Relaxed);
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.0.load(Relaxed))
    }
}

impl Clock for ByHand {
    fn now(&self) -> Timestamp {
        Timestamp::new(self.elapsed())
    }

    fn date(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_000_000_000) + self.elapsed()
    }
}

/// Waits for what happens by the side, over a socket.
async fn until(mut holds: impl FnMut() -> bool) {
    let held = timeout(UNHURRIED, async {
        while !holds() {
            sleep(Duration::from_millis(1)).await;
        }
    });
    held.await.expect("what the test waits for comes about");
}

/// Waits for the end of the fetch that is under way, if one is.
async fn until_it_landed(cache: &SecretCache, name: &str) {
    until(|| {
        let status = cache.status(name);
        status.is_some_and(|status| !status.is_being_fetched)
    })
    .await;
}
