use std::future::Future;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

/// What is done after a future was dropped: aborting the uploads that it had begun.
#[derive(Clone, Debug)]
pub(crate) struct Cleanup {
    runtime: Option<Handle>,
    tracker: TaskTracker,
}

impl Cleanup {
    /// On this runtime; without one nothing is cleaned up.
    pub(crate) fn on(runtime: Option<Handle>) -> Self {
        Self {
            runtime,
            tracker: TaskTracker::new(),
        }
    }

    pub(crate) const fn has_runtime(&self) -> bool {
        self.runtime.is_some()
    }

    /// Does `work` by the side; says whether there is a runtime for that.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) -> bool {
        match &self.runtime {
            Some(runtime) => {
                self.tracker.spawn_on(work, runtime);
                true
            }
            None => false,
        }
    }

    /// Waits until all that was begun is done.
    pub(crate) async fn done(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}
