//! A secret whose versions a test moves, as a rotation does.

use crate::upstream::missing;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use leeward_secret_cache::{GetSecretValue, SecretCache, SecretHandle, ValuesOnly};
use std::{
    collections::BTreeMap,
    fmt::Display,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tower::service_fn;

const CURRENT: &str = "AWSCURRENT";
const PENDING: &str = "AWSPENDING";
const PREVIOUS: &str = "AWSPREVIOUS";

/// The values of the versions by their stages.
type Versions = BTreeMap<&'static str, String>;

#[derive(Clone, Default)]
pub(crate) struct Vault(Arc<Mutex<Versions>>);

impl Vault {
    pub(crate) fn new(current: impl Display) -> Self {
        let vault = Self::default();
        vault.versions().insert(CURRENT, current.to_string());
        vault
    }

    /// The first step of a rotation.
    pub(crate) fn create(&self, pending: impl Display) {
        self.versions().insert(PENDING, pending.to_string());
    }

    /// The last one.
    pub(crate) fn finish(&self) {
        let mut versions = self.versions();
        let pending = versions.remove(PENDING).expect("a rotation");
        let previous = versions.insert(CURRENT, pending);
        versions.extend(previous.map(|previous| (PREVIOUS, previous)));
    }

    /// The secret in a cache that fetches it anew as often as it is told to, and waits for nothing to turn up.
    pub(crate) fn secret(&self) -> SecretHandle {
        self.secret_within(Duration::ZERO)
    }

    /// The same of a cache that looks for a version that logs in for so long.
    pub(crate) fn secret_within(&self, budget: Duration) -> SecretHandle {
        let versions = self.0.clone();
        let answer = move |request: GetSecretValue| {
            let stage = request.input().get_version_stage().clone();
            let stage = stage.unwrap_or_else(|| CURRENT.to_owned());
            let versions = versions.lock().expect("no test panics while it holds it");
            let value = versions.get(stage.as_str()).cloned();
            async move {
                let value = value.ok_or_else(missing)?;
                let output = GetSecretValueOutput::builder()
                    .arn("arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3")
                    .name("db")
                    .version_id(version_id(&value))
                    .version_stages(stage)
                    .secret_string(value);
                Ok(output.build())
            }
        };
        let cache = SecretCache::builder(ValuesOnly::new(service_fn(answer)))
            .with_min_refresh_interval(Duration::ZERO)
            .with_rotation_budget(budget)
            .build();
        cache.expect("what can be built").handle("db")
    }

    fn versions(&self) -> MutexGuard<'_, Versions> {
        self.0.lock().expect("no test panics while it holds it")
    }
}

/// One for each value, whatever its stage.
fn version_id(value: &str) -> String {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}
