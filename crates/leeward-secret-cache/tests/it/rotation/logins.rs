//! Callers who log in with the secret `db`.

use super::database::{Database, LoginError};
use leeward_secret_cache::{Secret, SecretCache, WithSecretError};
use std::sync::{Arc, Mutex, Weak};

pub(super) type Outcome = Result<String, WithSecretError<LoginError>>;

pub(super) async fn log_in(cache: &SecretCache, database: &Database) -> Outcome {
    let log_in = |secret| database.log_in(secret);
    cache
        .with_secret("db", log_in, LoginError::is_of_password)
        .await
}

/// Logs in with the second version, which is not current yet; gives what is left of that afterwards.
pub(super) async fn log_in_by_pending(cache: &SecretCache, database: &Database) -> Weak<Secret> {
    let tried = Mutex::new(Weak::new());
    let log_in = |secret| {
        *tried.lock().expect("no panic") = Arc::downgrade(&secret);
        database.log_in(secret)
    };
    let worked = cache.with_secret("db", log_in, LoginError::is_of_password);
    assert_eq!(worked.await.expect("a login"), "version-2");
    tried.into_inner().expect("no panic")
}
