//! Data keys that are let go of before their time, and those that serve beyond it.

use crate::{caching::wrapped_key, context, keyrings::Gated};
use leeward_envelope::{
    BoxFuture, CachePolicy, DecryptError, DecryptionMaterials, Decryptor, EncryptError,
    EncryptedDataKey, EncryptionContext, EncryptionMaterials, Encryptor, KeyAttempt, Keyring,
    KeyringCause, KeyringError, Partition, Purge, RawAesKeyring, WrappingKey,
};
use leeward_resilience::TokioClock;
use std::{
    num::{NonZeroU32, NonZeroUsize},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{task::yield_now, time::advance};

const MAX_AGE: Duration = Duration::from_secs(100);

fn policy() -> CachePolicy<TokioClock> {
    CachePolicy::new(MAX_AGE)
        .with_renewal(None)
        .with_clock(TokioClock::new())
}

/// Fails as the test has it, for every context or for one of a tenant.
#[derive(Debug)]
pub(crate) struct Moody {
    inner: RawAesKeyring,
    mood: Mutex<Option<(KeyringCause, Option<&'static str>)>>,
    calls: AtomicUsize,
}

impl Moody {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: RawAesKeyring::new("tests", "key", &[7; 32]).unwrap(),
            mood: Mutex::new(None),
            calls: AtomicUsize::new(0),
        })
    }

    pub(crate) fn is(&self, mood: impl Into<Option<KeyringCause>>) {
        *self.mood.lock().unwrap() = mood.into().map(|cause| (cause, None));
    }

    fn is_towards(&self, tenant: &'static str, cause: KeyringCause) {
        *self.mood.lock().unwrap() = Some((cause, Some(tenant)));
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }

    fn failure(&self, context: &EncryptionContext) -> Option<KeyringCause> {
        self.calls.fetch_add(1, SeqCst);
        let mood = *self.mood.lock().unwrap();
        let (cause, tenant) = mood?;
        tenant
            .is_none_or(|tenant| context.get("tenant") == Some(tenant))
            .then_some(cause)
    }
}

impl Keyring for Moody {
    fn on_encrypt<'a>(
        &'a self,
        materials: EncryptionMaterials,
    ) -> BoxFuture<'a, Result<EncryptionMaterials, KeyringError>> {
        Box::pin(async move {
            match self.failure(materials.context()) {
                Some(cause) => Err(KeyringError::wrap("key", "in a mood").because(cause)),
                None => self.inner.on_encrypt(materials).await,
            }
        })
    }

    fn on_decrypt<'a>(
        &'a self,
        materials: DecryptionMaterials,
        keys: &'a [EncryptedDataKey],
    ) -> BoxFuture<'a, Result<DecryptionMaterials, KeyringError>> {
        Box::pin(async move {
            let Some(cause) = self.failure(materials.context()) else {
                return self.inner.on_decrypt(materials, keys).await;
            };
            let failed = |key| KeyAttempt::failed(key, "in a mood").because(cause);
            Err(KeyringError::undecryptable(
                keys.iter().map(failed).collect(),
            ))
        })
    }
}

fn encryptor(keyring: &Arc<impl Keyring>, policy: CachePolicy<TokioClock>) -> Encryptor {
    Encryptor::builder(Arc::clone(keyring))
        .with_cache(policy)
        .build()
        .unwrap()
}

fn decryptor(keyring: &Arc<impl Keyring>, policy: CachePolicy<TokioClock>) -> Decryptor {
    Decryptor::builder(Arc::clone(keyring))
        .with_cache(policy)
        .build()
        .unwrap()
}

fn of_tenant(tenant: &str) -> EncryptionContext {
    context(&[("tenant", tenant)])
}

#[tokio::test(start_paused = true)]
async fn partitions_share_no_data_key_though_the_context_is_the_same() {
    let keyring = Gated::open();
    let all = encryptor(&keyring, policy());
    let reader = decryptor(&keyring, policy());
    let none = EncryptionContext::empty();
    let partitions = [
        Partition::default(),
        Partition::new("a"),
        Partition::of_tenant("a"),
        Partition::new("a").with_tenant("a"),
        Partition::new("b").with_tenant("a"),
    ];
    for round in 1..=2 {
        for (at, partition) in partitions.iter().enumerate() {
            let encryptor = all.in_partition(partition.clone());
            let message = encryptor.encrypt(b"x", &none).await.unwrap();
            let reader = reader.in_partition(partition.clone());
            reader.decrypt(&message).await.unwrap();
            let calls = if round == 1 { at + 1 } else { 5 };
            assert_eq!(keyring.calls(), 2 * calls, "{partition:?}");
        }
    }
    // A partition is no part of a message: any reads what another wrote, with a data key of its own.
    let message = all.in_partition(Partition::new("a"));
    let message = message.encrypt(b"x", &none).await.unwrap();
    reader.decrypt(&message).await.unwrap();
    assert_eq!(reader.stats().misses, 6);
    assert_eq!(reader.stats().entries, 6);
}

