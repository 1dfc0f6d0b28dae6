use super::faults;
use crate::ministack::Trouble;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::{AwsClient, Pool};
use leeward_error_taxonomy::Region;
use leeward_testkit::{Aws, Fault, FaultRule, Scope, Tally};
use std::{error::Error, net::Ipv4Addr};

/// The Region that everything is made in.
pub(super) const EAST: Region = Region::from_static("us-east-1");
/// The other Region.
pub(super) const WEST: Region = Region::from_static("us-west-2");

/// The other side, which each case makes things of its own at.
pub(super) struct Site {
    /// What facades are made of. It calls through the fault plane, which strikes at every operation.
    pub(super) pool: Pool,
    /// Past the fault plane.
    pub(super) direct: Pool,
    aws: Aws,
    port: u16,
}

impl Site {
    pub(super) async fn new(port: u16) -> Result<Self, Box<dyn Error>> {
        let aws = in_front(port).await?;
        faults::strike_all(&aws);
        Ok(Self {
            pool: through(&aws, ANYBODY).await?,
            direct: direct(port, ANYBODY).await?,
            aws,
            port,
        })
    }

    /// The plain SDK, past the fault plane: for what a case needs beside the facade.
    pub(super) async fn sdk<C: AwsClient>(&self) -> Result<C, Trouble> {
        Ok(self.direct.client().await?)
    }

    /// A fault plane of a case's own, without faults, and who calls through it: for what counts calls, or has little time.
    pub(super) async fn behind_faults(&self) -> Result<(Aws, Pool), Box<dyn Error>> {
        let aws = in_front(self.port).await?;
        let pool = through(&aws, ANYBODY).await?;
        Ok((aws, pool))
    }

    /// Who calls by the one pair of keys that it knows: it verifies what they sign ahead, so that nobody may stand between.
    pub(super) async fn as_root(&self) -> Result<Pool, Box<dyn Error>> {
        direct(self.port, ("test", "test")).await
    }

    /// Leaves an operation without an answer until the rule is cleared.
    pub(super) fn hold(&self, service: &str, operation: &str) -> FaultRule {
        let scope = Scope::any().service(service).operation(operation);
        self.aws.faults().inject(scope, Fault::black_hole())
    }

    /// What became of the calls of an operation through the fault plane, of all cases so far.
    pub(super) fn tally(&self, service: &str, operation: &str) -> Tally {
        self.aws.counts().tally(service, operation)
    }

    /// Fails unless every operation of every facade was called through the fault plane, struck, and answered at last.
    pub(super) fn check_faults(&self) -> Result<(), Trouble> {
        faults::check_all(&self.aws.counts())
    }
}

/// Keys that it has not given: it takes any.
const ANYBODY: (&str, &str) = ("AKIAIOSFODNN7EXAMPLE", "interop");

/// The fault plane of the testkit in front of it.
async fn in_front(port: u16) -> Result<Aws, Box<dyn Error>> {
    let aws = Aws::builder().with_region(EAST).with_region(WEST);
    let address = (Ipv4Addr::LOCALHOST, port).into();
    Ok(aws.with_upstream(address).start().await?)
}

async fn through(aws: &Aws, keys: (&str, &str)) -> Result<Pool, Box<dyn Error>> {
    pool([aws.endpoint(&EAST), aws.endpoint(&WEST)], keys).await
}

async fn direct(port: u16, keys: (&str, &str)) -> Result<Pool, Box<dyn Error>> {
    let endpoint = || format!("http://127.0.0.1:{port}");
    pool([endpoint(), endpoint()], keys).await
}

/// One that knows an endpoint in the east and one in the west.
async fn pool(
    [east, west]: [String; 2],
    (id, secret): (&str, &str),
) -> Result<Pool, Box<dyn Error>> {
    let credentials = Credentials::from_keys(id, secret, None);
    let pool = Pool::builder()
        .without_proxy()
        // The plain SDK beside facades is to be plain: on a busy machine its calls would be taken for those to a sick service.
        .without_guard()
        .with_region(EAST)
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .with_endpoint(EAST, east)
        .with_endpoint(WEST, west);
    Ok(pool.build().await?)
}
