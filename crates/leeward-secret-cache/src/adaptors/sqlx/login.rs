use super::{
    LoginOptions, RotatingPool,
    refusal::{Unfinished, is_sqlx_auth_error},
};
use crate::{
    RdsSecret, Secret, SecretHandle, UnreadableSecret, WithSecretError, adaptors::is_final,
};
use sqlx::pool::PoolOptions;
use std::{fmt, io, sync::Arc, time::Duration};
use tokio::time::timeout;

/// A login to a database that a secret holds, as RDS keeps it, for connections of sqlx.
///
/// Connections have the user and the password of the secret, and its host, port and database unless said otherwise here. All else is
/// the caller's: TLS above all, which needs a feature of sqlx as well, since without one sqlx falls back to none by default.
///
/// sqlx keeps the password in its options, does not wipe it and prints it with them.
///
/// ```
/// use leeward_secret_cache::{DatabaseLogin, SecretCache};
/// # #[cfg(feature = "sqlx-postgres")]
/// use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
///
/// # #[cfg(feature = "sqlx-postgres")]
/// # async fn run(secrets: SecretCache) -> Result<(), Box<dyn std::error::Error>> {
/// let base = PgConnectOptions::new_without_pgpass()
///     .ssl_mode(PgSslMode::VerifyFull)
///     .ssl_root_cert("/etc/ssl/rds/global-bundle.pem")
///     .application_name("orders");
/// let login = DatabaseLogin::new(secrets.handle("prod/orders/db"), base);
/// let pool = login.pool(PgPoolOptions::new().max_connections(10)).await?;
///
/// // Logs in with whichever version the database takes, in the midst of a rotation as well.
/// let mut connection = pool.acquire().await?;
/// sqlx::query("SELECT 1").execute(&mut *connection).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct DatabaseLogin<O> {
    secret: SecretHandle,
    base: O,
    host: Option<String>,
    port: Option<u16>,
    database: Option<String>,
    connect_timeout: Duration,
}

impl<O: LoginOptions> DatabaseLogin<O> {
    /// Logs in by this secret, otherwise as `base` says.
    pub const fn new(secret: SecretHandle, base: O) -> Self {
        Self {
            secret,
            base,
            host: None,
            port: None,
            database: None,
            connect_timeout: Duration::from_secs(10),
        }
    }

    /// Connects to this host whatever the secret says: to a proxy, a reader or a tunnel.
    #[must_use]
    pub fn with_host(self, host: impl Into<String>) -> Self {
        Self {
            host: Some(host.into()),
            ..self
        }
    }

    /// Connects to this port whatever the secret says.
    #[must_use]
    pub fn with_port(self, port: u16) -> Self {
        Self {
            port: Some(port),
            ..self
        }
    }

    /// Uses this database whatever the secret says.
    #[must_use]
    pub fn with_database(self, database: impl Into<String>) -> Self {
        Self {
            database: Some(database.into()),
            ..self
        }
    }

    /// Gives up on a connection that has not logged in after this long; 10 seconds by default.
    ///
    /// One that hangs with a version that is not current keeps all others from trying that. What a pool opens by itself is given up on by
    /// the `acquire_timeout` of its options, which is sqlx's: 30 seconds unless said otherwise.
    #[must_use]
    pub fn with_connect_timeout(self, connect_timeout: Duration) -> Self {
        Self {
            connect_timeout,
            ..self
        }
    }

    /// The secret.
    #[must_use]
    pub const fn secret(&self) -> &SecretHandle {
        &self.secret
    }

    /// The options of a connection that logs in with this version of the secret.
    ///
    /// For what [`with_secret`](SecretHandle::with_secret) runs; [`is_sqlx_auth_error`](crate::is_sqlx_auth_error) goes with it.
    ///
    /// # Errors
    ///
    /// [`UnreadableSecret`] if it is no login: no JSON, or without a user or password.
    pub fn options(&self, secret: &Secret) -> Result<O, UnreadableSecret> {
        let login: &RdsSecret = secret.json()?;
        let mut options = self.base.clone();
        if let Some(host) = self.host.as_deref().or(login.host()) {
            options = options.set_host(host);
        }
        if let Some(port) = self.port.or(login.port()) {
            options = options.set_port(port);
        }
        if let Some(database) = self.database.as_deref().or(login.database()) {
            options = options.set_database(database);
        }
        Ok(options.set_login(login.username(), login.expose_password()))
    }

    /// Connects with whichever version of the secret the database takes, as [`with_secret`](SecretHandle::with_secret) finds it.
    ///
    /// # Errors
    ///
    /// [`WithSecretError`] with sqlx's own error; a secret that is no login is [`sqlx::Error::Configuration`] of [`UnreadableSecret`], and
    /// a database that does not answer [in time](Self::with_connect_timeout) is [`sqlx::Error::Io`] of [`io::ErrorKind::TimedOut`].
    pub async fn connect(&self) -> Result<O::Connection, WithSecretError<sqlx::Error>> {
        let connect = |secret: Arc<Secret>| async move { self.open(&self.tried(&secret)?).await };
        self.secret.with_secret(connect, is_sqlx_auth_error).await
    }

    /// Opens a pool of connections that outlasts rotations, and its first connection.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub async fn pool(
        &self,
        options: PoolOptions<O::Of>,
    ) -> Result<RotatingPool<O>, WithSecretError<sqlx::Error>> {
        let open = |secret: Arc<Secret>| {
            let options = options.clone();
            async move {
                let pool = options.connect_with(self.tried(&secret)?).await?;
                Ok(RotatingPool::new(self.clone(), pool, &secret))
            }
        };
        self.secret.with_secret(open, is_sqlx_auth_error).await
    }

    /// Opens a connection, or gives up on it.
    pub(super) async fn open(&self, options: &O) -> Result<O::Connection, sqlx::Error> {
        let opened = timeout(self.connect_timeout, options.connect()).await;
        opened.map_err(|elapsed| sqlx::Error::Io(io::Error::from(elapsed)))?
    }

    /// The options of a version that is tried: if it is no login, that is final unless there may be another.
    pub(super) fn tried(&self, secret: &Secret) -> Result<O, sqlx::Error> {
        self.options(secret).map_err(|unreadable| {
            sqlx::Error::Configuration(if is_final(secret) {
                unreadable.into()
            } else {
                Unfinished(unreadable).into()
            })
        })
    }
}

/// Without the options, which print passwords.
impl<O> fmt::Debug for DatabaseLogin<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseLogin")
            .field("secret", &self.secret)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("database", &self.database)
            .field("connect_timeout", &self.connect_timeout)
            .finish_non_exhaustive()
    }
}
