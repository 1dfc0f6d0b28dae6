use super::{DatabaseLogin, LoginOptions, refusal::is_sqlx_auth_error};
use crate::{Secret, WithSecretError};
use sqlx::{Connection, Pool, pool::PoolConnection};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

/// A pool of connections of sqlx that goes on through rotations of the password; [`DatabaseLogin::pool`] opens it.
///
/// A connection that is open stays so, whatever becomes of the password; it is for new ones that the pool has to know the next.
/// A clone is of the same pool.
pub struct RotatingPool<O: LoginOptions>(Arc<Rotating<O>>);

struct Rotating<O: LoginOptions> {
    login: DatabaseLogin<O>,
    pool: Pool<O::Of>,
    versions: Mutex<Versions>,
}

/// Which versions of the secret the pool has met.
struct Versions {
    /// The one that new connections log in with.
    used: String,
    /// The one that was current when the pool looked last.
    seen: String,
}

impl Versions {
    /// Whether new connections are to log in with this version from now on, because it has become current.
    ///
    /// One that was current before does not come back: during a rotation the next is in use before it is.
    fn see(&mut self, current: &str) -> bool {
        if self.seen == current {
            return false;
        }
        current.clone_into(&mut self.seen);
        self.used != current
    }
}

impl<O: LoginOptions> RotatingPool<O> {
    pub(super) fn new(login: DatabaseLogin<O>, pool: Pool<O::Of>, used: &Secret) -> Self {
        let versions = Versions {
            used: used.version_id().to_owned(),
            seen: String::new(),
        };
        let versions = Mutex::new(versions);
        Self(Arc::new(Rotating {
            login,
            pool,
            versions,
        }))
    }

    /// The login.
    #[must_use]
    pub fn login(&self) -> &DatabaseLogin<O> {
        &self.0.login
    }

    /// The pool itself, whose new connections log in with the version of the secret that is current now.
    ///
    /// To be asked for at each use, and not for the minute of a rotation in which the database takes the next password before that
    /// is current: [`acquire`](Self::acquire) tries that as well.
    #[must_use]
    pub fn pool(&self) -> &Pool<O::Of> {
        if let Some(current) = self.0.login.secret().try_get() {
            self.look_at(&current);
        }
        &self.0.pool
    }

    /// Gives a connection of the pool, logged in with whichever version of the secret the database takes.
    ///
    /// A version that has become current and is no login is passed over, and told at `WARN`.
    ///
    /// # Errors
    ///
    /// As [`DatabaseLogin::connect`].
    pub async fn acquire(&self) -> Result<PoolConnection<O::Of>, WithSecretError<sqlx::Error>> {
        let acquire = |secret: Arc<Secret>| async move {
            if !self.look_at(&secret) {
                self.log_in(&secret).await?;
            }
            self.0.pool.acquire().await
        };
        let secret = self.0.login.secret();
        secret.with_secret(acquire, is_sqlx_auth_error).await
    }

    /// Has new connections log in with `secret` if it has just become current; says whether it is current or in use.
    fn look_at(&self, secret: &Secret) -> bool {
        let version = secret.version_id();
        let login = &self.0.login;
        let current = login.secret().try_get();
        let is_current = current.is_some_and(|current| current.version_id() == version);
        let mut versions = self.versions();
        if is_current && versions.see(version) {
            match login.options(secret) {
                Ok(options) => {
                    self.0.pool.set_connect_options(options);
                    version.clone_into(&mut versions.used);
                }
                // Told once; there may be connections, and the database may take the login before.
                Err(error) => tracing::warn!(
                    secret = secret.name(),
                    "the current version is no login, so the pool goes on with the one before: {error}"
                ),
            }
        }
        is_current || versions.used == version
    }

    /// Logs in with a version that is not current, and has new connections do so if it goes well.
    ///
    /// Apart from the pool, since what others log in with must not change before that is known.
    async fn log_in(&self, secret: &Secret) -> Result<(), sqlx::Error> {
        let options = self.0.login.tried(secret)?;
        let connection = options.connect().await?;
        self.0.pool.set_connect_options(options);
        secret.version_id().clone_into(&mut self.versions().used);
        // It has answered what it was asked.
        let _ = connection.close().await;
        Ok(())
    }

    fn versions(&self) -> MutexGuard<'_, Versions> {
        let versions = self.0.versions.lock();
        versions.expect("nothing panics while it holds the versions")
    }
}

impl<O: LoginOptions> Clone for RotatingPool<O> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<O: LoginOptions> fmt::Debug for RotatingPool<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotatingPool")
            .field("login", &self.0.login)
            .field("connections", &self.0.pool.size())
            .finish_non_exhaustive()
    }
}
