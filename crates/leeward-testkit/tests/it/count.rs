//! Counters are exact, whatever becomes of a call.

use crate::{
    client::{EAST, WEST, hasty, patient, s3_with_bucket, two_regions},
    wire::until,
};
use aws_sdk_kms::Client;
use leeward_testkit::{Fault, Scope};

#[tokio::test]
async fn calls_at_once_are_all_counted() {
    let aws = two_regions().await;
    let half = Fault::throttling().with_rate(0.5).with_seed(5);
    aws.faults().inject(Scope::region(WEST), half);
    let mut calls = tokio::task::JoinSet::new();
    for region in [EAST, WEST] {
        let client = Client::new(&patient(&aws, &region));
        for at in 0..60 {
            let client = client.clone();
            calls.spawn(async move {
                if at % 3 == 0 {
                    let request = client.describe_key().key_id("no such key");
                    request.send().await.is_ok()
                } else {
                    client.list_keys().send().await.is_ok()
                }
            });
        }
    }
    let ok = calls.join_all().await.into_iter().filter(|ok| *ok).count();
    let counts = aws.counts();
    let total = counts.total();
    assert_eq!((total.calls, total.unanswered), (120, 0));
    assert_eq!(counts.calls("kms", "ListKeys"), 80);
    assert_eq!(counts.calls("kms", "DescribeKey"), 40);
    assert_eq!(total.ok, ok as u64);
    let east = counts.in_region(&EAST);
    assert_eq!((east.total().ok, east.total().errors), (40, 20));
    assert_eq!(east.total().faulted, 0);
    let west = counts.in_region(&WEST).total();
    assert_eq!(west.ok + west.errors + west.faulted, 60);
    assert!((15..45).contains(&west.faulted), "{west:?}");
    aws.shutdown().await;
}

#[tokio::test]
async fn operations_of_every_protocol_go_by_their_names() {
    let aws = two_regions().await;
    let config = patient(&aws, &EAST);
    let s3 = s3_with_bucket(&config).await;
    s3.list_objects_v2().bucket("bucket").send().await.unwrap();
    let sts = aws_sdk_sts::Client::new(&config);
    sts.get_caller_identity().send().await.unwrap();
    let logs = aws_sdk_cloudwatchlogs::Client::new(&config);
    logs.describe_log_groups().send().await.unwrap();
    let lambda = aws_sdk_lambda::Client::new(&config);
    lambda.list_functions().send().await.unwrap();

    let counts = aws.counts();
    let seen: Vec<_> = counts
        .iter()
        .map(|(region, service, operation, tally)| {
            assert_eq!((region, tally.ok), (&EAST, 1), "{service}.{operation}");
            format!("{service}.{operation}")
        })
        .collect();
    assert_eq!(
        seen,
        [
            "lambda.ListFunctions",
            "logs.DescribeLogGroups",
            "s3.CreateBucket",
            "s3.ListObjectsV2",
            "sts.GetCallerIdentity",
        ]
    );
    aws.shutdown().await;
}

#[tokio::test]
async fn connections_are_counted_while_open_and_for_ever() {
    let aws = two_regions().await;
    let (first, second) = (
        Client::new(&patient(&aws, &EAST)),
        Client::new(&patient(&aws, &EAST)),
    );
    for _ in 0..5 {
        first.list_keys().send().await.unwrap();
    }
    second.list_keys().send().await.unwrap();
    let counts = aws.counts();
    assert_eq!(
        (counts.open_connections(), counts.opened_connections()),
        (2, 2)
    );
    assert_eq!(counts.in_region(&WEST).opened_connections(), 0);
    drop(second);
    until(|| aws.counts().open_connections() == 1).await;
    aws.reset_counts();
    first.list_keys().send().await.unwrap();
    let counts = aws.counts();
    assert_eq!(
        (counts.open_connections(), counts.opened_connections()),
        (1, 0)
    );
    assert_eq!(counts.calls("kms", "ListKeys"), 1);
    aws.shutdown().await;
}

#[tokio::test]
async fn a_call_that_its_client_gave_up_stays_unanswered() {
    let aws = two_regions().await;
    aws.faults().inject(Scope::any(), Fault::black_hole());
    let client = Client::new(&hasty(&aws, &EAST));
    for _ in 0..3 {
        client.list_keys().send().await.unwrap_err();
    }
    until(|| aws.counts().open_connections() == 0).await;
    let tally = aws.counts().tally("kms", "ListKeys");
    assert_eq!((tally.calls, tally.unanswered), (3, 3));
    aws.shutdown().await;
}
