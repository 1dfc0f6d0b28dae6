//! One event for each message that is written or read, for those who must be able to say who used which key for what.

mod correlation;
mod event;
mod key_use;
mod record;

pub use correlation::CorrelationId;
pub use event::{AuditEvent, AuditOperation, AuditOutcome};
pub use key_use::KeyUse;
pub(crate) use record::{Auditable, Parts, Record};

use leeward_resilience::{Clock, Timestamp, TscClock};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

type Observer = Arc<dyn Fn(&AuditEvent) + Send + Sync>;

/// Tells observers of every message that is written or read, once, when it is over.
///
/// Given to [`EncryptorBuilder::with_audit`](crate::EncryptorBuilder::with_audit) and
/// [`DecryptorBuilder::with_audit`](crate::DecryptorBuilder::with_audit); a clone tells the same observers. A message is over when
/// it is there or has failed, and when its future or stream is dropped before. One that is
/// [opened to read parts of it](crate::Decryptor::open_ranges) is told of when it is open, and then each time that frames
/// of it are read. Observers are called on the thread of the
/// message, outside any lock: hand over to a channel what takes time. One that panics is logged, and harms no message.
/// Without an audit nothing of an event is made.
///
/// ```
/// use leeward_envelope::{Audit, AuditEvent, CorrelationId, EncryptionContext, Encryptor, RawAesKeyring};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (trail, events) = std::sync::mpsc::channel();
/// let audit = Audit::new(move |event| drop(trail.send(event.clone()))).with_observer(AuditEvent::trace);
/// let keyring = RawAesKeyring::new("my-app", "2026-11", &[7; 32])?;
/// let encryptor = Encryptor::builder(keyring).with_audit(audit).build()?;
///
/// let context = EncryptionContext::new([("tenant", "acme")])?;
/// let request = CorrelationId::new("req-81");
/// request.scope(encryptor.encrypt(b"attack at dawn", &context)).await?;
///
/// let event = events.recv()?;
/// assert_eq!(event.plaintext_len, 14);
/// assert_eq!(event.context_keys, ["tenant"]);
/// assert_eq!(event.key_use.as_ref().map(|it| it.key()), Some("my-app 2026-11"));
/// assert_eq!(event.correlation_id.as_ref().map(|it| it.as_str()), Some("req-81"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Audit {
    observers: Arc<[Observer]>,
    label: Option<Arc<str>>,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Audit {
    /// Tells `observer`; takes durations by the processor's clock.
    pub fn new(observer: impl Fn(&AuditEvent) + Send + Sync + 'static) -> Self {
        let clock = TscClock::new();
        Self {
            observers: Arc::new([Arc::new(observer)]),
            label: None,
            now: Arc::new(move || clock.now()),
        }
    }

    /// Tells another observer as well.
    pub fn with_observer(self, observer: impl Fn(&AuditEvent) + Send + Sync + 'static) -> Self {
        let observer: Observer = Arc::new(observer);
        let all = self.observers.iter().cloned().chain([observer]);
        Self {
            observers: all.collect(),
            ..self
        }
    }

    /// Puts a label on every event, such as the name of a class of keys.
    pub fn with_label(self, label: impl AsRef<str>) -> Self {
        Self {
            label: Some(label.as_ref().into()),
            ..self
        }
    }

    /// Takes durations by another clock.
    pub fn with_clock<C: Clock>(self, clock: C) -> Self {
        Self {
            now: Arc::new(move || clock.now()),
            ..self
        }
    }

    fn tell(&self, event: &AuditEvent) {
        for observer in self.observers.iter() {
            // A message must not be lost to who listens.
            let told = catch_unwind(AssertUnwindSafe(|| observer(event)));
            if told.is_err() {
                tracing::error!(target: "leeward::envelope", ?event, "an observer panicked; put it right");
            }
        }
    }
}

impl fmt::Debug for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audit")
            .field("observers", &self.observers.len())
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}
