mod change_set;
mod drift;
mod event;
mod stack;
mod template;

use super::site::Site;
use crate::ministack::{Case, Trouble};
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use leeward_client_pool::Pool;
use leeward_cloudformation::{CloudFormation, StackFailed, StackName, StackSpec, Template};
use leeward_error_taxonomy::AwsError;
use leeward_resilience::Waiter;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn cases() -> Vec<Case<Site>> {
    let all = [
        stack::cases(),
        event::cases(),
        drift::cases(),
        change_set::cases(),
        template::cases(),
    ];
    all.into_iter().flatten().collect()
}

/// One that asks often: the other side is done in no time.
async fn cloud(site: &Site) -> Result<CloudFormation, AwsError> {
    cloud_of(&site.pool).await
}

async fn cloud_of(pool: &Pool) -> Result<CloudFormation, AwsError> {
    let waiter = Waiter::new(Duration::from_secs(60)).with_interval(Duration::from_millis(50));
    let caller = pool.caller().await?;
    Ok(CloudFormation::builder(caller)
        .with_waiter(waiter)
        .build()?)
}

fn spec(name: &str, template: impl Into<Template>) -> Result<StackSpec, Trouble> {
    Ok(StackSpec::new(name.parse::<StackName>()?, template))
}

/// A bucket whose versioning is on, and a queue; what is put out is the name of the bucket.
fn archive(bucket: &str) -> Value {
    json!({
        "Resources": {
            "Archive": {
                "Type": "AWS::S3::Bucket",
                "Properties": {
                    "BucketName": bucket,
                    "VersioningConfiguration": {"Status": "Enabled"},
                },
            },
            "Queue": {"Type": "AWS::SQS::Queue", "DependsOn": "Archive"},
        },
        "Outputs": {"BucketName": {"Value": {"Ref": "Archive"}}},
    })
}

/// A topic, and after it a condition that nobody meets within a second.
fn hopeless() -> Value {
    json!({
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Signal": {
                "Type": "AWS::CloudFormation::WaitCondition",
                "DependsOn": "Topic",
                "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "1", "Count": 1},
            },
        },
    })
}

fn topic() -> Value {
    json!({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
}

fn failed(error: &AwsError) -> Result<&StackFailed, Trouble> {
    let failed = error.downcast_ref::<StackFailed>();
    failed.ok_or_else(|| format!("another failure than that of a stack: {error}").into())
}

/// What must fail has not.
fn refused<T>(outcome: Result<T, AwsError>, what: &str) -> Result<AwsError, Trouble> {
    match outcome {
        Ok(_) => Err(format!("{what} came out well").into()),
        Err(error) => Ok(error),
    }
}

/// Turns the versioning of a bucket off, past CloudFormation.
async fn tamper(site: &Site, bucket: &str) -> Result<(), Trouble> {
    let s3 = site.sdk::<aws_sdk_s3::Client>().await?;
    let off = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended);
    let put = s3.put_bucket_versioning().bucket(bucket);
    put.versioning_configuration(off.build()).send().await?;
    Ok(())
}
