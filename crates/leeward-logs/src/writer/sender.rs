use super::{Delivery, queue::Entry, rejection::Rejection};
use crate::{
    GroupSettings, LogGroupName, LogStreamName, Logs,
    service::{has_batch, is_absent},
};
use aws_sdk_cloudwatchlogs::{
    operation::put_log_events::{
        PutLogEventsInput, PutLogEventsOutput, builders::PutLogEventsInputBuilder,
    },
    types::InputLogEvent,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use leeward_resilience::Waiter;
use std::ops::ControlFlow;

/// Sends batches to one stream, which it makes if it has to.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) logs: Logs,
    pub(super) group: LogGroupName,
    pub(super) stream: LogStreamName,
    /// Of the group that is made, if one is to be.
    pub(super) settings: Option<GroupSettings>,
    pub(super) delivery: Delivery,
    /// For how long one batch is tried.
    pub(super) retry: Waiter,
}

/// Written into the error of a batch that never found its stream.
const NOT_THERE: &str = "without its stream";

impl Sender {
    /// Sends a batch until AWS has it, or it is given up.
    pub(super) async fn send(&self, batch: Vec<Entry>) -> Result<Rejection, AwsError> {
        let events = batch.len();
        let put = PutLogEventsInput::builder()
            .log_group_name(self.group.as_str())
            .log_stream_name(self.stream.as_str())
            .set_log_events(Some(batch.into_iter().map(event).collect()));
        let answer = match self.delivery {
            Delivery::AtLeastOnce => {
                let look = || self.look(put.clone());
                self.retry.wait(look, |_: &&str, _| {}).await?
            }
            // What may pass has been tried again beneath, where the batch was surely not taken.
            Delivery::AtMostOnce => match self.look(put.clone()).await? {
                ControlFlow::Break(answer) => answer,
                ControlFlow::Continue(_) => self.put(put).await.map(Some)?,
            },
        };
        let info = answer
            .as_ref()
            .and_then(|answer| answer.rejected_log_events_info());
        Ok(Rejection::of(info, events))
    }

    /// Puts a batch, if need be into a stream that it makes; `None` says that AWS has it from before.
    async fn look(
        &self,
        put: PutLogEventsInputBuilder,
    ) -> Result<ControlFlow<Option<PutLogEventsOutput>, &'static str>, AwsError> {
        let first = match self.put(put.clone()).await {
            Err(error) if is_absent(&error) => {
                self.make().await?;
                self.put(put).await
            }
            first => first,
        };
        match first {
            Ok(answer) => Ok(ControlFlow::Break(Some(answer))),
            Err(error) if has_batch(&error) => Ok(ControlFlow::Break(None)),
            // What was just made may not be there everywhere yet.
            Err(error) if is_absent(&error) => Ok(ControlFlow::Continue(NOT_THERE)),
            Err(error) => Err(error),
        }
    }

    async fn put(&self, put: PutLogEventsInputBuilder) -> Result<PutLogEventsOutput, AwsError> {
        let put = Op::new(put, PutLogEventsInputBuilder::send_with);
        let put = match self.delivery {
            Delivery::AtLeastOnce => put.idempotent(),
            Delivery::AtMostOnce => put.non_idempotent(),
        };
        self.logs.caller().call(put).await
    }

    async fn make(&self) -> Result<(), AwsError> {
        match (
            self.logs.make_stream(&self.group, &self.stream).await,
            &self.settings,
        ) {
            (Err(error), Some(settings)) if is_absent(&error) => {
                self.logs.create_group(&self.group, settings).await?;
                self.logs.make_stream(&self.group, &self.stream).await
            }
            (made, _) => made,
        }
    }
}

fn event(entry: Entry) -> InputLogEvent {
    InputLogEvent::builder()
        .timestamp(entry.timestamp)
        .message(entry.message)
        .build()
        .expect("an event with its time and its message is whole")
}
