use crate::{Arn, ResourceError, Resources};
use aws_sdk_dynamodb::operation::describe_table::{
    DescribeTableInput, builders::DescribeTableInputBuilder,
};
use leeward_client_pool::Op;
use leeward_dynamodb::{DynamoDb, TableName, TableSummary};
use leeward_error_taxonomy::AwsError;

pub(crate) async fn table(resources: &Resources, arn: &Arn, name: &str) -> Result<bool, AwsError> {
    Ok(described(resources, arn, name).await?.is_some())
}

pub(crate) async fn index(
    resources: &Resources,
    arn: &Arn,
    table: &str,
    name: &str,
) -> Result<bool, AwsError> {
    let table = described(resources, arn, table).await?;
    Ok(table.is_some_and(|table| table.indexes.iter().any(|index| index.name == name)))
}

/// DynamoDB tells of a table's latest stream only; whether one that has ended is gone is for DynamoDB Streams to say.
pub(crate) async fn stream(
    resources: &Resources,
    arn: &Arn,
    table: &str,
) -> Result<bool, AwsError> {
    let table = table_of(arn, table)?;
    let describe = DescribeTableInput::builder().table_name(table.as_str());
    let describe = Op::new(describe, DescribeTableInputBuilder::send_with);
    let caller = resources
        .caller::<aws_sdk_dynamodb::Client>(arn.region())
        .await?;
    let found = caller
        .find(describe, |error| {
            error.code() == Some("ResourceNotFoundException")
        })
        .await?;
    let table = found.and_then(|found| found.table);
    let is_written_to = table.is_some_and(|table| {
        let settings = table.stream_specification();
        table.latest_stream_arn() == Some(arn.as_str())
            && settings.is_some_and(|settings| settings.stream_enabled)
    });
    match is_written_to {
        true => Ok(true),
        false => Err(ResourceError::ended_stream(arn).into()),
    }
}

/// The table that an ARN names or is part of, by its own ARN, which is asked for in the account that it names.
async fn described(
    resources: &Resources,
    arn: &Arn,
    table: &str,
) -> Result<Option<TableSummary>, AwsError> {
    let table = table_of(arn, table)?;
    let db = DynamoDb::new(resources.caller(arn.region()).await?);
    let found = db.describe_table(&table).await?;
    Ok(found.filter(|found| found.arn.as_deref() == Some(table.as_str())))
}

fn table_of(arn: &Arn, table: &str) -> Result<TableName, AwsError> {
    let place = arn.as_str().strip_suffix(arn.resource());
    let place = place.expect("an ARN ends in the resource");
    Ok(TableName::new(format!("{place}table/{table}"))?)
}
