//! Refused credentials: loaded anew, and the call sent once more with others.

use super::{RefreshingCredentials, code};
use crate::companion::CallState;
use aws_credential_types::Credentials;
use aws_smithy_runtime::client::retries::TokenBucket;
use aws_smithy_runtime_api::client::{
    identity::{
        Identity, IdentityCachePartition, IdentityFuture, ResolveCachedIdentity, ResolveIdentity,
        SharedIdentityResolver,
    },
    interceptors::context::InterceptorContext,
    orchestrator::{HttpRequest, HttpResponse},
    retries::{
        RequestAttempts,
        classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority},
    },
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{
    config_bag::ConfigBag,
    retry::{ErrorKind, RetryConfig},
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Sees that a service refuses the credentials of a call, and has others loaded.
#[derive(Clone, Debug)]
pub(crate) struct RenewRefused(pub(crate) RefreshingCredentials);

/// What is remembered of one call: whose signature its attempts carry, and what became of them.
#[derive(Debug, Default)]
pub(crate) struct Signing(Mutex<Signed>);

#[derive(Debug, Default)]
struct Signed {
    /// As whom the attempt under way was signed.
    signer: Option<Signer>,
    /// The access key id that was refused.
    refused: Option<Box<str>>,
    /// The call is sent again but once; with what its other attempts are paid from.
    repeated: Option<Repeated>,
}

#[derive(Debug)]
enum Signer {
    /// Known before, from where identities are cached.
    Resolved(Identity),
    /// Read from the signature, where a client has an identity cache of its own.
    Read(Box<str>),
}

impl Signer {
    fn access_key_id(&self) -> Option<&str> {
        match self {
            Self::Resolved(identity) => access_key_id(identity),
            Self::Read(id) => Some(id),
        }
    }
}

#[derive(Clone, Debug)]
struct Repeated {
    quota: Option<TokenBucket>,
}

impl Signing {
    fn signed(&self) -> MutexGuard<'_, Signed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signs(&self, identity: &Identity) {
        self.signed().signer = Some(Signer::Resolved(identity.clone()));
    }

    /// Takes note of who has signed, and gives what became of the call before.
    fn is_signed(&self, request: &HttpRequest) -> Option<Repeated> {
        let mut signed = self.signed();
        if !matches!(signed.signer, Some(Signer::Resolved(_))) {
            let signature = request.headers().get("authorization");
            let id = signature.and_then(signer);
            signed.signer = id.map(|id| Signer::Read(id.into()));
        }
        signed.repeated.clone()
    }

    /// Whether the credentials of this call were refused, and which.
    fn refused(&self) -> Option<Box<str>> {
        self.signed().refused.clone()
    }
}

/// Set on an answer that is asked for again, for [`RepeatRefused`] to see: a classifier sees no configuration.
#[derive(Clone, Copy, Debug)]
struct Renewed;

impl RenewRefused {
    /// Takes note of who has signed a request, and pays for the attempts of its call from the call's own quota again once the
    /// free one is on its way.
    pub(crate) fn hand_over(request: &HttpRequest, config: &mut ConfigBag) {
        let Some(CallState { signing, .. }) = config.load::<CallState>() else {
            return;
        };
        let repeated = signing.is_signed(request);
        if let Some(quota) = repeated.and_then(|repeated| repeated.quota) {
            config.interceptor_state().store_put(quota);
        }
    }

    /// Looks at an answer, and makes room for another attempt if it refuses credentials for which there are or will be others.
    pub(crate) fn see(&self, answer: &mut HttpResponse, config: &mut ConfigBag) {
        if !code::refuses_credentials(answer) {
            return;
        }
        let Some(state) = config.load::<CallState>() else {
            return;
        };
        let mut signed = state.signing.signed();
        let Some(id) = signed.signer.as_ref().and_then(Signer::access_key_id) else {
            return;
        };
        let id: Box<str> = id.into();
        if !self.0.refused(&id).is_worth_another_attempt() || signed.repeated.is_some() {
            return;
        }
        answer.add_extension(Renewed);
        signed.refused = Some(id);
        signed.repeated = Some(Repeated {
            quota: config.load::<TokenBucket>().cloned(),
        });
        drop(signed);
        make_room_for_another(config);
    }
}

/// Allows one attempt more than there have been, also where the SDK is to make but one.
///
/// It is free: all calls that were under way with the same credentials are refused at once, and the SDK's retry quota of 500
/// tokens would let a hundred of them try again.
fn make_room_for_another(config: &mut ConfigBag) {
    let state = config.interceptor_state();
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

fn access_key_id(identity: &Identity) -> Option<&str> {
    Some(identity.data::<Credentials>()?.access_key_id())
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
pub(crate) struct WaitForOthers {
    renewal: RefreshingCredentials,
    /// By which the SDK knows the client's own provider from one that a call has brought along.
    own: Option<IdentityCachePartition>,
}

impl WaitForOthers {
    pub(crate) const fn new(
        renewal: RefreshingCredentials,
        own: Option<IdentityCachePartition>,
    ) -> Self {
        Self { renewal, own }
    }
}

impl ResolveCachedIdentity for WaitForOthers {
    fn resolve_cached_identity<'a>(
        &'a self,
        resolver: SharedIdentityResolver,
        components: &'a RuntimeComponents,
        config: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        let signing = config.load::<CallState>().map(|state| &state.signing);
        let refused = signing.and_then(Signing::refused);
        if refused.is_none() && self.own == Some(resolver.cache_partition()) {
            // What the provider would give, without what it takes to ask it.
            if let Some(identity) = self.renewal.identity() {
                if let Some(signing) = signing {
                    signing.signs(&identity);
                }
                return IdentityFuture::ready(Ok(identity));
            }
        }
        IdentityFuture::new(async move {
            let mut identity = resolver.resolve_identity(components, config).await?;
            if let Some(refused) = refused.filter(|id| access_key_id(&identity) == Some(&**id)) {
                let others = self.renewal.other_than(&refused).await;
                identity = others.map_or(identity, Identity::from);
            }
            if let Some(signing) = signing {
                signing.signs(&identity);
            }
            Ok(identity)
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
