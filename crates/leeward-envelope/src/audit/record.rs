use super::{Audit, AuditEvent, AuditOperation, AuditOutcome, CorrelationId, KeyUse};
use crate::{AlgorithmSuite, DecryptError, EncryptError, EncryptionContext, KeyringError};
use leeward_error_taxonomy::Category;
use leeward_resilience::Timestamp;
use std::time::Duration;

/// The event of a message that is under way; empty if nobody audits. Dropped before its end, it says so.
pub(crate) struct Record(Option<Box<Running>>);

/// Begins the events of the parts of a message that is open; empty if nobody audits.
pub(crate) struct Parts(Option<Box<Opened>>);

struct Opened {
    audit: Audit,
    event: AuditEvent,
}

struct Running {
    audit: Audit,
    started: Timestamp,
    event: AuditEvent,
}

/// What an event has of the failure of a message.
pub(crate) trait Auditable {
    fn category(&self) -> Category;

    fn keyring_error(&self) -> Option<&KeyringError>;
}

impl Auditable for EncryptError {
    fn category(&self) -> Category {
        self.category()
    }

    fn keyring_error(&self) -> Option<&KeyringError> {
        match self {
            Self::Keyring(error) => Some(error),
            _ => None,
        }
    }
}

impl Auditable for DecryptError {
    fn category(&self) -> Category {
        self.category()
    }

    fn keyring_error(&self) -> Option<&KeyringError> {
        match self {
            Self::Keyring(error) => Some(error),
            _ => None,
        }
    }
}

impl Record {
    /// Begins with the keys of the caller's own context.
    pub(crate) fn begin(
        audit: Option<&Audit>,
        operation: AuditOperation,
        context: &EncryptionContext,
    ) -> Self {
        Self(audit.map(|audit| {
            let event = AuditEvent {
                operation,
                outcome: AuditOutcome::Abandoned,
                suite: None,
                key_use: None,
                named_keys: Vec::new(),
                context_keys: keys(context),
                plaintext_len: 0,
                message_len: 0,
                is_cached: None,
                duration: Duration::ZERO,
                correlation_id: CorrelationId::current(),
                label: audit.label.clone(),
            };
            Box::new(Running {
                audit: audit.clone(),
                started: (audit.now)(),
                event,
            })
        }))
    }

    /// Notes that there is a data key.
    pub(crate) fn has_key(&mut self, key_use: impl FnOnce() -> Option<KeyUse>, is_cached: bool) {
        if let Some(running) = &mut self.0 {
            running.event.key_use = key_use();
            running.event.is_cached = Some(is_cached);
        }
    }

    pub(crate) fn is_under(&mut self, suite: AlgorithmSuite) {
        if let Some(running) = &mut self.0 {
            running.event.suite = Some(suite);
        }
    }

    /// Notes what the message has proved to be bound to.
    pub(crate) fn is_bound_to(&mut self, context: &EncryptionContext) {
        if let Some(running) = &mut self.0 {
            running.event.context_keys = keys(context);
        }
    }

    /// Counts plaintext and message that went in or came out.
    pub(crate) fn passed(&mut self, plaintext: usize, message: usize) {
        if let Some(running) = &mut self.0 {
            running.event.plaintext_len += plaintext as u64;
            running.event.message_len += message as u64;
            // A source that failed was asked again.
            running.event.outcome = AuditOutcome::Abandoned;
        }
    }

    /// Tells that it failed; nothing after that is told.
    pub(crate) fn fail(&mut self, error: &impl Auditable) {
        if let Some(mut running) = self.0.take() {
            let category = error.category();
            let failed_use = error.keyring_error().and_then(KeyringError::key_use);
            running.event.key_use = failed_use.or(running.event.key_use.take());
            let named = error.keyring_error().map(KeyringError::named_keys);
            running.event.named_keys = named.unwrap_or_default();
            running.end(AuditOutcome::Failed { category });
        }
    }

    /// Notes that source or sink failed, which is told if it is dropped before its end.
    pub(crate) fn broken_off(&mut self) {
        if let Some(running) = &mut self.0 {
            let category = Category::Unknown;
            running.event.outcome = AuditOutcome::Failed { category };
        }
    }

    /// Tells that it is there as a whole.
    pub(crate) fn succeed(&mut self) {
        if let Some(running) = self.0.take() {
            running.end(AuditOutcome::Succeeded);
        }
    }

    /// Tells that it is open, and leaves what begins the events of its parts.
    pub(crate) fn open(&mut self) -> Parts {
        let opened = self.0.as_deref().map(|running| {
            let (audit, event) = (running.audit.clone(), running.event.clone());
            Box::new(Opened { audit, event })
        });
        self.succeed();
        Parts(opened)
    }

    /// Tells how it ended.
    pub(crate) fn end<T>(&mut self, result: &Result<T, impl Auditable>) {
        match result {
            Ok(_) => self.succeed(),
            Err(error) => self.fail(error),
        }
    }
}

impl Parts {
    /// Begins with what the header has proved, and with nothing read.
    pub(crate) fn begin(&self) -> Record {
        Record(self.0.as_deref().map(|Opened { audit, event }| {
            let event = AuditEvent {
                operation: AuditOperation::Read,
                outcome: AuditOutcome::Abandoned,
                plaintext_len: 0,
                message_len: 0,
                is_cached: Some(true),
                duration: Duration::ZERO,
                correlation_id: CorrelationId::current(),
                ..event.clone()
            };
            Box::new(Running {
                audit: audit.clone(),
                started: (audit.now)(),
                event,
            })
        }))
    }
}

impl Running {
    fn end(mut self, outcome: AuditOutcome) {
        let now = (self.audit.now)();
        self.event.duration = now.since(self.started);
        self.event.outcome = outcome;
        self.audit.tell(&self.event);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if let Some(running) = self.0.take() {
            let outcome = running.event.outcome;
            running.end(outcome);
        }
    }
}

fn keys(context: &EncryptionContext) -> Vec<String> {
    context.iter().map(|(key, _)| key.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use allocation_counter::measure;

    #[test]
    fn where_nobody_audits_a_record_is_one_word_and_allocates_nothing() {
        assert_eq!(size_of::<Record>(), size_of::<usize>());
        let context = EncryptionContext::new([("tenant", "acme")]).unwrap();
        let allocations = measure(|| {
            for operation in [AuditOperation::Seal, AuditOperation::Open] {
                let mut record = Record::begin(None, operation, &context);
                record.is_under(AlgorithmSuite::Aes256Gcm);
                record.has_key(|| Some(KeyUse::new("key")), true);
                record.is_bound_to(&context);
                record.passed(5, 9);
                record.fail(&DecryptError::Unauthentic);
            }
        });
        assert_eq!(allocations.count_total, 0);
    }
}
