use super::operation::GetSecretValue;
use aws_sdk_secretsmanager::operation::get_secret_value::{
    GetSecretValueError, GetSecretValueOutput,
};
use leeward_client_pool::Failed;
use std::future::poll_fn;
use tower_service::Service;

/// What a cache calls Secrets Manager through: any stack of layers over a Region router or a single target.
///
/// Implemented for every service that fits; nobody needs to implement it.
pub trait SecretsCalls:
    Service<
        GetSecretValue,
        Response = GetSecretValueOutput,
        Error = Failed<GetSecretValueError>,
        Future: Send,
    > + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> SecretsCalls for S where
    S: Service<
            GetSecretValue,
            Response = GetSecretValueOutput,
            Error = Failed<GetSecretValueError>,
            Future: Send,
        > + Clone
        + Send
        + Sync
        + 'static
{
}

/// Readies `service` and calls it, as tower asks.
pub(super) async fn call<S, R>(mut service: S, request: R) -> Result<S::Response, S::Error>
where
    S: Service<R>,
{
    poll_fn(|cx| service.poll_ready(cx)).await?;
    service.call(request).await
}
