//! Change sets that are waited for, come to no end, or are dropped by somebody.

use crate::{
    stacks::{ORDERS, described, orders},
    stand_in::{Answer, Call, Calls, cloud_by, refusal},
};
use leeward_cloudformation::{
    ChangeSetFailed, ChangeSetName, CloudFormation, NoPreviousTemplate, Proposed, StackSpec,
    Template,
};
use leeward_error_taxonomy::Category;

pub(crate) fn larger() -> ChangeSetName {
    "larger".parse().unwrap()
}

/// A page of one change.
fn page(call: &Call, status: &str, resource: &str, next: &str) -> Answer {
    call.answer(&format!(
        "<ChangeSetId>arn:larger</ChangeSetId><ChangeSetName>larger</ChangeSetName><StackId>{ORDERS}</StackId>\
         <StackName>orders</StackName><Status>{status}</Status><Changes><member><Type>Resource</Type><ResourceChange>\
         <Action>Add</Action><LogicalResourceId>{resource}</LogicalResourceId><ResourceType>AWS::SNS::Topic</ResourceType>\
         </ResourceChange></member></Changes><NextToken>{next}</NextToken>"
    ))
}

#[tokio::test]
async fn all_pages_of_a_change_set_are_read() {
    let (cloud, _calls) = cloud_by(|call| match call.field("NextToken") {
        "" => page(call, "CREATE_COMPLETE", "First", "2"),
        _ => page(call, "CREATE_COMPLETE", "Second", ""),
    })
    .await;
    let set = cloud.change_set(orders(), &larger()).await.unwrap();
    assert_eq!(
        set.unwrap().to_string(),
        "change set larger of stack orders\n+ First (AWS::SNS::Topic)\n+ Second (AWS::SNS::Topic)"
    );
}

#[tokio::test]
async fn half_a_change_set_is_not_taken_for_the_whole() {
    let (cloud, calls) = cloud_by(|call| page(call, "CREATE_COMPLETE", "Topic", "again")).await;
    let error = cloud.change_set(orders(), &larger()).await.unwrap_err();
    assert_eq!(error.category(), Category::Internal);
    assert_eq!(calls.of("DescribeChangeSet"), 2);
}

#[tokio::test]
async fn a_new_stack_has_no_template_to_keep() {
    for status in [None, Some("REVIEW_IN_PROGRESS")] {
        let (cloud, calls) = cloud_by(move |call| match status {
            Some(status) => described(call, status),
            None => refusal((
                400,
                "ValidationError",
                "Stack with id orders does not exist",
            )),
        })
        .await;
        let spec = StackSpec::new(orders(), Template::previous());
        let proposed = cloud.create_change_set(&spec, &larger(), |_, _| ()).await;
        let error = proposed.unwrap_err();
        assert!(
            error.downcast_ref::<NoPreviousTemplate>().is_some(),
            "{error}"
        );
        assert_eq!(calls.of("CreateChangeSet"), 0);
    }
}

/// One that makes a change set, which is in these states, look by look, and in the last from then on; in `None` it is not to be seen.
async fn making<const N: usize>(states: [Option<&'static str>; N]) -> (CloudFormation, Calls) {
    let mut looks = 0;
    cloud_by(move |call| match call.action() {
        "DescribeStacks" => described(call, "CREATE_COMPLETE"),
        "CreateChangeSet" => call.answer("<Id>arn:larger</Id>"),
        _ => {
            looks += 1;
            match states[looks.min(N) - 1] {
                Some(state) => page(call, state, "Topic", ""),
                None => refusal((
                    404,
                    "ChangeSetNotFound",
                    "ChangeSet [larger] does not exist",
                )),
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_change_set_that_somebody_drops_is_not_waited_for() {
    let (cloud, _calls) = making([None, Some("CREATE_PENDING"), None]).await;
    let spec = StackSpec::new(orders(), Template::text("{}"));
    let proposed = cloud.create_change_set(&spec, &larger(), |_, _| ()).await;
    let error = proposed.unwrap_err();
    let failed = error.downcast_ref::<ChangeSetFailed>().unwrap();
    assert_eq!(failed.status.as_str(), "DELETE_COMPLETE");
    assert_eq!(
        error.to_string(),
        "change set larger came to DELETE_COMPLETE: somebody has dropped it (us-east-1)"
    );
}

#[tokio::test]
async fn each_look_at_a_change_set_that_is_made_is_told() {
    let (cloud, _calls) = making([
        None,
        Some("CREATE_PENDING"),
        Some("CREATE_IN_PROGRESS"),
        Some("CREATE_COMPLETE"),
    ])
    .await;
    let spec = StackSpec::new(orders(), Template::text("{}"));
    let (mut states, mut waits) = (Vec::new(), Vec::new());
    let proposed = cloud
        .create_change_set(&spec, &larger(), |state, waited| {
            states.push(state.to_owned());
            waits.push(waited);
        })
        .await
        .unwrap();
    assert!(matches!(proposed, Proposed::Changes(set) if set.changes.len() == 1));
    let expected = ["not to be seen", "CREATE_PENDING", "CREATE_IN_PROGRESS"];
    assert_eq!(states, expected);
    assert!(waits.is_sorted(), "{waits:?}");
}
