use super::{
    engine::{Connection as Connected, Engine, Logins},
    instance::Instance,
    session::Session,
};
use crate::server;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_secretsmanager::Client;
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_secret_cache::{DatabaseLogin, SecretCache, SecretHandle};
use leeward_testkit::{ACCESS_KEY_ID, Aws, SECRET_ACCESS_KEY};
use sqlx::{ConnectOptions, Connection};
use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{sleep, timeout};

const REGION: Region = Region::from_static("eu-central-1");

/// A database, and an AWS that keeps the logins to it.
pub(super) struct Site<'a, E> {
    instance: &'a Instance<E>,
    version: String,
    log: PathBuf,
    aws: Aws,
    pool: Pool,
    /// The client of the SDK, for rotation functions.
    pub(super) plain: Client,
}

impl<'a, E: Engine> Site<'a, E> {
    pub(super) async fn new(instance: &'a Instance<E>, log: &Path) -> Result<Self, Box<dyn Error>> {
        let aws = Aws::start(&[REGION]).await?;
        let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
        let pool = Pool::builder()
            .without_proxy()
            .with_credentials(SharedCredentialsProvider::new(credentials))
            .with_endpoint(REGION, aws.endpoint(&REGION))
            .build()
            .await?;
        let plain = pool.client().with_region(REGION).await?;
        let mut admin = admitted(instance).await?;
        let version = admin.ask(E::VERSION.to_owned()).await?;
        admin.run(E::ORDERS.to_owned()).await?;
        admin.close().await?;
        Ok(Self {
            instance,
            version,
            log: log.to_owned(),
            aws,
            pool,
            plain,
        })
    }

    /// What the database says that it is.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    pub(super) const fn port(&self) -> u16 {
        self.instance.port()
    }

    /// A cache with nothing in it.
    pub(super) async fn cache(&self) -> Result<SecretCache, Box<dyn Error>> {
        let target = self.pool.target::<Client>(REGION).await?;
        Ok(SecretCache::builder(target).build()?)
    }

    /// Logs in by a secret, and by nothing else that is known here.
    pub(super) fn login(&self, secret: SecretHandle) -> DatabaseLogin<E::Options> {
        DatabaseLogin::new(secret, E::options(self.port(), "", ""))
    }

    /// How often Secrets Manager was asked for secrets, whoever asked.
    pub(super) fn requests(&self) -> u64 {
        let counts = self.aws.counts();
        let calls = |operation| counts.calls("secretsmanager", operation);
        calls("GetSecretValue") + calls("DescribeSecret") + calls("BatchGetSecretValue")
    }

    /// Does this as the administrator.
    pub(super) async fn administer(&self, statements: String) -> Result<(), sqlx::Error> {
        let mut admin = self.instance.admin().connect().await?;
        admin.run(statements).await?;
        admin.close().await
    }

    /// How often a user was let in and turned away.
    pub(super) async fn logins(&self, user: &str) -> Result<Logins, Box<dyn Error>> {
        let mut admin = self.instance.admin().connect().await?;
        let log = fs::read_to_string(&self.log)?;
        let logins = E::logins(&mut admin, &log, user).await?;
        admin.close().await?;
        Ok(logins)
    }
}

/// Waits until it lets anybody in, which may be a little later than it listens.
async fn admitted<E: Engine>(instance: &Instance<E>) -> Result<Connected<E>, Box<dyn Error>> {
    let admitted = async {
        loop {
            match instance.admin().connect().await {
                Err(error) if E::is_starting(&error) => sleep(Duration::from_millis(50)).await,
                outcome => return outcome,
            }
        }
    };
    let waited = timeout(server::MAX_START, admitted).await;
    Ok(waited.map_err(|_| format!("{} listens, and goes on starting", E::NAME))??)
}
