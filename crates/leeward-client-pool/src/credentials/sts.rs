//! STS, as it is asked for the sessions of roles.

use super::{code, counts::Counts, sts_regions::StsRegions, validity::backoff};
use crate::{
    Role,
    pool::{Endpoints, aim},
};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::{
    Client, error::SdkError, operation::assume_role::AssumeRoleError, types::Credentials as Session,
};
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region as AwsRegion};
use leeward_error_taxonomy::{Classify, Region, Rejected, Stage, Verdict};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Semaphore, SemaphorePermit};

/// STS, as it is asked for the sessions of roles.
pub(super) struct Sts {
    pub(super) base: SdkConfig,
    pub(super) endpoints: Endpoints,
    pub(super) regions: StsRegions,
    /// How long one Region has for its answer.
    pub(super) timeout: Duration,
    pub(super) sleep: SharedAsyncSleep,
    pub(super) counts: Arc<Counts>,
    /// So many roles are asked for at a time, each in one Region after the other; the others wait, while no time of STS runs.
    pub(super) turns: Semaphore,
}

/// Two at a time for each of the fewest connections that an environment opens to a host, and some: enough to keep them busy.
pub(super) const TURNS: usize = 32;

/// After so many refusals of our own, some 4 s in all, a request that finds no connection is given up.
const MOST_REFUSALS: u32 = 8;

/// How STS says no to either of the two calls.
pub(super) type Failed = SdkError<AssumeRoleError>;

/// By what a role is assumed. It is no `Debug`: it holds what is secret.
#[derive(Clone)]
pub(super) enum By {
    /// Credentials that sign the request.
    Signature(SharedCredentialsProvider),
    /// The token of a web identity, which stands in the request; nobody signs it.
    Token(Arc<str>),
}

/// What to do after a Region gave no credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Region,
    /// The credentials of whoever assumes the role are of no use any more.
    Signer,
    Nothing,
}

impl Sts {
    /// Waits for the turn of a role, which is to be kept over all Regions that are asked for it.
    pub(super) async fn turn(&self) -> SemaphorePermit<'_> {
        let turn = self.turns.acquire().await;
        turn.expect("nobody closes the turns")
    }

    /// Asks, and again while our own line to the host is full: that says nothing of STS.
    pub(super) async fn ask(
        &self,
        role: &Role,
        by: &By,
        region: &Region,
    ) -> Result<Option<Session>, Failed> {
        let mut refusals = 0;
        loop {
            let answer = self.assume(role, by, region).await;
            if !answer.as_ref().is_err_and(is_unsent) {
                self.counts.called_sts();
                return answer;
            }
            refusals += 1;
            if refusals == MOST_REFUSALS || !answer.as_ref().is_err_and(found_no_connection) {
                return answer;
            }
            let pause = backoff(refusals, Duration::from_secs(1), fastrand::f64());
            self.sleep.sleep(pause).await;
        }
    }

    async fn assume(
        &self,
        role: &Role,
        by: &By,
        region: &Region,
    ) -> Result<Option<Session>, Failed> {
        let name = role.session_name().map_or_else(
            || format!("leeward-{}", std::process::id()),
            ToOwned::to_owned,
        );
        let policy = role.policy().map(ToOwned::to_owned);
        let seconds = role
            .lifetime()
            .map(|lifetime| i32::try_from(lifetime.as_secs()).unwrap_or(i32::MAX));
        match by {
            By::Signature(signer) => self
                .client(region, Some(signer.clone()))
                .assume_role()
                .role_arn(role.arn())
                .role_session_name(name)
                .set_external_id(role.external_id().map(ToOwned::to_owned))
                .set_policy(policy)
                .set_duration_seconds(seconds)
                .send()
                .await
                .map(|answer| answer.credentials),
            By::Token(token) => self
                .client(region, None)
                .assume_role_with_web_identity()
                .role_arn(role.arn())
                .role_session_name(name)
                .web_identity_token(&**token)
                .set_policy(policy)
                .set_duration_seconds(seconds)
                .send()
                .await
                .map(|answer| answer.credentials)
                // What is asked of an error, its code and its words, both have.
                .map_err(|error| {
                    error.map_service_error(|error| AssumeRoleError::generic(error.meta().clone()))
                }),
        }
    }

    fn client(&self, region: &Region, signer: Option<SharedCredentialsProvider>) -> Client {
        let mut config = self.base.to_builder();
        config.set_region(AwsRegion::new(region.as_str().to_owned()));
        config.set_credentials_provider(signer);
        config.set_retry_config(Some(RetryConfig::disabled()));
        config.set_timeout_config(Some(self.timeouts()));
        if let Some(url) = self.endpoints.of("sts", region) {
            aim(&mut config, url);
        }
        Client::new(&config.build())
    }

    /// The time for an answer begins when the request has its connection: what it waits for within this process says nothing of
    /// STS. All of it is within the time for a load, and a body that stands still is given up by the SDK.
    fn timeouts(&self) -> TimeoutConfig {
        let base = self.base.timeout_config();
        let connect = base.and_then(TimeoutConfig::connect_timeout);
        TimeoutConfig::builder()
            .connect_timeout(connect.map_or(self.timeout, |connect| connect.min(self.timeout)))
            .read_timeout(self.timeout)
            .build()
    }
}

