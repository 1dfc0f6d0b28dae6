use super::{Delivery, queue::Entry, rejection::Rejection};
use crate::{
    GroupSettings, LogGroupName, LogStreamName, Logs,
    service::{has_batch, is_absent},
};
use aws_sdk_cloudwatchlogs::{
    operation::put_log_events::{
        PutLogEventsError, PutLogEventsInput, PutLogEventsOutput,
        builders::PutLogEventsInputBuilder,
    },
    types::InputLogEvent,
};
use leeward_client_pool::{Failed, Op};
use leeward_error_taxonomy::{AwsError, Classify, Stage, Verdict};
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

/// What one look at a batch has come to: its answer, if AWS did not have it from before; or what it is given up for.
type Settled = Result<Option<PutLogEventsOutput>, AwsError>;

impl Sender {
    /// Sends a batch until AWS has it, or it is given up.
    pub(super) async fn send(&self, batch: Vec<Entry>) -> Result<Rejection, AwsError> {
        let events = batch.len();
        let put = PutLogEventsInput::builder()
            .log_group_name(self.group.as_str())
            .log_stream_name(self.stream.as_str())
            .set_log_events(Some(batch.into_iter().map(event).collect()));
        let look = || self.look(put.clone());
        let settled: Result<Settled, AwsError> = self.retry.wait(look, |_: &&str, _| {}).await;
        let answer = settled??;
        let info = answer
            .as_ref()
            .and_then(|answer| answer.rejected_log_events_info());
        Ok(Rejection::of(info, events))
    }

    /// Puts a batch, if need be into a stream that it makes.
    async fn look(
        &self,
        put: PutLogEventsInputBuilder,
    ) -> Result<ControlFlow<Settled, &'static str>, AwsError> {
        let first = match self.put(put.clone()).await {
            Err(error) if is_absent(&error) => {
                self.make().await?;
                self.put(put).await
            }
            first => first,
        };
        match first {
            Ok(answer) => Ok(ControlFlow::Break(Ok(Some(answer)))),
            Err(error) if has_batch(&error) => Ok(ControlFlow::Break(Ok(None))),
            // What was just made may not be there everywhere yet.
            Err(error) if is_absent(&error) => Ok(ControlFlow::Continue(NOT_THERE)),
            Err(error) if self.delivery == Delivery::AtMostOnce && may_be_taken(&error) => {
                Ok(ControlFlow::Break(Err(error)))
            }
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

/// Whether AWS may have a batch that failed: not if it was never sent, nor if it was turned away for the rate of calls.
///
/// It goes by the last attempt: there was none before it that AWS may have taken, or it would have been the last.
fn may_be_taken(error: &AwsError) -> bool {
    let of_attempt = error.downcast_ref::<Failed<PutLogEventsError>>();
    of_attempt.is_none_or(|of_attempt| {
        let facts = of_attempt.facts();
        match facts.stage {
            Stage::NotSent => false,
            Stage::Answered => facts.verdict != Verdict::Throttled,
            _ => true,
        }
    })
}

fn event(entry: Entry) -> InputLogEvent {
    InputLogEvent::builder()
        .timestamp(entry.timestamp)
        .message(entry.message)
        .build()
        .expect("an event with its time and its message is whole")
}
