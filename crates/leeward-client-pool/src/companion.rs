//! What goes along with the calls of a client.

use crate::{
    DeadlineInterceptor,
    context::{Context, Sent},
    credentials::{RenewRefused, Signing},
    guard::{Sentinel, UnderWay},
    http::Patience,
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{
                BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
                BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut,
                FinalizerInterceptorContextRef,
            },
            dyn_dispatch_hint,
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{
    config_bag::{ConfigBag, Storable, StoreReplace},
    timeout::TimeoutConfig,
};
use leeward_resilience::deadline;
use std::time::Duration;

/// All of it in one interceptor: the SDK collects and asks its interceptors anew for each call.
#[derive(Clone, Debug)]
pub(crate) struct Companion {
    pub(crate) context: Context,
    pub(crate) refused: Option<RenewRefused>,
    /// How long a call stands in line for a connection at most.
    pub(crate) max_wait: Duration,
    pub(crate) guard: Option<Sentinel>,
}

impl Companion {
    /// The guard, unless this call goes to another Region than its client does.
    fn guard(&self, config: &ConfigBag) -> Option<&Sentinel> {
        self.guard
            .as_ref()
            .filter(|_| self.context.is_at_home(config))
    }
}

/// What is remembered of one call, through all its attempts.
///
/// In one place, since the SDK goes through all its layers of settings to find out that something is not there.
#[derive(Debug, Default)]
pub(crate) struct CallState {
    pub(crate) signing: Signing,
    under_way: UnderWay,
    sent: Sent,
}

impl Storable for CallState {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Companion {
    fn name(&self) -> &'static str {
        "leeward"
    }

    fn read_before_execution(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(CallState::default());
        DeadlineInterceptor.read_before_execution(context, config)
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Some(_), Some(state)) = (&self.guard, config.load::<CallState>()) {
            Sentinel::begin(&state.under_way);
        }
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // Of this call, which may have time-outs of its own.
        let timeouts = config.load::<TimeoutConfig>();
        if let Some(patience) = Patience::of(timeouts, deadline::remaining, self.max_wait) {
            context.request_mut().add_extension(patience);
        }
        if let (Some(guard), Some(state)) = (self.guard(config), config.load::<CallState>()) {
            guard.hand_over(&state.under_way, context.request_mut())?;
        }
        if self.refused.is_some() {
            RenewRefused::hand_over(context.request(), config);
        }
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Some(refused), Some(answer)) = (&self.refused, context.response_mut()) {
            refused.see(answer, config);
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(state) = config.load::<CallState>() {
            state.sent.see(context);
            if self.guard.is_some() {
                Sentinel::end(&state.under_way, context, components, config);
            }
        }
        Ok(())
    }

    fn modify_before_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let sent = config.load::<CallState>().map(|state| &state.sent);
        let nothing_sent_before = sent.is_some_and(Sent::nothing_before);
        self.context.tell(context, nothing_sent_before, config);
        Ok(())
    }
}
