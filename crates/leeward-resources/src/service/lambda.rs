use crate::{Arn, Resources};
use aws_sdk_lambda::{
    Client,
    operation::{
        get_layer_version_by_arn::{
            GetLayerVersionByArnInput, builders::GetLayerVersionByArnInputBuilder,
        },
        list_layer_versions::{ListLayerVersionsInput, builders::ListLayerVersionsInputBuilder},
    },
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use leeward_lambda::{FunctionName, Lambda};

/// By its ARN, which is asked for in the account that it names.
pub(crate) async fn function(resources: &Resources, arn: &Arn) -> Result<bool, AwsError> {
    let function: FunctionName = arn.as_str().parse()?;
    let lambda = Lambda::new(resources.caller(arn.region()).await?);
    lambda.function_exists(&function).await
}

/// Of a layer without a version nothing is listed, and nothing is said otherwise.
pub(crate) async fn layer(resources: &Resources, arn: &Arn, name: &str) -> Result<bool, AwsError> {
    let list = ListLayerVersionsInput::builder()
        .layer_name(name)
        .max_items(1);
    let list = Op::new(list, ListLayerVersionsInputBuilder::send_with);
    let caller = resources.caller::<Client>(arn.region()).await?;
    let listed = caller.call(list).await?.layer_versions.unwrap_or_default();
    let is_of_layer = |version: &str| {
        let layer = version.rsplit_once(':');
        layer.is_some_and(|(layer, _)| layer == arn.as_str())
    };
    Ok(listed
        .iter()
        .any(|version| version.layer_version_arn().is_some_and(is_of_layer)))
}

pub(crate) async fn layer_version(resources: &Resources, arn: &Arn) -> Result<bool, AwsError> {
    let look = GetLayerVersionByArnInput::builder().arn(arn.as_str());
    let look = Op::new(look, GetLayerVersionByArnInputBuilder::send_with);
    let caller = resources.caller::<Client>(arn.region()).await?;
    Ok(caller.find(look, is_absent).await?.is_some())
}

fn is_absent(error: &AwsError) -> bool {
    error.code() == Some("ResourceNotFoundException")
}
