//! What cannot be told is an error that says why, before anything is sent.

use crate::cloud::{Cloud, arn};
use leeward_error_taxonomy::{Category, Stage};
use leeward_resources::{Arn, InvalidResourceName, ResourceError};

#[tokio::test]
async fn what_is_not_told_of_is_refused_unsent() {
    let cloud = Cloud::start().await;
    for (arn, told) in [
        (
            arn("sqs", "orders"),
            "is of the service sqs, of which nothing is told here; told are resources of cloudformation, dynamodb, iam, lambda, logs and s3",
        ),
        (
            arn("dynamodb", "table/orders/backup/1"),
            "is of a kind that is not told of here; told are tables, their indexes and their streams",
        ),
        (
            arn("s3", "accesspoint/orders"),
            "is of a kind that is not told of here; told are general purpose buckets and objects",
        ),
        (
            arn("lambda", "function:*"),
            "is not the ARN of a resource: it has a * or ? as in a policy and stands for many: name one resource",
        ),
    ] {
        let error = cloud.exists(&arn).await.unwrap_err();
        assert_eq!(error.to_string(), format!("{arn} {told}"));
        assert_eq!(
            (error.category(), error.stage()),
            (Category::Validation, Stage::NotSent)
        );
        assert!(error.downcast_ref::<ResourceError>().is_some());
    }
    assert_eq!(cloud.aws.counts().total().calls, 0);
}

#[tokio::test]
async fn a_name_that_aws_would_refuse_is_refused_with_its_rule() {
    let cloud = Cloud::start().await;
    for (arn, rule) in [
        (arn("dynamodb", "table/ab"), "3 to 255 characters"),
        (
            arn("dynamodb", "table/a b/index/by-day"),
            "only letters, digits",
        ),
        (
            arn("cloudformation", "stack/1st/0e7e"),
            "begins with a letter",
        ),
        (arn("lambda", "function:or.ders"), "1 to 64 letters"),
        (arn("logs", "log-group:/äpp"), "without accents"),
        ("arn:aws:s3:::Orders".to_owned(), "lower-case letters"),
        (
            format!("arn:aws:s3:::orders/{}", "k".repeat(1_025)),
            "1 to 1024 bytes",
        ),
        (
            "arn:aws:iam::111122223333:role/a b".to_owned(),
            "1 to 64 letters",
        ),
    ] {
        let error = cloud.exists(&arn).await.unwrap_err();
        assert!(error.to_string().contains(rule), "{arn}: {error}");
        assert!(error.downcast_ref::<InvalidResourceName>().is_some());
    }
    assert_eq!(cloud.aws.counts().total().calls, 0);
}

#[test]
fn an_error_shows_neither_a_secret_nor_all_of_a_long_arn() {
    let secret = leeward_testkit::SECRET_ACCESS_KEY;
    let arn: Arn = format!(
        "arn:aws:sqs:us-east-1:111122223333:secret={secret}/{}",
        "é".repeat(5_000)
    )
    .parse()
    .unwrap();
    let error = leeward_resources::Resource::of(&arn).unwrap_err();
    let told = format!("{error} {error:?}");
    assert!(!told.contains(&secret[..10]), "{told}");
    assert!(told.chars().count() < 1_000, "{}", told.len());
}

#[cfg(feature = "serde")]
#[test]
fn an_arn_is_written_as_text_and_read_with_its_rule() {
    let text = r#""arn:aws:s3:::orders/2026""#;
    let arn: Arn = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&arn).unwrap(), text);
    let refused = serde_json::from_str::<Arn>(r#""orders/2026""#).unwrap_err();
    assert!(refused.to_string().contains("six parts"), "{refused}");
}
