use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use leeward_error_taxonomy::{Classify, Facts, Failure, Region, Rejected};
use leeward_resilience::{Ratio, Request};
use tokio::runtime::Handle;
use tower_service::Service;

use super::CheckResult;
use crate::RouterError;

/// How a router asks its Regions how they are; handed to
/// [`with_health_check`](crate::RegionRouterBuilder::with_health_check).
///
/// The check is a call that the user chooses, cheap and free of effects: for KMS `DescribeKey` of the key that is used, for
/// others `sts:GetCallerIdentity` at least shows that the Region answers signed requests. It is billed and counted by the
/// service like any call: one a second, per process and Region.
///
/// What counts is whether the service answers. An error that blames the request (no permission, no such key) or asks for
/// fewer calls is an answer: the Region is alive, and the check is [refused](CheckResult::Refused). Since calls may then meet the same, a
/// `tracing` warning tells of it once for each Region and kind, and the status for as long as it is so.
pub struct HealthCheck<S> {
    pub(super) ask: Arc<Ask<S>>,
    pub(super) schedule: Schedule,
    runtime: Option<Handle>,
}

type Ask<S> = dyn Fn(S, Region) -> Asking + Send + Sync;

/// A check on its way.
pub(super) type Asking = Pin<Box<dyn Future<Output = Result<(), Complaint>> + Send>>;

/// What a check met that did not succeed.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    pub(super) result: CheckResult,
    pub(super) failure: Failure,
    pub(super) advice: String,
    /// Whether the service said that it gets ready no more.
    pub(super) is_of_readiness: bool,
}

impl Complaint {
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        Self {
            is_of_readiness: false,
            result: CheckResult::of(facts),
            failure: Failure::from(facts),
            advice: facts.advice().to_string(),
        }
    }
}

/// Checks that follow closer upon one another are load.
const LEAST_INTERVAL: Duration = Duration::from_millis(10);

/// When checks are made and how long they may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    pub(super) interval: Duration,
    pub(super) idle_interval: Duration,
    pub(super) jitter: Ratio,
    pub(super) timeout: Duration,
    pub(super) seed: Option<u64>,
}

impl<S> HealthCheck<S> {
    /// Sends `request`, as [each Region must see it](Request::for_region); an operation of `leeward-client-pool`, say.
    ///
    /// A Region that the request refuses to go to is not checked, which is told once.
    ///
    /// ```
    /// use leeward_error_taxonomy::OperationName;
    /// use leeward_region_router::HealthCheck;
    /// use leeward_resilience::Plain;
    /// # use leeward_error_taxonomy::Rejected;
    /// # type Ledger = tower::util::BoxCloneSyncService<Plain<&'static str>, String, Rejected>;
    ///
    /// let ping = Plain::new("nobody").named(OperationName::new("ledger", "Ping")).idempotent();
    /// let check: HealthCheck<Ledger> = HealthCheck::sending(ping);
    /// ```
    pub fn sending<R>(request: R) -> Self
    where
        S: Service<R> + Send + 'static,
        S::Error: Classify + From<Rejected>,
        S::Future: Send,
        R: Request + Send + Sync + 'static,
    {
        Self::asking(Arc::new(move |mut service: S, region: Region| {
            let request = request.for_region(&region);
            Box::pin(async move {
                let request = request.map_err(|refusal| Complaint::of(&refusal.facts()))?;
                let readied = poll_fn(|cx| service.poll_ready(cx)).await;
                readied.map_err(|error| Complaint {
                    is_of_readiness: true,
                    ..Complaint::of(&error.facts())
                })?;
                let answer = service.call(request).await;
                answer.map_or_else(|error| Err(Complaint::of(&error.facts())), |_| Ok(()))
            })
        }))
    }

