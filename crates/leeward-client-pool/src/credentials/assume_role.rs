use super::{Provided, code, counts::Counts, sts_regions::StsRegions, validity::backoff};
use crate::{
    Role,
    pool::{Endpoints, aim},
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_sts::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::assume_role::{AssumeRoleError, AssumeRoleOutput},
};
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep};
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::{SdkConfig, region::Region as AwsRegion};
use leeward_error_taxonomy::{Classify, Region, Rejected, Stage, Verdict};
use std::{
    error::Error,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::sync::Semaphore;

/// STS, as it is asked for the sessions of roles.
pub(super) struct Sts {
    pub(super) base: SdkConfig,
    pub(super) endpoints: Endpoints,
    pub(super) regions: StsRegions,
    /// How long one Region has for its answer.
    pub(super) timeout: Duration,
    pub(super) sleep: SharedAsyncSleep,
    pub(super) counts: Arc<Counts>,
    /// So many roles are asked for at a time; the others wait, while no time of STS runs.
    pub(super) turns: Semaphore,
}

/// Two at a time for each of the fewest connections that an environment opens to a host, and some: enough to keep them busy.
pub(super) const TURNS: usize = 32;

/// After so many refusals of our own, some 4 s in all, a request that finds no connection is given up.
const MOST_REFUSALS: u32 = 8;

/// Assumes a role whenever it is asked to; it keeps nothing.
///
/// The home Region's STS is asked, and where it gives no answer in time, or an answer that says nothing of the role, that of
/// the next Region. The SDK's retries are off: another Region is the better second try.
pub(super) struct AssumedRole {
    role: Arc<Role>,
    source: Provided,
    sts: Arc<Sts>,
}

type Failed = SdkError<AssumeRoleError>;

/// What to do after a Region gave no credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Region,
    /// The credentials of whoever assumes the role are of no use any more.
    Signer,
    Nothing,
}

impl AssumedRole {
    pub(super) const fn new(role: Arc<Role>, source: Provided, sts: Arc<Sts>) -> Self {
        Self { role, source, sts }
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        // Asked for before and not within the request: the source may take longer than one Region has for its answer.
        let signer = self.source.provider.provide_credentials().await?;
        let id = signer.access_key_id().to_owned();
        match self.load_as(signer).await {
            Err((Next::Signer, error)) => {
                let renewal = self.source.renewal.as_ref();
                let renewal =
                    renewal.filter(|source| source.refused(&id).is_worth_another_attempt());
                let Some(renewal) = renewal else {
                    return Err(error);
                };
                match renewal.other_than(&id).await {
                    Ok(signer) => self.load_as(signer).await.map_err(|(_, error)| error),
                    // Why STS refused the old ones says more than why there are no others, which is counted and told.
                    Err(_) => Err(error),
                }
            }
            outcome => outcome.map_err(|(_, error)| error),
        }
    }

    async fn load_as(&self, signer: Credentials) -> Result<Credentials, (Next, CredentialsError)> {
        let partition = self.role.partition();
        let signer = SharedCredentialsProvider::new(signer);
        let mut tried = Vec::new();
        let mut last = None;
        for region in self.sts.regions.order(partition) {
            match self.sts.ask(&self.role, signer.clone(), &region).await {
                Ok(answer) => {
                    let others = !tried.is_empty();
                    self.sts.regions.answered(partition, &region, others);
                    return session(&self.role, answer).map_err(|error| (Next::Nothing, error));
                }
                Err(error) => {
                    let next = next(&error);
                    if next != Next::Region {
                        let denied = Unassumed::answered(&self.role, error);
                        return Err((next, CredentialsError::provider_error(denied)));
                    }
                    tracing::debug!(
                        target: "leeward::credentials", role = self.role.arn(), %region,
                        error = %super::counts::told(&error), "STS gave no session"
                    );
                    tried.push(region);
                    last = Some(error);
                }
            }
        }
        let out_of_reach = Unassumed::OutOfReach {
            role: self.role.arn().to_owned(),
            tried: tried
                .iter()
                .map(Region::as_str)
                .collect::<Vec<_>>()
                .join(", "),
            source: match last {
                Some(error) => cause(error, self.sts.timeout),
                None => "no Region of STS is known for the role's partition: name one".into(),
            },
        };
        Err((
            Next::Nothing,
            CredentialsError::provider_error(out_of_reach),
        ))
    }
}

