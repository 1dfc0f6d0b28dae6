//! The writer of events: what it sends, sheds, cuts and loses.

use crate::cloud::{calls, cloud, cloud_of_single_attempts, group, messages, until};
use leeward_error_taxonomy::{AwsError, Category};
use leeward_logs::{
    Delivery, EventRefused, GroupSettings, InvalidLogWriter, LogGroupName, LogWriterBuilder, Logs,
    Oversize, Retention, Undelivered,
};
use leeward_testkit::{Fault, Scope};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const LONG: Duration = Duration::from_secs(60);

fn orders() -> LogGroupName {
    group("/app/orders")
}

/// A writer that goes by flushes alone.
fn writer(logs: &Logs) -> LogWriterBuilder {
    logs.writer(orders(), "host-1".parse().unwrap())
        .creating_group(GroupSettings::new().with_retention(Retention::WEEK))
        .with_max_delay(LONG)
}

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_000_000 + second)
}

fn put() -> Scope {
    Scope::any().operation("PutLogEvents")
}

#[track_caller]
fn undelivered(error: &AwsError) -> &Undelivered {
    error.downcast_ref().unwrap()
}

#[tokio::test]
async fn group_and_stream_are_made_when_they_are_missed() {
    let (aws, logs) = cloud().await;
    let writer = writer(&logs).build().unwrap();
    writer.write("one").unwrap();
    writer.write("two").unwrap();
    writer.flush(LONG).await.unwrap();
    assert_eq!(messages(&logs, &orders()).await, ["one", "two"]);
    let made = logs.describe_group(&orders()).await.unwrap().unwrap();
    assert_eq!(made.retention, Retention::WEEK);
    writer.write("three").unwrap();
    writer.shutdown(LONG).await.unwrap();
    let stats = writer.stats();
    assert_eq!((stats.taken, stats.sent, stats.batches), (3, 3, 2));
    assert_eq!((stats.waiting, stats.waiting_bytes), (0, 0));
    assert_eq!(calls(&aws, "CreateLogStream"), 2);
    assert_eq!(calls(&aws, "PutLogEvents"), 3);
}

#[tokio::test]
async fn an_event_does_not_wait_longer_than_it_may() {
    let (_aws, logs) = cloud().await;
    let writer = writer(&logs).with_max_delay(Duration::from_millis(20));
    let writer = writer.build().unwrap();
    writer.write("one").unwrap();
    until(|| writer.stats().sent == 1).await;
}

#[tokio::test]
async fn a_group_that_nobody_is_to_make_loses_events_loudly() {
    let (_aws, logs) = cloud().await;
    let writer = logs.writer(orders(), "host-1".parse().unwrap());
    let writer = writer.build().unwrap();
    writer.write("one").unwrap();
    let error = writer.flush(LONG).await.unwrap_err();
    let told = undelivered(&error);
    assert_eq!((told.waiting, told.lost), (0, 1));
    let reason = told.reason.as_deref().unwrap();
    assert!(reason.contains("ResourceNotFoundException"), "{reason}");
    assert_eq!(error.category(), Category::NotFound);
    assert_eq!(
        error.to_string(),
        format!("log events were not delivered: 1 lost; the last loss: {reason}")
    );
    assert_eq!(writer.stats().lost, 1);
    assert!(!logs.group_exists(&orders()).await.unwrap());
    // The next one knows nothing of it.
    writer.flush(LONG).await.unwrap();
}

#[tokio::test]
async fn batches_are_as_full_as_aws_takes_them() {
    let (aws, logs) = cloud().await;
    logs.create_group(&orders(), &GroupSettings::new())
        .await
        .unwrap();
    let writer = writer(&logs).build().unwrap();
    writer.write_at(at(0), "first").unwrap();
    writer.flush(LONG).await.unwrap();
    let before = calls(&aws, "PutLogEvents");
    for number in 0..25_000 {
        writer.write_at(at(number), number.to_string()).unwrap();
    }
    writer.flush(LONG).await.unwrap();
    assert_eq!(calls(&aws, "PutLogEvents") - before, 3);
    let big = "x".repeat(400_000);
    for number in 0..5 {
        writer.write_at(at(number), &*big).unwrap();
    }
    writer.flush(LONG).await.unwrap();
    assert_eq!(calls(&aws, "PutLogEvents") - before, 3 + 3);
    for day in [0, 1, 2] {
        writer.write_at(at(day * 86_400), "daily").unwrap();
    }
    writer.flush(LONG).await.unwrap();
    assert_eq!(calls(&aws, "PutLogEvents") - before, 6 + 3);
    assert_eq!(messages(&logs, &orders()).await.len(), 25_009);
}

