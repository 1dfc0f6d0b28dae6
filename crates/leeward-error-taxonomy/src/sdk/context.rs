//! What a client knows of a call and the SDK's errors do not say.

use crate::{Facts, Region, Stage, chain};
use aws_smithy_runtime_api::client::{
    orchestrator::{HttpResponse, OrchestratorError},
    result::ConnectorError,
};
use std::{error::Error, fmt};

/// The Region and the host that were called and how many attempts were made, for an error of the SDK to carry.
///
/// An interceptor of the client [tells](Self::tell) it at the end of a call that failed, as those of `leeward-client-pool`'s
/// clients do; [`Classify`](crate::Classify) of the `SdkError` finds it in the answer or among the sources, and an
/// [`AwsError`](crate::AwsError) then names it.
///
/// ```
/// use aws_sdk_kms::operation::encrypt::EncryptError;
/// use aws_smithy_runtime_api::{
///     client::{orchestrator::HttpResponse, result::SdkError},
///     http::StatusCode,
/// };
/// use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};
/// use leeward_error_taxonomy::{AwsError, CallContext, Region};
///
/// let context = CallContext::new().with_region(Region::from_static("eu-central-1")).with_attempts(3);
/// let mut response = HttpResponse::new(StatusCode::try_from(400).unwrap(), SdkBody::empty());
/// response.add_extension(context);
/// let disabled = ErrorMetadata::builder().code("DisabledException").message("off").build();
/// let error = SdkError::service_error(EncryptError::generic(disabled), response);
/// assert_eq!(
///     AwsError::from(error).to_string(),
///     "kms.Encrypt: DisabledException: off (HTTP 400, 3 attempts, eu-central-1)",
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallContext {
    region: Option<Region>,
    attempts: Option<u32>,
    nothing_sent: bool,
    host: Option<Box<str>>,
}

impl CallContext {
    /// Knows nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            region: None,
            attempts: None,
            nothing_sent: false,
            host: None,
        }
    }

    /// Names the Region that was called.
    #[must_use]
    pub fn with_region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    /// Says how many attempts were made, where the SDK retries; of what layers above the client retry it knows nothing.
    #[must_use]
    pub const fn with_attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Says that none of the attempts before the last was sent. Without that word, a call of several whose last one was not sent
    /// may have been.
    #[must_use]
    pub const fn with_nothing_sent_before(mut self) -> Self {
        self.nothing_sent = true;
        self
    }

    /// Names the host that was sent to, with its port if one is named, for people to look whether it is the right one and
    /// within reach. Of a call that was answered it is not kept.
    #[must_use]
    pub fn with_host(mut self, host: impl Into<Box<str>>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Puts it on a call that has failed with `error`, as an interceptor sees both in `modify_before_completion`.
    ///
    /// An answer carries it as an extension. Where there was none, it becomes a source of the error, which keeps its own sources
    /// and comes out as the same kind of `SdkError`.
    #[must_use]
    pub fn tell<E>(
        self,
        error: OrchestratorError<E>,
        response: Option<&mut HttpResponse>,
    ) -> OrchestratorError<E>
    where
        E: Error + Send + Sync + 'static,
    {
        if error.is_timeout_error() {
            return OrchestratorError::timeout(Told::boxed(self, error));
        }
        if let Some(connector) = error.as_connector_error() {
            let connection = connector.connection_metadata().cloned();
            let make: fn(_) -> _ = match connector {
                _ if connector.is_timeout() => ConnectorError::timeout,
                _ if connector.is_io() => ConnectorError::io,
                _ if connector.is_user() => ConnectorError::user,
                _ => |source| ConnectorError::other(source, None),
            };
            let kind = connector.as_other();
            let source = Told::boxed(self, error);
            let told = match kind {
                Some(kind) => ConnectorError::other(source, Some(kind)),
                None => make(source),
            };
            return OrchestratorError::connector(match connection {
                Some(connection) => told.with_connection(connection),
                None => told,
            });
        }
        match response {
            Some(response) => {
                response.add_extension(self);
                error
            }
            // Credentials, the endpoint, an interceptor: the SDK makes the same of them.
            None => OrchestratorError::other(Told::boxed(self, error)),
        }
    }

    /// What was told of a call that failed with `error`, and with `response` if there was an answer.
    pub(super) fn of<'a>(
        error: &'a (dyn Error + 'static),
        response: Option<&'a HttpResponse>,
    ) -> Option<&'a Self> {
        let told = |error: &'a (dyn Error + 'static)| error.downcast_ref::<Told>();
        match response {
            Some(response) => response.extension(),
            None => chain::below(error).find_map(told).map(|told| &told.context),
        }
    }

    pub(super) fn note<'a>(&'a self, facts: &mut Facts<'a>) {
        facts.region = self.region.as_ref();
        facts.attempts = self.attempts;
        if facts.stage != Stage::Answered {
            facts.host = self.host.as_deref();
        }
        if self.attempts > Some(1) && !self.nothing_sent && facts.stage == Stage::NotSent {
            facts.stage = Stage::MaybeSent;
        }
    }
}

/// Stands before the source of the SDK's error, and says the same.
#[derive(Debug)]
struct Told {
    context: CallContext,
    error: Box<dyn Error + Send + Sync>,
}

impl Told {
    fn boxed<E>(context: CallContext, error: OrchestratorError<E>) -> Box<Self>
    where
        E: Error + Send + Sync + 'static,
    {
        let error = error.into();
        Box::new(Self { context, error })
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error.source() {
            Some(source) => fmt::Display::fmt(source, f),
            None => fmt::Display::fmt(&self.error, f),
        }
    }
}

impl Error for Told {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}
