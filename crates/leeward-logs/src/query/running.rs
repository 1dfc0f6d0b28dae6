use crate::Logs;
use aws_sdk_cloudwatchlogs::{
    operation::stop_query::{StopQueryInput, builders::StopQueryInputBuilder},
    types::QueryStatus,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use tokio::runtime::Handle;
use tracing::debug;

/// A query that was begun; stops it when it is dropped, unless it is over.
#[derive(Debug)]
pub(super) struct Running {
    logs: Logs,
    id: String,
    runtime: Option<Handle>,
}

impl Running {
    pub(super) fn new(logs: Logs, id: String) -> Self {
        Self {
            logs,
            id,
            runtime: Handle::try_current().ok(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// There is nothing to stop any more.
    pub(super) fn disarm(mut self) {
        self.runtime = None;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        let logs = self.logs.clone();
        let stop = StopQueryInput::builder().query_id(&self.id);
        let stop = Op::new(stop, StopQueryInputBuilder::send_with).idempotent();
        runtime.spawn(async move {
            if let Err(error) = logs.caller().call(stop).await {
                debug!(target: "leeward::logs", %error, "a query could not be stopped");
            }
        });
    }
}

/// Says that a query has ended without being complete.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the query {id} ended as {status}")]
#[non_exhaustive]
pub struct QueryFailed {
    /// What AWS knows it by.
    pub id: String,
    /// `Failed`, `Cancelled`, or `Timeout` after 60 minutes.
    pub status: String,
}

impl QueryFailed {
    pub(super) fn new(id: &str, status: &QueryStatus) -> Self {
        Self {
            id: id.to_owned(),
            status: status.as_str().to_owned(),
        }
    }
}

impl Classify for QueryFailed {
    fn facts(&self) -> Facts<'_> {
        let category = match &self.status[..] {
            "Timeout" => Category::Timeout,
            "Cancelled" => Category::Conflict,
            _ => Category::Unknown,
        };
        Facts::new(Stage::Answered, category, Verdict::Final)
    }
}

impl From<QueryFailed> for AwsError {
    fn from(failed: QueryFailed) -> Self {
        Self::new(failed)
    }
}
