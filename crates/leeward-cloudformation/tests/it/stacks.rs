//! What becomes of stacks, and why: the ends that no emulator comes to.

use crate::stand_in::{Answer, Call, Calls, cloud_by, refusal};
use leeward_cloudformation::{
    CloudFormation, Rollback, StackFailed, StackName, StackSpec, Template, Updated,
};
use leeward_error_taxonomy::{AwsError, Category};
use std::fmt::Write;

pub(crate) const ORDERS: &str =
    "arn:aws:cloudformation:us-east-1:111122223333:stack/orders/0e7e2a10";
const INNER: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/orders-Inner-1/1f";
const DEEP: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/orders-Inner-1-Deep-2/2f";
const NESTED: &str = "AWS::CloudFormation::Stack";

pub(crate) fn orders() -> StackName {
    "orders".parse().unwrap()
}

/// What happened to a resource: its logical id, its physical id, its type, the state, the reason.
pub(crate) type Event = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// What happened to the stack itself.
pub(crate) fn of_stack(id: &'static str, status: &'static str, reason: &'static str) -> Event {
    ("orders", id, NESTED, status, reason)
}

/// A description of the stack of orders.
pub(crate) fn described(call: &Call, status: &str) -> Answer {
    call.answer(&format!(
        "<Stacks><member><StackId>{ORDERS}</StackId><StackName>orders</StackName>\
         <StackStatus>{status}</StackStatus><CreationTime>2026-01-02T03:04:05Z</CreationTime></member></Stacks>"
    ))
}

/// Events of one stack, which are written here as they happened and told newest first; those told once have the same ids again.
pub(crate) fn told(call: &Call, events: &[Event]) -> Answer {
    told_of(call, events, "2026-01-02", "")
}

/// The same, all of one day and of one operation.
pub(crate) fn told_of(call: &Call, events: &[Event], day: &str, token: &str) -> Answer {
    let mut xml = String::new();
    for (number, event) in events.iter().enumerate().rev() {
        let (logical, physical, kind, status, reason) = event;
        let stack = call.field("StackName");
        write!(
            xml,
            "<member><EventId>{stack}-{number}</EventId><StackId>{stack}</StackId><StackName>orders</StackName>\
             <LogicalResourceId>{logical}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId>\
             <ResourceType>{kind}</ResourceType><ResourceStatus>{status}</ResourceStatus>\
             <ResourceStatusReason>{reason}</ResourceStatusReason><Timestamp>{day}T03:04:05Z</Timestamp>\
             <ClientRequestToken>{token}</ClientRequestToken></member>"
        )
        .unwrap();
    }
    call.answer(&format!("<StackEvents>{xml}</StackEvents>"))
}

/// The failure of a stack that has another one in it, which has a third, which has a bucket whose name is taken.
fn nested(call: &Call) -> Answer {
    let taken = "Resource handler returned message: \"archive already exists\" (RequestToken: 1f, HandlerErrorCode: AlreadyExists)";
    match (call.action(), call.field("StackName")) {
        ("CreateStack", _) => call.answer(&format!("<StackId>{ORDERS}</StackId>")),
        ("DescribeStacks", _) => described(call, "ROLLBACK_COMPLETE"),
        ("DescribeStackEvents", INNER) => told(
            call,
            &[
                of_stack(INNER, "CREATE_IN_PROGRESS", "User Initiated"),
                ("Deep", DEEP, NESTED, "CREATE_FAILED", "it was not created"),
                of_stack(INNER, "ROLLBACK_IN_PROGRESS", "failed: [Deep]"),
                of_stack(INNER, "ROLLBACK_COMPLETE", ""),
                of_stack(INNER, "DELETE_IN_PROGRESS", ""),
                of_stack(INNER, "DELETE_COMPLETE", ""),
            ],
        ),
        ("DescribeStackEvents", DEEP) => told(
            call,
            &[
                of_stack(DEEP, "CREATE_IN_PROGRESS", "User Initiated"),
                ("Archive", "", "AWS::S3::Bucket", "CREATE_FAILED", taken),
                (
                    "Topic",
                    "",
                    "AWS::SNS::Topic",
                    "CREATE_FAILED",
                    "Resource creation cancelled",
                ),
                of_stack(DEEP, "CREATE_FAILED", "failed: [Archive, Topic]"),
                of_stack(DEEP, "DELETE_IN_PROGRESS", ""),
                of_stack(DEEP, "DELETE_COMPLETE", ""),
            ],
        ),
        ("DescribeStackEvents", _) => told(
            call,
            &[
                of_stack(ORDERS, "CREATE_IN_PROGRESS", "User Initiated"),
                ("Inner", INNER, NESTED, "CREATE_IN_PROGRESS", ""),
                (
                    "Inner",
                    INNER,
                    NESTED,
                    "CREATE_FAILED",
                    "it was not created",
                ),
                of_stack(ORDERS, "ROLLBACK_IN_PROGRESS", "failed: [Inner]"),
                ("Inner", INNER, NESTED, "DELETE_COMPLETE", ""),
                of_stack(ORDERS, "ROLLBACK_COMPLETE", ""),
            ],
        ),
        (other, _) => panic!("{other} is not asked for"),
    }
}

