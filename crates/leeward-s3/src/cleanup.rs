use crate::TransferError;
use leeward_error_taxonomy::AwsError;
use std::{future::Future, panic};
use tokio::runtime::Handle;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};
use tracing::Instrument;

/// What is done by the side: parts while somebody waits for them, and after a future was dropped aborting the uploads that it had begun.
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

    /// Does `work` in a task of its own, so that parts share the processors; where there is no runtime, whoever waits does it.
    ///
    /// Dropping it ends the task.
    pub(crate) async fn apart<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, AwsError>> + Send + 'static,
    ) -> Result<T, AwsError> {
        let Some(runtime) = &self.runtime else {
            return work.await;
        };
        let task = AbortOnDropHandle::new(runtime.spawn(work.in_current_span()));
        task.await
            .unwrap_or_else(|error| match error.try_into_panic() {
                Ok(panicked) => panic::resume_unwind(panicked),
                Err(_) => Err(AwsError::new(TransferError::RuntimeEnded)),
            })
    }

    /// Waits until all that was left to do is done.
    pub(crate) async fn done(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}
