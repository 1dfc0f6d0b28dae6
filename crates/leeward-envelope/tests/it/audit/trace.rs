//! What the audit writes to `tracing`.

use crate::{context, keyrings::raw, run};
use leeward_envelope::{Audit, AuditEvent, CachePolicy, CorrelationId, Decryptor, Encryptor};
use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
    time::Duration,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Keeps the events of `leeward::envelope` as text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "leeward::envelope"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn what_failed_is_a_warning_and_what_a_cached_key_served_is_detail() {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let encryptor = Encryptor::builder(raw())
            .with_cache(CachePolicy::new(Duration::from_secs(60)))
            .with_audit(Audit::new(AuditEvent::trace).with_label("pii"))
            .build()
            .unwrap();
        let decryptor = Decryptor::builder(raw()).with_audit(Audit::new(AuditEvent::trace));
        let decryptor = decryptor.build().unwrap();
        let bound = context(&[("tenant", "acme-value")]);
        let correlated = CorrelationId::new("req\n81");
        let seal = || encryptor.encrypt(b"attack at dawn", &bound);
        let mut message = run(correlated.scope(seal())).unwrap();
        run(seal()).unwrap();
        *message.last_mut().unwrap() ^= 1;
        run(decryptor.decrypt(&message)).unwrap_err();
        drop(run(encryptor.begin(&bound, None)).unwrap());
    });
    let lines = std::mem::take(&mut *lines.0.lock().unwrap());
    let [made, cached, refused, abandoned] = &lines[..] else {
        panic!("{lines:#?}");
    };
    #[track_caller]
    fn has(line: &str, parts: &[&str]) {
        for part in parts {
            assert!(line.contains(part), "{part} in {line}");
        }
        for secret in ["attack", "acme-value", "\n"] {
            assert!(!line.contains(secret), "{line}");
        }
    }
    has(
        made,
        &[
            "INFO",
            "message=sealed",
            "outcome=\"succeeded\"",
            "key=\"tests key\"",
        ],
    );
    has(
        made,
        &[
            "suite=\"0x0478\"",
            "context_keys=[\"tenant\"]",
            "plaintext_len=14",
        ],
    );
    has(
        made,
        &[
            "is_cached=false",
            "label=\"pii\"",
            "correlation_id=\"req\\\\n81\"",
        ],
    );
    has(cached, &["DEBUG", "is_cached=true"]);
    has(
        refused,
        &["WARN", "not opened: encryption", "category=\"encryption\""],
    );
    has(
        abandoned,
        &["INFO", "sealing abandoned", "outcome=\"abandoned\""],
    );
    assert!(!cached.contains("correlation_id") && !made.contains("region"));
}
