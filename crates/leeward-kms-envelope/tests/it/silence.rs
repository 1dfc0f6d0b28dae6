//! Messages that come bit by bit, and data keys that must be had anew, while KMS is silent.

use crate::cloud::{Cloud, EAST, WEST, context};
use leeward_envelope::{
    CachePolicy, DecryptError, Decryption, Decryptor, EncryptError, EncryptionContext, Encryptor,
    Keyring,
};
use leeward_kms_envelope::KmsError;
use leeward_resilience::Ratio;
use leeward_testkit::{Fault, FaultRule, Scope};
use std::{num::NonZeroU32, sync::Arc, time::Duration};
use tokio::{runtime::Handle, task::yield_now};

const PLAINTEXT: &[u8] = &[7; 20_000];

fn silence(cloud: &Cloud, scope: Scope) -> FaultRule {
    cloud.aws.faults().inject(scope, Fault::black_hole())
}

fn writer(keyring: impl Keyring) -> Encryptor {
    Encryptor::builder(keyring).build().unwrap()
}

fn reader(keyring: impl Keyring) -> Decryptor {
    Decryptor::builder(keyring).build().unwrap()
}

/// Writes a message in two halves, with `between` in the middle of it.
async fn write(encryptor: &Encryptor, between: impl FnOnce()) -> Result<Vec<u8>, EncryptError> {
    let mut message = Vec::new();
    let mut encryption = encryptor.begin(&context(), None).await?;
    let (one, other) = PLAINTEXT.split_at(PLAINTEXT.len() / 2);
    encryption.push(one, &mut message)?;
    between();
    encryption.push(other, &mut message)?;
    encryption.finish(&mut message)?;
    Ok(message)
}

/// Opens the header of a message, and answers how much of it that was.
async fn open(decryptor: &Decryptor, message: &[u8]) -> Result<(Decryption, usize), DecryptError> {
    let mut header = decryptor.begin(&EncryptionContext::empty());
    let read = header.push(message)?;
    Ok((header.open().await?, read))
}

fn read_on(mut decryption: Decryption, body: &[u8]) {
    let mut plaintext = Vec::new();
    for part in body.chunks(1_000) {
        decryption.push(part, &mut plaintext).unwrap();
    }
    decryption.finish().unwrap();
    assert_eq!(plaintext, PLAINTEXT);
}

async fn until_somebody_waits(cloud: &Cloud) {
    while cloud.aws.counts().total().unanswered == 0 {
        yield_now().await;
    }
}

#[tokio::test]
async fn a_stream_that_has_its_data_key_needs_nobody() {
    let cloud = Cloud::start().await;
    let encryptor = writer(cloud.keyring());
    let message = write(&encryptor, || drop(silence(&cloud, Scope::any()))).await;
    let message = message.unwrap();
    cloud.aws.faults().clear();
    let decryptor = reader(cloud.keyring());
    let (decryption, read) = open(&decryptor, &message).await.unwrap();
    silence(&cloud, Scope::any());
    read_on(decryption, &message[read..]);
}

#[tokio::test]
async fn a_stream_that_begins_in_a_silent_region_has_its_data_key_from_another() {
    let cloud = Cloud::start().await;
    let encryptor = writer(cloud.keyring_over(cloud.hedged()));
    silence(&cloud, Scope::region(EAST));
    let message = write(&encryptor, || ()).await.unwrap();
    let decryptor = reader(cloud.keyring_over(cloud.hedged()));
    let (decryption, read) = open(&decryptor, &message).await.unwrap();
    read_on(decryption, &message[read..]);
    assert_eq!(cloud.calls(&WEST, "GenerateDataKey"), 1);
    assert_eq!(cloud.calls(&WEST, "Decrypt"), 1);
}

#[tokio::test]
async fn a_stream_that_begins_while_all_are_silent_is_told_so_and_nothing_is_lost() {
    let cloud = Cloud::start().await;
    let message = write(&writer(cloud.keyring()), || ()).await.unwrap();
    let keyring = cloud.keyring_over(cloud.hasty());
    let (encryptor, decryptor) = (writer(Arc::clone(&keyring)), reader(keyring));
    let rule = silence(&cloud, Scope::any());
    let errors: [Box<dyn std::error::Error>; 2] = [
        Box::new(write(&encryptor, || ()).await.unwrap_err()),
        Box::new(open(&decryptor, &message).await.map(|_| ()).unwrap_err()),
    ];
    for error in &errors {
        let kms = KmsError::below(&**error).unwrap();
        assert_eq!(kms.regions(), [EAST, WEST]);
        assert!(!kms.advice().is_empty());
    }
    rule.clear();
    let encryptor = writer(cloud.keyring());
    let message = write(&encryptor, || ()).await.unwrap();
    let (decryption, read) = open(&reader(cloud.keyring()), &message).await.unwrap();
    read_on(decryption, &message[read..]);
}

#[tokio::test]
async fn a_stream_that_waits_for_its_data_key_goes_on_once_kms_is_back() {
    let cloud = Cloud::start().await;
    let (encryptor, decryptor) = (writer(cloud.keyring()), reader(cloud.keyring()));
    let rule = silence(&cloud, Scope::any());
    let back = async {
        until_somebody_waits(&cloud).await;
        rule.clear();
    };
    let (message, ()) = tokio::join!(write(&encryptor, || ()), back);
    let message = message.unwrap();
    cloud.aws.reset_counts();
    let rule = silence(&cloud, Scope::any());
    let back = async {
        until_somebody_waits(&cloud).await;
        rule.clear();
    };
    let (opened, ()) = tokio::join!(open(&decryptor, &message), back);
    let (decryption, read) = opened.unwrap();
    read_on(decryption, &message[read..]);
}

/// Ten messages for a data key, renewed at eight.
fn cached(keyring: impl Keyring) -> Encryptor {
    let ten = NonZeroU32::new(10).unwrap();
    let policy = CachePolicy::new(Duration::from_secs(3_600)).with_max_messages(ten);
    let policy = policy.with_renewal(Ratio::percent(80)).with_renewal_seed(7);
    Encryptor::builder(keyring)
        .with_cache(policy)
        .build()
        .unwrap()
}

#[tokio::test]
async fn what_is_cached_serves_while_its_renewal_waits_and_whoever_needs_more_waits_with_it() {
    let cloud = Cloud::start().await;
    let encryptor = cached(cloud.keyring());
    let seal = || async { encryptor.encrypt(b"x", &context()).await.unwrap() };
    seal().await;
    let rule = silence(&cloud, Scope::any());
    for _ in 1..10 {
        seal().await;
    }
    until_somebody_waits(&cloud).await;
    let stats = encryptor.stats();
    assert_eq!((stats.misses, stats.renewals), (1, 1));
    let more = encryptor.clone();
    let waiting = Handle::current().spawn(async move { more.encrypt(b"x", &context()).await });
    for _ in 0..100 {
        yield_now().await;
    }
    assert!(!waiting.is_finished());
    rule.clear();
    waiting.await.unwrap().unwrap();
    // It took the answer to the renewal, of which there is one.
    let ok: u64 = cloud.aws.counts().iter().map(|(.., tally)| tally.ok).sum();
    assert_eq!((ok, encryptor.stats().misses), (2, 1));
}
