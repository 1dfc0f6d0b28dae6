use crate::{
    Change, ChangeSetName, CloudFormation, Pages, Stack, StackEvent, StackId, StackRef, service,
};
use aws_sdk_cloudformation::{
    operation::{
        delete_change_set::{DeleteChangeSetInput, builders::DeleteChangeSetInputBuilder},
        describe_change_set::{
            DescribeChangeSetInput, DescribeChangeSetOutput,
            builders::DescribeChangeSetInputBuilder,
        },
        execute_change_set::{ExecuteChangeSetInput, builders::ExecuteChangeSetInputBuilder},
        list_change_sets::{ListChangeSetsInput, builders::ListChangeSetsInputBuilder},
    },
    primitives::DateTime,
    types::{ChangeSetStatus, ChangeSetSummary, ExecutionStatus, StackStatus},
};
use leeward_client_pool::{Op, Page};
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use std::fmt;

/// What would be done to a stack; its `Display` is a diff.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ChangeSet {
    /// Its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The ARN of the stack.
    pub stack_id: StackId,
    /// The name of the stack.
    pub stack_name: String,
    /// How far CloudFormation is with it.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::written::text"))]
    pub status: ChangeSetStatus,
    /// Whether it can be executed, or was.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::written::maybe_text")
    )]
    pub execution: Option<ExecutionStatus>,
    /// Why it is in this state, where CloudFormation says so.
    pub reason: Option<String>,
    /// When it was made.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub created: Option<DateTime>,
    /// What it would do to each resource, in CloudFormation's order.
    pub changes: Vec<Change>,
}

impl ChangeSet {
    fn of(answer: DescribeChangeSetOutput) -> Result<Self, AwsError> {
        let stack_id = service::answered(answer.stack_id, "the id of the stack")?;
        let changes = answer.changes.unwrap_or_default().into_iter();
        Ok(Self {
            id: service::answered(answer.change_set_id, "the id of the change set")?,
            name: service::answered(answer.change_set_name, "the name of the change set")?,
            stack_id: StackId::new(stack_id)?,
            stack_name: answer.stack_name.unwrap_or_default(),
            status: service::answered(answer.status, "the status of the change set")?,
            execution: answer.execution_status,
            reason: service::said(answer.status_reason),
            created: answer.creation_time,
            changes: changes.filter_map(Change::of).collect(),
        })
    }
}

/// `change set larger of stack orders`, and a line for each resource below, with a line for each property.
impl fmt::Display for ChangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "change set {} of stack {}", self.name, self.stack_name)?;
        self.changes
            .iter()
            .try_for_each(|change| write!(f, "\n{change}"))
    }
}

/// A change set in a list of them.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ListedChangeSet {
    /// Its ARN.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How far CloudFormation is with it.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::written::text"))]
    pub status: ChangeSetStatus,
    /// Whether it can be executed, or was.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::written::maybe_text")
    )]
    pub execution: Option<ExecutionStatus>,
    /// Why it is in this state, where CloudFormation says so.
    pub reason: Option<String>,
    /// What whoever made it says of it.
    pub description: Option<String>,
    /// When it was made.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub created: Option<DateTime>,
}

impl ListedChangeSet {
    fn of(set: ChangeSetSummary) -> Result<Self, AwsError> {
        Ok(Self {
            id: service::answered(set.change_set_id, "the id of a change set")?,
            name: service::answered(set.change_set_name, "the name of a change set")?,
            status: service::answered(set.status, "the status of a change set")?,
            execution: set.execution_status,
            reason: service::said(set.status_reason),
            description: service::said(set.description),
            created: set.creation_time,
        })
    }
}

fn is_absent(error: &AwsError) -> bool {
    matches!(
        error.code(),
        Some("ChangeSetNotFound" | "ChangeSetNotFoundException")
    ) || service::is_absent(error)
}

/// It was named by its id: by its name a change set of the stack that has that name now would be executed.
#[derive(Debug, thiserror::Error)]
#[error("the stack {0} is deleted, and its change sets with it")]
struct Deleted(String);

impl Classify for Deleted {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::NotSent, Category::NotFound, Verdict::Final)
    }
}

