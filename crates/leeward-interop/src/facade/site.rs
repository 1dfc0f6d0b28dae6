use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_testkit::Aws;
use std::{error::Error, net::Ipv4Addr};

/// The Region that everything is made in.
pub(super) const EAST: Region = Region::from_static("us-east-1");

/// The other side, which each case makes things of its own at.
pub(super) struct Site {
    pub(super) pool: Pool,
    pub(super) port: u16,
}

impl Site {
    pub(super) async fn new(port: u16) -> Result<Self, Box<dyn Error>> {
        let pool = pool(format!("http://127.0.0.1:{port}"), ANYBODY).await?;
        Ok(Self { pool, port })
    }

    /// The fault plane of the testkit in front of it, and who calls through that.
    pub(super) async fn behind_faults(&self) -> Result<(Aws, Pool), Box<dyn Error>> {
        let address = (Ipv4Addr::LOCALHOST, self.port).into();
        let aws = Aws::builder().with_region(EAST).with_upstream(address);
        let aws = aws.start().await?;
        let pool = pool(aws.endpoint(&EAST), ANYBODY).await?;
        Ok((aws, pool))
    }

    /// Who calls by the one pair of keys that it knows: it verifies what they sign ahead.
    pub(super) async fn as_root(&self) -> Result<Pool, Box<dyn Error>> {
        pool(format!("http://127.0.0.1:{}", self.port), ("test", "test")).await
    }
}

/// Keys that it has not given: it takes any.
const ANYBODY: (&str, &str) = ("AKIAIOSFODNN7EXAMPLE", "interop");

async fn pool(endpoint: String, (id, secret): (&str, &str)) -> Result<Pool, Box<dyn Error>> {
    let credentials = Credentials::from_keys(id, secret, None);
    let pool = Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .with_endpoint(EAST, endpoint);
    Ok(pool.build().await?)
}
