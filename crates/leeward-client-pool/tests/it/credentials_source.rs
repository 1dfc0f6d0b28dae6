//! A source of credentials that can be told to fail, and a wall clock that goes with tokio's.

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use leeward_client_pool::RefreshingCredentials;
use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};
use tokio::time::Instant;

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// A wall clock that goes with tokio's, and can be set.
#[derive(Clone, Debug)]
pub(crate) struct Wall {
    origin: Instant,
    set_by: Arc<AtomicI64>,
}

impl Wall {
    fn new() -> Self {
        Self {
            origin: Instant::now(),
            set_by: Arc::default(),
        }
    }

    pub(crate) fn set(&self, minutes: i64) {
        self.set_by.fetch_add(minutes * 60, Relaxed);
    }

    pub(crate) fn passed(&self) -> Duration {
        self.origin.elapsed()
    }
}

impl TimeSource for Wall {
    fn now(&self) -> SystemTime {
        let base = 1_800_000_000 + self.set_by.load(Relaxed);
        SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(base).unwrap()) + self.passed()
    }
}

/// What a load comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Gives,
    Fails,
    Hangs,
    Panics,
    GivesForEver,
    GivesExpired,
}

/// A source of numbered credentials that live for ten minutes and take 300 ms.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    wall: Wall,
    mood: Arc<Mutex<Mood>>,
    loads: Arc<AtomicU64>,
}

impl Source {
    fn new(wall: &Wall) -> Self {
        Self {
            wall: wall.clone(),
            mood: Arc::new(Mutex::new(Mood::Gives)),
            loads: Arc::default(),
        }
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(crate) fn loads(&self) -> u64 {
        self.loads.load(Relaxed)
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let number = self.loads.fetch_add(1, Relaxed) + 1;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mood = *self.mood.lock().unwrap();
        let now = self.wall.now();
        let expiry = match mood {
            Mood::Gives => Some(now + 10 * MINUTE),
            Mood::GivesForEver => None,
            Mood::GivesExpired => Some(now - MINUTE),
            Mood::Fails => return Err(CredentialsError::provider_error("STS is dark")),
            Mood::Hangs => pending().await,
            Mood::Panics => panic!("as the test asks for"),
        };
        let id = format!("AKID{number}");
        Ok(Credentials::new(id, "hush", None, expiry, "test"))
    }
}

impl ProvideCredentials for Source {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

pub(crate) fn refreshing() -> (Wall, Source, RefreshingCredentials) {
    let wall = Wall::new();
    let source = Source::new(&wall);
    let credentials =
        RefreshingCredentials::builder(SharedCredentialsProvider::new(source.clone()))
            .with_time_source(SharedTimeSource::new(wall.clone()))
            .build()
            .unwrap();
    (wall, source, credentials)
}
