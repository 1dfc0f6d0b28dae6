use crate::{
    CloudFormation, Pages, StackRef,
    record::{Place, Record, begins_deletion},
    service,
};
use aws_sdk_cloudformation::{
    operation::describe_stack_events::{
        DescribeStackEventsInput, builders::DescribeStackEventsInputBuilder,
    },
    primitives::DateTime,
    types::{self, DetailedStatus, ResourceStatus},
};
use leeward_client_pool::Page;
use leeward_error_taxonomy::AwsError;
use std::{
    fmt,
    ops::ControlFlow,
    sync::{Arc, Mutex},
};

/// Something that happened to a stack or to one of its resources.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct StackEvent {
    /// The id of the event.
    pub id: String,
    /// The ARN of the stack.
    pub stack_id: String,
    /// What the template calls the resource; the name of the stack for what happens to the stack itself.
    pub logical_id: String,
    /// What the service of the resource calls it.
    pub physical_id: Option<String>,
    /// What it is, such as `AWS::S3::Bucket`.
    pub resource_type: String,
    /// What state it came to.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::written::text"))]
    pub status: ResourceStatus,
    /// Why, where CloudFormation says so.
    pub reason: Option<String>,
    /// How far it is within this state, where CloudFormation says so.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::written::maybe_text")
    )]
    pub detail: Option<DetailedStatus>,
    /// When.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub at: Option<DateTime>,
    /// The token of the operation that it belongs to.
    pub token: Option<String>,
}

impl StackEvent {
    fn of(event: types::StackEvent) -> Result<Self, AwsError> {
        Ok(Self {
            id: service::answered(event.event_id, "the id of an event")?,
            stack_id: service::answered(event.stack_id, "the stack of an event")?,
            logical_id: event.logical_resource_id.unwrap_or_default(),
            physical_id: service::said(event.physical_resource_id),
            resource_type: event.resource_type.unwrap_or_default(),
            status: service::answered(event.resource_status, "the status of an event")?,
            reason: service::said(event.resource_status_reason),
            detail: event.detailed_status,
            at: event.timestamp,
            token: service::said(event.client_request_token),
        })
    }

    /// Whether it happened to the stack itself, and not to a resource of it.
    #[must_use]
    pub fn is_of_stack(&self) -> bool {
        self.physical_id.as_ref() == Some(&self.stack_id)
    }

    /// Whether it tells of a failure.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.status.as_str().ends_with("_FAILED")
    }
}

/// `Bucket (AWS::S3::Bucket) CREATE_FAILED: orders-archive already exists`
impl fmt::Display for StackEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            logical_id,
            resource_type,
            status,
            ..
        } = self;
        write!(f, "{logical_id} ({resource_type}) {}", status.as_str())?;
        match &self.reason {
            Some(reason) => write!(f, ": {}", leeward_error_taxonomy::redact(reason)),
            None => Ok(()),
        }
    }
}

impl CloudFormation {
    /// Lists what happened to a stack, newest first; those of a deleted stack by its id.
    ///
    /// # Errors
    ///
    /// The stream ends with the error of the page that could not be had; a `ValidationError` if there is no such stack.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// for event in cloud.events(&orders).collect_up_to(20).await?.items {
    ///     println!("{event}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self, stack: impl Into<StackRef>) -> Pages<StackEvent> {
        let describe = DescribeStackEventsInput::builder().stack_name(stack.into().as_str());
        self.caller.pages(
            describe,
            DescribeStackEventsInputBuilder::set_next_token,
            DescribeStackEventsInputBuilder::send_with,
            |page| {
                let events = page.stack_events.unwrap_or_default().into_iter();
                let events = events.map(StackEvent::of).collect::<Result<_, _>>()?;
                Ok(Page::new(events, service::said(page.next_token)))
            },
        )
    }

    /// Follows what happens to a stack, oldest first: from the beginning of its last operation on, for as long as somebody listens.
    ///
    /// Each event comes once. It ends when the stack is deleted. By name it follows the stack of that name; name it by its id to see
    /// it deleted.
    ///
    /// # Errors
    ///
    /// The stream ends with an error if nothing happens for as long as the [waiter](crate::CloudFormationBuilder::with_waiter) has, by
    /// `WaitTimedOut`, and with every failure of a call that does not pass by itself.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// let mut happening = cloud.tail(&orders);
    /// while let Some(event) = happening.next().await.transpose()? {
    ///     println!("{event}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn tail(&self, stack: impl Into<StackRef>) -> Pages<StackEvent> {
        let (cloud, stack) = (self.clone(), stack.into());
        let record = Arc::new(Mutex::new(Record::default()));
        Pages::new(move |turn: Option<u64>| {
            let (cloud, stack, record) = (cloud.clone(), stack.clone(), Arc::clone(&record));
            Box::pin(async move {
                let look = || async {
                    let fresh = cloud.fresh(&stack, &record).await?;
                    Ok::<_, AwsError>(match fresh.is_empty() {
                        true => ControlFlow::Continue("without a new event"),
                        false => ControlFlow::Break(fresh),
                    })
                };
                let fresh = cloud.waiter.wait(look, |_, _| ()).await?;
                let next = (!is_deleted(&record)).then(|| turn.unwrap_or_default() + 1);
                Ok(Page::new(fresh, next))
            })
        })
    }

    /// The events that the record does not have, oldest first; they are put into it.
    pub(crate) async fn fresh(
        &self,
        stack: &StackRef,
        record: &Mutex<Record>,
    ) -> Result<Vec<StackEvent>, AwsError> {
        let mut events = self.events(stack);
        let mut fresh: Vec<StackEvent> = Vec::new();
        let mut next = events.next().await.transpose()?;
        while let Some(event) = next {
            let place = record.lock().expect("not poisoned").place(&event);
            if place == Place::Known {
                break;
            }
            let may_be_turn = place == Place::First && begins_deletion(&event);
            if place == Place::First && !may_be_turn {
                fresh.push(event);
                break;
            }
            next = events.next().await.transpose()?;
            // A stack that failed may be deleted for it, by the same operation.
            let is_turn = next
                .as_ref()
                .is_some_and(|older| older.token.is_some() && older.token == event.token);
            fresh.push(event);
            if may_be_turn && !is_turn {
                break;
            }
        }
        fresh.reverse();
        record.lock().expect("not poisoned").take(&fresh);
        Ok(fresh)
    }
}

fn is_deleted(record: &Mutex<Record>) -> bool {
    record.lock().expect("not poisoned").is_deleted()
}
