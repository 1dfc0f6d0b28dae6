use super::{attempt::Attempt, lane::Lane, outcome::Outcome};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{
                BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
                FinalizerInterceptorContextRef,
            },
            dyn_dispatch_hint,
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use std::sync::Arc;

/// Looks at the circuit before each attempt of a plain client, and tells the guard what came of it.
#[derive(Clone, Debug)]
pub(super) struct GuardInterceptor(Arc<Lane>);

impl GuardInterceptor {
    pub(super) const fn new(lane: Arc<Lane>) -> Self {
        Self(lane)
    }
}

/// The attempt under way. It is dropped with the call's configuration: when the caller gives up.
#[derive(Debug)]
struct UnderWay(Attempt);

impl Storable for UnderWay {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for GuardInterceptor {
    fn name(&self) -> &'static str {
        "leeward::guard"
    }

    /// Before credentials and signature, which a refused call needs none of.
    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // That of the attempt before has ended.
        config.interceptor_state().unset::<UnderWay>();
        let attempt = Attempt::begin(Arc::clone(&self.0))?;
        config.interceptor_state().store_put(UnderWay(attempt));
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(UnderWay(attempt)) = config.load::<UnderWay>() {
            attempt.hand_over();
            context.request_mut().add_extension(attempt.clone());
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(UnderWay(attempt)) = config.load::<UnderWay>() {
            let whose = (attempt.service(), attempt.spent());
            if let Some(outcome) = Outcome::of(context, components, config, whose) {
                attempt.end(&outcome);
            }
        }
        Ok(())
    }
}
