//! Tables: there or not, made, waited for, gone.

use crate::cloud::{orders, region, region_with_orders, table};
use leeward_dynamodb::KeySchema;
use leeward_error_taxonomy::Category;
use leeward_resilience::{WaitTimedOut, Waiter};
use leeward_testkit::{Fault, Scope};
use std::time::Duration;

const SOON: Waiter =
    Waiter::new(Duration::from_millis(300)).with_interval(Duration::from_millis(10));

#[tokio::test]
async fn only_not_found_says_that_a_table_is_not_there() {
    let (aws, db) = region_with_orders().await;
    assert!(db.table_exists(&orders()).await.unwrap());
    let nobodys = "nobodys".parse().unwrap();
    assert!(!db.table_exists(&nobodys).await.unwrap());
    assert_eq!(db.describe_table(&nobodys).await.unwrap(), None);
    aws.faults().inject(Scope::any(), Fault::access_denied());
    let error = db.table_exists(&nobodys).await.unwrap_err();
    assert_eq!(error.category(), Category::Authorization);
}

#[tokio::test]
async fn a_table_is_told_at_a_glance() {
    let (_aws, db) = region_with_orders().await;
    let table = db.describe_table(&orders()).await.unwrap().unwrap();
    assert_eq!(
        (table.name.as_str(), table.status.as_str()),
        ("orders", "ACTIVE")
    );
    assert_eq!(table.key, Some(KeySchema::new("customer").with_sort("nr")));
    #[cfg(feature = "serde")]
    assert_eq!(
        serde_json::to_value(&table).unwrap()["key"],
        serde_json::json!({"partition": "customer", "sort": "nr"})
    );
}

#[tokio::test]
async fn all_tables_are_listed() {
    let (_aws, db) = region().await;
    for nr in 0..103 {
        db.create_table(table(&format!("t-{nr:03}"))).await.unwrap();
    }
    let tables = db.tables().collect_up_to(1_000).await.unwrap();
    assert_eq!((tables.items.len(), tables.has_more), (103, false));
    assert_eq!(tables.items[102].as_str(), "t-102");
}

#[tokio::test]
async fn what_was_made_is_waited_for_and_what_is_deleted_too() {
    let (aws, db) = region().await;
    db.create_table(table("orders")).await.unwrap();
    // What passes is one more look.
    let fault = Fault::error(500, "InternalServerError", "a bad day").with_calls(1..=2);
    aws.faults()
        .inject(Scope::any().operation("DescribeTable"), fault);
    let long = Waiter::new(Duration::from_secs(60)).with_interval(Duration::from_millis(10));
    db.wait_active(&orders(), &long, |_, _| {}).await.unwrap();
    assert!(db.delete_table(&orders()).await.unwrap());
    db.wait_gone(&orders(), &long, |_, _| {}).await.unwrap();
    assert!(!db.delete_table(&orders()).await.unwrap());
}

#[tokio::test]
async fn a_wait_that_is_over_tells_the_last_state() {
    let (_aws, db) = region_with_orders().await;
    let mut told = Vec::new();
    let table = orders();
    let gone = db.wait_gone(&table, &SOON, |state, _| told.push(state.to_owned()));
    let error = gone.await.unwrap_err();
    let timed_out = error.downcast_ref::<WaitTimedOut>().unwrap();
    assert_eq!(timed_out.state(), Some("ACTIVE"));
    assert!(told.iter().all(|state| state == "ACTIVE") && !told.is_empty());
    let nobodys = "nobodys".parse().unwrap();
    let error = db
        .wait_active(&nobodys, &SOON, |_, _| {})
        .await
        .unwrap_err();
    let timed_out = error.downcast_ref::<WaitTimedOut>().unwrap();
    assert_eq!(timed_out.state(), Some("absent"));
}
