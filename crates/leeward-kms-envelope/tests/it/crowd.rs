//! Very many callers at once, over sockets.

use crate::cloud::{Cloud, EAST, context, tenant};
use leeward_envelope::{
    CachePolicy, DecryptError, Decrypted, Decryptor, EncryptError, EncryptionContext, Encryptor,
};
use leeward_testkit::{Fault, Latency, Scope};
use std::{
    collections::HashSet,
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    task::{JoinSet, yield_now},
};

const TENANTS: usize = 10;

/// Longer than any machine needs for what a test does.
const HOUR: Duration = Duration::from_secs(3_600);

fn two_workers() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// Has all of `tasks` do `work` at once, and none of them fail.
async fn crowd<F, T, E>(tasks: usize, work: impl Fn(usize) -> F)
where
    F: Future<Output = Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: std::error::Error + Send + 'static,
{
    let mut set: JoinSet<_> = (0..tasks).map(work).collect();
    while let Some(result) = set.join_next().await {
        result.unwrap().unwrap();
    }
}

/// Answers so late that callers wait for the same answer.
fn answer_late(cloud: &Cloud) {
    let late = Fault::latency(Latency::fixed(Duration::from_millis(50)));
    cloud.aws.faults().inject(Scope::any().service("kms"), late);
}

#[test]
fn a_thousand_encryptions_on_a_cold_cache_make_one_call() {
    two_workers().block_on(async {
        let cloud = Cloud::start().await;
        answer_late(&cloud);
        let encryptor = Encryptor::builder(cloud.keyring()).with_cache(CachePolicy::new(HOUR));
        let encryptor = encryptor.build().unwrap();
        crowd(1_000, |_| seal(&encryptor, context())).await;
        assert_eq!(cloud.calls(&EAST, "GenerateDataKey"), 1);
        assert_eq!(cloud.aws.counts().total().calls, 1);
        let stats = encryptor.stats();
        assert_eq!((stats.messages, stats.misses, stats.hits), (1_000, 1, 999));
    });
}

#[test]
fn a_thousand_decryptions_on_a_cold_cache_make_one_call() {
    two_workers().block_on(async {
        let cloud = Cloud::start().await;
        let encryptor = Encryptor::builder(cloud.keyring()).with_cache(CachePolicy::new(HOUR));
        let encryptor = encryptor.build().unwrap();
        // Two messages under one data key.
        let mut messages = Vec::new();
        for _ in 0..2 {
            messages.push(Arc::new(seal(&encryptor, context()).await.unwrap()));
        }
        cloud.aws.reset_counts();
        answer_late(&cloud);
        let decryptor = Decryptor::builder(cloud.keyring()).with_cache(CachePolicy::new(HOUR));
        let decryptor = decryptor.build().unwrap();
        crowd(1_000, |at| open(&decryptor, &messages[at % 2])).await;
        assert_eq!(cloud.calls(&EAST, "Decrypt"), 1);
        assert_eq!(cloud.aws.counts().total().calls, 1);
        let stats = decryptor.stats();
        assert_eq!((stats.messages, stats.misses, stats.hits), (1_000, 1, 999));
    });
}

fn seal(
    encryptor: &Encryptor,
    context: EncryptionContext,
) -> impl Future<Output = Result<Vec<u8>, EncryptError>> + Send + 'static {
    let encryptor = encryptor.clone();
    async move { encryptor.encrypt(b"x", &context).await }
}

fn open(
    decryptor: &Decryptor,
    message: &Arc<Vec<u8>>,
) -> impl Future<Output = Result<Decrypted, DecryptError>> + Send + 'static {
    let (decryptor, message) = (decryptor.clone(), Arc::clone(message));
    async move { decryptor.decrypt(&message).await }
}

/// A task beside all the others: how often it had its turn is how alive the runtime was.
#[derive(Clone, Default)]
struct Ticker(Arc<AtomicUsize>);

impl Ticker {
    fn start() -> Self {
        let ticker = Self::default();
        let ticks = Arc::downgrade(&ticker.0);
        tokio::runtime::Handle::current().spawn(async move {
            while let Some(ticks) = ticks.upgrade() {
                ticks.fetch_add(1, SeqCst);
                drop(ticks);
                yield_now().await;
            }
        });
        ticker
    }

