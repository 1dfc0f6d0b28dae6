use aws_types::SdkConfig;

/// An SDK client that the pool can make by its type.
///
/// Ready for the services whose feature is on. Implement it for a client type of your own, or make any other client of
/// [`Pool::config`](crate::Pool::config).
pub trait AwsClient: Clone + Send + Sync + 'static {
    /// Makes a client; it is called once for each Region and each answer to "who retries?".
    fn from_config(config: &SdkConfig) -> Self;
}

#[cfg(feature = "kms")]
impl AwsClient for aws_sdk_kms::Client {
    fn from_config(config: &SdkConfig) -> Self {
        Self::new(config)
    }
}
