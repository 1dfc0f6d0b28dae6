//! What a purge or a denial takes away from both.

use super::{of_tenant, pair, policy, raw_named, reader, writer};
use crate::keyrings::{Fixed, Gated, raw};
use crate::purging::Moody;
use leeward_envelope::{
    EncryptedDataKey, EncryptionContext, Encryptor, KeyringCause, MultiKeyring, Partition, Purge,
    WrappingKey,
};
use std::sync::Arc;
use tokio::task::yield_now;

#[tokio::test(start_paused = true)]
async fn a_purge_of_either_lets_go_of_both() {
    for what in [
        Purge::All,
        Purge::Tenant("acme".to_owned()),
        Purge::Partition(Partition::of_tenant("acme")),
        Purge::WrappingKey(WrappingKey::new("tests", "key")),
    ] {
        for by_writer in [true, false] {
            let keyring = Gated::open();
            let (writer, reader) = pair(&keyring, policy());
            let none = EncryptionContext::empty();
            let acme = Partition::of_tenant("acme");
            let ours = writer.in_partition(acme.clone());
            let message = ours.encrypt(b"x", &none).await.unwrap();
            let purged = match by_writer {
                true => writer.purge(&what),
                false => reader.purge(&what),
            };
            assert_eq!(purged, 2, "{what:?}");
            assert_eq!((writer.stats().entries, reader.stats().entries), (0, 0));
            let theirs = reader.in_partition(acme);
            theirs.decrypt(&message).await.unwrap();
            ours.encrypt(b"x", &none).await.unwrap();
            assert_eq!(keyring.calls(), 3, "{what:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_brings_back_to_neither_what_was_purged() {
    let keyring = Gated::closed();
    let (writer, reader) = pair(&keyring, policy());
    let none = EncryptionContext::empty();
    let mut waiting = Box::pin(writer.encrypt(b"x", &none));
    tokio::select! {
        biased;
        _ = &mut waiting => panic!("the gate is closed"),
        () = yield_now() => (),
    }
    reader.purge(&Purge::All);
    keyring.let_through(1);
    waiting.await.unwrap();
    assert_eq!((writer.stats().entries, reader.stats().entries), (0, 0));
    assert_eq!(reader.stats().primed, 0);
}

#[tokio::test(start_paused = true)]
async fn a_denial_of_either_lets_go_of_both() {
    for cause in [KeyringCause::Denied, KeyringCause::KeyUnusable] {
        for by_writer in [true, false] {
            let keyring = Moody::new();
            let (writer, reader) = pair(&keyring, policy());
            let old = writer.encrypt(b"x", &of_tenant("a")).await.unwrap();
            let apart = Encryptor::builder(raw()).build().unwrap();
            let read = apart.encrypt(b"x", &of_tenant("b")).await.unwrap();
            let unread = apart.encrypt(b"x", &of_tenant("c")).await.unwrap();
            reader.decrypt(&read).await.unwrap();
            assert_eq!((writer.stats().entries, reader.stats().entries), (1, 2));
            keyring.is(cause);
            if by_writer {
                let denied = writer.encrypt(b"x", &of_tenant("c")).await;
                denied.unwrap_err();
            } else {
                reader.decrypt(&unread).await.unwrap_err();
            }
            // Also what the reader has itself fetched under the key.
            let (wrote, read) = (writer.stats(), reader.stats());
            assert_eq!((wrote.entries, read.entries), (0, 0), "{cause:?}");
            assert_eq!((wrote.purged, read.purged), (1, 2));
            reader.decrypt(&old).await.unwrap_err();
            writer.encrypt(b"x", &of_tenant("a")).await.unwrap_err();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_of_the_writer_leaves_what_is_under_other_keys() {
    let (ours, theirs) = (Moody::new(), raw_named("theirs"));
    let writer = writer(&ours, policy());
    let both = MultiKeyring::builder()
        .with_generator(Arc::clone(&ours))
        .with_child(Arc::clone(&theirs));
    let reader = reader(&Arc::new(both.build().unwrap()), policy(), &writer);
    writer.encrypt(b"x", &of_tenant("a")).await.unwrap();
    let elsewhere = Encryptor::builder(theirs).build().unwrap();
    let message = elsewhere.encrypt(b"x", &of_tenant("b")).await.unwrap();
    reader.decrypt(&message).await.unwrap();
    assert_eq!(reader.stats().entries, 2);
    ours.is(KeyringCause::Denied);
    writer.encrypt(b"x", &of_tenant("c")).await.unwrap_err();
    assert_eq!((writer.stats().entries, reader.stats().entries), (0, 1));
    reader.decrypt(&message).await.unwrap();
    assert_eq!(reader.stats().misses, 1);
}

#[tokio::test(start_paused = true)]
async fn the_replicas_of_a_key_are_let_go_of_together() {
    let arn = |region: &str, key: &str| {
        format!("arn:aws:kms:{region}:111122223333:key/{key}1234abcd12ab34cd56ef1234567890ab")
    };
    for (key, purged) in [("mrk-", 2), ("", 0)] {
        let [east, west] = ["us-east-1", "us-west-2"].map(|region| arn(region, key));
        let wrapped = EncryptedDataKey::new("aws-kms", west, "wrapped").unwrap();
        let keyring = Arc::new(Fixed {
            data_key: vec![3; 32],
            wrapped: vec![wrapped],
        });
        let (writer, reader) = pair(&keyring, policy());
        let none = EncryptionContext::empty();
        writer.encrypt(b"x", &none).await.unwrap();
        let east = Purge::WrappingKey(WrappingKey::new("aws-kms", east));
        assert_eq!(writer.purge(&east), purged);
        let left = (writer.stats().entries, reader.stats().entries);
        assert_eq!(left, if purged == 2 { (0, 0) } else { (1, 1) });
    }
}
