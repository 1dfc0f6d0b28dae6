use super::ClientConfig;
use leeward_error_taxonomy::Region;

/// An SDK client that the pool can make by its type.
///
/// Ready for the services whose feature is on. Implement it for a client type of your own, or hand
/// [`Pool::client_by`](crate::Pool::client_by) a closure.
///
/// ```
/// # #[cfg(feature = "kms")] {
/// use leeward_client_pool::{AwsClient, ClientConfig};
///
/// /// A client of a service that has no feature here would look the same.
/// #[derive(Clone)]
/// struct Keys(aws_sdk_kms::Client);
///
/// impl AwsClient for Keys {
///     const SERVICE: &'static str = "kms";
///
///     fn from_config(config: &ClientConfig) -> Self {
///         let mut builder = aws_sdk_kms::config::Builder::from(config.sdk());
///         for interceptor in config.interceptors() {
///             builder.push_interceptor(interceptor);
///         }
///         for classifier in config.retry_classifiers() {
///             builder.push_retry_classifier(classifier);
///         }
///         Self(aws_sdk_kms::Client::from_conf(builder.build()))
///     }
/// }
/// # }
/// ```
pub trait AwsClient: Clone + Send + Sync + 'static {
    /// The service's name, as it stands in labels, endpoint settings and the tables of operations: `kms`.
    const SERVICE: &'static str;

    /// Where the service is called if no Region is named for the call or the pool; for services that are in one place.
    const HOME: Option<Region> = None;

    /// Makes a client. It must not wait: it is called on a thread of the runtime, each time that the client of
    /// a key is made: at first, when an old one is renewed, and once more where an endpoint is given besides FIPS or dual-stack.
    fn from_config(config: &ClientConfig) -> Self;
}
