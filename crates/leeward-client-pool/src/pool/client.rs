use aws_types::SdkConfig;

/// An SDK client that the pool can make by its type.
///
/// Ready for the services whose feature is on. Implement it for a client type of your own, or make any other client of
/// [`Pool::config`](crate::Pool::config). An [interceptor](crate::DeadlineInterceptor) tells the client of deadlines; an
/// `SdkConfig` cannot carry it, so each implementation adds it.
pub trait AwsClient: Clone + Send + Sync + 'static {
    /// Makes a client; it is called once for each Region and each answer to "who retries?".
    fn from_config(config: &SdkConfig) -> Self;
}

#[cfg(feature = "kms")]
impl AwsClient for aws_sdk_kms::Client {
    fn from_config(config: &SdkConfig) -> Self {
        let config = aws_sdk_kms::config::Builder::from(config);
        Self::from_conf(config.interceptor(crate::DeadlineInterceptor).build())
    }
}
