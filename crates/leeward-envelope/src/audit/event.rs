use super::{CorrelationId, KeyUse};
use crate::AlgorithmSuite;
use leeward_error_taxonomy::{Category, Region};
use std::{fmt, sync::Arc, time::Duration};

/// What became of one message. It holds no plaintext, no key and no value of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditEvent {
    /// Whether the message was written, read, or read in parts.
    pub operation: AuditOperation,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// The suite, as soon as it was known.
    pub suite: Option<AlgorithmSuite>,
    /// Which key gave the data key, where, and by which request; of a cached data key, the request that once brought it. After
    /// a failure, the key that was asked for last and could not be used, and the Regions in which it was tried.
    pub key_use: Option<KeyUse>,
    /// Of a message that is for none of the keyring's keys, those that its header names: claims, which nothing has proved.
    pub named_keys: Vec<String>,
    /// The keys of the context, never their values: those that the caller gave, and of a message that was read those that it
    /// proved to be bound to.
    pub context_keys: Vec<String>,
    /// How many bytes of plaintext went in or came out.
    pub plaintext_len: u64,
    /// How many bytes of the message came out or went in; of a part those of its frames.
    pub message_len: u64,
    /// Whether the data key was there, or another message's call brought it; none if there was no data key.
    pub is_cached: Option<bool>,
    /// How long it took, waits between the parts of a stream included.
    pub duration: Duration,
    /// What it was done for, if that was [said](CorrelationId::scope).
    pub correlation_id: Option<CorrelationId>,
    /// The label of the [`Audit`](super::Audit), such as the name of a class of keys.
    pub label: Option<Arc<str>>,
}

/// What is done to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditOperation {
    /// It is written.
    Seal,
    /// It is read; of a [`RangeReader`](crate::RangeReader) its header alone.
    Open,
    /// A part of it is read, by a [`RangeReader`](crate::RangeReader), under the data key that it was opened with.
    Read,
}

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuditOutcome {
    /// It is there as a whole: written to its end, or verified to its end; what was to be read of it is.
    Succeeded,
    /// It failed.
    #[non_exhaustive]
    Failed {
        /// Of which kind the failure is; of one that an attacker could probe, always the same, and of one of the source or the
        /// sink of a stream or a file [`Category::Unknown`]. The rest of the event is not for attackers: whether there is a
        /// [`key_use`](AuditEvent::key_use) and an [`is_cached`](AuditEvent::is_cached) tells whether a data key was found.
        category: Category,
    },
    /// Its future or stream was dropped before the end, and neither source nor sink had failed.
    Abandoned,
}

impl AuditEvent {
    /// Writes it to `tracing`, under the target `leeward::envelope`: at WARN what failed, at DEBUG what a cached data key
    /// served, at INFO the rest.
    ///
    /// An observer for [`Audit::new`](super::Audit::new).
    pub fn trace(&self) {
        macro_rules! write {
            ($level:expr) => {
                tracing::event!(
                    target: "leeward::envelope",
                    $level,
                    operation = self.operation.as_str(),
                    outcome = self.outcome.as_str(),
                    category = self.outcome.category().map(Category::as_str),
                    suite = self.suite.map(|suite| format!("{:#06x}", suite.id())),
                    key = self.key_use.as_ref().map(KeyUse::key),
                    region = self.key_use.as_ref().and_then(KeyUse::region).map(Region::as_str),
                    regions = self.key_use.as_ref().and_then(several),
                    named_keys = (!self.named_keys.is_empty()).then(|| self.named_keys.join("; ")),
                    request_id = self.key_use.as_ref().and_then(KeyUse::request_id),
                    context_keys = ?self.context_keys,
                    plaintext_len = self.plaintext_len,
                    message_len = self.message_len,
                    is_cached = self.is_cached,
                    duration = ?self.duration,
                    correlation_id = self.correlation_id.as_ref().map(CorrelationId::as_str),
                    label = self.label.as_deref(),
                    "{self}"
                )
            };
        }
        match self.outcome {
            AuditOutcome::Failed { .. } => write!(tracing::Level::WARN),
            AuditOutcome::Succeeded if self.is_cached == Some(true) => {
                write!(tracing::Level::DEBUG);
            }
            AuditOutcome::Succeeded | AuditOutcome::Abandoned => write!(tracing::Level::INFO),
        }
    }
}

/// Where a key was tried, if that was in more than one Region.
fn several(key_use: &KeyUse) -> Option<String> {
    let regions: Vec<&str> = key_use.regions().iter().map(Region::as_str).collect();
    (regions.len() > 1).then(|| regions.join(" "))
}

/// `sealed`, `not opened: encryption`, `opening abandoned`
impl fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use AuditOperation::{Open, Read, Seal};
        use AuditOutcome::{Abandoned, Failed, Succeeded};
        match (self.operation, self.outcome) {
            (Seal, Succeeded) => f.write_str("sealed"),
            (Open, Succeeded) => f.write_str("opened"),
            (Read, Succeeded) => f.write_str("part read"),
            (Seal, Failed { category }) => write!(f, "not sealed: {category}"),
            (Open, Failed { category }) => write!(f, "not opened: {category}"),
            (Read, Failed { category }) => write!(f, "part not read: {category}"),
            (Seal, Abandoned) => f.write_str("sealing abandoned"),
            (Open, Abandoned) => f.write_str("opening abandoned"),
            (Read, Abandoned) => f.write_str("reading of a part abandoned"),
        }
    }
}

impl AuditOperation {
    /// The name for logs and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Open => "open",
            Self::Read => "read",
        }
    }
}

impl AuditOutcome {
    /// The name for logs and metric labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Abandoned => "abandoned",
        }
    }

    /// Of which kind the failure is, if it is one.
    #[must_use]
    pub const fn category(self) -> Option<Category> {
        match self {
            Self::Failed { category } => Some(category),
            Self::Succeeded | Self::Abandoned => None,
        }
    }
}