impl CloudFormation {
    /// Describes a change set with all that it would do, to be printed as a diff; `None` if there is none of this name, or no such stack.
    ///
    /// # Errors
    ///
    /// Every failure but that it is not there.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{ChangeSetName, CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName, larger: ChangeSetName) -> Result<(), AwsError> {
    /// if let Some(changes) = cloud.change_set(&orders, &larger).await? {
    ///     println!("{changes}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn change_set(
        &self,
        stack: impl Into<StackRef>,
        name: &ChangeSetName,
    ) -> Result<Option<ChangeSet>, AwsError> {
        let describe = DescribeChangeSetInput::builder()
            .stack_name(stack.into().as_str())
            .change_set_name(name.as_str())
            .include_property_values(true);
        let mut pages = self.caller.pages(
            describe,
            DescribeChangeSetInputBuilder::set_next_token,
            DescribeChangeSetInputBuilder::send_with,
            |mut answer| {
                let next = service::said(answer.next_token.take());
                Ok(Page::new(vec![ChangeSet::of(answer)?], next))
            },
        );
        let mut set = match pages.next().await {
            Some(Ok(first)) => first,
            Some(Err(error)) if !is_absent(&error) => return Err(error),
            _ => return Ok(None),
        };
        while let Some(more) = pages.next().await.transpose()? {
            set.changes.extend(more.changes);
        }
        Ok(Some(set))
    }

    /// Lists the change sets of a stack.
    ///
    /// # Errors
    ///
    /// The stream ends with the error of the page that could not be had; a `ValidationError` if there is no such stack.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// for set in cloud.change_sets(&orders).collect_up_to(100).await?.items {
    ///     println!("{} is {}", set.name, set.status.as_str());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn change_sets(&self, stack: impl Into<StackRef>) -> Pages<ListedChangeSet> {
        let list = ListChangeSetsInput::builder().stack_name(stack.into().as_str());
        self.caller.pages(
            list,
            ListChangeSetsInputBuilder::set_next_token,
            ListChangeSetsInputBuilder::send_with,
            |page| {
                let sets = page.summaries.unwrap_or_default().into_iter();
                let sets = sets.map(ListedChangeSet::of).collect::<Result<_, _>>()?;
                Ok(Page::new(sets, service::said(page.next_token)))
            },
        )
    }

    /// Does what a change set says, waits until that is done, and tells `progress` of each event once, oldest first.
    ///
    /// Dropped before it is done, it leaves CloudFormation at work: [`wait`](Self::wait) takes it up.
    ///
    /// # Errors
    ///
    /// [`StackFailed`](crate::StackFailed) if the stack failed, with the first failure and what became of the rest; `ChangeSetNotFound` if there
    /// is none of this name; `InvalidChangeSetStatus` if it cannot be executed; `WaitTimedOut` if the waiter's time is over while
    /// CloudFormation goes on.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{ChangeSetName, CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName, larger: ChangeSetName) -> Result<(), AwsError> {
    /// let stack = cloud.execute_change_set(&orders, &larger, |event| println!("{event}")).await?;
    /// println!("{}", stack.status.as_str());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn execute_change_set(
        &self,
        stack: impl Into<StackRef>,
        name: &ChangeSetName,
        progress: impl FnMut(&StackEvent),
    ) -> Result<Stack, AwsError> {
        let found = self.present(&stack.into()).await?;
        if found.status == StackStatus::DeleteComplete {
            let error = AwsError::new(Deleted(found.id.as_str().to_owned()));
            return Err(error.with_region(self.caller.region().clone()));
        }
        let record = self.record_now(&StackRef::from(&found.id)).await?;
        let execute = ExecuteChangeSetInput::builder()
            .stack_name(&found.name)
            .change_set_name(name.as_str())
            .client_request_token(service::token());
        let execute = Op::new(execute, ExecuteChangeSetInputBuilder::send_with).idempotent();
        self.caller.call(execute).await?;
        self.watch(found.id, record, progress).await
    }

    /// Drops a change set, whether it is there or not; the stack stays as it is, an empty one too.
    ///
    /// # Errors
    ///
    /// `InvalidChangeSetStatus` if it is being executed; `ValidationError` if there is no such stack.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{ChangeSetName, CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName, larger: ChangeSetName) -> Result<(), AwsError> {
    /// cloud.drop_change_set(&orders, &larger).await
    /// # }
    /// ```
    pub async fn drop_change_set(
        &self,
        stack: impl Into<StackRef>,
        name: &ChangeSetName,
    ) -> Result<(), AwsError> {
        let drop = DeleteChangeSetInput::builder()
            .stack_name(stack.into().as_str())
            .change_set_name(name.as_str());
        // One that is not there any more is dropped as well.
        let drop = Op::new(drop, DeleteChangeSetInputBuilder::send_with).idempotent();
        self.caller.call(drop).await?;
        Ok(())
    }
}
