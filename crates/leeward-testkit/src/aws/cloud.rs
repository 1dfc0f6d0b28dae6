use crate::aws::{
    connection,
    counts::{Counter, Counts},
    fault::Faults,
    front::Front,
    services::Services,
    site::Site,
};
use leeward_error_taxonomy::Region;
use std::{
    future::poll_fn,
    io, mem,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

/// The access key id of the test credentials. The in-process AWS takes any; requests must be signed, by whomever.
pub const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
/// The secret access key of the test credentials.
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// The account that everything belongs to.
pub const ACCOUNT_ID: &str = winterbaume_core::DEFAULT_ACCOUNT_ID;

/// Emulated AWS Regions, each behind a port of its own on loopback.
///
/// The Regions run on the runtime that they were started in, clients may run on any. Dropping it closes the ports and
/// ends the tasks; [`shutdown`](Self::shutdown) also waits until they have ended.
#[derive(Debug)]
pub struct Aws {
    sites: Vec<Arc<Site>>,
    faults: Faults,
    counter: Arc<Counter>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Says which Regions there are, and where they run.
#[derive(Clone, Debug, Default)]
pub struct AwsBuilder {
    regions: Vec<Region>,
    runtime: Option<Handle>,
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
        let services = Arc::new(Services::new(&self.regions));
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
                };
                runtime.spawn(accept(Arc::new(front), stop.subscribe()))
            })
            .collect();
        Ok(Aws {
            sites,
            faults,
            counter,
            stop,
            tasks,
        })
    }
}

impl Aws {
    /// Starts with no Region yet.
    #[must_use]
    pub fn builder() -> AwsBuilder {
        AwsBuilder::default()
    }

    /// Starts these Regions on the current runtime.
    ///
    /// # Errors
    ///
    /// Any [`StartError`].
    pub async fn start(regions: &[Region]) -> Result<Self, StartError> {
        let builder = AwsBuilder {
            regions: regions.to_vec(),
            runtime: None,
        };
        builder.start().await
    }

    /// The Regions, in the order in which they were given.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.sites.iter().map(|site| site.region())
    }

    /// The endpoint of all services in `region`, such as `http://127.0.0.1:40123`; it stays the same for good.
    ///
    /// # Panics
    ///
    /// If `region` is none of [`regions`](Self::regions).
    #[must_use]
    pub fn endpoint(&self, region: &Region) -> String {
        let mut sites = self.sites.iter();
        let site = sites
            .find(|site| site.region() == region)
            .expect("endpoints are asked for of Regions that were started");
        format!("http://{}", site.address())
    }

    /// The fault plane of all Regions.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }

    /// What has been called, and how many connections there are.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counter.snapshot()
    }

    /// Counts calls and opened connections from zero again; what is under way is left out of both.
    pub fn reset_counts(&self) {
        self.counter.reset();
    }

    /// Closes the ports, drops the connections, and waits until all tasks have ended.
    pub async fn shutdown(mut self) {
        self.stop();
        for task in mem::take(&mut self.tasks) {
            // A task that panicked has ended as well.
            let _ = task.await;
        }
    }

    fn stop(&self) {
        for site in &self.sites {
            site.close();
        }
        self.stop.send_replace(true);
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        self.stop();
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Accepts connections for one Region until it is told to stop; ends them all then.
async fn accept(front: Arc<Front>, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
            accepted = poll_fn(|cx| front.site.poll_accept(cx)) => accepted,
        };
        match accepted {
            Ok(stream) => {
                connections.spawn(connection::serve(Arc::clone(&front), stream));
            }
            // Out of sockets, or the client is gone already: neither ends a Region.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
    connections.shutdown().await;
}
