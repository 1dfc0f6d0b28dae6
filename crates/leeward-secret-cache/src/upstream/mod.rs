//! Where secrets come from: any stack of layers over Secrets Manager.

mod calls;
mod fetched;
mod operation;

pub use calls::SecretsCalls;
pub use operation::GetSecretValue;

pub(crate) use fetched::Fetched;

use crate::{SecretError, id::Key};
use leeward_client_pool::FutureOf;

/// What a cache fetches from, whatever it is made of.
pub(crate) trait Upstream: Send + Sync {
    /// Fetches one version of a secret, by one call through all the layers there are.
    fn fetch(&self, secret: Key) -> FutureOf<'static, Result<Fetched, SecretError>>;
}

/// Fetches by a service that is cloned for each call.
pub(crate) struct Through<S>(pub(crate) S);

impl<S: SecretsCalls> Upstream for Through<S> {
    fn fetch(&self, secret: Key) -> FutureOf<'static, Result<Fetched, SecretError>> {
        let service = self.0.clone();
        Box::pin(async move {
            let request = operation::secret_value(secret.as_ref());
            let name = request.name();
            match calls::call(service, request).await {
                Ok(output) => Fetched::read(&secret, name, output),
                Err(error) => Err(SecretError::call(&secret, name, error)),
            }
        })
    }
}
