//! Insights queries: waited for, and stopped.

use crate::cloud::{calls, cloud, group, until};
use leeward_error_taxonomy::{AwsError, Category};
use leeward_logs::{GroupSettings, Logs, Query, QueryResult, Waiter};
use leeward_resilience::WaitTimedOut;
use leeward_testkit::{Aws, Fault, Scope};
use std::time::{Duration, UNIX_EPOCH};

async fn cloud_with_group() -> (Aws, Logs) {
    let (aws, logs) = cloud().await;
    logs.create_group(&group("/app/orders"), &GroupSettings::new())
        .await
        .unwrap();
    (aws, logs)
}

async fn ask(logs: &Logs, name: &str, wait: Duration) -> Result<QueryResult, AwsError> {
    let to = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    let query = Query::new("fields @message", to - Duration::from_secs(60), to).over(group(name));
    logs.query(&query, &Waiter::new(wait), |_, _| {}).await
}

const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_query_that_is_complete_is_not_stopped() {
    let (aws, logs) = cloud_with_group().await;
    let found = ask(&logs, "/app/orders", LONG).await.unwrap();
    assert!(found.rows.is_empty() && !found.has_more);
    // Had it been begun, it would be counted by the end of another call.
    ask(&logs, "/app/orders", LONG).await.unwrap();
    assert_eq!(calls(&aws, "StopQuery"), 0);
}

#[tokio::test]
async fn a_query_of_a_group_that_is_not_there_fails_at_once() {
    let (aws, logs) = cloud_with_group().await;
    let error = ask(&logs, "/nobodys", LONG).await.unwrap_err();
    assert_eq!(error.category(), Category::NotFound);
    assert_eq!(calls(&aws, "GetQueryResults"), 0);
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_stopped() {
    let (aws, logs) = cloud_with_group().await;
    let results = Scope::any().operation("GetQueryResults");
    aws.faults().inject(results, Fault::black_hole());
    let error = ask(&logs, "/app/orders", Duration::from_millis(100)).await;
    let error = error.unwrap_err();
    assert!(error.downcast_ref::<WaitTimedOut>().is_some(), "{error}");
    until(|| calls(&aws, "StopQuery") == 1).await;
}

#[tokio::test]
async fn a_query_that_is_dropped_is_stopped() {
    let (aws, logs) = cloud_with_group().await;
    let results = Scope::any().operation("GetQueryResults");
    aws.faults().inject(results, Fault::black_hole());
    {
        let asked = ask(&logs, "/app/orders", LONG);
        let begun = until(|| calls(&aws, "GetQueryResults") == 1);
        tokio::select! {
            _ = asked => panic!("nothing answers"),
            () = begun => {}
        }
    }
    until(|| calls(&aws, "StopQuery") == 1).await;
}

#[tokio::test]
async fn a_query_whose_results_may_not_be_had_is_stopped() {
    let (aws, logs) = cloud_with_group().await;
    let results = Scope::any().operation("GetQueryResults");
    aws.faults().inject(results, Fault::access_denied());
    let error = ask(&logs, "/app/orders", LONG).await.unwrap_err();
    assert_eq!(error.category(), Category::Authorization);
    until(|| calls(&aws, "StopQuery") == 1).await;
}

#[tokio::test]
async fn a_look_that_fails_is_one_of_several() {
    let (aws, logs) = cloud_with_group().await;
    aws.faults().inject(
        Scope::any().operation("GetQueryResults"),
        Fault::throttling().with_calls(1..=2),
    );
    ask(&logs, "/app/orders", LONG).await.unwrap();
    assert_eq!(calls(&aws, "StartQuery"), 1);
}
