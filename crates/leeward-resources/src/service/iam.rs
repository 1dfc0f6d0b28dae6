//! IAM is asked by names, which are one per account whatever the path: what it finds may have another ARN.

use crate::{Arn, Resources, service::check_partition};
use aws_sdk_iam::{
    Client,
    operation::{
        get_group::{GetGroupInput, builders::GetGroupInputBuilder},
        get_instance_profile::{GetInstanceProfileInput, builders::GetInstanceProfileInputBuilder},
        get_policy::{GetPolicyInput, builders::GetPolicyInputBuilder},
        get_user::{GetUserInput, builders::GetUserInputBuilder},
    },
};
use leeward_client_pool::{Caller, Op};
use leeward_error_taxonomy::AwsError;
use leeward_iam::{Iam, PolicyArn, RoleName};

pub(crate) async fn role(resources: &Resources, arn: &Arn, name: &str) -> Result<bool, AwsError> {
    let name: RoleName = name.parse()?;
    let found = Iam::new(caller(resources, arn).await?);
    let found = found.describe_role(&name).await?;
    Ok(found.is_some_and(|role| role.arn == arn.as_str()))
}

pub(crate) async fn user(resources: &Resources, arn: &Arn, name: &str) -> Result<bool, AwsError> {
    let look = GetUserInput::builder().user_name(name);
    let look = Op::new(look, GetUserInputBuilder::send_with);
    let found = caller(resources, arn).await?.find(look, is_absent).await?;
    let user = found.and_then(|found| found.user);
    Ok(user.is_some_and(|user| user.arn == arn.as_str()))
}

/// With one of its members, as none cannot be asked for.
pub(crate) async fn group(resources: &Resources, arn: &Arn, name: &str) -> Result<bool, AwsError> {
    let look = GetGroupInput::builder().group_name(name).max_items(1);
    let look = Op::new(look, GetGroupInputBuilder::send_with);
    let found = caller(resources, arn).await?.find(look, is_absent).await?;
    let group = found.and_then(|found| found.group);
    Ok(group.is_some_and(|group| group.arn == arn.as_str()))
}

pub(crate) async fn policy(resources: &Resources, arn: &Arn) -> Result<bool, AwsError> {
    let policy: PolicyArn = arn.as_str().parse()?;
    let look = GetPolicyInput::builder().policy_arn(policy.as_str());
    let look = Op::new(look, GetPolicyInputBuilder::send_with);
    let found = caller(resources, arn).await?.find(look, is_absent).await?;
    Ok(found.is_some())
}

pub(crate) async fn instance_profile(
    resources: &Resources,
    arn: &Arn,
    name: &str,
) -> Result<bool, AwsError> {
    let look = GetInstanceProfileInput::builder().instance_profile_name(name);
    let look = Op::new(look, GetInstanceProfileInputBuilder::send_with);
    let found = caller(resources, arn).await?.find(look, is_absent).await?;
    let profile = found.and_then(|found| found.instance_profile);
    Ok(profile.is_some_and(|profile| profile.arn == arn.as_str()))
}

async fn caller(resources: &Resources, arn: &Arn) -> Result<Caller<Client>, AwsError> {
    let caller = resources.caller(None).await?;
    check_partition(arn, caller.region())?;
    Ok(caller)
}

fn is_absent(error: &AwsError) -> bool {
    error.code() == Some("NoSuchEntity")
}
