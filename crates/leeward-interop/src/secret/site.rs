use crate::server;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_secretsmanager::Client;
use leeward_client_pool::{Pool, PoolError};
use leeward_error_taxonomy::Region;
use leeward_secret_cache::{SecretCache, SecretsStack};
use std::{error::Error, time::Duration};

pub(super) const EAST: Region = Region::from_static("us-east-1");
pub(super) const WEST: Region = Region::from_static("us-west-2");

/// The other side: two Regions of one Secrets Manager, by the plain SDK and by ours.
pub(super) struct Site {
    /// The client of the SDK, by which secrets are made and changed.
    pub(super) plain: Client,
    pub(super) pool: Pool,
    /// A pool for which nobody listens in the first Region.
    outage: Pool,
}

impl Site {
    pub(super) async fn new(port: u16) -> Result<Self, Box<dyn Error>> {
        let pool = pool(port, port).await?;
        Ok(Self {
            plain: pool.client().with_region(EAST).await?,
            pool,
            outage: self::pool(server::free_port()?, port).await?,
        })
    }

    /// A cache with nothing in it.
    pub(super) fn cache(&self) -> Result<SecretCache, Box<dyn Error>> {
        cache(&self.pool)
    }

    /// The same while the first Region is not reached.
    pub(super) fn cache_in_outage(&self) -> Result<SecretCache, Box<dyn Error>> {
        cache(&self.outage)
    }
}

fn cache(pool: &Pool) -> Result<SecretCache, Box<dyn Error>> {
    let stack = SecretsStack::new([EAST, WEST]).without_hedging();
    let builder = SecretCache::builder(stack.through(pool)?);
    // Changes follow each other here as fast as they can be made.
    Ok(builder
        .with_min_refresh_interval(Duration::from_millis(1))
        .build()?)
}

async fn pool(east: u16, west: u16) -> Result<Pool, PoolError> {
    let credentials = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "interop", None);
    let endpoint = |port| format!("http://127.0.0.1:{port}");
    Pool::builder()
        .without_proxy()
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .with_endpoint(EAST, endpoint(east))
        .with_endpoint(WEST, endpoint(west))
        .build()
        .await
}
