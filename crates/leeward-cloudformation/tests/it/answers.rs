//! What the answers of CloudFormation are taken for; whole jobs are played over an emulator by `cargo xtask interop --facades`.

use crate::{
    stacks::orders,
    stand_in::{Refusal, cloud},
};
use leeward_cloudformation::{
    NoPreviousTemplate, StackSpec, Template, TemplateTooLong, Validation,
};
use leeward_error_taxonomy::{AwsError, Category, Stage};
use leeward_resilience::Waiter;
use std::time::Duration;

async fn exists(refusal: Refusal) -> Result<bool, AwsError> {
    let (cloud, _calls) = cloud(vec![refusal]).await;
    cloud.stack_exists(&orders()).await
}

#[tokio::test]
async fn only_what_is_said_not_to_be_there_is_not_there() {
    let absent = (
        400,
        "ValidationError",
        "Stack with id orders does not exist",
    );
    assert!(!exists(absent).await.unwrap());
    let odd = (400, "ValidationError", "1 validation error detected");
    let odd = exists(odd).await.unwrap_err();
    assert_eq!(odd.code(), Some("ValidationError"));
    let told = "User: app is not authorized, and the role that it had does not exist";
    let denied = exists((403, "AccessDenied", told)).await.unwrap_err();
    assert_eq!(denied.category(), Category::Authorization);
}

#[tokio::test]
async fn what_has_a_token_is_sent_again_with_it() {
    let bad_day = (500, "InternalFailure", "a bad day");
    let there = (
        400,
        "AlreadyExistsException",
        "Stack [orders] already exists",
    );
    let (cloud, calls) = cloud(vec![bad_day, bad_day, there]).await;
    let spec = StackSpec::new(orders(), Template::text("{}"));
    let error = cloud.create(&spec, |_| ()).await.unwrap_err();
    assert_eq!(error.code(), Some("AlreadyExistsException"));
    assert_eq!(error.attempts(), Some(3));
    let calls = calls.all();
    let tokens: Vec<_> = calls
        .iter()
        .map(|call| call.field("ClientRequestToken"))
        .collect();
    assert!(tokens[0].starts_with("leeward-"), "{tokens:?}");
    assert_eq!(tokens, [tokens[0]; 3]);
}

#[tokio::test]
async fn a_template_that_is_wrong_is_an_answer() {
    let message = "Template format error: YAML not well-formed. (line 308, column 14)";
    let (cloud, _calls) = cloud(vec![(400, "ValidationError", message)]).await;
    let template = Template::text("Resources: {");
    let Validation::Invalid(wrong) = cloud.validate(&template).await.unwrap() else {
        panic!("it is taken");
    };
    assert_eq!(wrong.to_string(), message);
    assert_eq!(wrong.position.unwrap().to_string(), "line 308, column 14");
}

#[tokio::test]
async fn a_template_that_cannot_be_had_is_a_failure() {
    let (cloud, _calls) = cloud(vec![(400, "ValidationError", "S3 error: Access Denied")]).await;
    let template = Template::url("https://s3.us-east-1.amazonaws.com/archive/orders.yaml");
    let error = cloud.validate(&template).await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationError"));
}

#[tokio::test]
async fn what_is_too_long_or_has_no_time_is_not_sent() {
    let (cloud, calls) = cloud(vec![(500, "InternalFailure", "nobody asked")]).await;
    let long = StackSpec::new(orders(), Template::text(" ".repeat(51_201)));
    let error = cloud.create(&long, |_| ()).await.unwrap_err();
    assert_eq!(error.stage(), Stage::NotSent);
    // In bytes, not in letters.
    let long = Template::text("ü".repeat(25_601));
    let error = cloud.validate(&long).await.unwrap_err();
    assert!(error.downcast_ref::<TemplateTooLong>().is_some());
    let refused = cloud.with_waiter(Waiter::new(Duration::ZERO)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a wait for CloudFormation takes time, and the waiter has none"
    );
    assert!(calls.all().is_empty());
}

#[tokio::test]
async fn what_has_no_previous_template_is_not_asked_for_it() {
    let (cloud, calls) = cloud(vec![(500, "InternalFailure", "nobody asked")]).await;
    let previous = Template::previous();
    let made = cloud
        .create(&StackSpec::new(orders(), previous.clone()), |_| ())
        .await;
    let validated = cloud.validate(&previous).await;
    for error in [made.unwrap_err(), validated.unwrap_err()] {
        assert!(error.downcast_ref::<NoPreviousTemplate>().is_some());
        assert_eq!(error.stage(), Stage::NotSent);
    }
    assert!(calls.all().is_empty());
}
