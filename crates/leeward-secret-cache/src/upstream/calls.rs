use super::operation::{BatchGetSecretValue, DescribeSecret, GetSecretValue};
use aws_sdk_secretsmanager::operation::{
    batch_get_secret_value::{BatchGetSecretValueError, BatchGetSecretValueOutput},
    describe_secret::{DescribeSecretError, DescribeSecretOutput},
    get_secret_value::{GetSecretValueError, GetSecretValueOutput},
};
use leeward_client_pool::Failed;
use tower_service::Service;

/// What a cache calls Secrets Manager through: any stack of layers over a Region router or a single target.
///
/// Implemented for every service that fits; nobody needs to implement it. One that answers [`GetSecretValue`] alone, a closure of a
/// test's for example, fits as [`ValuesOnly`](crate::ValuesOnly).
pub trait SecretsCalls:
    Service<
        GetSecretValue,
        Response = GetSecretValueOutput,
        Error = Failed<GetSecretValueError>,
        Future: Send,
    > + Service<
        DescribeSecret,
        Response = DescribeSecretOutput,
        Error = Failed<DescribeSecretError>,
        Future: Send,
    > + Service<
        BatchGetSecretValue,
        Response = BatchGetSecretValueOutput,
        Error = Failed<BatchGetSecretValueError>,
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
        > + Service<
            DescribeSecret,
            Response = DescribeSecretOutput,
            Error = Failed<DescribeSecretError>,
            Future: Send,
        > + Service<
            BatchGetSecretValue,
            Response = BatchGetSecretValueOutput,
            Error = Failed<BatchGetSecretValueError>,
            Future: Send,
        > + Clone
        + Send
        + Sync
        + 'static
{
}
