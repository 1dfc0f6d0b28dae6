//! Groups: whether they are there, what they are, and how they are made.

use crate::cloud::{calls, cloud, group};
use leeward_error_taxonomy::Category;
use leeward_logs::{Creation, GroupSettings, Retention};
use leeward_testkit::{Fault, Scope};

#[tokio::test]
async fn a_prefix_hit_is_not_the_group() {
    let (_aws, logs) = cloud().await;
    let settings = GroupSettings::new();
    logs.create_group(&group("/app/orders"), &settings)
        .await
        .unwrap();
    assert!(!logs.group_exists(&group("/app")).await.unwrap());
    assert!(logs.group_exists(&group("/app/orders")).await.unwrap());
    assert!(!logs.group_exists(&group("/app/orders2")).await.unwrap());
}

#[tokio::test]
async fn what_may_not_be_seen_is_not_absent() {
    let (aws, logs) = cloud().await;
    aws.faults().inject(Scope::any(), Fault::access_denied());
    let error = logs.group_exists(&group("/app")).await.unwrap_err();
    assert_eq!(error.category(), Category::Authorization, "{error}");
}

#[tokio::test]
async fn every_page_of_a_list_is_read() {
    let (aws, logs) = cloud().await;
    for number in 0..120 {
        let name = group(&format!("/app/{number:03}"));
        logs.create_group(&name, &GroupSettings::new())
            .await
            .unwrap();
    }
    logs.create_group(&group("/other"), &GroupSettings::new())
        .await
        .unwrap();
    let listed = logs.list_groups("/app/").collect_up_to(1_000).await;
    let listed = listed.unwrap();
    assert_eq!((listed.items.len(), listed.has_more), (120, false));
    assert_eq!(listed.items[119].name, "/app/119");
    assert_eq!(calls(&aws, "DescribeLogGroups"), 3);
    let some = logs.list_groups("").collect_up_to(7).await.unwrap();
    assert_eq!((some.items.len(), some.has_more), (7, true));
    assert_eq!(calls(&aws, "DescribeLogGroups"), 4);
}

#[tokio::test]
async fn a_group_that_is_there_already_is_an_outcome() {
    let (_aws, logs) = cloud().await;
    let name = group("/app/orders");
    let month = GroupSettings::new()
        .with_retention(Retention::MONTH)
        .with_tag("team", "orders");
    let create = || logs.create_group(&name, &month);
    assert_eq!(create().await.unwrap(), Creation::Created);
    logs.put_retention(&name, Retention::FOREVER).await.unwrap();
    let found = logs.describe_group(&name).await.unwrap().unwrap();
    assert_eq!(found.retention, Retention::FOREVER);
    assert_eq!(create().await.unwrap(), Creation::AlreadyThere);
    let found = logs.describe_group(&name).await.unwrap().unwrap();
    assert_eq!(found.retention, Retention::MONTH);
    let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/app/orders";
    let arn_of = |text: &str| text.split(':').skip(5).collect::<Vec<_>>().join(":");
    assert_eq!(found.arn.map(|found| arn_of(&found)), Some(arn_of(arn)));
}

#[tokio::test]
async fn what_failed_in_between_is_finished_by_the_same_call() {
    let (aws, logs) = cloud().await;
    let name = group("/app/orders");
    let week = GroupSettings::new().with_retention(Retention::WEEK);
    let put = Scope::any().operation("PutRetentionPolicy");
    aws.faults()
        .inject(put, Fault::access_denied().with_calls(1..=1));
    let error = logs.create_group(&name, &week).await.unwrap_err();
    assert_eq!(
        error.operation().unwrap().to_string(),
        "cloudwatchlogs.PutRetentionPolicy"
    );
    let again = logs.create_group(&name, &week).await.unwrap();
    assert_eq!(again, Creation::AlreadyThere);
    let found = logs.describe_group(&name).await.unwrap().unwrap();
    assert_eq!(found.retention, Retention::WEEK);
}

#[tokio::test]
async fn a_group_is_deleted_once() {
    let (aws, logs) = cloud().await;
    let name = group("/app/orders");
    logs.create_group(&name, &GroupSettings::new())
        .await
        .unwrap();
    assert!(logs.delete_group(&name).await.unwrap());
    assert!(!logs.delete_group(&name).await.unwrap());
    aws.faults().inject(
        Scope::any().operation("DeleteLogGroup"),
        Fault::access_denied(),
    );
    assert!(logs.delete_group(&name).await.is_err());
}

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_told_as_one() {
    let (aws, logs) = cloud().await;
    let delete = Scope::any().operation("DeleteLogGroup");
    aws.faults().inject(
        delete,
        Fault::error(503, "ServiceUnavailableException", "a bad day").with_calls(1..=1),
    );
    assert!(logs.delete_group(&group("/app/orders")).await.unwrap());
}

#[tokio::test]
async fn a_group_is_written_as_a_record() {
    let (_aws, logs) = cloud().await;
    let name = group("/app/orders");
    let week = GroupSettings::new().with_retention(Retention::WEEK);
    logs.create_group(&name, &week).await.unwrap();
    let found = logs.describe_group(&name).await.unwrap().unwrap();
    let record = serde_json::to_value(&found).unwrap();
    assert_eq!(record["name"], "/app/orders");
    assert_eq!(record["retention"], 7);
    let created = record["created"].as_str().unwrap();
    assert!(created > "2025" && created.ends_with('Z'), "{created}");
}
