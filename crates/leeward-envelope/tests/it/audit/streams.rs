//! What is told of a message that comes bit by bit, or does not come to its end.

use super::{Trail, failed};
use crate::{context, keyrings::raw, run};
use leeward_envelope::{
    AlgorithmSuite, AuditOperation, AuditOutcome, BoxFuture, DecryptionMaterials, Decryptor,
    EncryptedDataKey, EncryptionMaterials, Encryptor, Keyring, KeyringError, SignedStreams,
};
use leeward_error_taxonomy::Category;
use std::future;

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
