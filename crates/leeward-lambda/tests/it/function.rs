//! Functions are looked up.

use crate::cloud::{calls, cloud, create};
use leeward_error_taxonomy::Category;
use leeward_testkit::{Fault, Scope};
use std::time::Duration;

#[tokio::test]
async fn what_is_not_there_is_told_from_what_may_not_be_seen() {
    let (aws, lambda) = cloud().await;
    create(&lambda, "orders").await;
    let (orders, nobodys) = ("orders".parse().unwrap(), "nobodys".parse().unwrap());
    assert!(lambda.function_exists(&orders).await.unwrap());
    assert!(!lambda.function_exists(&nobodys).await.unwrap());
    assert_eq!(lambda.describe(&nobodys).await.unwrap(), None);
    aws.faults().inject(Scope::any(), Fault::access_denied());
    for name in [orders, nobodys] {
        let error = lambda.function_exists(&name).await.unwrap_err();
        assert_eq!(error.category(), Category::Authorization, "{error}");
    }
}

#[tokio::test]
async fn a_function_is_described() {
    let (_aws, lambda) = cloud().await;
    create(&lambda, "orders").await;
    let name = "orders".parse().unwrap();
    let orders = lambda.describe(&name).await.unwrap().unwrap();
    assert_eq!(
        (orders.name.as_str(), orders.timeout),
        ("orders", Some(Duration::from_secs(7)))
    );
    assert_eq!(
        (orders.runtime.as_deref(), orders.handler.as_deref()),
        (Some("python3.12"), Some("main.handle"))
    );
    assert_eq!(orders.memory_megabytes, Some(256));
    assert!(orders.arn.ends_with(":function:orders"), "{}", orders.arn);
    #[cfg(feature = "serde")]
    assert_eq!(
        serde_json::to_value(&orders).unwrap()["memory_megabytes"],
        256
    );
}

#[tokio::test]
async fn a_list_survives_what_passes() {
    let (aws, lambda) = cloud().await;
    for name in ["one", "two", "three"] {
        create(&lambda, name).await;
    }
    let torn = Fault::reset().with_calls(1..=1);
    aws.faults().inject(Scope::any(), torn);
    let listed = lambda.list().collect_up_to(100).await.unwrap();
    let mut names: Vec<_> = listed
        .items
        .into_iter()
        .map(|function| function.name)
        .collect();
    names.sort();
    assert_eq!(
        (names.join(" ").as_str(), listed.has_more),
        ("one three two", false)
    );
    assert_eq!(calls(&aws, "ListFunctions"), 2);
}
