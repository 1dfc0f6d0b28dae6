//! What is let go of when a keyring denies, and what is not, whoever has it deny.

use crate::{context, forgery::Forged, keyrings::raw};
use leeward_envelope::{
    BoxFuture, CachePolicy, DecryptionMaterials, Decryptor, EncryptedDataKey, EncryptionContext,
    EncryptionMaterials, Encryptor, KeyAttempt, Keyring, KeyringCause, KeyringError, RawAesKeyring,
};
use leeward_resilience::TokioClock;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::advance;

const THEIRS: &str = "arn:aws:kms:us-east-1:444455556666:key/mrk-1";

/// Unwraps what a raw keyring wrapped, and has no right to use any key of KMS; says of either what the test has it say.
#[derive(Debug)]
struct Discovering {
    inner: RawAesKeyring,
    /// What is told of a provider's keys.
    moods: Mutex<HashMap<&'static str, KeyringCause>>,
    /// What else a data key is wrapped under.
    beside: Vec<EncryptedDataKey>,
    calls: AtomicUsize,
}

impl Discovering {
    fn new(beside: &[EncryptedDataKey]) -> Arc<Self> {
        Arc::new(Self {
            inner: raw(),
            moods: Mutex::new([("aws-kms", KeyringCause::Denied)].into()),
            beside: beside.to_vec(),
            calls: AtomicUsize::new(0),
        })
    }

    fn is(&self, provider: &'static str, mood: KeyringCause) {
        self.moods.lock().unwrap().insert(provider, mood);
    }

    fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }
}

impl Keyring for Discovering {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        Box::pin(async move {
            let materials = self.inner.on_encrypt(materials).await?;
            let beside = self.beside.iter().cloned();
            Ok(beside.fold(materials, |materials, key| {
                materials.with_encrypted_data_key(key)
            }))
        })
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, SeqCst);
            let moods = self.moods.lock().unwrap().clone();
            let met = keys.iter().map(|key| match moods.get(key.provider_id()) {
                Some(mood) => KeyAttempt::failed(key, "in a mood").because(*mood),
                None => KeyAttempt::skipped(key),
            });
            let ours = keys.iter().any(|key| key.provider_id() == "tests");
            if ours && !moods.contains_key("tests") {
                return self.inner.on_decrypt(materials, keys).await;
            }
            Err(KeyringError::undecryptable(met.collect()))
        })
    }
}

fn policy() -> CachePolicy<TokioClock> {
    CachePolicy::new(Duration::from_secs(300))
        .with_renewal(None)
        .with_clock(TokioClock::new())
}

fn encryptor(keyring: &Arc<Discovering>) -> Encryptor {
    let builder = Encryptor::builder(Arc::clone(keyring));
    builder.with_cache(policy()).build().unwrap()
}

fn decryptor(keyring: &Arc<Discovering>, policy: CachePolicy<TokioClock>) -> Decryptor {
    let builder = Decryptor::builder(Arc::clone(keyring));
    builder.with_cache(policy).build().unwrap()
}

fn numbered(at: usize) -> EncryptionContext {
    context(&[("n", &at.to_string())])
}

/// One that names ten keys that nobody has.
fn hostile(round: usize) -> Vec<u8> {
    let keys = (0..10).map(|at| {
        let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{round}-{at}");
        EncryptedDataKey::new("aws-kms", arn, "wrapped").unwrap()
    });
    Forged::new(&keys.collect::<Vec<_>>()).write(b"")
}

#[tokio::test(start_paused = true)]
async fn names_that_a_stranger_made_up_have_nothing_let_go_of() {
    let keyring = Discovering::new(&[]);
    let writer = encryptor(&keyring);
    let reader = Decryptor::builder(Arc::clone(&keyring)).with_cache(policy());
    let reader = reader.with_data_keys_of(&writer).build().unwrap();
    let apart = Encryptor::builder(raw()).build().unwrap();
    let mut messages = Vec::new();
    for at in 0..50 {
        writer.encrypt(b"x", &numbered(at)).await.unwrap();
        messages.push(apart.encrypt(b"x", &numbered(at)).await.unwrap());
        reader.decrypt(&messages[at]).await.unwrap();
    }
    for round in 0..10 {
        for at in 0..3 {
            let denied = reader.decrypt(&hostile(round * 3 + at)).await;
            denied.unwrap_err();
        }
        // Behind the rest between two purges.
        advance(Duration::from_secs(11)).await;
        for (at, message) in messages.iter().enumerate() {
            reader.decrypt(message).await.unwrap();
            writer.encrypt(b"x", &numbered(at)).await.unwrap();
        }
    }
    let (wrote, read) = (writer.stats(), reader.stats());
    assert_eq!((wrote.misses, wrote.purged), (50, 0));
    assert_eq!((keyring.calls() - 30, read.purged), (50, 0));
    assert_eq!((wrote.entries, read.entries), (50, 100));
}

