use crate::aws::{
    builder::{AwsBuilder, StartError},
    connection,
    counts::{Counter, Counts},
    fault::Faults,
    front::Front,
    secretsmanager::Secrets,
    site::Site,
    sts::Roles,
    tls::Tls,
};
use leeward_error_taxonomy::Region;
use std::{future::poll_fn, mem, sync::Arc, time::Duration};
use tokio::{
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
    pub(super) sites: Vec<Arc<Site>>,
    pub(super) faults: Faults,
    pub(super) counter: Arc<Counter>,
    pub(super) roles: Roles,
    pub(super) secrets: Secrets,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) tasks: Vec<JoinHandle<()>>,
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
        let builder = Self::builder();
        let add = |builder: AwsBuilder, region: &Region| builder.with_region(region.clone());
        regions.iter().fold(builder, add).start().await
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
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", site.address())
    }

    /// The certificate, in PEM, of the authority that vouches for all Regions; clients must be told to trust it.
    ///
    /// `None` without [TLS](AwsBuilder::with_tls).
    #[must_use]
    pub fn root_certificate(&self) -> Option<&str> {
        self.tls.as_deref().map(|tls| tls.root.as_str())
    }

    /// The fault plane of all Regions.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }

    /// The roles that STS lends.
    #[must_use]
    pub fn roles(&self) -> Roles {
        self.roles.clone()
    }

    /// The secrets of Secrets Manager.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        self.secrets.clone()
    }

    /// Closes the connections that carry no call at present, as a server does that has waited long enough.
    ///
    /// They say nothing of it beforehand; clients see it when they look, or when they send.
    pub fn close_idle_connections(&self) {
        for site in &self.sites {
            site.dismiss();
        }
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
pub(super) async fn accept(front: Arc<Front>, mut stop: watch::Receiver<bool>) {
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
