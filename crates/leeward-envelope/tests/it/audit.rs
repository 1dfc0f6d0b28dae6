//! What is told of messages, and what is not.

use crate::{cases, context, keyrings::raw, run};
use leeward_envelope::{
    AlgorithmSuite, Audit, AuditEvent, AuditOperation, AuditOutcome, BoxFuture, CachePolicy,
    CorrelationId, DataKey, DecryptionMaterials, Decryptor, EncryptedDataKey, EncryptionContext,
    EncryptionMaterials, Encryptor, KeyUse, Keyring, KeyringCause, KeyringError, MultiKeyring,
    RawAesKeyring, SignedStreams,
};
use leeward_error_taxonomy::{Category, Facts, Failure, Region, Stage, Verdict};
use leeward_resilience::TokioClock;
use proptest::{collection::vec, prelude::*};
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
fn a_stream_is_one_event_at_its_end() {
    let trail = Trail::default();
    let bound = context(&[("tenant", "acme")]);
    let plaintext = [5; 10_000];
    let mut message = Vec::new();
    let mut encryption = run(trail.encryptor().begin(&bound, None)).unwrap();
    for part in plaintext.chunks(900) {
        encryption.push(part, &mut message).unwrap();
    }
    assert!(trail.take().is_empty());
    encryption.finish(&mut message).unwrap();
    let sealed = trail.only();
    assert_eq!(sealed.outcome, AuditOutcome::Succeeded);
    assert_eq!(sealed.plaintext_len, 10_000);
    assert_eq!(sealed.message_len, message.len() as u64);

    let mut header = trail.decryptor().begin(&context(&[]));
    let mut read = 0;
    while !header.is_complete() {
        let part = &message[read..][..100.min(message.len() - read)];
        read += header.push(part).unwrap();
    }
    let mut decryption = run(header.open()).unwrap();
    let mut out = Vec::new();
    decryption.push(&message[read..], &mut out).unwrap();
    assert!(trail.take().is_empty());
    decryption.finish().unwrap();
    let opened = trail.only();
    assert_eq!(opened.outcome, AuditOutcome::Succeeded);
    assert_eq!(opened.context_keys, ["tenant"]);
    assert_eq!(opened.plaintext_len, 10_000);
    assert_eq!(opened.message_len, message.len() as u64);
}

#[test]
fn what_is_dropped_before_its_end_is_abandoned() {
    let trail = Trail::default();
    let none = context(&[]);
    let mut encryption = run(trail.encryptor().begin(&none, Some(9_000))).unwrap();
    let mut out = Vec::new();
    encryption.push(&[1; 5_000], &mut out).unwrap();
    drop(encryption);
    let event = trail.only();
    assert_eq!(event.outcome, AuditOutcome::Abandoned);
    assert_eq!(event.plaintext_len, 5_000);
    assert_eq!(event.to_string(), "sealing abandoned");

    drop(trail.decryptor().begin(&none));
    let event = trail.only();
    assert_eq!(event.outcome, AuditOutcome::Abandoned);
    assert_eq!(event.operation, AuditOperation::Open);

    // A keyring that never answers, and a caller that goes away.
    let never = Encryptor::builder(Never).with_audit(trail.audit());
    let never = never.build().unwrap();
    let waiting = async {
        let sealing = never.encrypt(b"x", &none);
        tokio::select! {
            biased;
            _ = sealing => panic!("the keyring never answers"),
            () = future::ready(()) => {}
        }
    };
    run(waiting);
    let event = trail.only();
    assert_eq!(event.outcome, AuditOutcome::Abandoned);
    assert_eq!(event.is_cached, None);
}

#[derive(Debug)]
struct Never;

impl Keyring for Never {
    fn on_encrypt<'a>(
        &'a self,
        _: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        Box::pin(future::pending())
    }

    fn on_decrypt<'a>(
        &'a self,
        _: DecryptionMaterials,
        _: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        Box::pin(future::pending())
    }
}

