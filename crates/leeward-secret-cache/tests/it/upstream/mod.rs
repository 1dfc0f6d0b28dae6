//! A Secrets Manager that answers as it is told, on tokio's clock.

mod other_calls;

pub(crate) use other_calls::{entry, error_of};

use crate::clock::Dated;
use crate::refusal::{Answering, Failed, Refusal, refused};
use aws_sdk_secretsmanager::{
    error::ErrorMetadata,
    operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput},
    primitives::DateTime,
    types::error::ResourceNotFoundException,
};
use leeward_secret_cache::{Freshness, GetSecretValue, SecretCache, SecretCacheBuilder};
use std::{
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::sleep;
use tower::Service;

pub(crate) const ARN: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3";

/// Due after two seconds, over after two and a half.
pub(crate) fn brief() -> Freshness {
    Freshness::new()
        .with_refresh_after(seconds(2))
        .with_max_age(Duration::from_millis(2_500))
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Version `n`, of the value `value-n`.
    Version(u32),
    /// A version of the replica in another Region, created as its number says.
    Replica(u32),
    Missing,
    /// It is scheduled for deletion: this version of it is described, and its value refused.
    Deleted(u32),
    /// A refusal with this code, as HTTP 400.
    Refused(&'static str),
    Throttled,
    Silent,
    Panic,
}

#[derive(Clone)]
pub(crate) struct Upstream {
    script: Arc<Mutex<Script>>,
}

struct Script {
    answer: Answer,
    delay: Duration,
    asked: Vec<String>,
    described: Vec<String>,
    /// What `DescribeSecret` answers, if that is something else.
    description: Option<Answer>,
    batches: Vec<Vec<String>>,
    lacking: Option<String>,
}

impl Upstream {
    /// It answers version 1 after 200 ms.
    pub(crate) fn new() -> Self {
        let script = Script {
            answer: Answer::Version(1),
            delay: Duration::from_millis(200),
            asked: Vec::new(),
            described: Vec::new(),
            description: None,
            batches: Vec::new(),
            lacking: None,
        };
        Self {
            script: Arc::new(Mutex::new(script)),
        }
    }

    pub(crate) fn answers(&self, answer: Answer) {
        self.script().answer = answer;
    }

    pub(crate) fn takes(&self, delay: Duration) {
        self.script().delay = delay;
    }

    /// Whatever it answers to others, there is no secret of this name or ARN.
    pub(crate) fn lacks(&self, asked: &str) {
        self.script().lacking = Some(asked.to_owned());
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script
            .lock()
            .expect("no test panics while it holds it")
    }

    /// Sets what `DescribeSecret` answers besides.
    pub(crate) fn describes(&self, answer: Answer) {
        self.script().description = Some(answer);
    }

    /// How often it was asked to describe.
    pub(crate) fn descriptions(&self) -> usize {
        self.script().described.len()
    }

    /// How often it was asked for a value.
    pub(crate) fn calls(&self) -> usize {
        self.script().asked.len()
    }

    pub(crate) fn builder(&self) -> SecretCacheBuilder {
        SecretCache::builder(self.clone())
            .with_clock(Dated::new())
            .with_seed(7)
    }

    pub(crate) fn cache(&self) -> SecretCache {
        self.builder().build().expect("what can be built")
    }
}

impl Service<GetSecretValue> for Upstream {
    type Response = GetSecretValueOutput;
    type Error = Failed<GetSecretValueError>;
    type Future = Answering<GetSecretValueOutput, GetSecretValueError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: GetSecretValue) -> Self::Future {
        let mut script = self.script();
        let asked = request.input().get_secret_id().clone();
        let asked = asked.expect("a name or an ARN");
        script.asked.push(asked.clone());
        let (mut answer, delay) = (script.answer.clone(), script.delay);
        if script.lacking.as_ref() == Some(&asked) {
            answer = Answer::Missing;
        }
        Box::pin(async move {
            sleep(delay).await;
            answered(&asked, answer).await
        })
    }
}

async fn answered(
    asked: &str,
    answer: Answer,
) -> Result<GetSecretValueOutput, Failed<GetSecretValueError>> {
    match served(answer).await {
        Ok((region, number)) => Ok(version(asked, region, number)),
        Err(Refusal::Code(MISSING)) => Err(missing()),
        Err(refusal) => Err(refusal.into_error(GetSecretValueError::generic)),
    }
}

const MISSING: &str = "ResourceNotFoundException";

/// The Region and the number of the version that is there.
async fn served(answer: Answer) -> Result<(&'static str, u32), Refusal> {
    match answer {
        Answer::Version(number) => Ok(("us-east-1", number)),
        Answer::Replica(number) => Ok(("us-west-2", number)),
        Answer::Missing => Err(Refusal::Code(MISSING)),
        Answer::Deleted(_) => Err(Refusal::Code("InvalidRequestException")),
        Answer::Refused(code) => Err(Refusal::Code(code)),
        Answer::Throttled => Err(Refusal::Throttled),
        Answer::Silent => std::future::pending().await,
        Answer::Panic => panic!("as it was told"),
    }
}

/// The secret that is asked for, as its name or the ARN made of it.
fn version(asked: &str, region: &str, number: u32) -> GetSecretValueOutput {
    let name = match asked.strip_prefix("arn:") {
        None => asked,
        Some(arn) => arn
            .trim_end_matches("-a1b2c3")
            .rsplit(':')
            .next()
            .unwrap_or(arn),
    };
    GetSecretValueOutput::builder()
        .arn(format!(
            "arn:aws:secretsmanager:{region}:111122223333:secret:{name}-a1b2c3"
        ))
        .name(name)
        .version_id(format!("version-{number}"))
        .secret_string(format!("value-{number}"))
        .version_stages("AWSCURRENT")
        .created_date(DateTime::from_secs(i64::from(number)))
        .build()
}

pub(crate) fn missing() -> Failed<GetSecretValueError> {
    let meta = ErrorMetadata::builder().code(MISSING).build();
    let error = ResourceNotFoundException::builder().meta(meta).build();
    refused(GetSecretValueError::ResourceNotFoundException(error))
}
