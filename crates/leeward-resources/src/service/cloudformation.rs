use crate::{Arn, Resources};
use aws_sdk_cloudformation::{
    operation::describe_change_set::{
        DescribeChangeSetInput, builders::DescribeChangeSetInputBuilder,
    },
    types::ChangeSetStatus,
};
use leeward_client_pool::Op;
use leeward_cloudformation::{CloudFormation, StackId};
use leeward_error_taxonomy::AwsError;

pub(crate) async fn stack(resources: &Resources, arn: &Arn) -> Result<bool, AwsError> {
    let id: StackId = arn.as_str().parse()?;
    let cloud = CloudFormation::new(resources.caller(arn.region()).await?);
    cloud.stack_exists(&id).await
}

/// By its ARN alone: the facade asks by the name of the stack, which the ARN does not tell.
pub(crate) async fn change_set(resources: &Resources, arn: &Arn) -> Result<bool, AwsError> {
    let caller = resources
        .caller::<aws_sdk_cloudformation::Client>(arn.region())
        .await?;
    let describe = DescribeChangeSetInput::builder().change_set_name(arn.as_str());
    let describe = Op::new(describe, DescribeChangeSetInputBuilder::send_with);
    let found = caller.find(describe, is_absent).await?;
    Ok(found.is_some_and(|set| set.status != Some(ChangeSetStatus::DeleteComplete)))
}

/// The code is one and its type's name is the other; AWS has used both.
fn is_absent(error: &AwsError) -> bool {
    matches!(
        error.code(),
        Some("ChangeSetNotFound" | "ChangeSetNotFoundException")
    )
}
