use crate::{CloudFormation, Outputs, Pages, StackId, StackRef, service};
use aws_sdk_cloudformation::{
    operation::{
        describe_stacks::{DescribeStacksInput, builders::DescribeStacksInputBuilder},
        list_stacks::{ListStacksInput, builders::ListStacksInputBuilder},
    },
    primitives::DateTime,
    types::{self, StackDriftStatus, StackStatus},
};
use leeward_client_pool::{Op, Page};
use leeward_error_taxonomy::AwsError;
use std::collections::BTreeMap;

/// A stack as CloudFormation describes it.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Stack {
    /// Its ARN.
    pub id: StackId,
    /// Its name.
    pub name: String,
    /// What state it is in.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::written::text"))]
    pub status: StackStatus,
    /// Why, where CloudFormation says so.
    pub reason: Option<String>,
    /// What its template says of it.
    pub description: Option<String>,
    /// When it was made.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub created: Option<DateTime>,
    /// When it was last updated.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub updated: Option<DateTime>,
    /// When it was deleted.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub deleted: Option<DateTime>,
    /// The values of its parameters; those that may not be seen are asterisks.
    pub parameters: BTreeMap<String, String>,
    /// What it gives to others.
    pub outputs: Outputs,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it may not be deleted.
    pub is_protected: bool,
    /// What the last detection of drift found; see [`detect_drift`](CloudFormation::detect_drift) for what is now.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "crate::written::maybe_text")
    )]
    pub last_drift: Option<StackDriftStatus>,
}

impl Stack {
    fn of(stack: types::Stack) -> Result<Self, AwsError> {
        let id = service::answered(stack.stack_id, "the id of a stack")?;
        let parameters = stack.parameters.unwrap_or_default().into_iter();
        let outputs = stack.outputs.unwrap_or_default().into_iter();
        let tags = stack.tags.unwrap_or_default().into_iter();
        Ok(Self {
            id: StackId::new(id)?,
            name: service::answered(stack.stack_name, "the name of a stack")?,
            status: service::answered(stack.stack_status, "the status of a stack")?,
            reason: service::said(stack.stack_status_reason),
            description: service::said(stack.description),
            created: stack.creation_time,
            updated: stack.last_updated_time,
            deleted: stack.deletion_time,
            parameters: parameters
                .filter_map(|parameter| {
                    let value = parameter.resolved_value.or(parameter.parameter_value);
                    Some((parameter.parameter_key?, value.unwrap_or_default()))
                })
                .collect(),
            outputs: outputs
                .filter_map(|output| Some((output.output_key?, output.output_value?)))
                .collect(),
            tags: tags
                .filter_map(|tag| Some((tag.key?, tag.value?)))
                .collect(),
            is_protected: stack.enable_termination_protection.unwrap_or_default(),
            last_drift: stack
                .drift_information
                .and_then(|drift| drift.stack_drift_status),
        })
    }
}

/// A stack in a list of them.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ListedStack {
    /// Its ARN.
    pub id: String,
    /// Its name; several deleted stacks may have the same.
    pub name: String,
    /// What state it is in.
    #[cfg_attr(feature = "serde", serde(serialize_with = "crate::written::text"))]
    pub status: StackStatus,
    /// Why, where CloudFormation says so.
    pub reason: Option<String>,
    /// What its template says of it.
    pub description: Option<String>,
    /// When it was made.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub created: Option<DateTime>,
    /// When it was last updated.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub updated: Option<DateTime>,
    /// When it was deleted.
    #[cfg_attr(
        feature = "serde",
        serde(serialize_with = "leeward_client_pool::rfc3339::serialize_option")
    )]
    pub deleted: Option<DateTime>,
    /// The id of the stack that it is a part of.
    pub parent: Option<String>,
}

impl ListedStack {
    fn of(stack: types::StackSummary) -> Result<Self, AwsError> {
        Ok(Self {
            id: service::answered(stack.stack_id, "the id of a stack")?,
            name: service::answered(stack.stack_name, "the name of a stack")?,
            status: service::answered(stack.stack_status, "the status of a stack")?,
            reason: service::said(stack.stack_status_reason),
            description: service::said(stack.template_description),
            created: stack.creation_time,
            updated: stack.last_updated_time,
            deleted: stack.deletion_time,
            parent: service::said(stack.parent_id),
        })
    }
}

impl CloudFormation {
    /// Describes a stack; `None` if there is none of this name or id. A deleted stack is found by its id only.
    ///
    /// # Errors
    ///
    /// Every failure but that the stack is not there.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// if let Some(stack) = cloud.stack(&orders).await? {
    ///     println!("it archives to {}", stack.outputs.require("BucketName")?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stack(&self, stack: impl Into<StackRef>) -> Result<Option<Stack>, AwsError> {
        let describe = DescribeStacksInput::builder().stack_name(stack.into().as_str());
        let describe = Op::new(describe, DescribeStacksInputBuilder::send_with);
        let found = self.caller.find(describe, service::is_absent).await?;
        let stacks = found.and_then(|found| found.stacks).unwrap_or_default();
        stacks.into_iter().next().map(Stack::of).transpose()
    }

    /// Describes a stack that has to be there.
    pub(crate) async fn present(&self, stack: &StackRef) -> Result<Stack, AwsError> {
        let describe = DescribeStacksInput::builder().stack_name(stack.as_str());
        let describe = Op::new(describe, DescribeStacksInputBuilder::send_with);
        let stacks = self.caller.call(describe).await?.stacks.unwrap_or_default();
        Stack::of(service::answered(stacks.into_iter().next(), "the stack")?)
    }

    /// Whether there is a stack: `false` if there never was one, and if it is deleted.
    ///
    /// A stack that failed to be made, and one that has only a change set so far (`REVIEW_IN_PROGRESS`), are there.
    ///
    /// # Errors
    ///
    /// Every failure but that the stack is not there: a denied call says nothing of it.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<bool, AwsError> {
    /// cloud.stack_exists(&orders).await
    /// # }
    /// ```
    pub async fn stack_exists(&self, stack: impl Into<StackRef>) -> Result<bool, AwsError> {
        let found = self.stack(stack).await?;
        Ok(found.is_some_and(|stack| stack.status != StackStatus::DeleteComplete))
    }

    /// Lists the stacks that are in one of these states; in any, the deleted ones of the last 90 days too, if none is named.
    ///
    /// # Errors
    ///
    /// The stream ends with the error of the page that could not be had.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::CloudFormation;
    /// # use leeward_error_taxonomy::AwsError;
    /// use aws_sdk_cloudformation::types::StackStatus;
    ///
    /// # async fn run(cloud: CloudFormation) -> Result<(), AwsError> {
    /// let broken = cloud.stacks([StackStatus::UpdateRollbackFailed, StackStatus::DeleteFailed]);
    /// for stack in broken.collect_up_to(100).await?.items {
    ///     println!("{}: {}", stack.name, stack.reason.unwrap_or_default());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn stacks(&self, states: impl IntoIterator<Item = StackStatus>) -> Pages<ListedStack> {
        let states: Vec<_> = states.into_iter().collect();
        let list = ListStacksInput::builder();
        let list = list.set_stack_status_filter((!states.is_empty()).then_some(states));
        self.caller.pages(
            list,
            ListStacksInputBuilder::set_next_token,
            ListStacksInputBuilder::send_with,
            |page| {
                let stacks = page.stack_summaries.unwrap_or_default().into_iter();
                let stacks = stacks.map(ListedStack::of).collect::<Result<_, _>>()?;
                Ok(Page::new(stacks, service::said(page.next_token)))
            },
        )
    }
}
