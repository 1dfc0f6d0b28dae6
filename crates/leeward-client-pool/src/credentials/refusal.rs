//! Refused credentials: loaded anew, and the call sent once more with others.

use super::{RefreshingCredentials, code};
use aws_credential_types::Credentials;
use aws_smithy_runtime::client::retries::TokenBucket;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        identity::{
            Identity, IdentityFuture, ResolveCachedIdentity, ResolveIdentity,
            SharedIdentityResolver,
        },
        interceptors::{
            Intercept,
            context::{
                BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut,
                InterceptorContext,
            },
            dyn_dispatch_hint,
        },
        retries::{
            RequestAttempts,
            classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority},
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{
    config_bag::{ConfigBag, Storable, StoreReplace},
    retry::{ErrorKind, RetryConfig},
};
use std::time::Duration;

/// Sees that a service refuses the credentials of a call, and has others loaded.
#[derive(Clone, Debug)]
pub(crate) struct RenewRefused(pub(crate) RefreshingCredentials);

/// Whose signature the attempt under way carries.
#[derive(Debug)]
struct Signer(Box<str>);

impl Storable for Signer {
    type Storer = StoreReplace<Self>;
}

/// Set on a call whose credentials were refused, for [`WaitForOthers`] to see.
#[derive(Debug)]
struct Refused(Box<str>);

impl Storable for Refused {
    type Storer = StoreReplace<Self>;
}

/// Set on an answer that is asked for again, for [`RepeatRefused`] to see: a classifier sees no configuration.
#[derive(Clone, Copy, Debug)]
struct Renewed;

/// Set on the call, which is sent again but once; with what its other attempts are paid from.
#[derive(Clone, Debug)]
struct HasRepeated(Option<TokenBucket>);

impl Storable for HasRepeated {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for RenewRefused {
    fn name(&self) -> &'static str {
        "leeward::credentials"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let signature = context.request().headers().get("authorization");
        if let Some(signer) = signature.and_then(signer) {
            config.interceptor_state().store_put(Signer(signer.into()));
        }
        if let Some(HasRepeated(Some(bucket))) = config.load::<HasRepeated>().cloned() {
            config.interceptor_state().store_put(bucket);
        }
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(answer) = context.response_mut() else {
            return Ok(());
        };
        if !code::refuses_credentials(answer) {
            return Ok(());
        }
        let signer = config.load::<Signer>();
        let is_renewed =
            signer.is_some_and(|Signer(id)| self.0.refused(id).is_worth_another_attempt());
        if is_renewed && config.load::<HasRepeated>().is_none() {
            answer.add_extension(Renewed);
            if let Some(Signer(id)) = signer {
                let refused = Refused(id.clone());
                config.interceptor_state().store_put(refused);
            }
            make_room_for_another(config);
        }
        Ok(())
    }
}

/// Allows one attempt more than there have been, also where the SDK is to make but one.
///
/// It is free: all calls that were under way with the same credentials are refused at once, and the SDK's retry quota of 500
/// tokens would let a hundred of them try again.
fn make_room_for_another(config: &mut ConfigBag) {
    let quota = HasRepeated(config.load::<TokenBucket>().cloned());
    let state = config.interceptor_state();
    state.store_put(quota);
    state.store_put(TokenBucket::unlimited());
    let made = config
        .load::<RequestAttempts>()
        .map_or(1, RequestAttempts::attempts);
    if let Some(retries) = config.load::<RetryConfig>() {
        let most = retries.max_attempts().max(made.saturating_add(1));
        let retries = retries.clone().with_max_attempts(most);
        config.interceptor_state().store_put(retries);
    }
}

/// The access key id of `AWS4-HMAC-SHA256 Credential=AKIA…/20260101/us-east-1/kms/aws4_request, …`
/// ("Authorization header" in the Signature Version 4 documentation).
fn signer(authorization: &str) -> Option<&str> {
    let (_, rest) = authorization.split_once("Credential=")?;
    let (id, _) = rest.split_once('/')?;
    Some(id)
}

/// Lets the SDK send a call again whose credentials were refused and renewed, at once.
///
/// The room for that attempt is made by [`RenewRefused`]: a client that was made without either of the two sends no call more
/// often than its settings say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RepeatRefused;

impl ClassifyRetry for RepeatRefused {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let answer = context.response();
        if answer.is_some_and(|answer| answer.extension::<Renewed>().is_some()) {
            RetryAction::retryable_error_with_explicit_delay(ErrorKind::ClientError, Duration::ZERO)
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "leeward::credentials"
    }

    /// After the SDK's own, since the last word counts.
    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// Stands where the SDK caches identities, which is done by [`RefreshingCredentials`] already: it lets a call whose
/// credentials were refused wait for others. If there are none, the call is sent with the old ones, so that its caller gets
/// the refusal of the service.
#[derive(Clone, Debug)]
pub(crate) struct WaitForOthers(pub(crate) RefreshingCredentials);

impl ResolveCachedIdentity for WaitForOthers {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        config: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::new(async move {
            let identity = resolver.resolve_identity(components, config).await?;
            let Some(Refused(refused)) = config.load::<Refused>() else {
                return Ok(identity);
            };
            let is_refused = identity
                .data::<Credentials>()
                .is_some_and(|given| given.access_key_id() == &**refused);
            if !is_refused {
                return Ok(identity);
            }
            let others = self.0.other_than(refused).await;
            Ok(others.map_or(identity, Identity::from))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_names_its_signer() {
        let header = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, \
                      SignedHeaders=host, Signature=5d67";
        assert_eq!(signer(header), Some("AKIDEXAMPLE"));
        for other in ["Bearer token", "", "AWS4-HMAC-SHA256 Credential="] {
            assert_eq!(signer(other), None);
        }
    }
}