#[tokio::test(start_paused = true)]
async fn one_tenant_does_not_push_out_the_others() {
    let keyring = Gated::open();
    let most = |count| NonZeroUsize::new(count).unwrap();
    let policy = policy()
        .with_capacity(most(8))
        .with_tenant_capacity(most(3));
    let encryptor = encryptor(&keyring, policy);
    let quiet = encryptor.in_partition(Partition::of_tenant("quiet"));
    let loud = encryptor.in_partition(Partition::of_tenant("loud"));
    let none = EncryptionContext::empty();
    quiet.encrypt(b"x", &none).await.unwrap();
    for at in 0..100 {
        loud.encrypt(b"x", &context(&[("at", &at.to_string())]))
            .await
            .unwrap();
    }
    assert_eq!(keyring.calls(), 101);
    quiet.encrypt(b"x", &none).await.unwrap();
    assert_eq!(keyring.calls(), 101);
    let stats = encryptor.stats();
    assert_eq!((stats.entries, stats.evictions), (4, 97));
}

#[tokio::test(start_paused = true)]
async fn what_is_purged_on_demand_is_fetched_anew_and_nothing_else_is() {
    let tenant = |name: &str| Partition::of_tenant(name).clone();
    let partitions = [
        Partition::new("orders").with_tenant("acme"),
        tenant("acme"),
        tenant("other"),
    ];
    let key = |name: &str| Purge::WrappingKey(WrappingKey::new("tests", name));
    for (what, purged) in [
        (Purge::Partition(tenant("acme")), 1),
        (Purge::Tenant("acme".into()), 2),
        (Purge::Tenant("nobody".into()), 0),
        (key("key"), 3),
        (key("another"), 0),
        (Purge::All, 3),
    ] {
        let keyring = Gated::open();
        let encryptor = encryptor(&keyring, policy());
        let decryptor = decryptor(&keyring, policy());
        let none = EncryptionContext::empty();
        let mut messages = Vec::new();
        for partition in &partitions {
            let encryptor = encryptor.in_partition(partition.clone());
            let message = encryptor.encrypt(b"x", &none).await.unwrap();
            let decryptor = decryptor.in_partition(partition.clone());
            decryptor.decrypt(&message).await.unwrap();
            messages.push(message);
        }
        assert_eq!(encryptor.purge(&what), purged, "{what:?}");
        assert_eq!(decryptor.purge(&what), purged, "{what:?}");
        for (partition, message) in partitions.iter().zip(&messages) {
            let encryptor = encryptor.in_partition(partition.clone());
            encryptor.encrypt(b"x", &none).await.unwrap();
            let decryptor = decryptor.in_partition(partition.clone());
            decryptor.decrypt(message).await.unwrap();
        }
        assert_eq!(encryptor.stats().misses, 3 + purged, "{what:?}");
        assert_eq!(decryptor.stats().misses, 3 + purged, "{what:?}");
        assert_eq!(decryptor.stats().purged, purged);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_does_not_bring_back_what_was_purged() {
    for what in [
        Purge::All,
        Purge::Partition(Partition::default()),
        Purge::WrappingKey(WrappingKey::new("tests", "key")),
    ] {
        let keyring = Gated::closed();
        let encryptor = encryptor(&keyring, policy());
        let none = EncryptionContext::empty();
        let mut waiting = Box::pin(encryptor.encrypt(b"x", &none));
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("the gate is closed"),
            () = yield_now() => (),
        }
        encryptor.purge(&what);
        keyring.let_through(2);
        let first = waiting.await.unwrap();
        assert_eq!(encryptor.stats().entries, 0);
        let second = encryptor.encrypt(b"x", &none).await.unwrap();
        assert_ne!(wrapped_key(&first), wrapped_key(&second));
    }
}

#[tokio::test(start_paused = true)]
async fn a_denial_purges_what_is_cached_under_the_key_at_once() {
    for cause in [KeyringCause::Denied, KeyringCause::KeyUnusable] {
        let keyring = Moody::new();
        let encryptor = encryptor(&keyring, policy());
        let decryptor = decryptor(&keyring, policy());
        let mut messages = Vec::new();
        for tenant in ["a", "b"] {
            let message = encryptor.encrypt(b"x", &of_tenant(tenant)).await.unwrap();
            decryptor.decrypt(&message).await.unwrap();
            messages.push(message);
        }
        let unread = Encryptor::builder(RawAesKeyring::new("tests", "key", &[7; 32]).unwrap())
            .build()
            .unwrap();
        let unread = unread.encrypt(b"x", &of_tenant("c")).await.unwrap();
        keyring.is(cause);
        let error = encryptor.encrypt(b"x", &of_tenant("c")).await.unwrap_err();
        assert!(matches!(&error, EncryptError::Keyring(it) if it.cause() == cause));
        let error = decryptor.decrypt(&unread).await.unwrap_err();
        assert!(matches!(&error, DecryptError::Keyring(it) if it.cause() == cause));
        for stats in [encryptor.stats(), decryptor.stats()] {
            assert_eq!((stats.entries, stats.purged), (0, 2));
        }
        encryptor.encrypt(b"x", &of_tenant("a")).await.unwrap_err();
        decryptor.decrypt(&messages[0]).await.unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn other_failures_purge_nothing() {
    for cause in [KeyringCause::Other, KeyringCause::Unavailable] {
        let keyring = Moody::new();
        let encryptor = encryptor(&keyring, policy());
        encryptor.encrypt(b"x", &of_tenant("a")).await.unwrap();
        keyring.is(cause);
        encryptor.encrypt(b"x", &of_tenant("b")).await.unwrap_err();
        encryptor.encrypt(b"x", &of_tenant("a")).await.unwrap();
        assert_eq!(encryptor.stats().purged, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn one_context_that_is_denied_does_not_have_the_others_fetched_all_the_time() {
    let keyring = Moody::new();
    let encryptor = encryptor(&keyring, policy());
    keyring.is_towards("evil", KeyringCause::Denied);
    for _ in 0..1000 {
        encryptor
            .encrypt(b"x", &of_tenant("evil"))
            .await
            .unwrap_err();
        encryptor.encrypt(b"x", &of_tenant("good")).await.unwrap();
        advance(Duration::from_millis(10)).await;
    }
    // Ten seconds: one purge at their beginning, and one at their end.
    assert!(keyring.calls() <= 1000 + 3, "{}", keyring.calls());
    let before = keyring.calls();
    advance(Duration::from_secs(10)).await;
    encryptor.encrypt(b"x", &of_tenant("good")).await.unwrap();
    assert_eq!(keyring.calls(), before + 1, "the purge that was put off");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_too_old_serves_in_an_outage_as_long_as_was_said() {
    let keyring = Moody::new();
    let limit = NonZeroU32::new(5).unwrap();
    let policy = || {
        let policy = policy().with_stale_on_outage(Duration::from_secs(50));
        policy.with_max_messages(limit)
    };
    let encryptor = encryptor(&keyring, policy());
    let none = EncryptionContext::empty();
    encryptor.encrypt(b"x", &none).await.unwrap();
    let message = encryptor.encrypt(b"x", &none).await.unwrap();
    let decryptor = decryptor(&keyring, policy());
    decryptor.decrypt(&message).await.unwrap();
    keyring.is(KeyringCause::Unavailable);
    advance(Duration::from_secs(120)).await;
    for _ in 0..3 {
        encryptor.encrypt(b"x", &none).await.unwrap();
        decryptor.decrypt(&message).await.unwrap();
    }
    assert_eq!((encryptor.stats().stale, decryptor.stats().stale), (3, 3));
    assert_eq!(keyring.calls(), 2 + 2, "asked once, and again after a rest");
    // Not beyond the limit of messages, and not beyond what was said.
    encryptor.encrypt(b"x", &none).await.unwrap_err();
    advance(Duration::from_secs(30)).await;
    decryptor.decrypt(&message).await.unwrap_err();
    // With the outage over, nothing is left of it.
    keyring.is(None);
    encryptor.encrypt(b"x", &none).await.unwrap();
    decryptor.decrypt(&message).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_too_old_serves_nobody_who_is_denied_or_did_not_ask_for_it() {
    let none = EncryptionContext::empty();
    for (max_stale, mood) in [
        (50, KeyringCause::Denied),
        (50, KeyringCause::Other),
        (0, KeyringCause::Unavailable),
    ] {
        let keyring = Moody::new();
        let policy = policy().with_stale_on_outage(Duration::from_secs(max_stale));
        let encryptor = encryptor(&keyring, policy);
        encryptor.encrypt(b"x", &none).await.unwrap();
        keyring.is(mood);
        advance(Duration::from_secs(120)).await;
        encryptor.encrypt(b"x", &none).await.unwrap_err();
        assert_eq!(encryptor.stats().stale, 0);
    }
}
