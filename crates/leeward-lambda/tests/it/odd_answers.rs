//! Functions that fail, outputs that are none, and what Lambda refuses: the emulator has none of it.

use crate::stand_in::{Answer, stand_in};
use leeward_error_taxonomy::{Category, Stage};
use leeward_lambda::{FunctionError, Invocation, Invoked, PayloadError};
use serde_json::Value;

const UNHANDLED: (&str, &str) = ("x-amz-function-error", "Unhandled");
const VERSION: (&str, &str) = ("x-amz-executed-version", "7");
/// `START` and a new line.
const LOG: (&str, &str) = ("x-amz-log-result", "U1RBUlQK");

fn orders() -> Invocation {
    Invocation::of("orders:live".parse().unwrap())
}

#[tokio::test]
async fn a_function_that_throws_is_run_once_and_told_with_its_log() {
    let thrown =
        r#"{"errorType":"NoFunds","errorMessage":"card=4111111111111111","stackTrace":["a.py"]}"#;
    let (lambda, stand_in) = stand_in(vec![Answer(200, &[UNHANDLED, LOG, VERSION], thrown)]).await;
    // Not even one that may run twice is run again for what it has thrown.
    let invocation = orders().with_log_tail().idempotent();
    let invoked: Invoked<Value> = lambda.invoke(&invocation, "input").await.unwrap();
    let failed = invoked.outcome.as_ref().unwrap_err();
    assert_eq!(failed.error_type.as_deref(), Some("NoFunds"));
    assert_eq!(
        (&*failed.stack_trace[0], failed.is_handled),
        ("a.py", false)
    );
    assert_eq!(invoked.log_tail.as_deref(), Some("START\n"));
    assert_eq!(invoked.version.as_deref(), Some("7"));
    let [request] = &stand_in.requests()[..] else {
        panic!("one request")
    };
    let line = request.uri().to_string();
    assert!(
        line.contains("/functions/orders%3Alive/invocations"),
        "{line}"
    );
    assert_eq!(request.headers()["x-amz-log-type"], "Tail");
}

#[tokio::test]
async fn what_a_function_has_written_is_not_printed() {
    let (lambda, _stand_in) = stand_in(vec![Answer(200, &[LOG], r#""hunter2""#)]).await;
    let invoked: Invoked<String> = lambda.invoke(&orders(), "input").await.unwrap();
    assert_eq!(
        format!("{invoked:?}"),
        "Invoked { failed: None, log_bytes: Some(6), version: None, .. }"
    );
    assert_eq!(invoked.outcome.as_deref(), Ok("hunter2"));
}

#[tokio::test]
async fn an_output_that_is_none_is_told_without_its_text() {
    for (body, problem) in [
        ("<html>hunter2", "is no JSON"),
        (r#"["hunter2""#, "ends too early"),
        (r#"{"hunter2":1}"#, "is not of the type that was asked for"),
    ] {
        let (lambda, _stand_in) = stand_in(vec![Answer(200, &[], body)]).await;
        let error = lambda.invoke::<_, Vec<String>>(&orders(), "input").await;
        let error = error.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains(problem) && !shown.contains("hunter2"),
            "{shown}"
        );
        assert_eq!(error.stage(), Stage::Answered);
        assert!(error.downcast_ref::<PayloadError>().is_some());
    }
    let (lambda, _stand_in) = stand_in(vec![Answer(200, &[], "")]).await;
    let nothing = lambda.invoke::<_, ()>(&orders(), "input").await.unwrap();
    nothing.into_output().unwrap();
}

#[tokio::test]
async fn what_lambda_refuses_is_a_failed_call_and_not_a_failed_function() {
    let throttled = r#"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","message":"Rate exceeded"}"#;
    for (status, code, body, category, calls) in [
        (
            429,
            "TooManyRequestsException",
            throttled,
            Category::RateLimit,
            2,
        ),
        (
            413,
            "RequestTooLargeException",
            "{}",
            Category::Validation,
            1,
        ),
        (
            502,
            "EC2UnexpectedException",
            "{}",
            Category::ServiceUnavailable,
            1,
        ),
        (500, "ServiceException", "{}", Category::Internal, 1),
    ] {
        let header: &'static [_] = Box::leak(Box::new([("x-amzn-errortype", code)]));
        let done = Answer(200, &[], "1");
        let (lambda, stand_in) = stand_in(vec![Answer(status, header, body), done]).await;
        let invoked = lambda.invoke::<_, u8>(&orders(), "input").await;
        assert_eq!(stand_in.requests().len(), calls, "{code}");
        match calls {
            // It was turned away before it ran, and taken the second time.
            2 => assert_eq!(invoked.unwrap().outcome, Ok(1)),
            _ => {
                let error = invoked.unwrap_err();
                assert_eq!((error.code(), error.category()), (Some(code), category));
                assert!(error.downcast_ref::<FunctionError>().is_none());
            }
        }
    }
}
