//! What happened to a secret, as a feed of events tells.

mod apply;
mod event;

use crate::id::Shown;
use std::fmt;

/// Something that happened to a secret in Secrets Manager: which secret, and what may be kept of it.
///
/// Read from an event, and given to [`SecretCache::apply`](crate::SecretCache::apply).
///
/// ```
/// use leeward_secret_cache::{SecretCache, SecretChange, UnreadableEvent};
///
/// /// Takes the body of a message of the queue that an EventBridge rule feeds.
/// fn on_message(secrets: &SecretCache, body: &str) -> Result<(), UnreadableEvent> {
///     if let Some(change) = SecretChange::from_event_json(body)? {
///         secrets.apply(&change);
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretChange {
    id: String,
    kind: SecretChangeKind,
}

/// What may be kept of a secret that something happened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretChangeKind {
    /// Labels moved to another version, or there is a new one. What is asked for by its version id is what it was.
    Value,
    /// Who may read it, or where, may have changed; so may which versions there still are.
    Access,
    /// It was deleted, or is scheduled for it: nothing of it can be read any more.
    Deletion,
}

/// Says why an event cannot be read. It does not quote the event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableEvent {
    /// It is no JSON.
    #[error(
        "the event is no JSON, at line {line}, column {column}: hand over the body of the message as it is"
    )]
    Json {
        /// Where, counted from 1.
        line: usize,
        /// Where, counted from 1.
        column: usize,
    },
    /// It is JSON, but neither an event of EventBridge nor a record of CloudTrail.
    #[error(
        "the JSON is neither an event of EventBridge nor a record of CloudTrail: let the rule pass events on as they are"
    )]
    NoEvent,
    /// It is a batch of messages, as SQS gives it to a Lambda function.
    #[error("the JSON is a batch of messages: hand over the body of each of its Records")]
    Batch,
    /// It tells that a secret changed, and not which.
    #[error(
        "the event {event} names no secret: let the rule pass events on as they are, with their detail"
    )]
    NoSecret {
        /// The event's name.
        event: String,
    },
}

impl SecretChange {
    /// Something happened to the secret with this name or ARN, in whatever Region.
    pub fn new(id: impl Into<String>, kind: SecretChangeKind) -> Self {
        Self {
            id: id.into(),
            kind,
        }
    }

    /// Reads an event of EventBridge: "Secret Label Updated", which Secrets Manager sends itself, or what CloudTrail tells of its calls
    /// and rotations; also when SNS has wrapped it, and CloudTrail's record alone. None if it tells of nothing that concerns
    /// a cache: of a call that failed, of a read, of a rotation that has only begun, of another service.
    ///
    /// # Errors
    ///
    /// [`UnreadableEvent`] if it is no such event, or does not say which secret it is about.
    pub fn from_event_json(event: &str) -> Result<Option<Self>, UnreadableEvent> {
        event::read(event)
    }

    /// The secret: its ARN if the event told it, otherwise its name.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What may be kept of it.
    #[must_use]
    pub const fn kind(&self) -> SecretChangeKind {
        self.kind
    }
}

impl SecretChangeKind {
    /// The name for logs and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Access => "access",
            Self::Deletion => "deletion",
        }
    }
}

/// `prod/orders/db: deletion`
impl fmt::Display for SecretChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Shown(&self.id), self.kind.as_str())
    }
}
