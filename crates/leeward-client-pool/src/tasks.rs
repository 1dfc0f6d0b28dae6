use std::{
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use tokio::{runtime::Handle, sync::watch, task::AbortHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What a pool does by the side, all of it on the runtime that the pool was built in.
#[derive(Clone)]
pub(crate) struct Tasks {
    runtime: Handle,
    tracker: TaskTracker,
    ended: CancellationToken,
    /// The same, to be asked for each call without a lock.
    has_ended: Arc<AtomicBool>,
    /// Closed by the end of the runtime, whose task holds the other side.
    alive: Arc<watch::Receiver<()>>,
}

impl Tasks {
    pub(crate) fn on(runtime: Handle) -> Self {
        let ended = CancellationToken::new();
        let (sentinel, alive) = watch::channel(());
        let stop = ended.clone();
        // Ends with the pool, or when nobody holds anything of it any more.
        runtime.spawn(async move {
            stop.run_until_cancelled(sentinel.closed()).await;
        });
        Self {
            runtime,
            tracker: TaskTracker::new(),
            ended,
            has_ended: Arc::default(),
            alive: Arc::new(alive),
        }
    }

    /// Runs `work` until it is done, or until the pool or its runtime ends.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let ended = self.ended.clone();
        let work = async move {
            ended.run_until_cancelled(work).await;
        };
        self.tracker.spawn_on(work, &self.runtime).abort_handle()
    }

    /// Whether what is spawned still runs.
    pub(crate) fn is_alive(&self) -> bool {
        !self.has_ended.load(Relaxed) && self.alive.has_changed().is_ok()
    }

    /// Ends everything without waiting for it.
    pub(crate) fn cancel(&self) {
        self.has_ended.store(true, Relaxed);
        self.ended.cancel();
    }

    /// Ends everything and waits until nothing runs any more.
    pub(crate) async fn end(&self) {
        self.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("running", &self.tracker.len())
            .field("is_alive", &self.is_alive())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_left_of_tasks_that_nobody_holds() {
        let metrics = Handle::current().metrics();
        for _ in 0..10 {
            drop(Tasks::on(Handle::current()));
        }
        while metrics.num_alive_tasks() > 0 {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn the_end_of_the_runtime_is_seen() {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let tasks = Tasks::on(runtime.handle().clone());
        assert!(tasks.is_alive());
        drop(runtime);
        assert!(!tasks.is_alive());
    }
}
