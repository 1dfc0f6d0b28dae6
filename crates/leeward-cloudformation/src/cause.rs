//! Where the cause of a failure is, when the event of it only points there.

use crate::{CloudFormation, StackEvent, StackId, StackRef, record::Record, service};
use aws_sdk_cloudformation::{
    operation::describe_events::{DescribeEventsInput, builders::DescribeEventsInputBuilder},
    primitives::DateTime,
    types::{DetailedStatus, EventFilter, EventType, ResourceStatus},
};
use leeward_client_pool::Op;
use std::sync::Mutex;

/// Stacks within stacks; CloudFormation sets no bound, and people rarely go beyond three.
const MAX_DEPTH: usize = 8;

impl CloudFormation {
    /// Goes from a failure down to that which it came of: out of a nested stack to the resource in it, and from a stack that did not
    /// pass CloudFormation's validation to what is wrong with which resource.
    ///
    /// What cannot be looked up is left as it is, and what was before the operation has nothing to do with it: that began at `began_at`.
    pub(crate) async fn cause(
        &self,
        failure: StackEvent,
        began_at: Option<DateTime>,
    ) -> StackEvent {
        let mut failure = failure;
        for _ in 0..MAX_DEPTH {
            let beneath = match &failure.detail {
                Some(DetailedStatus::ValidationFailed) => self.refusal(&failure).await,
                _ => self.nested(&failure, began_at).await,
            };
            match beneath {
                Some(beneath) => failure = beneath,
                None => break,
            }
        }
        failure
    }

    async fn nested(&self, failure: &StackEvent, began_at: Option<DateTime>) -> Option<StackEvent> {
        if failure.is_of_stack() || failure.resource_type != "AWS::CloudFormation::Stack" {
            return None;
        }
        let nested = StackId::new(failure.physical_id.as_deref()?).ok()?;
        let record = Mutex::new(match failure.status {
            ResourceStatus::DeleteFailed => Record::default(),
            // It may be deleted since, in the rollback.
            _ => Record::of_making(),
        });
        self.fresh(&StackRef::from(nested), &record).await.ok()?;
        let beneath = record.into_inner().expect("not poisoned").into_failure()?;
        // A nested stack that was refused before it began to change tells of its last change.
        let is_older = beneath
            .at
            .zip(began_at)
            .is_some_and(|(at, began)| at < began);
        (!is_older).then_some(beneath)
    }

    /// The stack's own event says no more than how many resources did not pass.
    async fn refusal(&self, failure: &StackEvent) -> Option<StackEvent> {
        let describe = DescribeEventsInput::builder()
            .stack_name(&failure.stack_id)
            .filters(EventFilter::builder().failed_events(true).build());
        let describe = Op::new(describe, DescribeEventsInputBuilder::send_with);
        let events = self.caller.call(describe).await.ok()?.operation_events?;
        // Newest first, and those of one operation only.
        let operation = events.first()?.operation_id.clone();
        let first = events
            .into_iter()
            .filter(|event| event.event_type == Some(EventType::ValidationError))
            .rfind(|event| event.operation_id == operation)?;
        Some(StackEvent {
            id: first.event_id?,
            stack_id: failure.stack_id.clone(),
            logical_id: first.logical_resource_id?,
            physical_id: service::said(first.physical_resource_id),
            resource_type: first.resource_type.unwrap_or_default(),
            status: failure.status.clone(),
            reason: service::said(first.validation_status_reason),
            detail: None,
            at: first.timestamp,
            token: failure.token.clone(),
        })
    }
}