pub(crate) fn failed(error: &AwsError) -> &StackFailed {
    error.downcast_ref().unwrap_or_else(|| panic!("{error}"))
}

pub(crate) fn spec() -> StackSpec {
    StackSpec::new(orders(), Template::text("{}"))
}

#[tokio::test]
async fn a_failure_is_followed_down_through_nested_stacks_that_are_gone() {
    let (cloud, _calls) = cloud_by(nested).await;
    let error = cloud.create(&spec(), |_| ()).await.unwrap_err();
    let failure = failed(&error).failure.as_ref().unwrap();
    assert_eq!(
        (&*failure.logical_id, &*failure.stack_id),
        ("Archive", DEEP)
    );
    assert_eq!(error.category(), Category::Conflict);
    let text = error.to_string();
    let begins =
        "stack orders came to ROLLBACK_COMPLETE: Archive (AWS::S3::Bucket) CREATE_FAILED: ";
    assert!(
        text.starts_with(begins) && text.contains("archive already exists"),
        "{text}"
    );
}

#[tokio::test]
async fn what_may_not_be_looked_into_leaves_the_reason_that_is_known() {
    let (cloud, calls) = cloud_by(|call| match call.field("StackName") {
        DEEP => refusal((403, "AccessDenied", "not you")),
        _ => nested(call),
    })
    .await;
    let error = cloud.create(&spec(), |_| ()).await.unwrap_err();
    let failure = failed(&error).failure.as_ref().unwrap();
    assert_eq!(&*failure.logical_id, "Deep");
    let looked = calls.all();
    assert!(looked.iter().any(|call| call.field("StackName") == DEEP));
}

/// An update that fails, of which not all can be undone.
async fn stuck() -> (CloudFormation, Calls) {
    let mut is_updating = false;
    cloud_by(move |call| {
        let all = [
            of_stack(ORDERS, "CREATE_IN_PROGRESS", "User Initiated"),
            of_stack(ORDERS, "CREATE_COMPLETE", ""),
            of_stack(ORDERS, "UPDATE_IN_PROGRESS", "User Initiated"),
            (
                "Table",
                "orders",
                "AWS::DynamoDB::Table",
                "UPDATE_FAILED",
                "one index at a time (HandlerErrorCode: InvalidRequest)",
            ),
            of_stack(ORDERS, "UPDATE_ROLLBACK_IN_PROGRESS", "failed: [Table]"),
            (
                "Role",
                "app",
                "AWS::IAM::Role",
                "UPDATE_FAILED",
                "it is not there any more",
            ),
            of_stack(ORDERS, "UPDATE_ROLLBACK_FAILED", "failed: [Role]"),
        ];
        match call.action() {
            "DescribeStacks" if is_updating => described(call, "UPDATE_ROLLBACK_FAILED"),
            "DescribeStacks" => described(call, "CREATE_COMPLETE"),
            "DescribeStackEvents" if is_updating => told(call, &all),
            "DescribeStackEvents" => told(call, &all[..2]),
            "UpdateStack" => {
                is_updating = true;
                call.answer(&format!("<StackId>{ORDERS}</StackId>"))
            }
            other => panic!("{other} is not asked for"),
        }
    })
    .await
}

#[tokio::test]
async fn an_update_that_cannot_be_undone_tells_what_went_wrong_first() {
    let (cloud, _calls) = stuck().await;
    let mut states = Vec::new();
    let updated = cloud
        .update(&spec(), |event| {
            states.push(event.status.as_str().to_owned())
        })
        .await;
    let error = updated.unwrap_err();
    let failure = failed(&error);
    assert_eq!(
        (failure.status.as_str(), failure.rollback),
        ("UPDATE_ROLLBACK_FAILED", Rollback::Failed)
    );
    assert_eq!(error.category(), Category::Validation);
    let text = error.to_string();
    let begins = "stack orders came to UPDATE_ROLLBACK_FAILED: Table (AWS::DynamoDB::Table) UPDATE_FAILED: one index";
    assert!(
        text.starts_with(begins) && text.contains("; not all that was done could be undone"),
        "{text}"
    );
    assert_eq!(states.len(), 5, "{states:?}");
    // Whoever asks later hears the same.
    let later = cloud.wait(orders(), |_| ()).await.unwrap_err();
    assert_eq!(later.to_string(), text);
}