#[test]
fn a_stream_that_fails_is_told_once_however_often_it_is_asked() {
    let trail = Trail::default();
    let none = context(&[]);
    let message = run(trail.encryptor().encrypt(&[2; 9_000], &none)).unwrap();
    trail.take();
    let mut changed = message.clone();
    *changed.last_mut().unwrap() ^= 1;
    let mut header = trail.decryptor().begin(&none);
    let read = header.push(&changed).unwrap();
    let mut decryption = run(header.open()).unwrap();
    let mut out = Vec::new();
    decryption.push(&changed[read..], &mut out).unwrap_err();
    decryption.push(&[], &mut out).unwrap_err();
    decryption.finish().unwrap_err();
    assert_eq!(failed(&trail.only()), Some(Category::Encryption));

    let mut header = trail.decryptor().begin(&none);
    let read = header.push(&message).unwrap();
    let mut decryption = run(header.open()).unwrap();
    let cut = &message[read..message.len() - 1];
    decryption.push(cut, &mut out).unwrap();
    decryption.finish().unwrap_err();
    assert_eq!(failed(&trail.only()), Some(Category::Validation));

    let encryptor = Encryptor::builder(raw()).with_suite(AlgorithmSuite::ALL[10]);
    let signed = run(encryptor.build().unwrap().encrypt(b"x", &none)).unwrap();
    let refusing = Decryptor::builder(raw())
        .with_signed_streams(SignedStreams::Refuse)
        .with_audit(trail.audit());
    let mut header = refusing.build().unwrap().begin(&none);
    header.push(&signed).unwrap();
    run(header.open()).unwrap_err();
    assert_eq!(failed(&trail.only()), Some(Category::Validation));

    let mut short = run(trail.encryptor().begin(&none, Some(3))).unwrap();
    short.push(b"xx", &mut out).unwrap();
    short.finish(&mut out).unwrap_err();
    assert_eq!(failed(&trail.only()), Some(Category::Validation));
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

/// Whether `secret` is in `text`, as it is or in the notation of bytes, hexadecimal or base64.
fn shows(text: &str, secret: &[u8]) -> bool {
    use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = format!("{secret:?}");
    let squeezed = text.replace(char::is_whitespace, "");
    let list = list.trim_matches(['[', ']']).replace(' ', "");
    // All groups of three bytes, which is what base64 keeps together.
    let base64 = BASE64_STANDARD_NO_PAD.encode(&secret[..secret.len() / 3 * 3]);
    [
        hex,
        list,
        base64,
        String::from_utf8_lossy(secret).into_owned(),
    ]
    .iter()
    .any(|notation| squeezed.contains(&**notation))
}

#[test]
fn the_search_for_secrets_finds_them() {
    let secret = b"attack-at-dawn";
    for text in [format!("{secret:?}"), "xattack-at-dawnx".to_owned()] {
        assert!(shows(&text, secret), "{text}");
    }
    assert!(shows("61747461636b2d61742d6461776e", secret));
    assert!(shows("YXR0YWNrLWF0LWRhd24=", &secret[..12]));
    assert!(!shows("attack-at-noon", secret));
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn no_event_has_plaintext_or_key_or_the_value_of_a_context_in_it(
        data_key in any::<[u8; 32]>(),
        plaintext in vec(any::<u8>(), 12..200),
        value in "[a-zA-Z0-9]{12,40}",
        cut in 0_usize..200,
    ) {
        let trail = Trail::default();
        let keyring = || Telling { data_key, failure: None };
        let bound = EncryptionContext::new([("tenant", value.as_str())]).unwrap();
        let encryptor = Encryptor::builder(keyring()).with_audit(trail.audit()).build().unwrap();
        let message = run(encryptor.encrypt(&plaintext, &bound)).unwrap();
        let decryptor = Decryptor::builder(keyring()).with_audit(trail.audit()).build().unwrap();
        run(decryptor.decrypt_with_context(&message, &bound)).unwrap();
        let mut changed = message.clone();
        let at = message.len() - 1 - cut.min(message.len() - 1);
        changed[at] ^= 1;
        prop_assert!(run(decryptor.decrypt(&changed)).is_err());
        prop_assert!(run(decryptor.decrypt(&message[..at])).is_err());
        let events = trail.take();
        prop_assert_eq!(events.len(), 4);
        for event in events {
            let text = format!("{event:?} {event:#?} {event}");
            for secret in [&data_key[..], &plaintext, value.as_bytes()] {
                prop_assert!(!shows(&text, secret), "{}", text);
            }
        }
    }
}
