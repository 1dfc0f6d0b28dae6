use super::{attempt::Attempt, lane::Lane, outcome::Outcome};
use aws_smithy_runtime_api::client::{
    interceptors::context::FinalizerInterceptorContextRef, orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::config_bag::ConfigBag;
use leeward_error_taxonomy::Rejected;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Looks at the circuit before each attempt of a plain client, and tells the guard what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Sentinel(Arc<Lane>);

/// The attempt of a call that is under way. It is dropped with the call's configuration: when the caller gives up.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<Option<Attempt>>);

impl UnderWay {
    fn attempt(&self) -> MutexGuard<'_, Option<Attempt>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sentinel {
    pub(super) const fn new(lane: Arc<Lane>) -> Self {
        Self(lane)
    }

    /// Before credentials and signature, which a refused call needs none of.
    pub(crate) fn begin(&self, under_way: &UnderWay) -> Result<(), Rejected> {
        // That of the attempt before has ended.
        drop(under_way.attempt().take());
        let attempt = Attempt::begin(Arc::clone(&self.0))?;
        *under_way.attempt() = Some(attempt);
        Ok(())
    }

    /// The request goes to an HTTP client, with the attempt.
    pub(crate) fn hand_over(under_way: &UnderWay, request: &mut HttpRequest) {
        if let Some(attempt) = &*under_way.attempt() {
            attempt.hand_over();
            request.add_extension(attempt.clone());
        }
    }

    /// The SDK has seen what came of it.
    pub(crate) fn end(
        under_way: &UnderWay,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) {
        let Some(attempt) = under_way.attempt().clone() else {
            return;
        };
        let whose = (attempt.service(), attempt.spent());
        if let Some(outcome) = Outcome::of(context, components, config, whose) {
            attempt.end(&outcome);
        }
    }
}
