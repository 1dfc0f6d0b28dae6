use crate::{
    Change, ChangeSetName, CloudFormation, Pages, Stack, StackEvent, StackId, StackRef, StackSpec,
    service,
};
use aws_sdk_cloudformation::{
    operation::{
        create_change_set::{CreateChangeSetInput, builders::CreateChangeSetInputBuilder},
        delete_change_set::{DeleteChangeSetInput, builders::DeleteChangeSetInputBuilder},
        describe_change_set::{
            DescribeChangeSetInput, DescribeChangeSetOutput,
            builders::DescribeChangeSetInputBuilder,
        },
        execute_change_set::{ExecuteChangeSetInput, builders::ExecuteChangeSetInputBuilder},
        list_change_sets::{ListChangeSetsInput, builders::ListChangeSetsInputBuilder},
    },
    primitives::DateTime,
    types::{ChangeSetStatus, ChangeSetSummary, ChangeSetType, ExecutionStatus, StackStatus},
};
use leeward_client_pool::{Op, Page};
use leeward_error_taxonomy::{AwsError, Category, Classify, Facts, Stage, Verdict};
use std::{
    fmt,
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

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
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::written::date"))]
    pub created: Option<DateTime>,
    /// What it would do to each resource, in CloudFormation's order.
    pub changes: Vec<Change>,
}

/// What came of a change set that was asked for.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Proposed {
    /// It is there, to be looked through, executed or dropped.
    Changes(Box<ChangeSet>),
    /// The stack is as it was to be. Nothing is left behind.
    Unchanged,
}

/// Says that a change set could not be made; it is there still, to be dropped, unless somebody has dropped it meanwhile.
#[derive(Clone, Debug, thiserror::Error)]
#[error("change set {name} came to {}: {}", .status.as_str(), .reason.as_deref().unwrap_or("no reason is given"))]
#[non_exhaustive]
pub struct ChangeSetFailed {
    /// Its name.
    pub name: String,
    /// The state that it came to.
    pub status: ChangeSetStatus,
    /// What CloudFormation says of it.
    pub reason: Option<String>,
}

impl Classify for ChangeSetFailed {
    fn facts(&self) -> Facts<'_> {
        Facts::new(Stage::Answered, Category::Validation, Verdict::Final)
    }
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

/// CloudFormation has no code for a change set that would change nothing.
fn is_empty(reason: &str) -> bool {
    ["didn't contain changes", "No updates are to be performed"]
        .iter()
        .any(|words| reason.contains(words))
}

fn is_absent(error: &AwsError) -> bool {
    matches!(
        error.code(),
        Some("ChangeSetNotFound" | "ChangeSetNotFoundException")
    ) || service::is_absent(error)
}

impl CloudFormation {
    /// Has CloudFormation find out what it would do to make a stack as `spec` says, new or not, and waits for it.
    ///
    /// For a new stack it makes an empty one, in `REVIEW_IN_PROGRESS`, which [`delete`](Self::delete) takes away. Made again with the
    /// same [token](StackSpec::with_token) it is the same change set. Dropped before it is done, it leaves a change set of that name;
    /// [`change_set`](Self::change_set) finds it.
    ///
    /// # Errors
    ///
    /// [`NoPreviousTemplate`](crate::NoPreviousTemplate) if the stack is new and is to keep the one that it has; [`ChangeSetFailed`] if it
    /// could not be made; `AlreadyExistsException` if there is one of this name; `ValidationError` if the template
    /// is wrong; `InsufficientCapabilitiesException` if it asks for a leave that was not given; `WaitTimedOut` if the waiter's time is over.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{ChangeSetName, CloudFormation, Proposed, StackSpec};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, spec: StackSpec, larger: ChangeSetName) -> Result<(), AwsError> {
    /// match cloud.create_change_set(&spec, &larger).await? {
    ///     Proposed::Changes(changes) => println!("{changes}"),
    ///     _ => println!("there is nothing to do"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create_change_set(
        &self,
        spec: &StackSpec,
        name: &ChangeSetName,
    ) -> Result<Proposed, AwsError> {
        let template = spec.template.parts()?;
        let kind = match self.stack(&spec.name).await?.map(|stack| stack.status) {
            None | Some(StackStatus::ReviewInProgress) => {
                spec.template.given()?;
                ChangeSetType::Create
            }
            Some(_) => ChangeSetType::Update,
        };
        let create = CreateChangeSetInput::builder()
            .stack_name(spec.name.as_str())
            .change_set_name(name.as_str())
            .change_set_type(kind)
            .set_template_body(template.text)
            .set_template_url(template.url)
            .set_use_previous_template(template.previous)
            .set_parameters(spec.parameters())
            .set_tags(spec.tags())
            .set_capabilities(spec.capabilities())
            .set_role_arn(spec.role.clone())
            .client_token(spec.token());
        let create = Op::new(create, CreateChangeSetInputBuilder::send_with).idempotent();
        self.caller.call(create).await?;
        let stack = StackRef::from(&spec.name);
        let was_seen = AtomicBool::new(false);
        let look = || async {
            let Some(seen) = self.change_set(&stack, name).await? else {
                // CloudFormation answers from copies that may be behind; what they knew before they do not forget.
                return match was_seen.load(Relaxed) {
                    true => Err(AwsError::new(ChangeSetFailed {
                        name: name.to_string(),
                        status: ChangeSetStatus::DeleteComplete,
                        reason: Some("somebody has dropped it".to_owned()),
                    })),
                    false => Ok(ControlFlow::Continue("not to be seen".to_owned())),
                };
            };
            was_seen.store(true, Relaxed);
            Ok(match seen.status {
                ChangeSetStatus::CreateComplete | ChangeSetStatus::Failed => {
                    ControlFlow::Break(seen)
                }
                status => ControlFlow::Continue(status.as_str().to_owned()),
            })
        };
        let made = self
            .waiter
            .wait(look, |_, _| ())
            .await
            .map_err(|error: AwsError| error.with_region(self.caller.region().clone()))?;
        if made.status == ChangeSetStatus::CreateComplete {
            return Ok(Proposed::Changes(Box::new(made)));
        }
        if made.reason.as_deref().is_some_and(is_empty) {
            self.drop_change_set(&stack, name).await?;
            return Ok(Proposed::Unchanged);
        }
        let failed = ChangeSetFailed {
            name: made.name,
            status: made.status,
            reason: made.reason,
        };
        Err(AwsError::new(failed).with_region(self.caller.region().clone()))
    }

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
    ///     println!("{}", set.change_set_name().unwrap_or_default());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn change_sets(&self, stack: impl Into<StackRef>) -> Pages<ChangeSetSummary> {
        let list = ListChangeSetsInput::builder().stack_name(stack.into().as_str());
        self.caller.pages(
            list,
            ListChangeSetsInputBuilder::set_next_token,
            ListChangeSetsInputBuilder::send_with,
            |page| {
                let sets = page.summaries.unwrap_or_default();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_change_nothing_is_known_by_its_reason() {
        for (reason, expected) in [
            (
                "The submitted information didn't contain changes. Submit different information to create a change set.",
                true,
            ),
            ("No updates are to be performed.", true),
            (
                "Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document.",
                false,
            ),
        ] {
            assert_eq!(is_empty(reason), expected, "{reason}");
        }
    }
}
