use super::PoolBuilder;
use crate::{Environment, Identity};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_error_taxonomy::Region;
use std::time::Duration;

/// As whom, and where.
impl PoolBuilder {
    /// Starts from the numbers of this environment. Default: [`Environment::from_env`].
    pub fn with_environment(self, environment: Environment) -> Self {
        Self {
            environment: Some(environment),
            ..self
        }
    }

    /// Signs with these credentials. Default: the SDK's chain (environment, profile, SSO, web identity, container, IMDS).
    pub fn with_credentials(self, credentials: SharedCredentialsProvider) -> Self {
        self.with_identity(Identity::provider(credentials))
    }

    /// Signs with these keys.
    pub fn with_keys(self, keys: Credentials) -> Self {
        self.with_identity(Identity::keys(keys))
    }

    /// Calls as this identity wherever none is named: a role, a profile, given keys.
    pub fn with_identity(self, identity: impl Into<Identity>) -> Self {
        Self {
            identity: identity.into(),
            ..self
        }
    }

    /// Asks STS in these Regions for the sessions of roles, in this order, after the pool's own Region.
    ///
    /// A Region that gives no answer in time, is overloaded or has STS switched off is passed over for the next one; who
    /// answered instead goes first for ten minutes. Regions of another partition than the role's are never asked. Default:
    /// `us-east-1`, `us-west-2`, `eu-west-1`, and their like in other partitions, where STS is always active.
    pub fn with_sts_regions(self, regions: impl IntoIterator<Item = Region>) -> Self {
        Self {
            sts_regions: Some(regions.into_iter().collect()),
            ..self
        }
    }

    /// Gives the STS of one Region this long to be connected with, unless the connect timeout is shorter, and then this long
    /// for its answer to begin; the next Region is asked afterwards. Default: a second. Zero is refused by [`build`](Self::build).
    ///
    /// It runs from when a request has its connection: what roles wait for within this process, a turn or a place in the line of
    /// the host, says nothing of STS and takes none of it. All Regions together have the 25 seconds of a load.
    pub fn with_sts_timeout(self, sts_timeout: Duration) -> Self {
        Self {
            sts_timeout,
            ..self
        }
    }

    /// Keeps the credentials of at most so many identities; past it the one that a client was made for longest ago is
    /// forgotten, while its clients go on. Default: 1024.
    pub fn with_max_identities(self, max_identities: usize) -> Self {
        Self {
            max_identities,
            ..self
        }
    }

    /// Calls this Region wherever none is named, STS and SSO included. Default: that of the environment, else of the profile.
    ///
    /// Where there is none at all, clients must name theirs, and credentials are asked for in `us-east-1`.
    pub fn with_region(self, region: Region) -> Self {
        Self {
            region: Some(region),
            ..self
        }
    }

    /// Sends what is meant for `region` to `url`: an emulator, a VPC endpoint, a proxy. Default: AWS's own endpoints.
    pub fn with_endpoint(mut self, region: Region, url: impl Into<String>) -> Self {
        self.endpoints.set(region, url.into());
        self
    }

    /// Sends what is meant for a service in `region` to `url`, before what is said of the whole Region.
    ///
    /// The service is named as its feature here is, `kms`; `sts` is where roles are assumed too.
    pub fn with_service_endpoint(
        mut self,
        service: impl AsRef<str>,
        region: Region,
        url: impl Into<String>,
    ) -> Self {
        self.endpoints
            .set_for_service(service.as_ref(), region, url.into());
        self
    }

    /// Uses the endpoints that are validated by FIPS 140. Default: with the feature `fips`, else as the environment says.
    ///
    /// An endpoint that is given, here, to a client, by the environment or by a profile, is used as it is: this chooses among
    /// those of AWS. Without one STS is asked in the Regions that have an endpoint of FIPS, unless it is given others.
    pub fn with_fips(self, fips: bool) -> Self {
        Self {
            fips: Some(fips),
            ..self
        }
    }

    /// Uses the endpoints that have IPv6 too. Default: as the environment says. An endpoint that is given is used as it is.
    pub fn with_dual_stack(self, dual_stack: bool) -> Self {
        Self {
            dual_stack: Some(dual_stack),
            ..self
        }
    }
}
