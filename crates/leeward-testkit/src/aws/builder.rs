use crate::aws::{
    admission::Admission,
    cloud::{Aws, accept},
    fault::Faults,
    front::Front,
    line::Manners,
    secretsmanager::{Secrets, SecretsService},
    services::Services,
    site::Site,
    sts::{Roles, Sts},
    time::Time,
    tls::Tls,
    upstream::Upstream,
};
use leeward_error_taxonomy::Region;
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, SystemTime},
};
use tokio::{runtime::Handle, sync::watch};

/// Says which Regions there are, where they run and how they behave.
#[derive(Clone, Debug, Default)]
pub struct AwsBuilder {
    regions: Vec<Region>,
    runtime: Option<Handle>,
    tls: bool,
    time: Time,
    checks_credentials: bool,
    manners: Manners,
    upstream: Option<Upstream>,
}

/// Why the in-process AWS did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is nothing to start.
    #[error("no Region given: name at least one")]
    NoRegion,
    /// A Region was given more than once.
    #[error("{region} given twice: name each Region once")]
    GivenTwice {
        /// The one that was.
        region: Region,
    },
    /// There is no tokio runtime to run on.
    #[error("no tokio runtime here: start inside of one, or give its handle to the builder")]
    NoRuntime,
    /// The system gave no port.
    #[error("no port on loopback for {region}")]
    NoPort {
        /// The Region that stays without.
        region: Region,
        /// What the system says.
        source: io::Error,
    },
    /// No certificate could be made.
    #[error("no certificate for TLS")]
    NoCertificate {
        /// What the cryptography says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl AwsBuilder {
    /// Adds a Region.
    #[must_use]
    pub fn with_region(mut self, region: Region) -> Self {
        self.regions.push(region);
        self
    }

    /// Runs on this runtime, which needs its I/O and time drivers. Default: the one that `start` is called in.
    #[must_use]
    pub fn with_runtime(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// Speaks TLS in all Regions, with a certificate of an authority that [`Aws::root_certificate`] tells.
    ///
    /// TLS 1.3 or 1.2 and HTTP/1.1. Default: plain HTTP.
    #[must_use]
    pub const fn with_tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Reads this wall clock: when credentials end that STS lends, and whether they have; the dates of secrets. Default: the
    /// system's.
    ///
    /// Other services and the idle timeout go by the clocks of the system and of tokio.
    #[must_use]
    pub fn with_time(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.time = Time::of(clock);
        self
    }

    /// Refuses temporary credentials that STS has not lent here or that have ended, as each service words it.
    ///
    /// Temporary are those whose access key id begins with `ASIA`; all others are taken. Lent are those of `AssumeRole` and
    /// `AssumeRoleWithWebIdentity`; they must come with their token. Default: nobody looks.
    #[must_use]
    pub const fn checking_credentials(mut self) -> Self {
        self.checks_credentials = true;
        self
    }

    /// Closes a connection that carries no call for so long, of tokio's time. Default: never.
    #[must_use]
    pub const fn with_idle_timeout(mut self, timeout: Duration) -> Self {
        self.manners.idle_timeout = Some(timeout);
        self
    }

    /// Closes each connection after its first answer, which does not say `Connection: close`. Default: keeps it.
    #[must_use]
    pub const fn closing_after_answers(mut self) -> Self {
        self.manners.closes_after_answers = true;
        self
    }

    /// Passes the calls of all Regions on to an emulator at this address, over plain HTTP, in the place of those in this process.
    ///
    /// Faults and counts are as without it; each call goes over a connection of its own, and its body and answer are held in memory.
    /// Services that this AWS does not know are not passed on; CloudFormation it knows by this alone.
    #[must_use]
    pub const fn with_upstream(mut self, address: SocketAddr) -> Self {
        self.upstream = Some(Upstream(address));
        self
    }

    /// Opens the ports; requests are answered from then on.
    ///
    /// # Errors
    ///
    /// Any [`StartError`].
    pub async fn start(self) -> Result<Aws, StartError> {
        if self.regions.is_empty() {
            return Err(StartError::NoRegion);
        }
        let runtime = match self.runtime {
            Some(runtime) => runtime,
            None => Handle::try_current().map_err(|_| StartError::NoRuntime)?,
        };
        let tls = if self.tls {
            let made = Tls::new().map_err(|source| StartError::NoCertificate { source })?;
            Some(Arc::new(made))
        } else {
            None
        };
        let mut sites: Vec<Arc<Site>> = Vec::new();
        for region in &self.regions {
            let region = region.clone();
            if sites.iter().any(|site| *site.region() == region) {
                return Err(StartError::GivenTwice { region });
            }
            let site = Site::open(region.clone(), runtime.clone())
                .map_err(|source| StartError::NoPort { region, source })?;
            sites.push(Arc::new(site));
        }

        let faults = Faults::new(sites.clone());
        let roles = Roles::default();
        let admission = if self.checks_credentials {
            Admission::Checked {
                roles: roles.clone(),
                time: self.time.clone(),
            }
        } else {
            Admission::Open
        };
        let secrets = Secrets::new(&self.regions, self.time.clone());
        let secrets_manager = SecretsService {
            secrets: secrets.clone(),
            roles: roles.clone(),
        };
        let sts = Sts {
            roles: roles.clone(),
            time: self.time,
        };
        let services = Services::new(&self.regions, secrets_manager, sts, self.upstream);
        let services = Arc::new(services);
        let (counter, requests) = (Arc::default(), Arc::new(AtomicU64::new(1)));
        let stop = watch::Sender::new(false);
        let tasks = sites
            .iter()
            .map(|site| {
                let front = Front {
                    site: Arc::clone(site),
                    services: Arc::clone(&services),
                    faults: faults.clone(),
                    counter: Arc::clone(&counter),
                    requests: Arc::clone(&requests),
                    tls: tls.clone(),
                    manners: self.manners,
                    admission: admission.clone(),
                };
                runtime.spawn(accept(Arc::new(front), stop.subscribe()))
            })
            .collect();
        Ok(Aws {
            sites,
            faults,
            counter,
            roles,
            secrets,
            tls,
            stop,
            tasks,
        })
    }
}
