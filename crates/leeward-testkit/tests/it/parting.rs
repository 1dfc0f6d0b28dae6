//! Connections that the server closes, and says nothing of it beforehand.

use crate::{
    client::{EAST, patient, s3_with_bucket},
    wire::{connect, read_to_end, send_list_keys, until},
};
use aws_sdk_kms::Client;
use leeward_testkit::{Aws, AwsBuilder, Fault, Latency, Scope};
use std::time::Duration;
use tokio::io::AsyncReadExt;

fn one_region() -> AwsBuilder {
    Aws::builder().with_region(EAST)
}

#[tokio::test]
async fn closes_after_an_answer_that_does_not_say_so() {
    let aws = one_region().closing_after_answers().start().await.unwrap();
    let mut connection = connect(&aws, &EAST).await.unwrap();
    send_list_keys(&mut connection).await;
    let (answer, end) = read_to_end(&mut connection).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with('}'), "{answer}");
    assert!(!answer.to_lowercase().contains("connection:"), "{answer}");
    end.unwrap();
    aws.shutdown().await;
}

#[tokio::test]
async fn an_answer_is_whole_before_its_connection_closes() {
    let aws = one_region().closing_after_answers().start().await.unwrap();
    let s3 = s3_with_bucket(&patient(&aws, &EAST)).await;
    let large = vec![7; 5 << 20];
    let put = s3.put_object().bucket("bucket").key("k");
    put.body(large.clone().into()).send().await.unwrap();
    let got = s3.get_object().bucket("bucket").key("k");
    let got = got.send().await.unwrap().body.collect().await.unwrap();
    assert_eq!(got.into_bytes(), large);
    until(|| aws.counts().open_connections() == 0).await;
    let counts = aws.counts();
    assert_eq!(counts.opened_connections(), counts.total().calls);
    aws.shutdown().await;
}

#[tokio::test]
async fn closes_what_is_idle_for_long_enough() {
    let timeout = Duration::from_millis(20);
    let aws = one_region()
        .with_idle_timeout(timeout)
        .start()
        .await
        .unwrap();
    let mut never_used = connect(&aws, &EAST).await.unwrap();
    let mut used = connect(&aws, &EAST).await.unwrap();
    send_list_keys(&mut used).await;
    let (answer, end) = read_to_end(&mut used).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    end.unwrap();
    assert_eq!(read_to_end(&mut never_used).await.0, "");
    aws.shutdown().await;
}

#[tokio::test]
async fn a_call_keeps_its_connection_from_being_idle() {
    let timeout = Duration::from_millis(20);
    let aws = one_region()
        .with_idle_timeout(timeout)
        .start()
        .await
        .unwrap();
    let slow = Fault::latency(Latency::fixed(Duration::from_millis(200)));
    aws.faults().inject(Scope::any(), slow);
    let kms = Client::new(&patient(&aws, &EAST));
    kms.list_keys().send().await.unwrap();
    assert_eq!(aws.counts().tally("kms", "ListKeys").ok, 1);
    aws.shutdown().await;
}

#[tokio::test]
async fn idle_connections_are_closed_on_demand_and_busy_ones_are_not() {
    let aws = one_region().start().await.unwrap();
    let mut idle = connect(&aws, &EAST).await.unwrap();
    send_list_keys(&mut idle).await;
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    until(|| aws.counts().total().unanswered == 0).await;

    let hole = Scope::any().service("kms").operation("ListKeys");
    let hole = aws.faults().inject(hole, Fault::black_hole());
    let mut busy = connect(&aws, &EAST).await.unwrap();
    send_list_keys(&mut busy).await;
    until(|| aws.counts().total().unanswered == 1).await;
    // The end of the first answer may still be under way.
    until(|| {
        aws.close_idle_connections();
        aws.counts().open_connections() == 1
    })
    .await;
    let (_, end) = read_to_end(&mut idle).await;
    end.unwrap();
    assert_eq!(aws.counts().total().unanswered, 1);
    hole.clear();
    assert_eq!(read_to_end(&mut busy).await.0, "");
    aws.shutdown().await;
}

#[tokio::test]
async fn an_sdk_client_takes_a_fresh_connection_for_a_closed_one() {
    let aws = one_region().start().await.unwrap();
    let kms = Client::new(&patient(&aws, &EAST));
    for calls in 1..=3 {
        kms.list_keys().send().await.unwrap();
        assert_eq!(aws.counts().connections_of("kms", "ListKeys"), calls);
        until(|| {
            aws.close_idle_connections();
            aws.counts().open_connections() == 0
        })
        .await;
    }
    assert_eq!(aws.counts().peak_connections(), 1);
    aws.shutdown().await;
}
