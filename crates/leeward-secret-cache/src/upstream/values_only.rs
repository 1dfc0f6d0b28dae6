use super::operation::{BatchGetSecretValue, DescribeSecret, GetSecretValue};
use crate::SecretError;
use aws_sdk_secretsmanager::operation::{
    batch_get_secret_value::{BatchGetSecretValueError, BatchGetSecretValueOutput},
    describe_secret::{DescribeSecretError, DescribeSecretOutput},
};
use leeward_client_pool::Failed;
use leeward_error_taxonomy::Rejected;
use std::{
    error::Error,
    future::{Ready, ready},
    iter,
    task::{Context, Poll},
};
use tower_service::Service;

/// Makes [`SecretsCalls`](crate::SecretsCalls) of a service that answers [`GetSecretValue`] alone.
///
/// The other calls are refused without one: what a cache does by them it does not do, or by `GetSecretValue`.
///
/// ```
/// use aws_sdk_secretsmanager::operation::get_secret_value::{GetSecretValueError, GetSecretValueOutput};
/// use leeward_client_pool::Failed;
/// use leeward_secret_cache::{GetSecretValue, SecretCache, ValuesOnly};
/// use tower::service_fn;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let answer = service_fn(async |_: GetSecretValue| {
///     let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3";
///     let output = GetSecretValueOutput::builder().arn(arn).version_id("1").secret_string("hunter2").build();
///     Ok::<_, Failed<GetSecretValueError>>(output)
/// });
/// let secrets = SecretCache::builder(ValuesOnly::new(answer)).build()?;
/// assert_eq!(secrets.get("db").await?.expose_text()?, "hunter2");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ValuesOnly<S> {
    inner: S,
}

impl<S> ValuesOnly<S> {
    /// Calls `inner` for values, and refuses everything else.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S: Service<GetSecretValue>> Service<GetSecretValue> for ValuesOnly<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: GetSecretValue) -> S::Future {
        self.inner.call(request)
    }
}

impl<S> Service<DescribeSecret> for ValuesOnly<S> {
    type Response = DescribeSecretOutput;
    type Error = Failed<DescribeSecretError>;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: DescribeSecret) -> Self::Future {
        ready(Err(unanswered().into()))
    }
}

impl<S> Service<BatchGetSecretValue> for ValuesOnly<S> {
    type Response = BatchGetSecretValueOutput;
    type Error = Failed<BatchGetSecretValueError>;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: BatchGetSecretValue) -> Self::Future {
        ready(Err(unanswered().into()))
    }
}

fn unanswered() -> Rejected {
    Rejected::unavailable(Unanswered)
}

/// What all other calls are refused with, however often they are made.
#[derive(Debug, thiserror::Error)]
#[error("the service that the cache was given answers GetSecretValue alone")]
pub(crate) struct Unanswered;

impl Unanswered {
    /// Whether this is at the bottom of `error`.
    pub(crate) fn is_behind(error: &SecretError) -> bool {
        iter::successors(error.source(), |&error| error.source()).any(|error| error.is::<Self>())
    }
}
