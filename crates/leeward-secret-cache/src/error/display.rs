//! How an error is told.

use super::{Cause, SecretError};
use crate::{
    id::{Flaw, Shown},
    stack::ReplicaRefusal,
};
use std::fmt;

/// Without the sources, since the SDK's errors print whole answers.
impl fmt::Debug for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretError")
            .field("secret", &Shown(&self.0.secret).to_string())
            .field("kind", &self.kind())
            .field("failure", &self.failure())
            .finish_non_exhaustive()
    }
}

/// `secret prod/db: secretsmanager.GetSecretValue: ResourceNotFoundException: … (HTTP 400, request 4f…)`
impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.cause {
            Cause::Flawed(Flaw::Empty) => f.write_str("the id of the ")?,
            _ => write!(f, "secret {}: ", Shown(&self.0.secret))?,
        }
        match &self.0.cause {
            Cause::Call {
                operation, failure, ..
            } => {
                write!(f, "{operation}: {failure}")?;
                match ReplicaRefusal::behind(self.rejected()) {
                    Some(ReplicaRefusal { primary, .. }) => write!(
                        f,
                        "; {primary}, whose word counts, was not asked, as its circuit is open or it was drained"
                    ),
                    None => Ok(()),
                }
            }
            Cause::Unanswered { after, .. } => write!(f, "no answer within {after:?}"),
            Cause::Unusable { operation, reason } => write!(f, "{operation} answered {reason}"),
            Cause::Behind { version_id } => write!(
                f,
                "the replica that answered still has version {version_id}, which is older than the one that is there"
            ),
            Cause::Crowded { waiting } => write!(f, "{waiting} others wait for their first fetch"),
            Cause::Void => f.write_str("it was declared void each time while it was fetched"),
            Cause::Flawed(Flaw::Empty) => f.write_str("secret is empty"),
            Cause::Flawed(Flaw::Long) => f.write_str("its id has more than 2048 characters"),
            Cause::Flawed(Flaw::OtherArn) => f.write_str("its id is the ARN of something else"),
            Cause::Interrupted => f.write_str("what fetched it was interrupted"),
            Cause::ShutDown => f.write_str("the cache was shut down"),
        }
    }
}
