//! Why a secret could not be had, and what cannot be meant.

mod display;
mod freshness;
mod kind;

pub use freshness::InvalidFreshness;
pub use kind::SecretErrorKind;

use crate::{
    id::{Flaw, SecretArn, Shown},
    stack::ReplicaRefusal,
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use leeward_client_pool::Failed;
use leeward_error_taxonomy::{Category, Classify, Failure, Obstacle, OperationName, Rejected};
use std::{error::Error, fmt, sync::Arc, time::Duration};

/// A secret that could not be had: which, why, and what to do next.
///
/// All who waited for one fetch share one error, and who asks while it is remembered gets it again; a clone is as cheap as it is of
/// an [`Arc`].
#[derive(Clone)]
pub struct SecretError(Arc<Inner>);

struct Inner {
    secret: String,
    cause: Cause,
}

enum Cause {
    Call {
        operation: OperationName,
        failure: Failure,
        advice: String,
        source: Box<dyn Error + Send + Sync>,
    },
    Unanswered {
        after: Duration,
        within: Limit,
    },
    Unusable {
        operation: OperationName,
        reason: &'static str,
    },
    Behind {
        version_id: String,
    },
    Crowded {
        waiting: usize,
    },
    Void,
    Flawed(Flaw),
    Interrupted,
    ShutDown,
}

/// Whose time it was that was over.
#[derive(Clone, Copy)]
enum Limit {
    Fetch,
    WarmUp,
}

/// How a line that is full refuses.
static FULL: Rejected = Rejected::LimiterFull;

impl SecretError {
    /// A call that failed.
    pub(crate) fn call<E>(
        secret: impl fmt::Display,
        operation: OperationName,
        error: Failed<E>,
    ) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let mut facts = error.facts();
        facts.operation = Some(operation);
        let advice = match ReplicaRefusal::behind(facts.rejected) {
            Some(refusal) => refusal.advice(),
            None => facts.advice().to_string(),
        };
        let (failure, is_ours) = (Failure::from(&facts), facts.rejected.is_some());
        let cause = Cause::Call {
            operation,
            failure,
            advice,
            source: if is_ours {
                root(error)
            } else {
                without_value(error)
            },
        };
        Self::new(secret, cause)
    }

    /// The same, of a secret that was asked for by this id: an ARN may be of a Region that the stack does not name.
    pub(crate) fn asked_by(mut self, id: &str) -> Self {
        use SecretErrorKind::{Denied, NotFound};
        let is_doubtful = matches!(self.kind(), NotFound | Denied);
        let region = SecretArn::read(id).filter(|_| is_doubtful);
        let (Some(region), Some(inner)) = (
            region.and_then(SecretArn::region),
            Arc::get_mut(&mut self.0),
        ) else {
            return self;
        };
        if let Cause::Call { advice, .. } = &mut inner.cause {
            let region = Shown(region);
            *advice += &format!(
                "; the ARN is of {region}: a stack that does not name this Region asks its own for a replica, under the ARN that it has there"
            );
        }
        self
    }

    pub(crate) fn unanswered(secret: impl fmt::Display, after: Duration) -> Self {
        let within = Limit::Fetch;
        Self::new(secret, Cause::Unanswered { after, within })
    }

    /// A warm-up that was not through in time.
    pub(crate) fn unfinished(wanted: impl fmt::Display, after: Duration) -> Self {
        let within = Limit::WarmUp;
        Self::new(wanted, Cause::Unanswered { after, within })
    }

    pub(crate) fn unusable(
        secret: impl fmt::Display,
        operation: OperationName,
        reason: &'static str,
    ) -> Self {
        Self::new(secret, Cause::Unusable { operation, reason })
    }

    /// A replica that has not heard of the present version yet.
    pub(crate) fn behind(secret: impl fmt::Display, version_id: &str) -> Self {
        let version_id = version_id.to_owned();
        Self::new(secret, Cause::Behind { version_id })
    }

    /// So many others wait to be fetched.
    pub(crate) fn crowded(secret: impl fmt::Display, waiting: usize) -> Self {
        Self::new(secret, Cause::Crowded { waiting })
    }

    /// It was declared void however often it was fetched.
    pub(crate) fn void(secret: impl fmt::Display) -> Self {
        Self::new(secret, Cause::Void)
    }

    /// No secret can be called so.
    pub(crate) fn flawed(secret: impl fmt::Display, flaw: Flaw) -> Self {
        Self::new(secret, Cause::Flawed(flaw))
    }

    pub(crate) fn interrupted(secret: impl fmt::Display) -> Self {
        Self::new(secret, Cause::Interrupted)
    }

    pub(crate) fn shut_down(secret: impl fmt::Display) -> Self {
        Self::new(secret, Cause::ShutDown)
    }

    fn new(secret: impl fmt::Display, cause: Cause) -> Self {
        let secret = secret.to_string();
        Self(Arc::new(Inner { secret, cause }))
    }

    /// The secret that was asked for, as it was called.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0.secret
    }

    /// What kind of thing it is.
    #[must_use]
    pub fn kind(&self) -> SecretErrorKind {
        use SecretErrorKind::{Ended, Other, Unavailable};
        let failure = match &self.0.cause {
            Cause::Call { failure, .. } => failure,
            Cause::Unanswered { .. }
            | Cause::Behind { .. }
            | Cause::Crowded { .. }
            | Cause::Void => return Unavailable,
            Cause::Unusable { .. } | Cause::Flawed(_) => return Other,
            Cause::Interrupted | Cause::ShutDown => return Ended,
        };
        match SecretErrorKind::of_answer(failure.code(), failure.category()) {
            _ if self.is_of_runtime(failure) => Ended,
            Other if self.rejected().is_some() => Unavailable,
            kind => kind,
        }
    }

    /// Whether there is nothing left to send with, in whatever Region.
    fn is_of_runtime(&self, failure: &Failure) -> bool {
        let is_it = |failure: &Failure| failure.obstacle() == Some(Obstacle::Runtime);
        match self.rejected() {
            Some(Rejected::Exhausted { tried }) if !tried.is_empty() => {
                tried.iter().all(|attempt| is_it(&attempt.failure))
            }
            _ => is_it(failure),
        }
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        matches!(self.0.cause, Cause::ShutDown)
    }

    pub(crate) fn is_behind(&self) -> bool {
        matches!(self.0.cause, Cause::Behind { .. })
    }

    /// What kind of failure it is, as for every call to AWS.
    #[must_use]
    pub fn category(&self) -> Category {
        match &self.0.cause {
            Cause::Call { failure, .. } => failure.category(),
            Cause::Unanswered { .. } => Category::Timeout,
            Cause::Behind { .. } => Category::ServiceUnavailable,
            Cause::Unusable { .. } => Category::Configuration,
            Cause::Flawed(_) => Category::Validation,
            Cause::Crowded { .. } | Cause::Void | Cause::Interrupted | Cause::ShutDown => {
                Category::Rejected
            }
        }
    }

    /// What Secrets Manager, or one of our layers, answered; none if there was no answer to speak of.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        match &self.0.cause {
            Cause::Call { failure, .. } => Some(failure),
            _ => None,
        }
    }

    /// The refusal of our own layers, if that is what it met: [`Rejected::Exhausted`] tells what each Region answered.
    #[must_use]
    pub fn rejected(&self) -> Option<&Rejected> {
        let mut source = self.source();
        while let Some(error) = source {
            if let Some(rejected) = error.downcast_ref() {
                return Some(rejected);
            }
            source = error.source();
        }
        None
    }

    /// What to do next, in one sentence.
    #[must_use]
    pub fn advice(&self) -> &str {
        match &self.0.cause {
            Cause::Call { advice, .. } => advice,
            Cause::Unanswered {
                within: Limit::WarmUp,
                ..
            } => {
                "look at what was loaded until then: give the warm-up more time by WarmUp::with_timeout if that is much, and look whether Secrets Manager is reached from here if it is nothing"
            }
            Cause::Unanswered { .. } => {
                "look whether Secrets Manager is reached from here, and at its status; raise SecretCacheBuilder::with_fetch_timeout only if it is known to be slow"
            }
            Cause::Unusable { .. } => {
                "look at the secret with secretsmanager:DescribeSecret: give the version asked for a value"
            }
            Cause::Behind { .. } => {
                "wait for the replica to catch up, or look at its ReplicationStatus with secretsmanager:DescribeSecret"
            }
            Cause::Crowded { .. } => {
                "ask again in a moment; if that goes on, look for who asks for secrets that there are not, or give the cache more room"
            }
            Cause::Flawed(Flaw::Empty) => {
                "give the name or the ARN of a secret: look for a variable or a setting that is not set where it comes from"
            }
            Cause::Flawed(Flaw::Long) => {
                "give the name or the ARN of a secret, which has 2,048 characters at the most"
            }
            Cause::Flawed(Flaw::OtherArn) => {
                "give the name or the ARN of a secret: the ARN of one is arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME"
            }
            Cause::Void => "ask for it again, and look for who declares it void so often",
            Cause::Interrupted => {
                "look in the log whether the service that it is fetched through panicked; if not, keep the tokio runtime that the cache was built in for as long as the cache"
            }
            Cause::ShutDown => "build another cache, or shut it down later",
        }
    }
}