/// Whether a layer of ours refused it, so that STS never saw it.
fn is_unsent(error: &Failed) -> bool {
    let facts = error.facts();
    facts.rejected.is_some() && facts.stage == Stage::NotSent
}

pub(super) fn found_no_connection(error: &Failed) -> bool {
    matches!(error.facts().rejected, Some(Rejected::LimiterFull))
}

/// Another Region is asked where the answer would be another.
pub(super) fn next(error: &Failed) -> Next {
    let facts = error.facts();
    match facts.code {
        // Our own line is full; that says nothing of the Region.
        _ if found_no_connection(error) => Next::Nothing,
        Some(code) if code::is_stale(code) => Next::Signer,
        // The account has switched STS off there.
        Some("RegionDisabledException" | "RegionDisabled") => Next::Region,
        // Throttling is per Region as well.
        _ if facts.verdict != Verdict::Final => Next::Region,
        Some(_) => Next::Nothing,
        // No answer of STS: a host name that there is not, a proxy, a certificate.
        None => Next::Region,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::{
        client::{orchestrator::HttpResponse, result::ConnectorError},
        http::StatusCode,
    };
    use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};

    fn answered(status: u16, code: &str) -> Failed {
        let raw = HttpResponse::new(
            StatusCode::try_from(status).unwrap(),
            SdkBody::from("secret"),
        );
        let meta = ErrorMetadata::builder().code(code).message("words").build();
        SdkError::service_error(AssumeRoleError::generic(meta), raw)
    }

    fn refused(rejected: Rejected) -> Failed {
        SdkError::dispatch_failure(ConnectorError::other(rejected.into(), None))
    }

    #[test]
    fn what_our_own_layers_refuse_was_not_sent() {
        assert!(is_unsent(&refused(Rejected::LimiterFull)));
        let timeout = Duration::from_secs(1);
        for sent in [
            refused(Rejected::AttemptTimedOut { timeout }),
            SdkError::timeout_error("slow"),
            answered(400, "Throttling"),
        ] {
            assert!(!is_unsent(&sent), "{sent:?}");
        }
    }

    #[test]
    fn another_region_is_asked_where_its_answer_would_be_another() {
        for (error, then) in [
            (answered(403, "AccessDenied"), Next::Nothing),
            (answered(400, "ValidationError"), Next::Nothing),
            (answered(400, "MalformedPolicyDocument"), Next::Nothing),
            (answered(403, "ExpiredToken"), Next::Signer),
            (answered(403, "InvalidClientTokenId"), Next::Signer),
            // What a Region cannot ask the identity provider, another may.
            (answered(400, "IDPCommunicationError"), Next::Region),
            (answered(400, "InvalidIdentityToken"), Next::Nothing),
            (answered(403, "RegionDisabledException"), Next::Region),
            (answered(400, "Throttling"), Next::Region),
            (answered(503, "ServiceUnavailable"), Next::Region),
            (answered(500, "InternalFailure"), Next::Region),
            (SdkError::timeout_error("slow"), Next::Region),
            (refused(Rejected::LimiterFull), Next::Nothing),
            (
                refused(Rejected::CircuitOpen {
                    retry_in: Duration::ZERO,
                }),
                Next::Region,
            ),
            (
                SdkError::dispatch_failure(ConnectorError::io("refused".into())),
                Next::Region,
            ),
            (
                SdkError::dispatch_failure(ConnectorError::other("no such host".into(), None)),
                Next::Region,
            ),
        ] {
            assert_eq!(next(&error), then, "{error:?}");
        }
    }
}