#[tokio::test]
async fn a_batch_is_in_the_order_of_time() {
    let (_aws, logs) = cloud().await;
    let writer = writer(&logs).build().unwrap();
    for (second, message) in [(3, "c"), (1, "a"), (2, "b"), (1, "a2")] {
        writer.write_at(at(second), message).unwrap();
    }
    writer.flush(LONG).await.unwrap();
    assert_eq!(messages(&logs, &orders()).await, ["a", "a2", "b", "c"]);
}

#[tokio::test]
async fn a_full_queue_sheds_and_says_so() {
    let (aws, logs) = cloud().await;
    aws.faults().inject(put(), Fault::black_hole());
    let writer = writer(&logs).with_max_events(2).build().unwrap();
    writer.write("one").unwrap();
    writer.write("two").unwrap();
    assert_eq!(writer.write("three"), Err(EventRefused::Full));
    let wait = Duration::from_millis(50);
    let error = writer.flush(wait).await.unwrap_err();
    assert_eq!(undelivered(&error).waiting, 2, "{error}");
    // What is under way takes room too.
    assert_eq!(writer.write("four"), Err(EventRefused::Full));
    let error = writer.shutdown(wait).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "log events were not delivered: 2 not sent yet"
    );
    assert_eq!(writer.write("five"), Err(EventRefused::Closed));
    let stats = writer.stats();
    assert_eq!((stats.taken, stats.shed, stats.refused), (2, 2, 1));
}

#[tokio::test]
async fn what_aws_would_not_take_is_refused_at_once() {
    let (aws, logs) = cloud().await;
    let writer = writer(&logs)
        .with_max_message(64)
        .with_oversize(Oversize::Refuse)
        .build()
        .unwrap();
    assert_eq!(writer.write(""), Err(EventRefused::Empty));
    let before = UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(
        writer.write_at(before, "one"),
        Err(EventRefused::BeforeEpoch)
    );
    let refused = writer.write("x".repeat(65)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a log event of 65 bytes is too long: 64 are the most"
    );
    writer.shutdown(LONG).await.unwrap();
    assert_eq!(writer.stats().refused, 3);
    assert_eq!(calls(&aws, "PutLogEvents"), 0);
}

#[tokio::test]
async fn what_is_too_long_is_cut_and_counted() {
    let (_aws, logs) = cloud().await;
    let writer = writer(&logs).with_max_message(64).build().unwrap();
    writer.write("x".repeat(200)).unwrap();
    writer.flush(LONG).await.unwrap();
    let found = messages(&logs, &orders()).await;
    assert!(found[0].ends_with("x… [155 bytes cut]"), "{found:?}");
    assert_eq!(writer.stats().cut, 1);
}

#[tokio::test]
async fn what_passes_is_tried_beyond_the_attempts_of_one_call() {
    let (aws, logs) = cloud_of_single_attempts().await;
    let bad_day = Fault::error(503, "ServiceUnavailableException", "a bad day");
    aws.faults().inject(put(), bad_day.with_calls(1..=2));
    let writer = writer(&logs).build().unwrap();
    writer.write("one").unwrap();
    writer.flush(LONG).await.unwrap();
    assert_eq!(messages(&logs, &orders()).await, ["one"]);
    assert_eq!(writer.stats().sent, 1);
}

#[tokio::test]
async fn what_does_not_pass_in_time_is_lost_and_told() {
    let (aws, logs) = cloud().await;
    aws.faults().inject(put(), Fault::access_denied());
    let writer = writer(&logs).build().unwrap();
    writer.write("one").unwrap();
    let error = writer.shutdown(LONG).await.unwrap_err();
    let told = undelivered(&error);
    assert_eq!((told.waiting, told.lost), (0, 1));
    assert_eq!(calls(&aws, "PutLogEvents"), 1);
}

