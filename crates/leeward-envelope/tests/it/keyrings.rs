use leeward_envelope::{
    BoxFuture, DataKey, DecryptionMaterials, EncryptedDataKey, EncryptionMaterials, Keyring,
    KeyringError, RawAesKeyring,
};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
};
use tokio::sync::Semaphore;

pub(crate) fn raw() -> RawAesKeyring {
    RawAesKeyring::new("tests", "key", &[7; 32]).unwrap()
}

/// Gives the data key that it was made with, whatever the message.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) data_key: Vec<u8>,
    pub(crate) wrapped: Vec<EncryptedDataKey>,
}

impl Keyring for Fixed {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        Box::pin(async move {
            let mut materials = materials.with_data_key(DataKey::new(self.data_key.clone()))?;
            for wrapped in &self.wrapped {
                materials = materials.with_encrypted_data_key(wrapped.clone());
            }
            Ok(materials)
        })
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        _: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        Box::pin(async move { materials.with_data_key(DataKey::new(self.data_key.clone())) })
    }
}

/// Answers when the test lets it, and counts.
#[derive(Debug)]
pub(crate) struct Gated {
    inner: RawAesKeyring,
    gate: Semaphore,
    fails: AtomicBool,
    calls: AtomicUsize,
    given_up: AtomicUsize,
}

impl Gated {
    /// One that is open for any number of calls.
    pub(crate) fn open() -> Arc<Self> {
        Self::with_permits(Semaphore::MAX_PERMITS)
    }

    /// One that holds every call until [`let_through`](Self::let_through).
    pub(crate) fn closed() -> Arc<Self> {
        Self::with_permits(0)
    }

    fn with_permits(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            inner: raw(),
            gate: Semaphore::new(permits),
            fails: AtomicBool::new(false),
            calls: AtomicUsize::new(0),
            given_up: AtomicUsize::new(0),
        })
    }

    pub(crate) fn let_through(&self, calls: usize) {
        self.gate.add_permits(calls);
    }

    pub(crate) fn set_failing(&self, fails: bool) {
        self.fails.store(fails, SeqCst);
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }

    /// How many calls were dropped before they had an answer.
    pub(crate) fn given_up(&self) -> usize {
        self.given_up.load(SeqCst)
    }

    async fn pass(&self) -> Result<(), KeyringError> {
        struct OnDrop<'a>(Option<&'a AtomicUsize>);
        impl Drop for OnDrop<'_> {
            fn drop(&mut self) {
                if let Some(given_up) = self.0 {
                    given_up.fetch_add(1, SeqCst);
                }
            }
        }
        self.calls.fetch_add(1, SeqCst);
        let mut waiting = OnDrop(Some(&self.given_up));
        self.gate.acquire().await.unwrap().forget();
        waiting.0 = None;
        if self.fails.load(SeqCst) {
            return Err(KeyringError::wrap("the gate", io::Error::other("closed")));
        }
        Ok(())
    }
}

impl Keyring for Gated {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        Box::pin(async move {
            self.pass().await?;
            self.inner.on_encrypt(materials).await
        })
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        Box::pin(async move {
            self.pass().await?;
            self.inner.on_decrypt(materials, keys).await
        })
    }
}
