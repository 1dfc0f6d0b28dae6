//! Functions are invoked; the emulator runs none, and answers `{}`.

use crate::cloud::{calls, cloud, create};
use leeward_error_taxonomy::{AwsError, Category, Stage};
use leeward_lambda::{Invocation, Lambda, MAX_EVENT_PAYLOAD, MAX_PAYLOAD, PayloadError};
use leeward_testkit::{Fault, Scope};
use serde_json::{Value, json};

fn of(name: &str) -> Invocation {
    Invocation::of(name.parse().unwrap())
}

async fn invoke(lambda: &Lambda, invocation: &Invocation) -> Result<Value, AwsError> {
    let invoked = lambda
        .invoke::<_, Value>(invocation, &json!({"id": 7}))
        .await?;
    invoked.into_output()
}

#[tokio::test]
async fn an_output_is_read() {
    let (_aws, lambda) = cloud().await;
    create(&lambda, "orders").await;
    let invoked = lambda
        .invoke::<_, Value>(&of("orders"), "input")
        .await
        .unwrap();
    assert_eq!(invoked.outcome, Ok(json!({})));
    assert_eq!(invoked.version.as_deref(), Some("$LATEST"));
    let error = lambda
        .invoke::<_, Vec<u8>>(&of("orders"), "input")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "lambda.Invoke: the output of the function is not of the type that was asked for (line 1, column 0) (us-east-1)"
    );
    assert_eq!(error.stage(), Stage::Answered);
}

#[tokio::test]
async fn what_may_have_run_is_not_run_again() {
    let (aws, lambda) = cloud().await;
    create(&lambda, "charge").await;
    let torn = aws
        .faults()
        .inject(Scope::any().operation("Invoke"), Fault::reset());
    let error = invoke(&lambda, &of("charge")).await.unwrap_err();
    assert_eq!(
        (error.attempts(), error.stage()),
        (Some(1), Stage::MaybeSent),
        "{error}"
    );
    lambda.send_event(&of("charge"), "event").await.unwrap_err();
    assert_eq!(calls(&aws, "Invoke"), 2);
    torn.clear();
}

#[tokio::test]
async fn what_may_run_twice_is_sent_again() {
    let (aws, lambda) = cloud().await;
    create(&lambda, "look-up").await;
    let torn = Fault::reset().with_calls(1..=1);
    aws.faults().inject(Scope::any().operation("Invoke"), torn);
    let output = invoke(&lambda, &of("look-up").idempotent()).await.unwrap();
    assert_eq!((output, calls(&aws, "Invoke")), (json!({}), 2));
}

#[tokio::test]
async fn what_lambda_turned_away_has_not_run_and_is_sent_again() {
    let (aws, lambda) = cloud().await;
    create(&lambda, "charge").await;
    let throttled = Fault::throttling().with_calls(1..=1);
    aws.faults()
        .inject(Scope::any().operation("Invoke"), throttled);
    invoke(&lambda, &of("charge")).await.unwrap();
    assert_eq!(calls(&aws, "Invoke"), 2);
}

#[tokio::test]
async fn what_lambda_would_refuse_is_not_sent() {
    let (aws, lambda) = cloud().await;
    // Two quotation marks are JSON's.
    let fits = "x".repeat(MAX_EVENT_PAYLOAD - 2);
    create(&lambda, "index").await;
    lambda.send_event(&of("index"), &fits).await.unwrap();
    let error = lambda
        .send_event(&of("index"), &format!("{fits}x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.stage(), error.category()),
        (Stage::NotSent, Category::Validation)
    );
    assert!(
        error.to_string().starts_with(
            "lambda.Invoke: the input has 1048577 bytes, and Lambda takes 1048576 at the most"
        ),
        "{error}"
    );
    let large = "x".repeat(MAX_PAYLOAD - 1);
    let error = lambda
        .invoke::<_, Value>(&of("index"), &large)
        .await
        .unwrap_err();
    let told = error.downcast_ref::<PayloadError>().unwrap();
    assert!(
        matches!(
            told,
            PayloadError::TooLarge {
                max: MAX_PAYLOAD,
                ..
            }
        ),
        "{told}"
    );
    assert_eq!(calls(&aws, "Invoke"), 1);
}

#[tokio::test]
async fn a_function_that_is_not_there_is_an_error_of_the_call() {
    let (_aws, lambda) = cloud().await;
    let error = invoke(&lambda, &of("nobodys")).await.unwrap_err();
    assert_eq!(
        (error.category(), error.code()),
        (Category::NotFound, Some("ResourceNotFoundException"))
    );
    let error = lambda.dry_run(&of("nobodys")).await.unwrap_err();
    assert_eq!(error.category(), Category::NotFound);
    create(&lambda, "orders").await;
    lambda
        .dry_run(&of("orders").with_qualifier("$LATEST".parse().unwrap()))
        .await
        .unwrap();
}
