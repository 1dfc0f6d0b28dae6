//! An AWS over loopback, for the areas whose calls go over sockets.

use crate::{BoxError, Subject, stopwatch};
use aws_config::BehaviorVersion;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::{SdkConfig, region};
use leeward_client_pool::{Environment, Pool, PoolBuilder};
use leeward_error_taxonomy::Region;
use leeward_testkit::{ACCESS_KEY_ID, Aws, AwsBuilder, SECRET_ACCESS_KEY};
use std::{hint::black_box, sync::Arc};
use tokio::runtime::{Builder, EnterGuard, Runtime};

pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const HOME: Region = Region::from_static(REGION);

/// An AWS, and those who call it.
pub(crate) struct World {
    /// Ends after the callers.
    callers: Runtime,
    aws: Aws,
    /// Where the AWS runs, so that callers do not wait for it by turns.
    _server: Runtime,
}

impl World {
    pub(crate) fn plain() -> Result<Arc<Self>, BoxError> {
        Self::start(Aws::builder().with_region(HOME))
    }

    pub(crate) fn tls() -> Result<Arc<Self>, BoxError> {
        Self::start(Aws::builder().with_region(HOME).with_tls())
    }

    pub(crate) fn start(builder: AwsBuilder) -> Result<Arc<Self>, BoxError> {
        let server = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let callers = Builder::new_current_thread().enable_all().build()?;
        let aws = callers.block_on(builder.with_runtime(server.handle().clone()).start())?;
        Ok(Arc::new(Self {
            callers,
            aws,
            _server: server,
        }))
    }

    pub(crate) fn endpoint(&self) -> String {
        self.aws.endpoint(&HOME)
    }

    pub(crate) const fn aws(&self) -> &Aws {
        &self.aws
    }

    /// The authority to trust, if there is TLS.
    pub(crate) fn root_certificate(&self) -> Option<&str> {
        self.aws.root_certificate()
    }

    /// A pool as in production.
    pub(crate) fn pool(&self) -> Result<Pool, BoxError> {
        Ok(self.block_on(self.builder().build())?)
    }

    pub(crate) fn builder(&self) -> PoolBuilder {
        let builder = Pool::builder()
            .with_environment(Environment::Production)
            .without_proxy()
            .with_credentials(credentials())
            .with_region(HOME);
        let builder = self.aws.regions().fold(builder, |builder, region| {
            builder.with_endpoint(region.clone(), self.aws.endpoint(region))
        });
        match self.root_certificate() {
            Some(pem) => builder.with_root_certificates(pem),
            None => builder,
        }
    }

    /// What the SDK has for its clients by default, over these connections.
    pub(crate) fn sdk_config(&self, connections: SharedHttpClient) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(credentials())
            .region(region::Region::from_static(REGION))
            .endpoint_url(self.endpoint())
            .http_client(connections)
            .build()
    }

    pub(crate) fn enter(&self) -> EnterGuard<'_> {
        self.callers.enter()
    }

    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.callers.block_on(work)
    }

    /// Repeats calls, one after the other in one task. Time on the wall: a call waits for the other side.
    pub(crate) fn subject(
        self: &Arc<Self>,
        mut call: impl AsyncFnMut() -> Result<(), BoxError> + 'static,
    ) -> Subject {
        let world = Arc::clone(self);
        Subject::new(move |operations| {
            let calls = async {
                for _ in 0..operations {
                    black_box(call().await?);
                }
                Ok(())
            };
            let (done, took) = stopwatch::time(|| world.block_on(calls));
            done.map(|()| took)
        })
    }
}

pub(crate) fn credentials() -> SharedCredentialsProvider {
    let keys = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    SharedCredentialsProvider::new(keys)
}
