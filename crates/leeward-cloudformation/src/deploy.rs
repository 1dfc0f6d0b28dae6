use crate::{
    CloudFormation, Stack, StackEvent, StackId, StackRef, StackSpec, record::Record, service,
};
use aws_sdk_cloudformation::{
    operation::{
        create_stack::{CreateStackInput, builders::CreateStackInputBuilder},
        delete_stack::{DeleteStackInput, builders::DeleteStackInputBuilder},
        update_stack::{UpdateStackInput, builders::UpdateStackInputBuilder},
    },
    types::StackStatus,
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;

/// What came of an update.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub enum Updated {
    /// The stack is as it was to be.
    Changed(Box<Stack>),
    /// The stack was as it was to be: there was nothing to do.
    Unchanged,
}

impl CloudFormation {
    /// Makes a stack, waits until it is there, and tells `progress` of each event once, oldest first.
    ///
    /// Made again with the same [token](StackSpec::with_token) it is the same operation. Dropped before it is done, it leaves CloudFormation
    /// at work: [`wait`](Self::wait) takes it up.
    ///
    /// # Errors
    ///
    /// [`StackFailed`](crate::StackFailed) if the stack failed, with the first failure and what became of the rest;
    /// `AlreadyExistsException` if there is one of this name; `InsufficientCapabilitiesException` if the template asks for a leave that was
    /// not given; `WaitTimedOut` if the waiter's time is over while CloudFormation goes on.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName, StackSpec};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// let template = serde_json::json!({
    ///     "Resources": {"Archive": {"Type": "AWS::S3::Bucket"}},
    ///     "Outputs": {"BucketName": {"Value": {"Ref": "Archive"}}},
    /// });
    /// let stack = cloud.create(&StackSpec::new(orders, template), |event| println!("{event}")).await?;
    /// println!("it archives to {}", stack.outputs.require("BucketName")?);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create(
        &self,
        spec: &StackSpec,
        progress: impl FnMut(&StackEvent),
    ) -> Result<Stack, AwsError> {
        let template = spec.template.given()?;
        let create = CreateStackInput::builder()
            .stack_name(spec.name.as_str())
            .set_template_body(template.text)
            .set_template_url(template.url)
            .set_parameters(spec.parameters())
            .set_tags(spec.tags())
            .set_capabilities(spec.capabilities())
            .set_role_arn(spec.role())
            .set_on_failure(spec.on_failure.clone())
            .set_enable_termination_protection(spec.is_protected)
            .client_request_token(spec.token());
        let create = Op::new(create, CreateStackInputBuilder::send_with).idempotent();
        let id = self.caller.call(create).await?.stack_id;
        let id = StackId::new(service::answered(id, "the id of the stack")?)?;
        // Even if it is being deleted by now, since it failed.
        self.watch(id, Record::of_making(), progress).await
    }

    /// Changes a stack, waits until that is done, and tells `progress` of each event once, oldest first.
    ///
    /// Made again with the same [token](StackSpec::with_token) it is the same operation. Dropped before it is done, it leaves CloudFormation
    /// at work: [`wait`](Self::wait) takes it up.
    ///
    /// # Errors
    ///
    /// [`StackFailed`](crate::StackFailed) if the update failed, with the first failure and what became of the rest; `ValidationError` if
    /// there is no such stack, if it is in a state that takes no update, or if the template is wrong;
    /// `InsufficientCapabilitiesException` if the template asks for a leave that was not given; `WaitTimedOut` if the waiter's time is
    /// over while CloudFormation goes on.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName, StackSpec, Template, Updated};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// let larger = StackSpec::new(orders, Template::previous())
    ///     .with_parameter("Shards", "4")
    ///     .with_previous_parameter("Stage");
    /// match cloud.update(&larger, |event| println!("{event}")).await? {
    ///     Updated::Changed(stack) => println!("{} is updated", stack.name),
    ///     _ => println!("it has four shards already"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn update(
        &self,
        spec: &StackSpec,
        progress: impl FnMut(&StackEvent),
    ) -> Result<Updated, AwsError> {
        let template = spec.template.parts()?;
        let found = self.present(&StackRef::from(&spec.name)).await?;
        let record = self.record_now(&StackRef::from(&found.id)).await?;
        let update = UpdateStackInput::builder()
            .stack_name(spec.name.as_str())
            .set_template_body(template.text)
            .set_template_url(template.url)
            .set_use_previous_template(template.previous)
            .set_parameters(spec.parameters())
            .set_tags(spec.tags())
            .set_capabilities(spec.capabilities())
            .set_role_arn(spec.role())
            .client_request_token(spec.token());
        let update = Op::new(update, UpdateStackInputBuilder::send_with).idempotent();
        let Some(updating) = self.caller.find(update, service::is_unchanged).await? else {
            return Ok(Updated::Unchanged);
        };
        let id = match service::said(updating.stack_id) {
            Some(id) => StackId::new(id)?,
            None => found.id,
        };
        let stack = self.watch(id, record, progress).await?;
        Ok(Updated::Changed(Box::new(stack)))
    }

    /// Deletes a stack with its resources, waits until it is gone, and tells `progress` of each event once, oldest first; `false` if
    /// there was none.
    ///
    /// Dropped before it is done, it leaves CloudFormation at work.
    ///
    /// # Errors
    ///
    /// [`StackFailed`](crate::StackFailed) if a resource could not be deleted, such as a bucket that is not empty, and if another stack
    /// uses what it exports; `ValidationError` if the stack is protected; `WaitTimedOut` if the waiter's time is over while CloudFormation goes on.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// if !cloud.delete(&orders, |event| println!("{event}")).await? {
    ///     println!("there was no such stack");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn delete(
        &self,
        stack: impl Into<StackRef>,
        progress: impl FnMut(&StackEvent),
    ) -> Result<bool, AwsError> {
        let found = match self.stack(stack).await? {
            Some(found) if found.status != StackStatus::DeleteComplete => found,
            _ => return Ok(false),
        };
        // By its id from here on: the name is gone when the stack is.
        let record = match found.status {
            // Whoever began it, its events belong to it.
            StackStatus::DeleteInProgress => Record::default(),
            _ => self.record_now(&StackRef::from(&found.id)).await?,
        };
        let delete = DeleteStackInput::builder()
            .stack_name(found.id.as_str())
            .client_request_token(service::token());
        let delete = Op::new(delete, DeleteStackInputBuilder::send_with).idempotent();
        self.caller.call(delete).await?;
        self.watch(found.id, record.deleting(), progress).await?;
        Ok(true)
    }

    /// Waits for the end of what is being done to a stack, whoever began it, and tells `progress` of each event of it once, oldest first.
    ///
    /// Where nothing is being done it says at once how the last operation ended. Dropping it changes nothing.
    ///
    /// # Errors
    ///
    /// [`StackFailed`](crate::StackFailed) if the operation failed, with the first failure and what became of the rest; `ValidationError` if
    /// there is no such stack; `WaitTimedOut` if the waiter's time is over.
    ///
    /// ```no_run
    /// # use leeward_cloudformation::{CloudFormation, StackName};
    /// # use leeward_error_taxonomy::AwsError;
    /// # async fn run(cloud: CloudFormation, orders: StackName) -> Result<(), AwsError> {
    /// let stack = cloud.wait(&orders, |event| println!("{event}")).await?;
    /// println!("{}", stack.status.as_str());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait(
        &self,
        stack: impl Into<StackRef>,
        progress: impl FnMut(&StackEvent),
    ) -> Result<Stack, AwsError> {
        let found = self.present(&stack.into()).await?;
        self.watch(found.id, Record::default(), progress).await
    }
}
