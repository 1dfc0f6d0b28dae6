use crate::Retries;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::FinalizerInterceptorContextMut, dyn_dispatch_hint},
        orchestrator::OrchestratorError,
        retries::RequestAttempts,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{config_bag::ConfigBag, endpoint::Endpoint};
use leeward_error_taxonomy::{CallContext, Region};

/// Tells the error of a call the Region, the host if there was no answer, and where the SDK retries how many attempts were made.
#[derive(Clone, Debug)]
pub(crate) struct ContextInterceptor {
    region: Region,
    retries: Retries,
}

impl ContextInterceptor {
    pub(crate) const fn new(region: Region, retries: Retries) -> Self {
        Self { region, retries }
    }
}

#[dyn_dispatch_hint]
impl Intercept for ContextInterceptor {
    fn name(&self) -> &'static str {
        "leeward::context"
    }

    /// When the SDK has done with retries, so that these see its errors as they are.
    fn modify_before_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Err(error)) = context.output_or_error_mut() else {
            return Ok(());
        };
        let mut told = CallContext::new().with_region(self.region.clone());
        // A layer above makes each attempt a call of its own, and is the one who can count them.
        if let (Retries::Sdk, Some(attempts)) = (self.retries, config.load::<RequestAttempts>()) {
            told = told.with_attempts(attempts.attempts());
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
        Ok(())
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
