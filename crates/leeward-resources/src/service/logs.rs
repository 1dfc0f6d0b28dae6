//! CloudWatch Logs is asked by names and lists by prefix, in the account of the caller: what it finds has to have the ARN.

use crate::{Arn, Resources, shape::whole};
use aws_sdk_cloudwatchlogs::{
    Client,
    operation::describe_log_streams::{
        DescribeLogStreamsInput, builders::DescribeLogStreamsInputBuilder,
    },
};
use leeward_client_pool::Op;
use leeward_error_taxonomy::AwsError;
use leeward_logs::{LogGroupName, LogStreamName, Logs};

pub(crate) async fn group(resources: &Resources, arn: &Arn, name: &str) -> Result<bool, AwsError> {
    let name: LogGroupName = name.parse()?;
    let logs = Logs::new(resources.caller(arn.region()).await?);
    let found = logs.describe_group(&name).await?;
    Ok(found.is_some_and(|group| group.arn.as_deref() == Some(whole(arn.as_str()))))
}

/// Streams are listed in the order of their names, of which one comes before all that begin with it: if it is there, it is on the first
/// page that has any (CloudWatch Logs API Reference, `DescribeLogStreams`).
pub(crate) async fn stream(
    resources: &Resources,
    arn: &Arn,
    group: &str,
    name: &str,
) -> Result<bool, AwsError> {
    let (group, name): (LogGroupName, LogStreamName) = (group.parse()?, name.parse()?);
    let caller = resources.caller::<Client>(arn.region()).await?;
    let list = DescribeLogStreamsInput::builder()
        .log_group_name(group.as_str())
        .log_stream_name_prefix(name.as_str());
    let mut token = None;
    loop {
        let page = list.clone().set_next_token(token.clone());
        let page = Op::new(page, DescribeLogStreamsInputBuilder::send_with);
        let Some(page) = caller.find(page, is_absent).await? else {
            return Ok(false);
        };
        let streams = page.log_streams.unwrap_or_default();
        let is_last = page.next_token.is_none() || page.next_token == token;
        if is_last || !streams.is_empty() {
            let arn = Some(whole(arn.as_str()));
            return Ok(streams.iter().any(|stream| stream.arn() == arn));
        }
        token = page.next_token;
    }
}

fn is_absent(error: &AwsError) -> bool {
    error.code() == Some("ResourceNotFoundException")
}
