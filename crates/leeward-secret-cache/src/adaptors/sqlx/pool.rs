use super::{DatabaseLogin, LoginOptions, refusal::is_sqlx_auth_error};
use crate::{Secret, UnreadableSecret, WithSecretError};
use sqlx::{Connection, Pool, pool::PoolConnection};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::time::timeout;

/// How long a connection that was opened to see whether it logs in has for its farewell.
const FAREWELL: Duration = Duration::from_secs(1);

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
    /// One that was current before does not come back by itself: during a rotation the next is in use before it is.
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

    /// The pool itself, whose new connections log in with the version of the secret that is current now, or with the one that
    /// [`acquire`](Self::acquire) has found to log in since that became current.
    ///
    /// To be asked for at each use, and not for the minute of a rotation in which the database takes the next password before that
    /// is current, nor while a rotation is undone: `acquire` tries what else there is.
    #[must_use]
    pub fn pool(&self) -> &Pool<O::Of> {
        if let Some(current) = self.0.login.secret().try_get() {
            self.look_at(&current);
        }
        &self.0.pool
    }

    /// Gives a connection of the pool, logged in with whichever version of the secret the database takes.
    ///
    /// A new one logs in as the last one did, until that is refused or another version becomes current. So one call may run one login
    /// more than [it may](crate::SecretCacheBuilder::with_max_logins). A version that has become current and is no login is passed over,
    /// and told at `WARN`.
    ///
    /// # Errors
    ///
    /// As [`DatabaseLogin::connect`].
    pub async fn acquire(&self) -> Result<PoolConnection<O::Of>, WithSecretError<sqlx::Error>> {
        let refused = Mutex::default();
        let acquire = |secret| self.acquire_by(secret, &refused);
        let secret = self.0.login.secret();
        let logs_in = |current: &Secret| self.logs_in(current);
        let acquired = secret.with_secret_if(acquire, is_sqlx_auth_error, logs_in);
        acquired.await
    }

    /// Whether whoever asks now is for a connection that logs in with this version: there is none, and room for one.
    fn logs_in(&self, version: &Secret) -> bool {
        let pool = &self.0.pool;
        let has_room = pool.size() < pool.options().get_max_connections();
        let opens_one = pool.num_idle() == 0 && has_room;
        opens_one && self.versions().used == version.version_id()
    }

    /// Gives a connection that is there, or a new one, by the version in use if that may be meant, and otherwise by this one.
    ///
    /// `refused` is the version by which the pool was refused when this call asked it last.
    async fn acquire_by(
        &self,
        secret: Arc<Secret>,
        refused: &Mutex<String>,
    ) -> Result<PoolConnection<O::Of>, sqlx::Error> {
        let version = secret.version_id();
        let is_current = self.look_at(&secret);
        let used = self.versions().used.clone();
        let is_used = used == version;
        // Between two steps of a rotation another one than the current is in use, which the database may have gone back from.
        let may_help = || *lock(refused) != used || self.0.login.options(&secret).is_err();
        if is_used || (is_current && may_help()) {
            match self.0.pool.acquire().await {
                Err(error) if is_sqlx_auth_error(&error) => {
                    let is_login = self.0.login.options(&secret).is_ok();
                    if is_login {
                        *lock(refused) = used;
                    }
                    // If it is no login, another version may be.
                    if is_used || !is_login {
                        return Err(error);
                    }
                }
                outcome => return outcome,
            }
        }
        self.log_in(&secret).await?;
        self.0.pool.acquire().await
    }

    /// Has new connections log in with `secret` if it has just become current; says whether it is current.
    fn look_at(&self, secret: &Secret) -> bool {
        let version = secret.version_id();
        let login = &self.0.login;
        let current = login.secret().try_get();
        let is_current = current.is_some_and(|current| current.version_id() == version);
        if is_current && let Err(error) = self.see(secret) {
            // Told once; there may be connections, and the database may take the login before.
            tracing::warn!(
                secret = secret.name(),
                "the current version is no login, so the pool goes on with the one before: {error}"
            );
        }
        is_current
    }

    /// Takes note of what is current.
    fn see(&self, current: &Secret) -> Result<(), UnreadableSecret> {
        let mut versions = self.versions();
        if versions.see(current.version_id()) {
            let options = self.0.login.options(current)?;
            self.put_to_use(&mut versions, options, current);
        }
        Ok(())
    }

    /// Logs in with a version that is not in use, unless another call has, and has new connections do so if it goes well.
    ///
    /// Apart from the pool, since what others log in with must not change before that is known.
    async fn log_in(&self, secret: &Secret) -> Result<(), sqlx::Error> {
        if self.versions().used == secret.version_id() {
            return Ok(());
        }
        let login = &self.0.login;
        let options = login.tried(secret)?;
        let connection = login.open(&options).await?;
        self.put_to_use(&mut self.versions(), options, secret);
        // It has answered what it was asked.
        let _ = timeout(FAREWELL, connection.close()).await;
        Ok(())
    }

    /// Has new connections log in with this version. Under the lock, so that the pool and what is known of it never differ.
    fn put_to_use(&self, versions: &mut Versions, options: O, secret: &Secret) {
        self.0.pool.set_connect_options(options);
        secret.version_id().clone_into(&mut versions.used);
    }

    fn versions(&self) -> MutexGuard<'_, Versions> {
        lock(&self.0.versions)
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().expect("nothing panics while it holds it")
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
