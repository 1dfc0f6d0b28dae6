//! What the audit writes to `tracing`.

use crate::{context, keyrings::raw, run};
use leeward_envelope::{Audit, AuditEvent, CachePolicy, CorrelationId, Decryptor, Encryptor};
use leeward_testkit::Log;
use std::time::Duration;

#[test]
fn what_failed_is_a_warning_and_what_a_cached_key_served_is_detail() {
    let (log, _guard) = Log::of("leeward::envelope");
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
    let lines = log.lines();
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
        &["INFO sealed ", "outcome=\"succeeded\"", "key=\"tests key\""],
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