    fn ticks(&self) -> usize {
        self.0.load(SeqCst)
    }

    /// Waits until it has had so many turns more; a runtime whose workers are blocked never gets there.
    async fn tick(&self, times: usize) {
        let goal = self.ticks() + times;
        while self.ticks() < goal {
            yield_now().await;
        }
    }
}

/// Fails instead of waiting for ever where the runtime is frozen.
///
/// The guard has a thread of its own: a runtime that is frozen rings no alarm.
fn unfrozen(test: impl Future<Output = ()>) {
    let runtime = two_workers();
    let (over, is_over) = std::sync::mpsc::channel::<()>();
    let guard = std::thread::spawn(move || {
        use std::sync::mpsc::RecvTimeoutError::Timeout;
        if is_over.recv_timeout(Duration::from_secs(300)) == Err(Timeout) {
            eprintln!("the runtime froze");
            std::process::abort();
        }
    });
    runtime.block_on(test);
    drop(over);
    guard.join().unwrap();
}

/// One data key for a hundred messages, so that many calls to KMS are under way at once.
fn hundred_each(cloud: &Cloud) -> Encryptor {
    let hundred = NonZeroU32::new(100).unwrap();
    let policy = CachePolicy::new(HOUR).with_max_messages(hundred);
    let encryptor = Encryptor::builder(cloud.keyring()).with_cache(policy.with_renewal(None));
    encryptor.build().unwrap()
}

#[test]
fn ten_thousand_callers_never_freeze_two_workers() {
    unfrozen(async {
        let cloud = Cloud::start().await;
        answer_late(&cloud);
        let encryptor = hundred_each(&cloud);
        let ticker = Ticker::start();
        let turns: Arc<Mutex<HashSet<usize>>> = Arc::default();
        crowd(10_000, |at| {
            let call = seal(&encryptor, tenant(at % TENANTS));
            let (ticker, turns) = (ticker.clone(), Arc::clone(&turns));
            async move {
                let result = call.await;
                turns.lock().unwrap().insert(ticker.ticks());
                result
            }
        })
        .await;
        // Some three hundred, as a rule: while messages were written, others had their turn.
        let turns = turns.lock().unwrap().len();
        assert!(turns >= 10, "{turns}");
        // As many as the limit of messages asks for, and not one more.
        assert_eq!(cloud.calls(&EAST, "GenerateDataKey"), 100);
        assert_eq!(cloud.aws.counts().total().calls, 100);
        assert_eq!(encryptor.stats().messages, 10_000);
    });
}

#[test]
fn ten_thousand_callers_wait_for_a_silent_kms_and_freeze_nobody() {
    unfrozen(async {
        let cloud = Cloud::start().await;
        let encryptor = hundred_each(&cloud);
        let ticker = Ticker::start();
        let silence = cloud.aws.faults().inject(Scope::any(), Fault::black_hole());
        let done = Arc::new(AtomicUsize::new(0));
        let mut kept = JoinSet::new();
        let mut dropped = JoinSet::new();
        for at in 0..10_000 {
            let (call, done) = (seal(&encryptor, tenant(at % TENANTS)), Arc::clone(&done));
            // Every third is given up while it waits.
            let set = if at % 3 == 0 { &mut dropped } else { &mut kept };
            set.spawn(async move {
                let result = call.await;
                done.fetch_add(1, SeqCst);
                result
            });
        }
        let total = || cloud.aws.counts().total();
        while total().unanswered == 0 {
            yield_now().await;
        }
        ticker.tick(100).await;
        assert_eq!(done.load(SeqCst), 0, "all of them wait");
        dropped.shutdown().await;
        ticker.tick(100).await;
        assert_eq!(done.load(SeqCst), 0, "the rest go on waiting");
        silence.clear();
        let mut messages = 0;
        while let Some(result) = kept.join_next().await {
            result.unwrap().unwrap();
            messages += 1;
        }
        assert_eq!(messages, 6_666);
        assert!(total().ok <= 100, "nobody was sent twice for a good answer");
        // Nothing is left of the silence: whoever comes now finds a data key.
        crowd(TENANTS, |at| seal(&encryptor, tenant(at % TENANTS))).await;
    });
}
