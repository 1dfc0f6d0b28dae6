use tokio::runtime::Handle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What a cache does by the side, all of it on the runtime that it was built in.
#[derive(Debug)]
pub(crate) struct Tasks {
    runtime: Handle,
    tracker: TaskTracker,
    ended: CancellationToken,
}

impl Tasks {
    pub(crate) fn on(runtime: Handle) -> Self {
        Self {
            runtime,
            tracker: TaskTracker::new(),
            ended: CancellationToken::new(),
        }
    }

    /// Runs `work` until it is done, or until the cache or its runtime ends.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let ended = self.ended.clone();
        let work = async move {
            ended.run_until_cancelled(work).await;
        };
        self.tracker.spawn_on(work, &self.runtime);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.is_cancelled()
    }

    /// Ends everything without waiting for it.
    pub(crate) fn cancel(&self) {
        self.ended.cancel();
    }

    /// Ends everything and waits until nothing runs any more.
    pub(crate) async fn end(&self) {
        self.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
