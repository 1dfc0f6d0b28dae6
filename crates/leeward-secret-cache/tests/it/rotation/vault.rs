//! A Secrets Manager with one secret, whose versions have labels.

use crate::{
    clock::Dated,
    refusal::{Answering, Failed, Refusal},
};
use aws_sdk_secretsmanager::{
    operation::{
        batch_get_secret_value::{BatchGetSecretValueError, BatchGetSecretValueOutput},
        describe_secret::{DescribeSecretError, DescribeSecretOutput},
        get_secret_value::{GetSecretValueError, GetSecretValueOutput},
    },
    primitives::DateTime,
};
use leeward_error_taxonomy::Rejected;
use leeward_secret_cache::{
    BatchGetSecretValue, DescribeSecret, GetSecretValue, SecretCache, SecretCacheBuilder,
};
use std::{
    future::{Ready, ready},
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::{Duration, SystemTime},
};
use tokio::time::sleep;
use tower::Service;

/// Answers after 50 ms.
#[derive(Clone)]
pub(crate) struct Vault(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    versions: Vec<Version>,
    denied: Vec<&'static str>,
    is_down: bool,
    next_rotation: Option<SystemTime>,
    /// Of the machine of its callers.
    clock: Dated,
    asked: Vec<String>,
    described: usize,
}

struct Version {
    id: String,
    value: Option<String>,
    stages: Vec<&'static str>,
}

impl Vault {
    /// Version 1 is current.
    pub(crate) fn new() -> Self {
        let vault = Self(Arc::default());
        vault.create(|number| format!("app:password-{number}"));
        vault.finish();
        vault
    }

    /// Makes another version, as `AWSPENDING`.
    pub(crate) fn create(&self, value: impl FnOnce(usize) -> String) {
        let number = self.inside().versions.len() + 1;
        self.attach(number, Some(value(number)));
    }

    /// Makes another version that has no value yet, as `AWSPENDING`.
    pub(crate) fn create_empty(&self) {
        let number = self.inside().versions.len() + 1;
        self.attach(number, None);
    }

    fn attach(&self, number: usize, value: Option<String>) {
        let mut inside = self.inside();
        inside.detach("AWSPENDING");
        inside.versions.push(Version {
            id: format!("version-{number}"),
            value,
            stages: vec!["AWSPENDING"],
        });
    }

    /// Makes the pending version the current one.
    pub(crate) fn finish(&self) {
        let mut inside = self.inside();
        inside.detach("AWSPREVIOUS");
        for version in &mut inside.versions {
            for stage in &mut version.stages {
                *stage = match *stage {
                    "AWSCURRENT" => "AWSPREVIOUS",
                    "AWSPENDING" => "AWSCURRENT",
                    other => other,
                };
            }
        }
    }

    pub(crate) fn value_at(&self, stage: &str) -> String {
        let inside = self.inside();
        let version = inside.at(stage).expect("a version at this stage");
        version.value.clone().expect("a value")
    }

    /// Denies this stage, or (`*`) every one, or (`Describe`) descriptions.
    pub(crate) fn denies(&self, stage: &'static str) {
        self.inside().denied.push(stage);
    }

    pub(crate) fn goes_down(&self) {
        self.inside().is_down = true;
    }

    pub(crate) fn rotates_by(&self, date: SystemTime) {
        self.inside().next_rotation = Some(date);
    }

    /// Lets the machine of its callers sleep: their date goes on, and their clock does not.
    pub(crate) fn puts_to_sleep(&self, time: Duration) {
        self.inside().clock.sleeps(time.as_secs());
    }

    /// How often it was asked for a value.
    pub(crate) fn calls(&self) -> usize {
        self.inside().asked.len()
    }

    pub(crate) fn calls_for(&self, stage: &str) -> usize {
        let inside = self.inside();
        inside.asked.iter().filter(|asked| *asked == stage).count()
    }

    pub(crate) fn descriptions(&self) -> usize {
        self.inside().described
    }

    pub(crate) fn builder(&self) -> SecretCacheBuilder {
        SecretCache::builder(self.clone())
            .with_clock(self.inside().clock.clone())
            .with_seed(7)
    }

    pub(crate) fn cache(&self) -> SecretCache {
        self.builder().build().expect("what can be built")
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().expect("no test panics while it holds it")
    }
}

impl Inside {
    fn at(&self, stage: &str) -> Option<&Version> {
        let mut versions = self.versions.iter();
        versions.find(|version| version.stages.contains(&stage) || version.id == stage)
    }

    fn detach(&mut self, stage: &str) {
        for version in &mut self.versions {
            version.stages.retain(|label| *label != stage);
        }
    }

    fn value_of(&self, stage: &str) -> Result<GetSecretValueOutput, Refusal> {
        if self.is_down {
            return Err(Refusal::Throttled);
        }
        if self
            .denied
            .iter()
            .any(|denied| [stage, "*"].contains(denied))
        {
            return Err(Refusal::Code("AccessDeniedException"));
        }
        let version = self.at(stage);
        let Some((version, value)) = version.and_then(|it| Some((it, it.value.as_ref()?))) else {
            return Err(Refusal::Code("ResourceNotFoundException"));
        };
        let stages = version.stages.iter().map(ToString::to_string).collect();
        let output = GetSecretValueOutput::builder()
            .arn("arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3")
            .name("db")
            .version_id(&version.id)
            .secret_string(value)
            .set_version_stages(Some(stages));
        Ok(output.build())
    }

    fn description(&self) -> Result<DescribeSecretOutput, Refusal> {
        if self.denied.contains(&"Describe") {
            return Err(Refusal::Code("AccessDeniedException"));
        }
        let mut output = DescribeSecretOutput::builder()
            .set_next_rotation_date(self.next_rotation.map(DateTime::from));
        for version in &self.versions {
            let stages = version.stages.iter().map(ToString::to_string).collect();
            output = output.version_ids_to_stages(&version.id, stages);
        }
        Ok(output.build())
    }
}

const DELAY: Duration = Duration::from_millis(50);

impl Service<GetSecretValue> for Vault {
    type Response = GetSecretValueOutput;
    type Error = Failed<GetSecretValueError>;
    type Future = Answering<GetSecretValueOutput, GetSecretValueError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: GetSecretValue) -> Self::Future {
        let input = request.input();
        let stage = input.get_version_stage().clone();
        let stage = stage.or_else(|| input.get_version_id().clone());
        let stage = stage.unwrap_or_else(|| "AWSCURRENT".to_owned());
        self.inside().asked.push(stage.clone());
        let vault = self.clone();
        Box::pin(async move {
            sleep(DELAY).await;
            let answer = vault.inside().value_of(&stage);
            answer.map_err(|refusal| refusal.into_error(GetSecretValueError::generic))
        })
    }
}

impl Service<DescribeSecret> for Vault {
    type Response = DescribeSecretOutput;
    type Error = Failed<DescribeSecretError>;
    type Future = Answering<DescribeSecretOutput, DescribeSecretError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: DescribeSecret) -> Self::Future {
        self.inside().described += 1;
        let vault = self.clone();
        Box::pin(async move {
            sleep(DELAY).await;
            let answer = vault.inside().description();
            answer.map_err(|refusal| refusal.into_error(DescribeSecretError::generic))
        })
    }
}

impl Service<BatchGetSecretValue> for Vault {
    type Response = BatchGetSecretValueOutput;
    type Error = Failed<BatchGetSecretValueError>;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: BatchGetSecretValue) -> Self::Future {
        ready(Err(Rejected::LimiterFull.into()))
    }
}
