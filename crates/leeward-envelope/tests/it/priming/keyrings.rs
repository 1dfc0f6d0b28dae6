//! What a keyring would not read, and one that panics.

use super::{pair, policy, raw_named, reader, writer};
use crate::keyrings::raw;
use crate::raw_rsa;
use leeward_envelope::{
    BoxFuture, DecryptionMaterials, EncryptedDataKey, EncryptionContext, EncryptionMaterials,
    Keyring, KeyringError, MultiKeyring, RawAesKeyring, RsaPadding,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::sleep;

#[tokio::test(start_paused = true)]
async fn what_the_keyring_of_the_reader_would_pass_over_it_does_not_read() {
    let none = EncryptionContext::empty();
    let keyring = raw_named("key");
    let multi = |names: [&str; 2]| {
        let [one, other] = names.map(raw_named);
        let both = MultiKeyring::builder().with_child(one).with_child(other);
        Arc::new(both.build().unwrap()) as Arc<dyn Keyring>
    };
    for (reading, primed) in [
        (keyring.clone() as Arc<dyn Keyring>, 1),
        (raw_named("another"), 0),
        (multi(["another", "key"]), 1),
        (multi(["another", "third"]), 0),
    ] {
        let writer = writer(&keyring, policy());
        let reader = reader(&reading, policy(), &writer);
        let message = writer.encrypt(b"x", &none).await.unwrap();
        assert_eq!(reader.stats().primed, primed, "{reading:?}");
        assert_eq!(reader.decrypt(&message).await.is_ok(), primed == 1);
    }
}

#[tokio::test(start_paused = true)]
async fn who_can_only_write_cannot_read_thereby() {
    let keyring = Arc::new(raw_rsa::writer(RsaPadding::OaepSha256));
    let (writer, reader) = pair(&keyring, policy());
    let none = EncryptionContext::empty();
    let message = writer.encrypt(b"x", &none).await.unwrap();
    assert_eq!(reader.stats().primed, 0);
    reader.decrypt(&message).await.unwrap_err();
}

/// Panics when it is asked what it would read.
#[derive(Debug)]
struct Panicking {
    inner: RawAesKeyring,
    is_calm: AtomicBool,
}

impl Keyring for Panicking {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        self.inner.on_encrypt(materials)
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        self.inner.on_decrypt(materials, keys)
    }

    fn may_unwrap(&self, _: &EncryptedDataKey) -> bool {
        assert!(self.is_calm.load(SeqCst), "as the test has it");
        true
    }
}

#[tokio::test(start_paused = true)]
async fn a_keyring_that_panics_ends_one_call_or_one_renewal_and_no_cache() {
    let keyring = Arc::new(Panicking {
        inner: raw(),
        is_calm: AtomicBool::new(false),
    });
    let (writer, reader) = pair(&keyring, policy());
    let none = EncryptionContext::empty();
    let mut tasks = JoinSet::new();
    let encryptor = writer.clone();
    tasks.spawn(async move { encryptor.encrypt(b"x", &EncryptionContext::empty()).await });
    assert!(tasks.join_next().await.unwrap().unwrap_err().is_panic());
    keyring.is_calm.store(true, SeqCst);
    let message = writer.encrypt(b"x", &none).await.unwrap();
    reader.decrypt(&message).await.unwrap();
    assert_eq!((reader.stats().misses, reader.stats().primed), (0, 1));
    keyring.is_calm.store(false, SeqCst);
    sleep(Duration::from_millis(82_500)).await;
    assert!(writer.stats().failed_renewals > 0);
    keyring.is_calm.store(true, SeqCst);
    sleep(Duration::from_secs(12)).await;
    let message = writer.encrypt(b"x", &none).await.unwrap();
    reader.decrypt(&message).await.unwrap();
    assert_eq!((writer.stats().misses, reader.stats().primed), (2, 2));
}
