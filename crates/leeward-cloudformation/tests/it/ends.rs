//! Ends of stacks that look like others.

use crate::{
    stacks::{ORDERS, described, failed, of_stack, orders, spec, told, told_of},
    stand_in::{Answer, Call, cloud_by},
};
use leeward_cloudformation::Rollback;
use leeward_error_taxonomy::{AwsError, Category, Stage};

const INNER: &str = "arn:aws:cloudformation:us-east-1:111122223333:stack/orders-Inner-1/1f";
const NESTED: &str = "AWS::CloudFormation::Stack";

fn reason(error: &AwsError) -> &str {
    let failure = failed(error).failure.as_ref().expect("it has a reason");
    failure.reason.as_deref().unwrap()
}

#[tokio::test]
async fn a_stack_whose_exports_are_used_is_not_gone() {
    let in_use = "Export Orders cannot be deleted as it is in use by ledger";
    let mut looks = 0;
    let mut is_asked = false;
    let (cloud, _calls) = cloud_by(move |call| {
        let all = [
            of_stack(ORDERS, "CREATE_IN_PROGRESS", "User Initiated"),
            of_stack(ORDERS, "CREATE_COMPLETE", ""),
            of_stack(ORDERS, "DELETE_IN_PROGRESS", "User Initiated"),
            of_stack(ORDERS, "CREATE_COMPLETE", in_use),
        ];
        looks += usize::from(is_asked);
        match (call.action(), looks) {
            ("DeleteStack", _) => {
                is_asked = true;
                call.answer("")
            }
            // What is there at first is as it was before.
            ("DescribeStacks", 3..6) => described(call, "DELETE_IN_PROGRESS"),
            ("DescribeStacks", _) => described(call, "CREATE_COMPLETE"),
            (_, ..3) => told(call, &all[..2]),
            (_, 3..6) => told(call, &all[..3]),
            _ => told(call, &all),
        }
    })
    .await;
    let error = cloud.delete(orders(), |_| ()).await.unwrap_err();
    assert_eq!(failed(&error).status.as_str(), "CREATE_COMPLETE");
    assert_eq!(reason(&error), in_use);
    // Whoever asks later hears the same.
    let later = cloud.wait(orders(), |_| ()).await.unwrap_err();
    assert_eq!(reason(&later), in_use);
}

/// A stack that could not be made, and is deleted for that.
fn deleted_for_it(call: &Call) -> Answer {
    let all = [
        of_stack(ORDERS, "CREATE_IN_PROGRESS", "User Initiated"),
        (
            "Archive",
            "",
            "AWS::S3::Bucket",
            "CREATE_FAILED",
            "it is taken",
        ),
        of_stack(ORDERS, "DELETE_IN_PROGRESS", "failed: [Archive]"),
        of_stack(ORDERS, "DELETE_COMPLETE", ""),
    ];
    match call.action() {
        "CreateStack" => call.answer(&format!("<StackId>{ORDERS}</StackId>")),
        "DescribeStacks" => described(call, "DELETE_COMPLETE"),
        _ => told_of(call, &all, "2026-01-02", "made"),
    }
}

#[tokio::test]
async fn a_stack_that_is_deleted_since_it_failed_is_not_made() {
    let (cloud, _calls) = cloud_by(deleted_for_it).await;
    let made = cloud.create(&spec(), |_| ()).await.unwrap_err();
    let waited = cloud.wait(orders(), |_| ()).await.unwrap_err();
    for error in [made, waited] {
        assert_eq!(failed(&error).rollback, Rollback::Deleted);
        assert_eq!(reason(&error), "it is taken");
    }
}

#[tokio::test]
async fn a_change_set_of_a_deleted_stack_is_not_executed() {
    let (cloud, calls) = cloud_by(deleted_for_it).await;
    let larger = "larger".parse().unwrap();
    let executed = cloud.execute_change_set(orders(), &larger, |_| ());
    let error = executed.await.unwrap_err();
    assert_eq!(
        (error.category(), error.stage()),
        (Category::NotFound, Stage::NotSent)
    );
    assert_eq!(calls.of("ExecuteChangeSet"), 0);
}

#[tokio::test]
async fn the_failure_of_an_older_change_is_no_cause() {
    let refused = "Parameters: [Shards] must have values";
    let mut is_updating = false;
    let (cloud, _calls) = cloud_by(move |call| {
        let all = [
            of_stack(ORDERS, "CREATE_COMPLETE", ""),
            of_stack(ORDERS, "UPDATE_IN_PROGRESS", "User Initiated"),
            ("Inner", INNER, NESTED, "UPDATE_FAILED", refused),
            of_stack(ORDERS, "UPDATE_ROLLBACK_IN_PROGRESS", "failed: [Inner]"),
            of_stack(ORDERS, "UPDATE_ROLLBACK_COMPLETE", ""),
        ];
        let of_inner = [
            of_stack(INNER, "UPDATE_IN_PROGRESS", ""),
            (
                "Archive",
                "",
                "AWS::S3::Bucket",
                "UPDATE_FAILED",
                "it is taken",
            ),
            of_stack(INNER, "UPDATE_ROLLBACK_COMPLETE", ""),
        ];
        match (call.action(), call.field("StackName")) {
            ("UpdateStack", _) => {
                is_updating = true;
                call.answer(&format!("<StackId>{ORDERS}</StackId>"))
            }
            ("DescribeStacks", _) if is_updating => described(call, "UPDATE_ROLLBACK_COMPLETE"),
            ("DescribeStacks", _) => described(call, "CREATE_COMPLETE"),
            (_, INNER) => told_of(call, &of_inner, "2026-01-01", ""),
            _ if is_updating => told(call, &all),
            _ => told(call, &all[..1]),
        }
    })
    .await;
    let error = cloud.update(&spec(), |_| ()).await.unwrap_err();
    assert_eq!(reason(&error), refused);
}
