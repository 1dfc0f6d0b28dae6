//! Wakers that call the cache while they are woken, as those of an executor may that polls at once.

use crate::upstream::{Answer, Upstream, seconds};
use leeward_secret_cache::{SecretCache, VersionWatch};
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::{Context, Poll, Wake, Waker},
    thread,
    time::Duration,
};
use tokio::{
    runtime::Builder,
    time::{sleep, timeout},
};

/// Asks for everything that takes a lock.
struct Caller {
    cache: SecretCache,
    times: AtomicUsize,
}

impl Wake for Caller {
    fn wake(self: Arc<Self>) {
        let cache = &self.cache;
        for name in ["db", "other"] {
            drop((
                cache.subscribe(name),
                cache.try_get(name),
                cache.status(name),
            ));
        }
        drop((cache.stats(), cache.statuses(), cache.invalidate("other")));
        self.times.fetch_add(1, SeqCst);
    }
}

impl Caller {
    fn of(cache: &SecretCache) -> Arc<Self> {
        Arc::new(Self {
            cache: cache.clone(),
            times: AtomicUsize::new(0),
        })
    }
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Moves,
    IsWithdrawn,
    IsPlaced,
    Ends,
}

/// Plays `test` in a thread of its own, so that who waits for himself is found out.
#[track_caller]
pub(super) fn in_time<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let (sender, done) = mpsc::channel();
    thread::spawn(move || {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(test());
        sender.send(())
    });
    done.recv_timeout(seconds(30)).expect("no deadlock");
}

async fn watched(cache: &SecretCache) -> VersionWatch {
    let mut watch = cache.subscribe("db");
    let known = timeout(seconds(300), watch.changed()).await;
    known.expect("a change").expect("a version");
    watch
}

async fn who_watches_is_woken(event: Event) {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let mut watch = watched(&cache).await;
    let caller = Caller::of(&cache);
    let waker = Waker::from(caller.clone());
    let mut changed = pin!(watch.changed());
    let first = changed.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(first.is_pending());
    sleep(seconds(2)).await;
    match event {
        Event::Moves => upstream.answers(Answer::Version(2)),
        Event::IsWithdrawn => upstream.answers(Answer::Missing),
        Event::IsPlaced => {
            cache.clear();
            upstream.answers(Answer::Version(2));
        }
        Event::Ends => cache.shutdown().await,
    }
    let _ = cache.get("db").await;
    let _ = cache.refresh_now("db").await;
    sleep(seconds(2)).await;
    assert_eq!(caller.times.load(SeqCst), 1, "{event:?}");
    let told = changed.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(told.is_ready());
}

#[test]
fn a_waker_of_who_watches_may_call_the_cache() {
    for event in [
        Event::Moves,
        Event::IsWithdrawn,
        Event::IsPlaced,
        Event::Ends,
    ] {
        in_time(move || who_watches_is_woken(event));
    }
}

async fn who_looks_for_a_login_is_woken() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("db").await.expect("a secret");
    let caller = Caller::of(&cache);
    let waker = Waker::from(caller.clone());
    let log_in = async |secret: Arc<leeward_secret_cache::Secret>| match secret.version_id() {
        "version-2" => Ok(()),
        _ => Err(()),
    };
    let mut logged_in = pin!(cache.with_secret("db", log_in, |()| true));
    let mut poll = || logged_in.as_mut().poll(&mut Context::from_waker(&waker));
    for _ in 0..200 {
        assert!(poll().is_pending());
        sleep(Duration::from_millis(10)).await;
    }
    upstream.answers(Answer::Version(2));
    sleep(seconds(2)).await;
    let before = caller.times.load(SeqCst);
    cache.refresh_now("db").await.expect("a secret");
    assert!(caller.times.load(SeqCst) > before);
    assert!(matches!(poll(), Poll::Ready(Ok(()))));
}

#[test]
fn a_waker_of_who_looks_for_a_login_may_call_the_cache() {
    in_time(who_looks_for_a_login_is_woken);
}
