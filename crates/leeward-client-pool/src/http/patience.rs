use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept, context::BeforeTransmitInterceptorContextMut, dyn_dispatch_hint,
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{config_bag::ConfigBag, timeout::TimeoutConfig};
use std::time::Duration;

/// How long an attempt may stand in line, where its client has less time than the pool's line.
///
/// The SDK takes the end of an attempt's time for one of the network, and tries again. So the line is left before, with a
/// refusal that says that nothing was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience(pub(super) Duration);

impl Patience {
    /// Half of what a client gives an attempt or the whole call, if that is less than the line's `max_wait`.
    pub(crate) fn of(timeouts: Option<&TimeoutConfig>, max_wait: Duration) -> Option<Self> {
        let timeouts = timeouts?;
        let least = [
            timeouts.operation_attempt_timeout(),
            timeouts.operation_timeout(),
        ];
        let half = least.into_iter().flatten().min()? / 2;
        (half < max_wait).then_some(Self(half))
    }
}

#[dyn_dispatch_hint]
impl Intercept for Patience {
    fn name(&self) -> &'static str {
        "leeward::patience"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().add_extension(*self);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_in_a_hurry_stands_in_line_for_half_of_its_time() {
        let seconds = Duration::from_secs;
        for (attempt, operation, patience) in [
            (None, None, None),
            (Some(20), Some(60), None),
            (Some(4), Some(60), Some(2)),
            (Some(20), Some(6), Some(3)),
            (None, Some(6), Some(3)),
        ] {
            let timeouts = TimeoutConfig::builder()
                .set_operation_attempt_timeout(attempt.map(seconds))
                .set_operation_timeout(operation.map(seconds))
                .clone();
            let found = Patience::of(Some(&timeouts.build()), seconds(10));
            assert_eq!(found.map(|found| found.0), patience.map(seconds));
        }
        assert!(Patience::of(None, seconds(10)).is_none());
    }
}