#[tokio::test]
async fn a_stack_that_is_deleted_while_it_is_waited_for_has_failed() {
    let mut looks = 0;
    let (cloud, _calls) = cloud_by(move |call| {
        let all = [
            of_stack(ORDERS, "CREATE_IN_PROGRESS", "User Initiated"),
            ("Topic", "", "AWS::SNS::Topic", "CREATE_IN_PROGRESS", ""),
            of_stack(ORDERS, "DELETE_IN_PROGRESS", "User Initiated"),
            of_stack(ORDERS, "DELETE_COMPLETE", ""),
        ];
        looks += 1;
        match (call.action(), looks > 6) {
            ("DescribeStacks", false) => described(call, "CREATE_IN_PROGRESS"),
            ("DescribeStacks", true) => described(call, "DELETE_COMPLETE"),
            (_, false) => told(call, &all[..2]),
            (_, true) => told(call, &all),
        }
    })
    .await;
    let mut states = Vec::new();
    let waited = cloud
        .wait(orders(), |event| {
            states.push(event.status.as_str().to_owned())
        })
        .await;
    let error = waited.unwrap_err();
    let failure = failed(&error);
    assert_eq!(failure.rollback, Rollback::Deleted);
    assert_eq!(
        error.to_string(),
        "stack orders came to DELETE_COMPLETE; the stack is deleted (us-east-1)"
    );
    let expected = [
        "CREATE_IN_PROGRESS",
        "CREATE_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
        "DELETE_COMPLETE",
    ];
    assert_eq!(states, expected);
}

/// A stack that somebody else deletes while we set about it: of the deletion, `known` events are there when we look what is the last one.
async fn deleted_by_two(known: usize) -> (bool, Vec<String>) {
    let (mut looks, mut is_asked) = (0, false);
    let (cloud, calls) = cloud_by(move |call| {
        let all = [
            of_stack(ORDERS, "CREATE_COMPLETE", ""),
            of_stack(ORDERS, "DELETE_IN_PROGRESS", "User Initiated"),
            of_stack(ORDERS, "DELETE_COMPLETE", ""),
        ];
        match call.action() {
            "DescribeStacks" => {
                looks += 1;
                let is_first = looks == 1;
                described(
                    call,
                    ["DELETE_COMPLETE", "CREATE_COMPLETE"][usize::from(is_first)],
                )
            }
            "DeleteStack" => {
                is_asked = true;
                call.answer("")
            }
            _ if is_asked => told(call, &all),
            _ => told(call, &all[..=known]),
        }
    })
    .await;
    let mut states = Vec::new();
    let is_gone = cloud
        .delete(orders(), |event| {
            states.push(event.status.as_str().to_owned())
        })
        .await
        .unwrap();
    assert_eq!(calls.of("DeleteStack"), 1);
    (is_gone, states)
}

#[tokio::test]
async fn a_stack_that_somebody_else_deletes_first_is_gone_as_it_was_to_be() {
    for (known, states) in [
        (0, &["DELETE_IN_PROGRESS", "DELETE_COMPLETE"][..]),
        (1, &["DELETE_COMPLETE"]),
        (2, &[]),
    ] {
        let (is_gone, told) = deleted_by_two(known).await;
        assert!(is_gone);
        assert_eq!(told, states, "{known} were known");
    }
}

#[tokio::test]
async fn a_stack_that_is_to_be_looked_through_is_there_and_takes_no_update() {
    let (cloud, calls) = cloud_by(|call| match call.action() {
        "DescribeStacks" => described(call, "REVIEW_IN_PROGRESS"),
        "DescribeStackEvents" => told(
            call,
            &[of_stack(ORDERS, "REVIEW_IN_PROGRESS", "User Initiated")],
        ),
        _ => refusal((
            400,
            "ValidationError",
            "Stack:orders is in REVIEW_IN_PROGRESS state and can not be updated.",
        )),
    })
    .await;
    assert!(cloud.stack_exists(orders()).await.unwrap());
    let stack = cloud.wait(orders(), |_| ()).await.unwrap();
    assert_eq!(stack.status.as_str(), "REVIEW_IN_PROGRESS");
    match cloud.update(&spec(), |_| ()).await {
        Err(error) => assert_eq!(error.code(), Some("ValidationError")),
        Ok(Updated::Unchanged) => panic!("it is taken for unchanged"),
        Ok(_) => panic!("it is taken for updated"),
    }
    assert_eq!(calls.of("UpdateStack"), 1);
}
