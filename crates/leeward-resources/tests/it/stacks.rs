//! Stacks and change sets, by what CloudFormation says of them.

use crate::stand_in::{ACCOUNT, resources};
use leeward_error_taxonomy::{AwsError, Category};
use leeward_resources::ResourceError;
use leeward_testkit::stand_in::Answer;

fn stack(account: &str) -> String {
    format!("arn:aws:cloudformation:us-east-1:{account}:stack/orders/0e7e2a10")
}

fn change_set() -> String {
    format!("arn:aws:cloudformation:us-east-1:{ACCOUNT}:changeSet/larger/0e7e2a10")
}

async fn exists(arn: &str, told: Answer) -> Result<bool, AwsError> {
    let (resources, stand_in) = resources(told).await;
    let told = resources.resource_exists(&arn.parse()?).await;
    let asked = String::from_utf8(stand_in.requests()[0].body().to_vec()).unwrap();
    assert!(
        asked.contains("0e7e2a10"),
        "it is asked by its ARN: {asked}"
    );
    told
}

fn described(status: &str) -> Answer {
    let id = stack(ACCOUNT);
    let stack = format!(
        "<Stacks><member><StackId>{id}</StackId><StackName>orders</StackName><StackStatus>{status}</StackStatus>\
         <CreationTime>2026-11-22T10:00:00Z</CreationTime></member></Stacks>"
    );
    Answer::query_result("DescribeStacks", &stack)
}

#[tokio::test]
async fn a_stack_is_there_until_it_is_deleted() {
    let absent = Answer::query_error(
        400,
        "ValidationError",
        "Stack with id orders does not exist",
    );
    for (told, there) in [
        (described("CREATE_COMPLETE"), true),
        (described("ROLLBACK_FAILED"), true),
        (described("DELETE_COMPLETE"), false),
        (absent, false),
    ] {
        assert_eq!(
            exists(&stack(ACCOUNT), told.clone()).await.unwrap(),
            there,
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn a_change_set_is_there_though_it_failed() {
    let of = |status: &str| {
        let id = change_set();
        let set = format!("<ChangeSetId>{id}</ChangeSetId><Status>{status}</Status>");
        Answer::query_result("DescribeChangeSet", &set)
    };
    for (told, there) in [
        (of("CREATE_COMPLETE"), true),
        (of("FAILED"), true),
        (of("DELETE_COMPLETE"), false),
        (
            Answer::query_error(404, "ChangeSetNotFound", "ChangeSet does not exist"),
            false,
        ),
    ] {
        assert_eq!(
            exists(&change_set(), told.clone()).await.unwrap(),
            there,
            "{told:?}"
        );
    }
}

#[tokio::test]
async fn other_answers_say_nothing_of_what_is_there() {
    for arn in [stack(ACCOUNT), change_set()] {
        let denied = Answer::query_error(403, "AccessDenied", "no identity-based policy allows it");
        let error = exists(&arn, denied).await.unwrap_err();
        assert_eq!(error.category(), Category::Authorization, "{error}");
        let odd = Answer::query_error(400, "ValidationError", "1 validation error detected");
        let error = exists(&arn, odd).await.unwrap_err();
        assert_eq!(error.category(), Category::Validation, "{error}");
    }
}

#[tokio::test]
async fn a_stack_of_another_account_is_not_said_not_to_be_there() {
    let absent = Answer::query_error(
        400,
        "ValidationError",
        "Stack with id orders does not exist",
    );
    let error = exists(&stack("444455556666"), absent).await.unwrap_err();
    let refused = error.downcast_ref::<ResourceError>();
    assert!(
        matches!(refused, Some(ResourceError::OtherAccount { .. })),
        "{error}"
    );
}
