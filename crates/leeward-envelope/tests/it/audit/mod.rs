//! What is told of messages, and what is not.

mod parts;
mod secrets;
mod streams;
mod trace;

use crate::{context, keyrings::raw, run};
use leeward_envelope::{
    Audit, AuditEvent, AuditOperation, AuditOutcome, BoxFuture, CachePolicy, CorrelationId,
    DataKey, DecryptionMaterials, Decryptor, EncryptedDataKey, EncryptionMaterials, Encryptor,
    KeyUse, Keyring, KeyringCause, KeyringError, MultiKeyring, RawAesKeyring,
};
use leeward_error_taxonomy::{Category, Facts, Failure, Region, Stage, Verdict};
use leeward_resilience::TokioClock;
use std::{
    future,
    sync::{Arc, Mutex},
    time::Duration,
};

/// The events of an audit, in order.
#[derive(Clone, Default)]
pub(crate) struct Trail(Arc<Mutex<Vec<AuditEvent>>>);

impl Trail {
    pub(crate) fn audit(&self) -> Audit {
        let trail = self.clone();
        Audit::new(move |event| trail.0.lock().unwrap().push(event.clone()))
    }

    pub(crate) fn take(&self) -> Vec<AuditEvent> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    #[track_caller]
    pub(crate) fn only(&self) -> AuditEvent {
        let mut events = self.take();
        assert_eq!(events.len(), 1, "{events:#?}");
        events.remove(0)
    }

    pub(crate) fn encryptor(&self) -> Encryptor {
        let builder = Encryptor::builder(raw()).with_audit(self.audit());
        builder.build().unwrap()
    }

    pub(crate) fn decryptor(&self) -> Decryptor {
        let builder = Decryptor::builder(raw()).with_audit(self.audit());
        builder.build().unwrap()
    }
}

pub(crate) fn failed(event: &AuditEvent) -> Option<Category> {
    event.outcome.category()
}

/// Says which key it used where, as a keyring of KMS does; fails if it has a failure to tell.
#[derive(Debug)]
struct Telling {
    data_key: [u8; 32],
    failure: Option<(Failure, KeyringCause)>,
}

const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab";

const TRIED: [Region; 2] = [
    Region::from_static("eu-central-1"),
    Region::from_static("eu-west-1"),
];

impl Telling {
    fn key_use(request: &str) -> KeyUse {
        let used = KeyUse::new(ARN).with_region(Region::from_static("eu-west-1"));
        used.with_request_id(request)
    }

    fn data_key(&self) -> DataKey {
        DataKey::new(self.data_key.to_vec())
    }
}

impl Keyring for Telling {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        let made = match &self.failure {
            Some((failure, cause)) => Err(KeyringError::wrap(ARN, "refused")
                .because(*cause)
                .tried_in(TRIED)
                .recorded_as(failure.clone())),
            None => materials.with_data_key(self.data_key()).map(|made| {
                let wrapped = EncryptedDataKey::new("aws-kms", ARN, "wrapped").unwrap();
                made.with_encrypted_data_key(wrapped)
                    .with_key_use(Self::key_use("made-1"))
            }),
        };
        Box::pin(future::ready(made))
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        _: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        let found = materials.with_data_key(self.data_key());
        let found = found.map(|found| found.with_key_use(Self::key_use("found-1")));
        Box::pin(future::ready(found))
    }
}

const TELLING: Telling = Telling {
    data_key: [7; 32],
    failure: None,
};

#[tokio::test(start_paused = true)]
async fn each_message_is_told_once_with_key_sizes_and_context_keys() {
    let trail = Trail::default();
    let clock = TokioClock::new();
    let audit = trail
        .audit()
        .with_clock(clock.clone())
        .with_label("payment");
    let cache = CachePolicy::new(Duration::from_secs(60)).with_clock(clock);
    let encryptor = Encryptor::builder(TELLING)
        .with_cache(cache.clone())
        .with_audit(audit.clone())
        .build()
        .unwrap();
    let decryptor = Decryptor::builder(TELLING)
        .with_cache(cache)
        .with_audit(audit)
        .build()
        .unwrap();
    let bound = context(&[("tenant", "acme"), ("table", "orders")]);
    let seal = || encryptor.encrypt(b"attack at dawn", &bound);
    let message = CorrelationId::new("req-1").scope(seal()).await.unwrap();
    seal().await.unwrap();
    decryptor.decrypt(&message).await.unwrap();
    decryptor.decrypt(&message).await.unwrap();

    let events = trail.take();
    assert_eq!(events.len(), 4);
    for (at, event) in events.iter().enumerate() {
        let is_seal = at < 2;
        let (operation, request) = match is_seal {
            true => (AuditOperation::Seal, "made-1"),
            false => (AuditOperation::Open, "found-1"),
        };
        assert_eq!(event.operation, operation);
        assert_eq!(event.outcome, AuditOutcome::Succeeded);
        assert_eq!(event.key_use, Some(Telling::key_use(request)));
        assert_eq!(event.context_keys, ["table", "tenant"]);
        assert_eq!(event.plaintext_len, 14);
        assert_eq!(event.message_len, message.len() as u64);
        assert_eq!(event.is_cached, Some(at % 2 == 1), "{at}");
        assert_eq!(event.duration, Duration::ZERO, "the clock stands still");
        assert_eq!(event.label.as_deref(), Some("payment"));
        assert_eq!(event.suite, Some(encryptor.suite()));
    }
    let correlated = events.iter().map(|event| event.correlation_id.is_some());
    assert_eq!(
        correlated.collect::<Vec<_>>(),
        [true, false, false, false],
        "it holds for its scope and no longer"
    );
}

