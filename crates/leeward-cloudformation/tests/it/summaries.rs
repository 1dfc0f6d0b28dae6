//! How what people look at is written by serde: as text, and read back as one reads it who has no Rust.

use crate::{
    change_sets::larger,
    stacks::{ORDERS, orders},
    stand_in::cloud_by,
};
use leeward_cloudformation::{StackId, Template};
use serde::Serialize;
use serde_json::{Value, json};

fn written(summary: &impl Serialize) -> Value {
    let text = serde_json::to_string(summary).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn a_stack_is_written_with_its_maps_and_its_dates() {
    let (cloud, _calls) = cloud_by(|call| {
        call.answer(&format!(
            "<Stacks><member><StackId>{ORDERS}</StackId><StackName>orders</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>\
             <Description>what is ordered</Description><CreationTime>2026-01-02T03:04:05Z</CreationTime>\
             <LastUpdatedTime>2026-02-03T04:05:06.789Z</LastUpdatedTime>\
             <Parameters><member><ParameterKey>Stage</ParameterKey><ParameterValue>test</ParameterValue></member></Parameters>\
             <Outputs><member><OutputKey>Topic</OutputKey><OutputValue>orders-1</OutputValue></member></Outputs>\
             <Tags><member><Key>team</Key><Value>orders</Value></member></Tags>\
             <EnableTerminationProtection>true</EnableTerminationProtection>\
             <DriftInformation><StackDriftStatus>IN_SYNC</StackDriftStatus></DriftInformation></member></Stacks>"
        ))
    })
    .await;
    let stack = cloud.stack(orders()).await.unwrap().unwrap();
    let record = written(&stack);
    let expected = json!({
        "id": ORDERS,
        "name": "orders",
        "status": "UPDATE_COMPLETE",
        "reason": null,
        "description": "what is ordered",
        "created": "2026-01-02T03:04:05Z",
        "updated": "2026-02-03T04:05:06.789Z",
        "deleted": null,
        "parameters": {"Stage": "test"},
        "outputs": {"Topic": "orders-1"},
        "tags": {"team": "orders"},
        "is_protected": true,
        "last_drift": "IN_SYNC",
    });
    assert_eq!(record, expected);
    let id: StackId = serde_json::from_value(record["id"].clone()).unwrap();
    assert_eq!(id, stack.id);
    let refused = serde_json::from_value::<StackId>(record["name"].clone()).unwrap_err();
    assert!(refused.to_string().contains("ARN"), "{refused}");
}

#[tokio::test]
async fn what_is_listed_is_written() {
    let (cloud, _calls) = cloud_by(|call| {
        call.answer(&match call.action() {
            "ListStacks" => format!(
                "<StackSummaries><member><StackId>{ORDERS}</StackId><StackName>orders</StackName>\
                 <StackStatus>DELETE_COMPLETE</StackStatus><CreationTime>2026-01-02T03:04:05Z</CreationTime>\
                 <DeletionTime>2026-01-02T03:04:06Z</DeletionTime></member></StackSummaries>"
            ),
            "ListStackResources" => {
                "<StackResourceSummaries><member><LogicalResourceId>Topic</LogicalResourceId>\
                 <PhysicalResourceId>orders-1</PhysicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType>\
                 <ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
                 <LastUpdatedTimestamp>2026-01-02T03:04:05Z</LastUpdatedTimestamp>\
                 <DriftInformation><StackResourceDriftStatus>NOT_CHECKED</StackResourceDriftStatus></DriftInformation>\
                 </member></StackResourceSummaries>"
                    .to_owned()
            }
            _ => {
                "<Summaries><member><ChangeSetId>arn:larger</ChangeSetId><ChangeSetName>larger</ChangeSetName>\
                 <ExecutionStatus>AVAILABLE</ExecutionStatus><Status>CREATE_COMPLETE</Status>\
                 <Description>four shards</Description><CreationTime>2026-01-02T03:04:05Z</CreationTime>\
                 </member></Summaries>"
                    .to_owned()
            }
        })
    })
    .await;
    let stacks = cloud.stacks([]).collect_up_to(10).await.unwrap().items;
    let expected = json!([{
        "id": ORDERS,
        "name": "orders",
        "status": "DELETE_COMPLETE",
        "reason": null,
        "description": null,
        "created": "2026-01-02T03:04:05Z",
        "updated": null,
        "deleted": "2026-01-02T03:04:06Z",
        "parent": null,
    }]);
    assert_eq!(written(&stacks), expected);
    let resources = cloud.resources(orders()).collect_up_to(10).await.unwrap();
    let expected = json!([{
        "logical_id": "Topic",
        "physical_id": "orders-1",
        "resource_type": "AWS::SNS::Topic",
        "status": "CREATE_COMPLETE",
        "reason": null,
        "updated": "2026-01-02T03:04:05Z",
        "last_drift": "NOT_CHECKED",
    }]);
    assert_eq!(written(&resources.items), expected);
    let sets = cloud.change_sets(orders()).collect_up_to(10).await.unwrap();
    let expected = json!([{
        "id": "arn:larger",
        "name": "larger",
        "status": "CREATE_COMPLETE",
        "execution": "AVAILABLE",
        "reason": null,
        "description": "four shards",
        "created": "2026-01-02T03:04:05Z",
    }]);
    assert_eq!(written(&sets.items), expected);
}

#[tokio::test]
async fn an_event_is_written() {
    let (cloud, _calls) = cloud_by(|call| {
        call.answer(&format!(
            "<StackEvents><member><EventId>e-1</EventId><StackId>{ORDERS}</StackId><StackName>orders</StackName>\
             <LogicalResourceId>Archive</LogicalResourceId><PhysicalResourceId></PhysicalResourceId>\
             <ResourceType>AWS::S3::Bucket</ResourceType><ResourceStatus>CREATE_FAILED</ResourceStatus>\
             <ResourceStatusReason>archive already exists</ResourceStatusReason><DetailedStatus>VALIDATION_FAILED</DetailedStatus>\
             <ClientRequestToken>one-and-only</ClientRequestToken><Timestamp>2026-01-02T03:04:05.678Z</Timestamp>\
             </member></StackEvents>"
        ))
    })
    .await;
    let events = cloud.events(orders()).collect_up_to(10).await.unwrap();
    let expected = json!([{
        "id": "e-1",
        "stack_id": ORDERS,
        "logical_id": "Archive",
        "physical_id": null,
        "resource_type": "AWS::S3::Bucket",
        "status": "CREATE_FAILED",
        "reason": "archive already exists",
        "detail": "VALIDATION_FAILED",
        "at": "2026-01-02T03:04:05.678Z",
        "token": "one-and-only",
    }]);
    assert_eq!(written(&events.items), expected);
}

#[tokio::test]
async fn drift_is_written_down_to_the_property() {
    let (cloud, _calls) = cloud_by(|call| {
        call.answer(&match call.action() {
            "DetectStackDrift" => {
                "<StackDriftDetectionId>d-1</StackDriftDetectionId>".to_owned()
            }
            "DescribeStackDriftDetectionStatus" => format!(
                "<StackId>{ORDERS}</StackId><StackDriftDetectionId>d-1</StackDriftDetectionId>\
                 <DetectionStatus>DETECTION_COMPLETE</DetectionStatus><StackDriftStatus>DRIFTED</StackDriftStatus>\
                 <DriftedStackResourceCount>1</DriftedStackResourceCount><Timestamp>2026-01-02T03:04:05Z</Timestamp>"
            ),
            _ => format!(
                "<StackResourceDrifts><member><StackId>{ORDERS}</StackId><LogicalResourceId>Archive</LogicalResourceId>\
                 <PhysicalResourceId>archive</PhysicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>\
                 <StackResourceDriftStatus>MODIFIED</StackResourceDriftStatus><Timestamp>2026-01-02T03:04:06Z</Timestamp>\
                 <PropertyDifferences><member><PropertyPath>/VersioningConfiguration/Status</PropertyPath>\
                 <ExpectedValue>Enabled</ExpectedValue><ActualValue>Suspended</ActualValue>\
                 <DifferenceType>NOT_EQUAL</DifferenceType></member></PropertyDifferences></member></StackResourceDrifts>"
            ),
        })
    })
    .await;
    let drift = cloud.detect_drift(orders(), |_, _| ()).await.unwrap();
    let expected = json!({
        "detection": "d-1",
        "stack_id": ORDERS,
        "status": "DRIFTED",
        "drifted": 1,
        "at": "2026-01-02T03:04:05Z",
    });
    assert_eq!(written(&drift), expected);
    let drifts = cloud.drifts(orders(), []).collect_up_to(10).await.unwrap();
    let expected = json!([{
        "logical_id": "Archive",
        "physical_id": "archive",
        "resource_type": "AWS::S3::Bucket",
        "status": "MODIFIED",
        "reason": null,
        "differences": [{
            "path": "/VersioningConfiguration/Status",
            "kind": "NOT_EQUAL",
            "expected": "Enabled",
            "actual": "Suspended",
        }],
        "at": "2026-01-02T03:04:06Z",
    }]);
    assert_eq!(written(&drifts.items), expected);
}

#[tokio::test]
async fn a_change_set_is_written_down_to_the_property() {
    let (cloud, _calls) = cloud_by(|call| {
        call.answer(&format!(
            "<ChangeSetId>arn:larger</ChangeSetId><ChangeSetName>larger</ChangeSetName><StackId>{ORDERS}</StackId>\
             <StackName>orders</StackName><Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus>\
             <CreationTime>2026-01-02T03:04:05Z</CreationTime><Changes><member><Type>Resource</Type><ResourceChange>\
             <Action>Modify</Action><LogicalResourceId>Stream</LogicalResourceId><PhysicalResourceId>orders</PhysicalResourceId>\
             <ResourceType>AWS::Kinesis::Stream</ResourceType><Replacement>False</Replacement><Details><member>\
             <Target><Attribute>Properties</Attribute><Name>ShardCount</Name><RequiresRecreation>Never</RequiresRecreation>\
             <Path>/Properties/ShardCount</Path><BeforeValue>2</BeforeValue><AfterValue>4</AfterValue></Target>\
             <CausingEntity>Shards</CausingEntity></member></Details></ResourceChange></member></Changes>"
        ))
    })
    .await;
    let set = cloud.change_set(orders(), &larger()).await.unwrap();
    let expected = json!({
        "id": "arn:larger",
        "name": "larger",
        "stack_id": ORDERS,
        "stack_name": "orders",
        "status": "CREATE_COMPLETE",
        "execution": "AVAILABLE",
        "reason": null,
        "created": "2026-01-02T03:04:05Z",
        "changes": [{
            "action": "Modify",
            "logical_id": "Stream",
            "physical_id": "orders",
            "resource_type": "AWS::Kinesis::Stream",
            "replacement": "False",
            "properties": [{
                "path": "/Properties/ShardCount",
                "before": "2",
                "after": "4",
                "cause": "Shards",
                "recreation": "Never",
            }],
        }],
    });
    assert_eq!(written(&set.unwrap()), expected);
}

#[tokio::test]
async fn what_a_template_asks_for_is_written() {
    let (cloud, _calls) = cloud_by(|call| {
        call.answer(
            "<Description>what is ordered</Description><Parameters><member><ParameterKey>Stage</ParameterKey>\
             <DefaultValue>test</DefaultValue><NoEcho>false</NoEcho></member></Parameters>\
             <Capabilities><member>CAPABILITY_NAMED_IAM</member></Capabilities>\
             <CapabilitiesReason>it makes a role</CapabilitiesReason>",
        )
    })
    .await;
    let valid = cloud.validate(&Template::text("{}")).await.unwrap();
    let expected = json!({"Valid": {
        "description": "what is ordered",
        "parameters": [{"key": "Stage", "default": "test", "is_secret": false, "description": null}],
        "capabilities": ["CAPABILITY_NAMED_IAM"],
        "capabilities_reason": "it makes a role",
        "transforms": [],
    }});
    assert_eq!(written(&valid), expected);
}