impl Sts {
    /// Asks when it is its turn, and again while our own line to the host is full: that says nothing of STS.
    async fn ask(
        &self,
        role: &Role,
        signer: SharedCredentialsProvider,
        region: &Region,
    ) -> Result<AssumeRoleOutput, Failed> {
        let _turn = self.turns.acquire().await;
        let mut refusals = 0;
        loop {
            let answer = self.assume(role, signer.clone(), region).await;
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
        signer: SharedCredentialsProvider,
        region: &Region,
    ) -> Result<AssumeRoleOutput, Failed> {
        let mut config = self.base.to_builder();
        config.set_region(AwsRegion::new(region.as_str().to_owned()));
        config.set_credentials_provider(Some(signer));
        config.set_retry_config(Some(RetryConfig::disabled()));
        config.set_timeout_config(Some(self.timeouts()));
        if let Some(url) = self.endpoints.of("sts", region) {
            aim(&mut config, url);
        }
        let name = role.session_name().map_or_else(
            || format!("leeward-{}", std::process::id()),
            ToOwned::to_owned,
        );
        let seconds = role
            .lifetime()
            .map(|lifetime| i32::try_from(lifetime.as_secs()).unwrap_or(i32::MAX));
        Client::new(&config.build())
            .assume_role()
            .role_arn(role.arn())
            .role_session_name(name)
            .set_external_id(role.external_id().map(ToOwned::to_owned))
            .set_policy(role.policy().map(ToOwned::to_owned))
            .set_duration_seconds(seconds)
            .send()
            .await
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

fn found_no_connection(error: &Failed) -> bool {
    matches!(error.facts().rejected, Some(Rejected::LimiterFull))
}

/// Another Region is asked where the answer would be another.
fn next(error: &Failed) -> Next {
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

fn session(role: &Role, answer: AssumeRoleOutput) -> Result<Credentials, CredentialsError> {
    let unusable =
        |what: &str| CredentialsError::unhandled(format!("STS answered for {} {what}", role.arn()));
    let given = answer
        .credentials
        .ok_or_else(|| unusable("without credentials"))?;
    let expiry = SystemTime::try_from(given.expiration)
        .map_err(|_| unusable("with an expiry that is no time"))?;
    let mut credentials = Credentials::builder()
        .access_key_id(given.access_key_id)
        .secret_access_key(given.secret_access_key)
        .session_token(given.session_token)
        .expiry(expiry)
        .provider_name("leeward-assume-role");
    // For endpoints that hold the account, such as DynamoDB's.
    if let Some(account) = role.arn().split(':').nth(4) {
        credentials = credentials.account_id(account.to_owned());
    }
    Ok(credentials.build())
}

/// Says why there is no session of a role.
#[derive(Debug)]
pub(crate) enum Unassumed {
    /// Whoever asked may not assume it.
    Denied {
        role: String,
        caller: String,
        source: Box<dyn Error + Send + Sync>,
    },
    /// STS gives no such session to anybody.
    Refused {
        role: String,
        source: Box<dyn Error + Send + Sync>,
    },
    /// There was no connection for the request.
    Unsent {
        role: String,
        source: Box<dyn Error + Send + Sync>,
    },
    /// No Region had an answer.
    OutOfReach {
        role: String,
        tried: String,
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Unassumed {
    fn answered(role: &Role, error: Failed) -> Self {
        let role = role.arn().to_owned();
        if found_no_connection(&error) {
            let source = cause(error, Duration::ZERO);
            return Self::Unsent { role, source };
        }
        let is_denied = matches!(error.code(), Some("AccessDenied" | "AccessDeniedException"));
        let caller = error.message().and_then(caller).unwrap_or("the caller");
        let caller = caller.to_owned();
        let source = cause(error, Duration::ZERO);
        if is_denied {
            Self::Denied {
                role,
                caller,
                source,
            }
        } else {
            Self::Refused { role, source }
        }
    }
}

/// `User: arn:aws:iam::111122223333:user/me is not authorized to perform: sts:AssumeRole on resource: …`
fn caller(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("User: ")?;
    let (caller, _) = rest.split_once(" is not authorized")?;
    Some(caller)
}

/// What went wrong, without the answer itself, which may hold a session.
fn cause(error: Failed, timeout: Duration) -> Box<dyn Error + Send + Sync> {
    match error {
        SdkError::ServiceError(answer) => answer.err().meta().clone().into(),
        SdkError::TimeoutError(_) => CredentialsError::provider_timed_out(timeout).into(),
        SdkError::ResponseError(_) => "the answer of STS could not be read".into(),
        other => other
            .into_source()
            .unwrap_or_else(|error| error.to_string().into()),
    }
}

impl fmt::Display for Unassumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied { role, caller, .. } => write!(f, "{caller} may not assume {role}"),
            Self::Refused { role, .. } => write!(f, "STS gives no session of {role}"),
            Self::Unsent { role, .. } => write!(
                f,
                "STS could not be asked for {role}: all connections to it are taken; allow more per host"
            ),
            Self::OutOfReach { role, tried, .. } => {
                write!(
                    f,
                    "STS gave no session of {role} in any of its Regions ({tried})"
                )
            }
        }
    }
}

impl Error for Unassumed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Denied { source, .. }
            | Self::Refused { source, .. }
            | Self::Unsent { source, .. }
            | Self::OutOfReach { source, .. } => Some(&**source),
        }
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}

impl fmt::Debug for AssumedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AssumedRole").field(&self.role).finish()
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
        let role = Role::new("arn:aws:iam::111122223333:role/x").unwrap();
        let text = Unassumed::answered(&role, refused(Rejected::LimiterFull)).to_string();
        assert!(text.ends_with("allow more per host"), "{text}");
    }

    #[test]
    fn another_region_is_asked_where_its_answer_would_be_another() {
        for (error, then) in [
            (answered(403, "AccessDenied"), Next::Nothing),
            (answered(400, "ValidationError"), Next::Nothing),
            (answered(400, "MalformedPolicyDocument"), Next::Nothing),
            (answered(403, "ExpiredToken"), Next::Signer),
            (answered(403, "InvalidClientTokenId"), Next::Signer),
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

    #[test]
    fn a_denial_names_who_was_denied() {
        let message = "User: arn:aws:iam::111122223333:user/me is not authorized to perform: \
                       sts:AssumeRole on resource: arn:aws:iam::444455556666:role/x";
        assert_eq!(caller(message), Some("arn:aws:iam::111122223333:user/me"));
        assert_eq!(caller("Access denied"), None);
    }

    #[test]
    fn nothing_of_an_answer_is_printed() {
        let raw = HttpResponse::new(
            StatusCode::try_from(200).unwrap(),
            SdkBody::from("<SecretAccessKey>hush"),
        );
        let role = Role::new("arn:aws:iam::111122223333:role/x").unwrap();
        let error = Unassumed::answered(&role, SdkError::response_error("torn", raw));
        let text = format!("{error:?} {error}");
        assert!(!text.contains("hush"), "{text}");
    }
}