#[test]
fn a_keyring_that_says_nothing_is_known_by_what_it_wrapped() {
    let trail = Trail::default();
    let other = RawAesKeyring::new("tests", "other", &[9; 32]).unwrap();
    let ours = || RawAesKeyring::new("tests", "ours", &[8; 32]).unwrap();
    let both = MultiKeyring::builder()
        .with_generator(other)
        .with_child(ours());
    let encryptor = Encryptor::builder(both.build().unwrap());
    let encryptor = encryptor.with_audit(trail.audit()).build().unwrap();
    let message = run(encryptor.encrypt(b"x", &context(&[]))).unwrap();
    assert_eq!(trail.only().key_use.unwrap().key(), "tests other");
    // The second key of the message is the one that served.
    let only_ours = MultiKeyring::builder().with_child(ours()).build().unwrap();
    let decryptor = Decryptor::builder(only_ours).with_audit(trail.audit());
    run(decryptor.build().unwrap().decrypt(&message)).unwrap();
    assert_eq!(trail.only().key_use.unwrap().key(), "tests ours");
}

#[test]
fn a_failure_is_told_with_its_category_its_regions_and_the_request_of_it() {
    let trail = Trail::default();
    let mut facts = Facts::new(Stage::Answered, Category::Authorization, Verdict::Final);
    facts.request_id = Some("4f-refused");
    let refusing = Telling {
        failure: Some((Failure::from(&facts), KeyringCause::Denied)),
        ..TELLING
    };
    let encryptor = Encryptor::builder(refusing).with_audit(trail.audit());
    let encryptor = encryptor.build().unwrap();
    let error = run(encryptor.encrypt(b"x", &context(&[("a", "b")]))).unwrap_err();
    let event = trail.only();
    assert_eq!(failed(&event), Some(Category::Authorization));
    assert_eq!(error.category(), Category::Authorization);
    let used = event.key_use.unwrap();
    assert_eq!((used.key(), used.request_id()), (ARN, Some("4f-refused")));
    assert_eq!((used.regions(), used.region()), (&TRIED[..], TRIED.last()));
    assert_eq!((event.is_cached, event.message_len), (None, 0));

    let mut message = run(trail.encryptor().encrypt(b"x", &context(&[("a", "b")]))).unwrap();
    trail.take();
    *message.last_mut().unwrap() ^= 1;
    run(trail.decryptor().decrypt(&message)).unwrap_err();
    let event = trail.only();
    assert_eq!(failed(&event), Some(Category::Encryption));
    assert_eq!(event.plaintext_len, 0);
    run(trail.decryptor().decrypt(b"no message")).unwrap_err();
    assert_eq!(failed(&trail.only()), Some(Category::Validation));
    let stranger = RawAesKeyring::new("tests", "stranger", &[1; 32]).unwrap();
    let stranger = Decryptor::builder(stranger).with_audit(trail.audit());
    run(stranger.build().unwrap().decrypt(&message)).unwrap_err();
    let event = trail.only();
    assert_eq!(failed(&event), Some(Category::Encryption));
    assert!(
        event.context_keys.is_empty(),
        "what a header claims is no context"
    );
    assert_eq!(event.key_use, None, "no key was asked for");
    assert_eq!(event.named_keys, ["tests key"]);
}

#[test]
fn an_observer_that_panics_harms_no_message_and_no_other_observer() {
    let trail = Trail::default();
    let heard = trail.clone();
    let audit = Audit::new(|_| panic!("on purpose"))
        .with_observer(move |event| heard.0.lock().unwrap().push(event.clone()));
    let encryptor = Encryptor::builder(raw()).with_audit(audit).build().unwrap();
    run(encryptor.encrypt(b"x", &context(&[]))).unwrap();
    assert_eq!(trail.only().outcome, AuditOutcome::Succeeded);
}
