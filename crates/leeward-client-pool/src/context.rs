use crate::Retries;
use aws_smithy_runtime_api::client::{
    interceptors::context::{FinalizerInterceptorContextMut, FinalizerInterceptorContextRef},
    orchestrator::OrchestratorError,
    retries::RequestAttempts,
};
use aws_smithy_types::{config_bag::ConfigBag, endpoint::Endpoint};
use leeward_error_taxonomy::{CallContext, Facts, Region, Stage};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Tells the error of a call the Region, the host if there was no answer, and where the SDK retries how many attempts were made.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    region: Region,
    retries: Retries,
}

impl Context {
    pub(crate) const fn new(region: Region, retries: Retries) -> Self {
        Self { region, retries }
    }

    /// Whether a call goes to the Region of its client: its own settings may say another.
    pub(crate) fn is_at_home(&self, config: &ConfigBag) -> bool {
        self.elsewhere(config).is_none()
    }

    fn elsewhere<'a>(&self, config: &'a ConfigBag) -> Option<&'a aws_types::region::Region> {
        let region = config.load::<aws_types::region::Region>();
        region.filter(|region| region.as_ref() != self.region.as_str())
    }

    /// When the SDK has done with retries, so that these see its errors as they are.
    pub(crate) fn tell(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        nothing_sent_before: bool,
        config: &ConfigBag,
    ) {
        let Some(Err(error)) = context.output_or_error_mut() else {
            return;
        };
        let region = match self.elsewhere(config) {
            Some(region) => Region::new(region.to_string()).ok(),
            None => Some(self.region.clone()),
        };
        let mut told = CallContext::new();
        if let Some(region) = region {
            told = told.with_region(region);
        }
        // A layer above makes each attempt a call of its own, and is the one who can count them.
        if let (Retries::Sdk, Some(attempts)) = (self.retries, config.load::<RequestAttempts>()) {
            told = told.with_attempts(attempts.attempts());
            if nothing_sent_before {
                told = told.with_nothing_sent_before();
            }
        }
        // The service that has said what it has to say was found.
        let endpoint = config.load::<Endpoint>();
        let endpoint = endpoint.filter(|_| !error.is_operation_error());
        if let Some(host) = endpoint.and_then(host) {
            told = told.with_host(host);
        }
        let failed = std::mem::replace(error, OrchestratorError::other("about to be told"));
        let failed = told.tell(failed, context.response_mut());
        if let Some(result) = context.output_or_error_mut() {
            *result = Err(failed);
        }
    }
}

/// Whether an attempt of a call may have been sent.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    /// Seen when an attempt has ended: whether it may have been, and whether one before it.
    last: AtomicBool,
    before: AtomicBool,
}

impl Sent {
    /// Looks at an attempt that has ended.
    pub(crate) fn see(&self, context: &FinalizerInterceptorContextRef<'_>) {
        let Some(Err(error)) = context.output_or_error() else {
            return;
        };
        let is_unsent = error
            .as_connector_error()
            .is_some_and(|error| Facts::of_erased(error).stage == Stage::NotSent);
        let last = self.last.swap(!is_unsent, Relaxed);
        self.before.fetch_or(last, Relaxed);
    }

    /// That no attempt before the last was.
    pub(crate) fn nothing_before(&self) -> bool {
        !self.before.load(Relaxed)
    }
}

/// Where the endpoint is, `kms.us-east-1.amazonaws.com` or `localhost:4566`.
fn host(endpoint: &Endpoint) -> Option<String> {
    let uri: http::Uri = endpoint.url().parse().ok()?;
    let host = uri.host()?;
    Some(match uri.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}
