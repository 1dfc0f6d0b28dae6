//! A database with passwords, and the four steps by which AWS's functions rotate them.

use super::vault::Vault;
use leeward_secret_cache::Secret;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::time::sleep;

/// Which passwords are good at present.
#[derive(Clone)]
pub(crate) struct Database(Arc<Mutex<Inside>>);

struct Inside {
    passwords: HashMap<String, String>,
    /// How long a login takes.
    delay: Duration,
    is_down: bool,
    accepted: usize,
    refused: Vec<String>,
    trying: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginError {
    Password,
    Down,
}

impl LoginError {
    pub(crate) fn is_of_password(&self) -> bool {
        *self == Self::Password
    }
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password => "password authentication failed",
            Self::Down => "connection refused",
        })
    }
}

impl std::error::Error for LoginError {}

/// A login that counts as under way until it is over or dropped.
struct Trying<'a>(&'a Database);

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        self.0.inside().trying -= 1;
    }
}

impl Database {
    /// One that takes 20 ms for a login, and wants what is current in the vault.
    pub(crate) fn new(vault: &Vault) -> Self {
        let database = Self(Arc::new(Mutex::new(Inside {
            passwords: HashMap::new(),
            delay: Duration::from_millis(20),
            is_down: false,
            accepted: 0,
            refused: Vec::new(),
            trying: 0,
        })));
        database.wants(&vault.value_at("AWSCURRENT"));
        database
    }

    /// Makes this login, `user:password`, the one that its user logs in with.
    pub(crate) fn wants(&self, login: &str) {
        let (user, password) = login.split_once(':').expect("a user and a password");
        let password = password.to_owned();
        self.inside().passwords.insert(user.to_owned(), password);
    }

    pub(crate) fn goes_down(&self) {
        self.inside().is_down = true;
    }

    pub(crate) async fn log_in(&self, secret: Arc<Secret>) -> Result<String, LoginError> {
        self.inside().trying += 1;
        let trying = Trying(self);
        let delay = self.inside().delay;
        sleep(delay).await;
        drop(trying);
        let login = secret.expose_text().expect("text");
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let mut inside = self.inside();
        if inside.is_down {
            return Err(LoginError::Down);
        }
        if inside.passwords.get(user).is_some_and(|it| it == password) {
            inside.accepted += 1;
            return Ok(secret.version_id().to_owned());
        }
        inside.refused.push(secret.version_id().to_owned());
        Err(LoginError::Password)
    }

    pub(crate) fn accepted(&self) -> usize {
        self.inside().accepted
    }

    /// The versions that were refused, in order.
    pub(crate) fn refused(&self) -> Vec<String> {
        self.inside().refused.clone()
    }

    /// How many logins are under way.
    pub(crate) fn trying(&self) -> usize {
        self.inside().trying
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().expect("no test panics while it holds it")
    }
}

/// Which user the next version is of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Strategy {
    /// The one user's password is changed: the old one is wrong from `setSecret` on.
    SingleUser,
    /// The other of two users gets a new password: the old login is good until the next rotation.
    AlternatingUsers,
}

/// A rotation, step by step.
pub(crate) struct Rotation<'a> {
    vault: &'a Vault,
    database: &'a Database,
}

impl<'a> Rotation<'a> {
    /// `createSecret`: another version, as `AWSPENDING`.
    pub(crate) fn create(vault: &'a Vault, database: &'a Database, strategy: Strategy) -> Self {
        let current = vault.value_at("AWSCURRENT");
        let (user, _) = current.split_once(':').expect("a user and a password");
        let user = match strategy {
            Strategy::SingleUser => user.to_owned(),
            Strategy::AlternatingUsers => match user.strip_suffix("_clone") {
                Some(user) => user.to_owned(),
                None => format!("{user}_clone"),
            },
        };
        vault.create(|number| format!("{user}:password-{number}"));
        Self { vault, database }
    }

    /// `setSecret`: the database wants the new password from now on.
    pub(crate) fn set(&self) {
        self.database.wants(&self.vault.value_at("AWSPENDING"));
    }

    /// `testSecret`: the new login works.
    pub(crate) fn test(&self) {
        let login = self.vault.value_at("AWSPENDING");
        let (user, password) = login.split_once(':').expect("a user and a password");
        let inside = self.database.inside();
        assert_eq!(
            inside.passwords.get(user).map(String::as_str),
            Some(password)
        );
    }

    /// `finishSecret`: the new version is current.
    pub(crate) fn finish(self) {
        self.vault.finish();
    }
}
