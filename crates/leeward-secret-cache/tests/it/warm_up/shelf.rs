//! A Secrets Manager with a shelf of secrets that filters find, a page at a time.

use crate::{
    clock::Dated,
    refusal::{Answering, Failed, Refusal},
    upstream::{Answer, Upstream, entry, error_of},
};
use aws_sdk_secretsmanager::operation::{
    batch_get_secret_value::{BatchGetSecretValueError, BatchGetSecretValueOutput},
    describe_secret::{DescribeSecretError, DescribeSecretOutput},
    get_secret_value::{GetSecretValueError, GetSecretValueOutput},
};
use leeward_secret_cache::{
    BatchGetSecretValue, DescribeSecret, GetSecretValue, SecretCache, SecretCacheBuilder,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use tower::Service;

/// What a call for several comes to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Batch {
    Denied,
    /// It cannot be meant, by one of the ids that were asked for.
    Invalid,
    Throttled,
    /// So many to a page, whatever was asked for.
    Pages(usize),
}

#[derive(Clone)]
pub(crate) struct Shelf {
    /// What it answers to those who ask for one secret.
    pub(crate) single: Upstream,
    state: Arc<Mutex<State>>,
}

struct State {
    names: Vec<String>,
    lacking: Vec<String>,
    /// Of another account, by its ARN.
    another: Option<String>,
    version: u32,
    answers: VecDeque<Batch>,
    calls: Vec<Instant>,
}

impl Shelf {
    /// Filters find these names. A call takes 200 ms.
    pub(crate) fn of(names: impl IntoIterator<Item = String>) -> Self {
        let state = State {
            names: names.into_iter().collect(),
            lacking: Vec::new(),
            another: None,
            version: 1,
            answers: VecDeque::new(),
            calls: Vec::new(),
        };
        Self {
            single: Upstream::new(),
            state: Arc::new(Mutex::new(state)),
        }
    }

    pub(crate) fn builder(&self) -> SecretCacheBuilder {
        SecretCache::builder(self.clone())
            .with_clock(Dated::new())
            .with_seed(7)
    }

    pub(crate) fn cache(&self) -> SecretCache {
        self.builder().build().expect("what can be built")
    }

    /// The next calls come to this.
    pub(crate) fn answers(&self, batches: impl IntoIterator<Item = Batch>) {
        self.state().answers.extend(batches);
    }

    pub(crate) fn lacks(&self, name: &str) {
        self.state().lacking.push(name.to_owned());
    }

    /// It has a secret of another account, which batches tell before any other.
    pub(crate) fn has_another(&self, arn: &str) {
        self.state().another = Some(arn.to_owned());
    }

    /// All secrets have this version from now on.
    pub(crate) fn is_at(&self, version: u32) {
        self.state().version = version;
        self.single.answers(Answer::Version(version));
    }

    /// When it was called for several.
    pub(crate) fn calls(&self) -> Vec<Instant> {
        self.state().calls.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds it")
    }
}

impl Service<BatchGetSecretValue> for Shelf {
    type Response = BatchGetSecretValueOutput;
    type Error = Failed<BatchGetSecretValueError>;
    type Future = Answering<BatchGetSecretValueOutput, BatchGetSecretValueError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: BatchGetSecretValue) -> Self::Future {
        let mut state = self.state();
        state.calls.push(Instant::now());
        let input = request.input();
        let ids = input.get_secret_id_list().clone();
        let mut asked = ids.unwrap_or_else(|| state.names.clone());
        assert!(input.get_secret_id_list().is_none() || asked.len() <= 20);
        let from: usize = match input.get_next_token() {
            Some(token) => token.parse().expect("a token that it gave"),
            None => 0,
        };
        let most = input.get_max_results().unwrap_or(20);
        let most = usize::try_from(most).expect("a few");
        let (answer, version) = (state.answers.pop_front(), state.version);
        let (lacking, another) = (state.lacking.clone(), state.another.clone());
        asked.sort_by_key(|id| another.as_ref() != Some(id));
        let error = |refusal: Refusal| refusal.into_error(BatchGetSecretValueError::generic);
        Box::pin(async move {
            sleep(Duration::from_millis(200)).await;
            let most = match answer {
                Some(Batch::Denied) => return Err(error(Refusal::Code("AccessDeniedException"))),
                Some(Batch::Invalid) => return Err(error(Refusal::Code("ValidationException"))),
                Some(Batch::Throttled) => return Err(error(Refusal::Throttled)),
                Some(Batch::Pages(most)) => most,
                None => most,
            };
            let mut output = BatchGetSecretValueOutput::builder();
            for name in asked.iter().skip(from).take(most) {
                let mut found = entry(name, "us-east-1", version);
                if another.as_ref() == Some(name) {
                    found.arn = another.clone();
                }
                output = if lacking.contains(name) {
                    output.errors(error_of(name, "ResourceNotFoundException"))
                } else {
                    output.secret_values(found)
                };
            }
            let next = (from + most < asked.len()).then(|| (from + most).to_string());
            Ok(output.set_next_token(next).build())
        })
    }
}

impl Service<GetSecretValue> for Shelf {
    type Response = GetSecretValueOutput;
    type Error = Failed<GetSecretValueError>;
    type Future = Answering<GetSecretValueOutput, GetSecretValueError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: GetSecretValue) -> Self::Future {
        self.single.call(request)
    }
}

impl Service<DescribeSecret> for Shelf {
    type Response = DescribeSecretOutput;
    type Error = Failed<DescribeSecretError>;
    type Future = Answering<DescribeSecretOutput, DescribeSecretError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: DescribeSecret) -> Self::Future {
        self.single.call(request)
    }
}

pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:us-east-1:111122223333:secret:{name}-a1b2c3")
}
