use super::{WithSecretError, call::Call};
use crate::{Secret, SecretCache, SecretHandle, SecretRef};
use std::sync::Arc;

impl SecretCache {
    /// Runs `operation` with a secret, and again with another of its versions if the first was refused: for logins, so that nobody sees
    /// a rotation.
    ///
    /// The operation may run several times, from its beginning each time: let it log in and do no more, for what must not be done twice
    /// comes after it. `is_auth_error` tells whether an error of the operation says that the user or password was refused. Any other error
    /// is given back at once. What is tried, in this order:
    ///
    /// 1. the current version as it is in memory;
    /// 2. the one that is current by now, fetched [anew](Self::refresh_now), if it is another;
    /// 3. `AWSPENDING`, if there is one with a value that may be read: it is what the database wants from the second step of a rotation to the
    ///    last. It is never in the cache for anybody else;
    /// 4. for up to [90 seconds](crate::SecretCacheBuilder::with_rotation_budget), whatever turns up: a version that became current, a pending
    ///    one, and the same once more after 5 seconds, and after 15 more, since the database may lag behind. The last login is kept for what
    ///    is new, or for the end;
    /// 5. `AWSPREVIOUS`, at last.
    ///
    /// One call runs the operation [5 times at most](crate::SecretCacheBuilder::with_max_logins), and ends as soon as it has. Of all who
    /// call at once each tries what is current, since none knows of the others; one looks for what is new, for all; and one at a time tries what is not current, with
    /// pauses of 1 to 30 seconds between those that are refused. When that logs in it is told to the others, and for as long as the budget
    /// it is what later calls try first, until another version becomes current, which is looked for every 10 seconds meanwhile.
    ///
    /// Who calls while others look waits with them, and does not try the current version that was refused to them: one at a time does, with
    /// pauses of 1 to 8 seconds. If it logs in, as where a secret is good for one of two databases, everybody tries it for the next 30 seconds,
    /// those too who were refused with it before.
    ///
    /// With a [stage](SecretRef::at_stage) other than `AWSCURRENT` only that is tried and looked for; a [version](SecretRef::at_version) is
    /// tried once, since it never changes.
    ///
    /// # Errors
    ///
    /// [`WithSecretError::Secret`] if the secret cannot be had, [`WithSecretError::Operation`] if the operation fails otherwise,
    /// [`WithSecretError::Refused`] if all that was tried was refused: both hold the operation's own error.
    /// [`WithSecretError::RefusedToOthers`] if it never ran, since it was refused to others all the time.
    ///
    /// # Cancellation
    ///
    /// Dropping it drops the operation that runs, and lets the next of those who wait try in its place. The operation has no time limit but
    /// its own, and while it hangs with a version that is not current the others do not try that: give logins a timeout.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime whose time is enabled, tokio panics when there is something to wait for.
    ///
    /// ```
    /// use leeward_secret_cache::{Secret, SecretCache, WithSecretError};
    /// use std::sync::Arc;
    ///
    /// # #[derive(Debug)] struct Connection;
    /// # #[derive(Debug)] struct LoginError { sql_state: &'static str }
    /// async fn connect(secret: Arc<Secret>) -> Result<Connection, LoginError> {
    ///     // … with secret.key("username") and secret.key("password").
    /// #   Ok(Connection)
    /// }
    ///
    /// # async fn run(secrets: SecretCache) -> Result<(), WithSecretError<LoginError>> {
    /// let connection = secrets
    ///     .with_secret("prod/orders/db", connect, |error| error.sql_state == "28P01")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn with_secret<'a, T, E, F>(
        &self,
        secret: impl Into<SecretRef<'a>>,
        operation: impl FnMut(Arc<Secret>) -> F,
        is_auth_error: impl Fn(&E) -> bool,
    ) -> Result<T, WithSecretError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let handle = self.handle(secret);
        handle.with_secret(operation, is_auth_error).await
    }
}

impl SecretHandle {
    /// Runs `operation` with the secret, as [`SecretCache::with_secret`] does.
    ///
    /// # Errors
    ///
    /// As [`SecretCache::with_secret`].
    ///
    /// # Panics
    ///
    /// As [`SecretCache::with_secret`].
    pub async fn with_secret<T, E, F>(
        &self,
        operation: impl FnMut(Arc<Secret>) -> F,
        is_auth_error: impl Fn(&E) -> bool,
    ) -> Result<T, WithSecretError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let call = Call::new(self, operation, is_auth_error, &|_| true);
        call.run().await
    }

    /// The same where the operation need not log in: `logs_in` tells whether it would with this version, if that is current.
    #[cfg(any(feature = "sqlx-mysql", feature = "sqlx-postgres"))]
    pub(crate) async fn with_secret_if<T, E, F>(
        &self,
        operation: impl FnMut(Arc<Secret>) -> F,
        is_auth_error: impl Fn(&E) -> bool,
        logs_in: impl Fn(&Secret) -> bool + Sync,
    ) -> Result<T, WithSecretError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let call = Call::new(self, operation, is_auth_error, &logs_in);
        call.run().await
    }
}
