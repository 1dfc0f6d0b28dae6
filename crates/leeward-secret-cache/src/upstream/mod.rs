//! Where secrets come from: any stack of layers over Secrets Manager.

mod calls;
mod described;
mod fetched;
mod given;
mod operation;
mod values_only;

pub use calls::SecretsCalls;
pub use operation::{BatchGetSecretValue, DescribeSecret, GetSecretValue};
pub use values_only::ValuesOnly;

pub(crate) use described::Described;
pub(crate) use fetched::Fetched;
pub(crate) use given::Given;
pub(crate) use values_only::Unanswered;

use crate::{SecretError, id::Key};
use aws_sdk_secretsmanager::operation::batch_get_secret_value::{
    BatchGetSecretValueError, BatchGetSecretValueOutput, builders::BatchGetSecretValueInputBuilder,
};
use leeward_client_pool::{Failed, FutureOf};
use tower::ServiceExt;

/// What a cache fetches from, whatever it is made of. Each is one call through all the layers there are.
pub(crate) trait Upstream: Send + Sync {
    /// Fetches one version of a secret.
    fn fetch(&self, secret: Key) -> FutureOf<'static, Result<Fetched, SecretError>>;

    /// Asks what versions of a secret there are.
    fn describe(&self, secret: Key) -> FutureOf<'static, Result<Described, SecretError>>;

    /// Fetches a page of secrets at once.
    fn fetch_batch(
        &self,
        batch: BatchGetSecretValueInputBuilder,
    ) -> FutureOf<'static, Result<BatchGetSecretValueOutput, Failed<BatchGetSecretValueError>>>;
}

/// Fetches by a service that is cloned for each call.
pub(crate) struct Through<S>(pub(crate) S);

impl<S: SecretsCalls> Upstream for Through<S> {
    fn fetch(&self, secret: Key) -> FutureOf<'static, Result<Fetched, SecretError>> {
        let service = self.0.clone();
        Box::pin(async move {
            let request = operation::secret_value(secret.as_ref());
            let name = request.name();
            match service.oneshot(request).await {
                Ok(output) => Fetched::read(&secret, name, output),
                Err(error) => Err(SecretError::call(&secret, name, error).asked_by(secret.id())),
            }
        })
    }

    fn describe(&self, secret: Key) -> FutureOf<'static, Result<Described, SecretError>> {
        let service = self.0.clone();
        Box::pin(async move {
            let request = operation::describe(secret.as_ref().id());
            let name = request.name();
            match service.oneshot(request).await {
                Ok(output) => Ok(Described::read(output)),
                Err(error) => Err(SecretError::call(&secret, name, error).asked_by(secret.id())),
            }
        })
    }

    fn fetch_batch(
        &self,
        batch: BatchGetSecretValueInputBuilder,
    ) -> FutureOf<'static, Result<BatchGetSecretValueOutput, Failed<BatchGetSecretValueError>>>
    {
        Box::pin(self.0.clone().oneshot(operation::batch(batch)))
    }
}
