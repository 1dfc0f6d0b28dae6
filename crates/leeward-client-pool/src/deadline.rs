use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::interceptors::{
        Intercept, context::BeforeSerializationInterceptorContextRef, dyn_dispatch_hint,
    },
};
use aws_smithy_types::{config_bag::ConfigBag, timeout::TimeoutConfig};
use leeward_resilience::deadline;
use std::time::Duration;

/// Sets the SDK's operation timeout from the [deadline](leeward_resilience::deadline) of the task that makes the call.
///
/// The call then ends by itself when the deadline does, in `SdkError::TimeoutError` and with the SDK's retries, wherever it
/// was begun: in a bare `send()` too, or in a spawned task that [carries](leeward_resilience::deadline::carry) its deadline.
/// Under a [`DeadlineLayer`](leeward_resilience::DeadlineLayer), which drops the call in time, the layer's own refusal is
/// what callers see. A call that is begun when the time is over is not sent. A shorter operation timeout of the client stays; one that
/// `config_override` sets for a single call gives way, since the SDK shows it too late.
///
/// The pool's clients have it, by [`ClientConfig::interceptors`](crate::ClientConfig::interceptors). Add it to a client that
/// is made elsewhere:
///
/// ```
/// # #[cfg(feature = "kms")] {
/// use leeward_client_pool::DeadlineInterceptor;
/// # fn client(config: &aws_types::SdkConfig) -> aws_sdk_kms::Client {
/// let config = aws_sdk_kms::config::Builder::from(config).interceptor(DeadlineInterceptor);
/// aws_sdk_kms::Client::from_conf(config.build())
/// # }
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct DeadlineInterceptor;

/// How much later than its deadline a call gives up that a deadline layer drops in time: the layer's refusal says more, and
/// is to be the first on a busy machine too.
const GRACE: Duration = Duration::from_secs(1);

#[dyn_dispatch_hint]
impl Intercept for DeadlineInterceptor {
    fn name(&self) -> &'static str {
        "leeward::deadline"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(left) = deadline::remaining() else {
            return Ok(());
        };
        if left.is_zero() {
            deadline::check()?;
        }
        let own = config
            .load::<TimeoutConfig>()
            .and_then(TimeoutConfig::operation_timeout);
        let grace = if deadline::is_enforced() {
            GRACE
        } else {
            Duration::ZERO
        };
        let timeout = left.saturating_add(grace);
        if own.is_none_or(|own| timeout < own) {
            // What it leaves open is taken from the configuration of the client.
            let timeouts = TimeoutConfig::builder().operation_timeout(timeout);
            config.interceptor_state().store_put(timeouts.build());
        }
        Ok(())
    }
}