#[tokio::test(start_paused = true)]
async fn what_one_key_gave_outlasts_the_denial_of_another() {
    let theirs = EncryptedDataKey::new("aws-kms", THEIRS, "wrapped").unwrap();
    let keyring = Discovering::new(&[theirs]);
    let writer = encryptor(&keyring);
    let policy = policy().with_stale_on_outage(Duration::from_secs(3600));
    let reader = decryptor(&keyring, policy);
    let old = writer.encrypt(b"x", &numbered(0)).await.unwrap();
    reader.decrypt(&old).await.unwrap();
    advance(Duration::from_secs(200)).await;
    let fresh = writer.encrypt(b"x", &numbered(1)).await.unwrap();
    reader.decrypt(&fresh).await.unwrap();

    keyring.is("tests", KeyringCause::Unavailable);
    advance(Duration::from_secs(100)).await;
    reader.decrypt(&old).await.unwrap();
    reader.decrypt(&fresh).await.unwrap();
    let stats = reader.stats();
    assert_eq!((stats.stale, stats.purged, stats.entries), (1, 0, 2));

    // The denial of the key that gave them ends both.
    keyring.is("tests", KeyringCause::Denied);
    advance(Duration::from_secs(60)).await;
    reader.decrypt(&old).await.unwrap_err();
    let stats = reader.stats();
    assert_eq!((stats.purged, stats.entries), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn what_was_written_here_outlasts_the_denial_of_another_key() {
    let theirs = EncryptedDataKey::new("aws-kms", THEIRS, "wrapped").unwrap();
    // Behind the key that gives it, as a child of a multi-keyring.
    let keyring = Discovering::new(std::slice::from_ref(&theirs));
    let writer = encryptor(&keyring);
    let policy = policy().with_stale_on_outage(Duration::from_secs(3600));
    let reader = Decryptor::builder(Arc::clone(&keyring)).with_cache(policy);
    let reader = reader.with_data_keys_of(&writer).build().unwrap();
    let old = writer.encrypt(b"x", &numbered(0)).await.unwrap();
    advance(Duration::from_secs(200)).await;
    let fresh = writer.encrypt(b"x", &numbered(1)).await.unwrap();
    assert_eq!(reader.stats().primed, 2);

    // One message that names their key alone, of whomever.
    let forged = Forged::new(&[theirs]).write(b"");
    reader.decrypt(&forged).await.unwrap_err();
    let (wrote, read) = (writer.stats(), reader.stats());
    assert_eq!((wrote.purged, read.purged, read.entries), (0, 0, 2));

    keyring.is("tests", KeyringCause::Unavailable);
    advance(Duration::from_secs(101)).await;
    reader.decrypt(&old).await.unwrap();
    reader.decrypt(&fresh).await.unwrap();
    let stats = reader.stats();
    assert_eq!((stats.stale, stats.purged, stats.entries), (1, 0, 2));

    keyring.is("tests", KeyringCause::Denied);
    advance(Duration::from_secs(60)).await;
    reader.decrypt(&old).await.unwrap_err();
    let stats = reader.stats();
    assert_eq!((stats.purged, stats.entries), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_purge_by_name_lets_go_of_all_that_is_wrapped_under_the_key() {
    use leeward_envelope::{Purge, WrappingKey};
    let theirs = EncryptedDataKey::new("aws-kms", THEIRS, "wrapped").unwrap();
    let keyring = Discovering::new(&[theirs]);
    let writer = encryptor(&keyring);
    let reader = decryptor(&keyring, policy());
    let message = writer.encrypt(b"x", &numbered(0)).await.unwrap();
    for name in [
        WrappingKey::new("aws-kms", THEIRS.replace("us-east-1", "eu-west-1")),
        WrappingKey::new("tests", "key"),
    ] {
        writer.encrypt(b"x", &numbered(0)).await.unwrap();
        reader.decrypt(&message).await.unwrap();
        let what = Purge::WrappingKey(name);
        assert_eq!((writer.purge(&what), reader.purge(&what)), (1, 1));
    }
}
