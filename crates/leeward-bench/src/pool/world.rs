use crate::{BoxError, Subject, stopwatch};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::{Environment, Pool, PoolBuilder};
use leeward_error_taxonomy::Region;
use leeward_testkit::{ACCESS_KEY_ID, Aws, AwsBuilder, SECRET_ACCESS_KEY};
use std::{hint::black_box, sync::Arc};
use tokio::runtime::{Builder, EnterGuard, Runtime};

pub(super) const REGION: &str = "eu-central-1";
pub(super) const HOME: Region = Region::from_static(REGION);

/// An AWS, and those who call it.
pub(super) struct World {
    /// Ends after the callers.
    callers: Runtime,
    aws: Aws,
    /// Where the AWS runs, so that callers do not wait for it by turns.
    _server: Runtime,
}

impl World {
    pub(super) fn plain() -> Result<Arc<Self>, BoxError> {
        Self::start(Aws::builder().with_region(HOME))
    }

    pub(super) fn tls() -> Result<Arc<Self>, BoxError> {
        Self::start(Aws::builder().with_region(HOME).with_tls())
    }

    pub(super) fn start(builder: AwsBuilder) -> Result<Arc<Self>, BoxError> {
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

    pub(super) fn endpoint(&self) -> String {
        self.aws.endpoint(&HOME)
    }

    pub(super) const fn aws(&self) -> &Aws {
        &self.aws
    }

    /// The authority to trust, if there is TLS.
    pub(super) fn root_certificate(&self) -> Option<&str> {
        self.aws.root_certificate()
    }

    /// A pool as in production.
    pub(super) fn pool(&self) -> Result<Pool, BoxError> {
        Ok(self.block_on(self.builder().build())?)
    }

    pub(super) fn builder(&self) -> PoolBuilder {
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

    pub(super) fn enter(&self) -> EnterGuard<'_> {
        self.callers.enter()
    }

    pub(super) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.callers.block_on(work)
    }

    /// Repeats calls, one after the other in one task. Time on the wall: a call waits for the other side.
    pub(super) fn subject(
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

pub(super) fn credentials() -> SharedCredentialsProvider {
    let keys = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    SharedCredentialsProvider::new(keys)
}