    /// Makes the call with a closure: a clone of the Region's service in, whatever it answers out.
    ///
    /// The service has not been asked whether it is ready; `tower::ServiceExt::oneshot` does that. The router does not hear of it
    /// if it says that it never will be, and keeps it until a call meets the same; where services end, as a `tower::buffer` does, rather
    /// [send](Self::sending) a request: then another one is made.
    ///
    /// ```
    /// use leeward_error_taxonomy::{Region, Rejected};
    /// use leeward_region_router::HealthCheck;
    /// use leeward_resilience::Plain;
    /// use tower::{ServiceExt, util::BoxCloneSyncService};
    ///
    /// type Ledger = BoxCloneSyncService<Plain<&'static str>, String, Rejected>;
    ///
    /// let check = HealthCheck::new(|ledger: Ledger, _: Region| ledger.oneshot(Plain::new("ping").idempotent()));
    /// ```
    pub fn new<F, A, T, E>(ask: F) -> Self
    where
        F: Fn(S, Region) -> A + Send + Sync + 'static,
        A: Future<Output = Result<T, E>> + Send + 'static,
        E: Classify,
    {
        let ask = move |service, region| {
            let answer = ask(service, region);
            Box::pin(async move {
                match answer.await {
                    Ok(_) => Ok(()),
                    Err(error) => Err(Complaint::of(&error.facts())),
                }
            }) as Asking
        };
        Self::asking(Arc::new(ask))
    }

    fn asking(ask: Arc<Ask<S>>) -> Self {
        Self {
            ask,
            schedule: Schedule {
                interval: Duration::from_secs(1),
                idle_interval: Duration::from_secs(10),
                jitter: Ratio::percent(25),
                timeout: Duration::from_secs(1),
                seed: None,
            },
            runtime: None,
        }
    }

    /// How long after one check of a Region the next one begins; 1 s by default, and 10 ms at least.
    #[must_use]
    pub fn with_interval(mut self, interval: Duration) -> Self {
        self.schedule.interval = interval;
        self
    }

    /// How long instead while nobody calls the router and every circuit is closed; 10 s by default.
    ///
    /// A router is idle if no call has ended since the check before, and none is on its way. Give it the [interval](Self::with_interval) to check on
    /// all the same. Once it is called again, the next check comes within an interval.
    #[must_use]
    pub fn with_idle_interval(mut self, idle_interval: Duration) -> Self {
        self.schedule.idle_interval = idle_interval;
        self
    }

    /// How far each pause strays from the interval in either direction, so that processes do not check in step; 25 % by
    /// default. The first check of each Region comes at any time within the interval.
    #[must_use]
    pub fn with_jitter(mut self, jitter: Ratio) -> Self {
        self.schedule.jitter = jitter;
        self
    }

    /// How long a check may take, from making the service to its answer, before the Region counts as silent; 1 s by default.
    ///
    /// The check knows of it as its [deadline](leeward_resilience::deadline::current). Give it no more than a
    /// [probe](leeward_resilience::CircuitConfig::with_probe_timeout) has, twice the attempt timeout by default, or what it shows of
    /// a Region that was left comes too late.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.schedule.timeout = timeout;
        self
    }

    /// The runtime to check on; by default the one in which the router is built.
    #[must_use]
    pub fn with_runtime(self, runtime: Handle) -> Self {
        Self {
            runtime: Some(runtime),
            ..self
        }
    }

    /// Repeats the same jitter in every run, for tests and simulations; random by default.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.schedule.seed = Some(seed);
        self
    }

    /// The runtime to check on, unless there is none or something in the settings is wrong.
    pub(super) fn runtime(&self) -> Result<Handle, RouterError> {
        let Schedule {
            interval,
            idle_interval,
            timeout,
            ..
        } = self.schedule;
        if interval.is_zero() || idle_interval.is_zero() || timeout.is_zero() {
            return Err(RouterError::ZeroHealthCheck);
        }
        let shortest = interval.min(idle_interval);
        if shortest < LEAST_INTERVAL {
            return Err(RouterError::FrequentHealthCheck { interval: shortest });
        }
        match &self.runtime {
            Some(runtime) => Ok(runtime.clone()),
            None => Handle::try_current().map_err(|_| RouterError::NoRuntime),
        }
    }
}

impl<S> Clone for HealthCheck<S> {
    fn clone(&self) -> Self {
        Self {
            ask: Arc::clone(&self.ask),
            schedule: self.schedule,
            runtime: self.runtime.clone(),
        }
    }
}

impl<S> fmt::Debug for HealthCheck<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthCheck")
            .field("schedule", &self.schedule)
            .finish_non_exhaustive()
    }
}