#[tokio::test]
async fn a_batch_that_aws_has_already_is_sent() {
    let (aws, logs) = cloud().await;
    let known = Fault::error(400, "DataAlreadyAcceptedException", "known");
    aws.faults().inject(put(), known);
    let writer = writer(&logs).build().unwrap();
    writer.write("one").unwrap();
    writer.flush(LONG).await.unwrap();
    assert_eq!(writer.stats().sent, 1);
}

#[tokio::test]
async fn a_lost_answer_is_a_second_sending_only_where_that_may_be() {
    for (delivery, sent, lost) in [(Delivery::AtLeastOnce, 1, 0), (Delivery::AtMostOnce, 0, 1)] {
        let (aws, logs) = cloud().await;
        aws.faults().inject(put(), Fault::reset().with_calls(1..=1));
        let writer = writer(&logs).with_delivery(delivery).build().unwrap();
        writer.write("one").unwrap();
        assert_eq!(writer.flush(LONG).await.is_ok(), lost == 0);
        let stats = writer.stats();
        assert_eq!((stats.sent, stats.lost), (sent, lost), "{delivery:?}");
    }
}

#[tokio::test]
async fn what_waits_is_sent_after_the_last_clone_is_gone() {
    let (aws, logs) = cloud().await;
    let writer = writer(&logs).build().unwrap();
    writer.clone().write("one").unwrap();
    drop(writer);
    until(|| calls(&aws, "PutLogEvents") == 2).await;
}

#[test]
fn the_end_of_the_runtime_closes_the_writer() {
    let build = || tokio::runtime::Runtime::new().unwrap();
    let (kept, ended) = (build(), build());
    let (_aws, logs) = kept.block_on(cloud());
    let writer = writer(&logs).with_runtime(ended.handle().clone());
    let writer = writer.build().unwrap();
    writer.write("one").unwrap();
    drop(ended);
    assert_eq!(writer.write("two"), Err(EventRefused::Closed));
    let error = kept.block_on(writer.flush(LONG)).unwrap_err();
    assert_eq!(undelivered(&error).waiting, 1);
}

#[tokio::test]
async fn numbers_that_cannot_be_meant_are_refused() {
    let (_aws, logs) = cloud().await;
    let refused = |builder: LogWriterBuilder| builder.build().unwrap_err();
    let writer = || writer(&logs);
    assert_eq!(
        refused(writer().with_max_events(0)).to_string(),
        "the number of events of a writer of log events is zero"
    );
    let small = refused(writer().with_max_bytes(1_000));
    assert!(matches!(small, InvalidLogWriter::QueueTooSmall { .. }));
    for bytes in [0, 63, 1_048_551] {
        let refused = refused(writer().with_max_message(bytes));
        assert!(matches!(refused, InvalidLogWriter::MaxMessage { .. }));
    }
    let slow = refused(writer().with_max_delay(Duration::from_secs(86_400)));
    assert!(matches!(slow, InvalidLogWriter::Delay { .. }));
    let hasty = refused(writer().with_retry_for(Duration::ZERO));
    assert!(matches!(hasty, InvalidLogWriter::Zero { .. }));
}

#[test]
fn without_a_runtime_there_is_no_writer() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_aws, logs) = runtime.block_on(cloud());
    let refused = writer(&logs).build().unwrap_err();
    assert_eq!(refused, InvalidLogWriter::NoRuntime);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tasks_write_without_loss() {
    let (_aws, logs) = cloud().await;
    let writer = writer(&logs).build().unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let writer = writer.clone();
            tokio::runtime::Handle::current().spawn(async move {
                for number in 0..1_250 {
                    writer.write(format!("{task}-{number}")).unwrap();
                    if number % 100 == 0 {
                        tokio::task::yield_now().await;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    writer.shutdown(LONG).await.unwrap();
    let mut found = messages(&logs, &orders()).await;
    found.sort();
    found.dedup();
    assert_eq!((found.len(), writer.stats().sent), (10_000, 10_000));
}
