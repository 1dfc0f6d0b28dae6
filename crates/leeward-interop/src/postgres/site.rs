use super::{cluster::Cluster, log::Log};
use crate::server;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_secretsmanager::Client;
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_secret_cache::SecretCache;
use leeward_testkit::{ACCESS_KEY_ID, Aws, SECRET_ACCESS_KEY};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use std::{error::Error, path::Path, time::Duration};
use tokio::time::{sleep, timeout};

const REGION: Region = Region::from_static("eu-central-1");

/// A database, and an AWS that keeps the logins to it.
pub(super) struct Site {
    options: PgConnectOptions,
    version: String,
    pub(super) log: Log,
    aws: Aws,
    pool: Pool,
    /// The client of the SDK, for rotation functions.
    pub(super) plain: Client,
}

impl Site {
    pub(super) async fn new(cluster: &Cluster, log: &Path) -> Result<Self, Box<dyn Error>> {
        let aws = Aws::start(&[REGION]).await?;
        let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
        let pool = Pool::builder()
            .without_proxy()
            .with_credentials(SharedCredentialsProvider::new(credentials))
            .with_endpoint(REGION, aws.endpoint(&REGION))
            .build()
            .await?;
        let plain = pool.client().with_region(REGION).await?;
        ready(&cluster.options()).await?;
        let mut site = Self {
            options: cluster.options(),
            version: String::new(),
            log: Log::new(log),
            aws,
            pool,
            plain,
        };
        let mut admin = site.admin().await?;
        let version = sqlx::query_scalar("SHOW server_version");
        site.version = version.fetch_one(&mut admin).await?;
        let table = "CREATE TABLE orders (id bigint PRIMARY KEY); \
            INSERT INTO orders SELECT generate_series(1, 100); \
            CREATE ROLE reader; GRANT SELECT ON orders TO reader";
        sqlx::raw_sql(table).execute(&mut admin).await?;
        admin.close().await?;
        Ok(site)
    }

    /// What PostgreSQL says that it is.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// A cache with nothing in it.
    pub(super) async fn cache(&self) -> Result<SecretCache, Box<dyn Error>> {
        let target = self.pool.target::<Client>(REGION).await?;
        Ok(SecretCache::builder(target).build()?)
    }

    /// How often Secrets Manager was asked for secrets, whoever asked.
    pub(super) fn requests(&self) -> u64 {
        let counts = self.aws.counts();
        let calls = |operation| counts.calls("secretsmanager", operation);
        calls("GetSecretValue") + calls("DescribeSecret") + calls("BatchGetSecretValue")
    }

    /// The options of all connections, with the administrator's login.
    pub(super) const fn options(&self) -> &PgConnectOptions {
        &self.options
    }

    pub(super) async fn admin(&self) -> Result<PgConnection, sqlx::Error> {
        PgConnection::connect_with(&self.options).await
    }

    /// Makes a user that may read what there is.
    pub(super) async fn make_user(&self, name: &str, password: &str) -> Result<(), sqlx::Error> {
        let mut admin = self.admin().await?;
        let make = format!("CREATE ROLE {name} LOGIN IN ROLE reader PASSWORD '{password}'");
        sqlx::raw_sql(AssertSqlSafe(make))
            .execute(&mut admin)
            .await?;
        admin.close().await
    }
}

/// Waits until it lets anybody in, which is a little later than it listens.
async fn ready(options: &PgConnectOptions) -> Result<(), Box<dyn Error>> {
    const IS_STARTING: &str = "57P03";
    let admitted = async {
        loop {
            match PgConnection::connect_with(options).await {
                Ok(connection) => return connection.close().await,
                Err(sqlx::Error::Database(error))
                    if error.code().as_deref() == Some(IS_STARTING) =>
                {
                    sleep(Duration::from_millis(50)).await;
                }
                Err(error) => return Err(error),
            }
        }
    };
    let waited = timeout(server::MAX_START, admitted).await;
    Ok(waited.map_err(|_| "PostgreSQL listens, and goes on starting")??)
}
