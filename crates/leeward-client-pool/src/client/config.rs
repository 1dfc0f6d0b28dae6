use crate::Retries;
use aws_smithy_runtime_api::client::{
    interceptors::SharedInterceptor, retries::classifiers::SharedRetryClassifier,
};
use aws_types::SdkConfig;
use leeward_error_taxonomy::Region;

/// What a client is made of: the SDK's configuration, and what that configuration cannot carry.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    sdk: SdkConfig,
    region: Region,
    retries: Retries,
    interceptors: Vec<SharedInterceptor>,
    retry_classifiers: Vec<SharedRetryClassifier>,
}

impl ClientConfig {
    pub(crate) const fn new(
        sdk: SdkConfig,
        region: Region,
        retries: Retries,
        interceptors: Vec<SharedInterceptor>,
        retry_classifiers: Vec<SharedRetryClassifier>,
    ) -> Self {
        Self {
            sdk,
            region,
            retries,
            interceptors,
            retry_classifiers,
        }
    }

    pub(crate) fn with(&self, sdk: SdkConfig) -> Self {
        Self {
            sdk,
            ..self.clone()
        }
    }

    /// The SDK's configuration: Region, credentials, shared connections, time-outs, and who retries.
    ///
    /// Leave its identity cache as it is. Calls with refused credentials wait there for others; under a cache that is put in its
    /// place, such as the SDK's lazy one, they are sent once more with what was refused, and so are all later calls until that
    /// cache lets go of it.
    #[must_use]
    pub const fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The Region.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// Who sends a failed call again.
    #[must_use]
    pub const fn retries(&self) -> Retries {
        self.retries
    }

    /// What every client of the pool takes along: deadlines, the guard, the renewal of refused credentials, and what errors are
    /// to tell of the call.
    pub fn interceptors(&self) -> impl Iterator<Item = SharedInterceptor> + '_ {
        self.interceptors.iter().cloned()
    }

    /// What the SDK's own retries are to know besides.
    pub fn retry_classifiers(&self) -> impl Iterator<Item = SharedRetryClassifier> + '_ {
        self.retry_classifiers.iter().cloned()
    }
}
