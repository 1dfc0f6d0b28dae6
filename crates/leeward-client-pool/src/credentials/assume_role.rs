use super::{
    Provided,
    sts::{By, Next, Sts, next},
    unassumed::{Unassumed, cause},
};
use crate::Role;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use aws_sdk_sts::types::Credentials as Session;
use aws_types::os_shim_internal::Fs;
use leeward_error_taxonomy::Region;
use std::{fmt, path::Path, sync::Arc, time::SystemTime};

/// Assumes a role whenever it is asked to; it keeps nothing.
///
/// The home Region's STS is asked, and where it gives no answer in time, or an answer that says nothing of the role, that of
/// the next Region. The SDK's retries are off: another Region is the better second try.
pub(super) struct AssumedRole {
    role: Arc<Role>,
    caller: Caller,
    sts: Arc<Sts>,
}

/// Who assumes a role.
pub(super) enum Caller {
    /// Whose credentials sign the request.
    Signer(Provided),
    /// Whose token is in this file, which somebody else renews: the kubelet, of a service account.
    TokenOf(Arc<Path>),
}

impl AssumedRole {
    pub(super) const fn new(role: Arc<Role>, caller: Caller, sts: Arc<Sts>) -> Self {
        Self { role, caller, sts }
    }

    async fn load(&self) -> Result<Credentials, CredentialsError> {
        match &self.caller {
            Caller::Signer(source) => self.load_signed(source).await,
            Caller::TokenOf(file) => {
                let token = By::Token(token(file).await?);
                let session = self.load_by(token).await;
                session.map_err(|(_, error)| error)
            }
        }
    }

    async fn load_signed(&self, source: &Provided) -> Result<Credentials, CredentialsError> {
        // Asked for before and not within the request: the source may take longer than one Region has for its answer.
        let signer = source.provider.provide_credentials().await?;
        let id = signer.access_key_id().to_owned();
        match self.load_by(signature(signer)).await {
            Err((Next::Signer, error)) => {
                let renewal = source.renewal.as_ref();
                let renewal =
                    renewal.filter(|source| source.refused(&id).is_worth_another_attempt());
                let Some(renewal) = renewal else {
                    return Err(error);
                };
                match renewal.other_than(&id).await {
                    Ok(signer) => {
                        let session = self.load_by(signature(signer)).await;
                        session.map_err(|(_, error)| error)
                    }
                    // Why STS refused the old ones says more than why there are no others, which is counted and told.
                    Err(_) => Err(error),
                }
            }
            outcome => outcome.map_err(|(_, error)| error),
        }
    }

    async fn load_by(&self, by: By) -> Result<Credentials, (Next, CredentialsError)> {
        let partition = self.role.partition();
        let mut tried = Vec::new();
        let mut last = None;
        let _turn = self.sts.turn().await;
        // Not before it is our turn: what those have found out who went before us counts.
        for region in self.sts.regions.order(partition) {
            match self.sts.ask(&self.role, &by, &region).await {
                Ok(answer) => {
                    self.sts.regions.answered(&region);
                    return session(&self.role, answer).map_err(|error| (Next::Nothing, error));
                }
                Err(error) => {
                    let next = next(&error);
                    if next != Next::Region {
                        let denied = Unassumed::answered(&self.role, &by, error);
                        return Err((next, CredentialsError::provider_error(denied)));
                    }
                    tracing::debug!(
                        target: "leeward::credentials", role = self.role.arn(), %region,
                        error = %super::counts::told(&error), "STS gave no session"
                    );
                    self.sts.regions.gave_none(&region);
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
                None => self.sts.regions.missing().into(),
            },
        };
        Err((
            Next::Nothing,
            CredentialsError::provider_error(out_of_reach),
        ))
    }
}

fn signature(signer: Credentials) -> By {
    By::Signature(SharedCredentialsProvider::new(signer))
}

/// Read for each session, since it is renewed more often than they are.
async fn token(file: &Path) -> Result<Arc<str>, CredentialsError> {
    let unreadable = |reason: String| {
        CredentialsError::provider_error(format!(
            "the web identity token of {} cannot be read: {reason}",
            file.display()
        ))
    };
    let read = Fs::real().read_to_end(file).await;
    let read = read.map_err(|error| unreadable(error.to_string()))?;
    let text = std::str::from_utf8(&read).map_err(|_| unreadable("it is no text".to_owned()))?;
    match text.trim() {
        "" => Err(unreadable("it is empty".to_owned())),
        token => Ok(token.into()),
    }
}

fn session(role: &Role, given: Option<Session>) -> Result<Credentials, CredentialsError> {
    let unusable =
        |what: &str| CredentialsError::unhandled(format!("STS answered for {} {what}", role.arn()));
    let given = given.ok_or_else(|| unusable("without credentials"))?;
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