/// The error as it is, unless it holds an answer that may hold the value: then what was wrong with that answer.
fn without_value<E>(error: Failed<E>) -> Box<dyn Error + Send + Sync>
where
    E: Error + Send + Sync + 'static,
{
    if !error
        .raw_response()
        .is_some_and(|response| response.status().is_success())
    {
        return error.into();
    }
    root(error)
}

/// What the SDK's error tells of.
fn root<E>(error: Failed<E>) -> Box<dyn Error + Send + Sync>
where
    E: Error + Send + Sync + 'static,
{
    match error.into_source() {
        Ok(source) => source,
        Err(_) => "an answer that could not be read".into(),
    }
}

impl Error for SecretError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0.cause {
            Cause::Call { source, .. } => Some(&**source),
            Cause::Crowded { .. } => Some(&FULL),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_pointer_that_threads_may_share() {
        fn shared<T: Send + Sync + 'static>() -> usize {
            size_of::<T>()
        }
        assert_eq!(shared::<SecretError>(), size_of::<usize>());
    }

    #[test]
    fn says_which_secret_why_and_what_next() {
        let operation = OperationName::new("secretsmanager", "GetSecretValue");
        for (error, text, kind) in [
            (
                SecretError::unanswered("db", Duration::from_secs(10)),
                "secret db: no answer within 10s",
                SecretErrorKind::Unavailable,
            ),
            (
                SecretError::unusable("db", operation, "without a value"),
                "secret db: secretsmanager.GetSecretValue answered without a value",
                SecretErrorKind::Other,
            ),
            (
                SecretError::crowded("db", 1_000),
                "secret db: 1000 others wait for their first fetch",
                SecretErrorKind::Unavailable,
            ),
            (
                SecretError::flawed("", Flaw::Empty),
                "the id of the secret is empty",
                SecretErrorKind::Other,
            ),
            (
                SecretError::flawed("db", Flaw::Long),
                "secret db: its id has more than 2048 characters",
                SecretErrorKind::Other,
            ),
            (
                SecretError::flawed("arn:aws:s3:::db", Flaw::OtherArn),
                "secret arn:aws:s3:::db: its id is the ARN of something else",
                SecretErrorKind::Other,
            ),
            (
                SecretError::void("db"),
                "secret db: it was declared void each time while it was fetched",
                SecretErrorKind::Unavailable,
            ),
            (
                SecretError::interrupted("d\nb"),
                "secret d\\nb: what fetched it was interrupted",
                SecretErrorKind::Ended,
            ),
        ] {
            assert_eq!(error.to_string(), text);
            assert_eq!(error.kind(), kind);
            assert!(!error.advice().is_empty());
        }
    }
}
