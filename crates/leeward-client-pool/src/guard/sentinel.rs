use super::{attempt::Attempt, lane::Lane, outcome::Outcome};
use aws_smithy_runtime_api::client::{
    interceptors::context::FinalizerInterceptorContextRef, orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::config_bag::ConfigBag;
use leeward_error_taxonomy::Rejected;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// Looks at the circuit before each attempt of a plain client is sent, and tells the guard what came of it.
///
/// What is signed and not sent, as a presigned URL, it does not see.
#[derive(Clone, Debug)]
pub(crate) struct Sentinel(Arc<Lane>);

/// The attempt of a call that is under way. It is dropped with the call's configuration: when the caller gives up.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<Progress>);

#[derive(Debug, Default)]
struct Progress {
    /// Of its time, which goes to credentials and the signature first.
    begun: Option<Instant>,
    attempt: Option<Attempt>,
}

impl UnderWay {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sentinel {
    pub(super) const fn new(lane: Arc<Lane>) -> Self {
        Self(lane)
    }

    /// An attempt's time begins.
    pub(crate) fn begin(under_way: &UnderWay) {
        let mut progress = under_way.progress();
        progress.begun = Some(Instant::now());
        // That of the attempt before has ended.
        let before = progress.attempt.take();
        drop(progress);
        drop(before);
    }

    /// The request goes to an HTTP client, with the attempt.
    ///
    /// # Errors
    ///
    /// That of an open circuit.
    pub(crate) fn hand_over(
        &self,
        under_way: &UnderWay,
        request: &mut HttpRequest,
    ) -> Result<(), Rejected> {
        if is_presigned(request) {
            return Ok(());
        }
        let mut progress = under_way.progress();
        let begun = progress.begun.unwrap_or_else(Instant::now);
        let attempt = Attempt::begin(Arc::clone(&self.0), begun)?;
        request.add_extension(attempt.clone());
        progress.attempt = Some(attempt);
        Ok(())
    }

    /// The SDK has seen what came of it.
    pub(crate) fn end(
        under_way: &UnderWay,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) {
        let Some(attempt) = under_way.progress().attempt.clone() else {
            return;
        };
        if let Some(outcome) = Outcome::of(context, components, config, &attempt) {
            attempt.end(&outcome);
        }
    }
}

/// Whether the signature is in the URL, for somebody else to send ("Authenticating Requests: Using Query Parameters" in the
/// documentation of Signature Version 4). The SDK does not tell that it stops here.
fn is_presigned(request: &HttpRequest) -> bool {
    request.headers().get("authorization").is_none() && request.uri().contains("X-Amz-Signature=")
}
