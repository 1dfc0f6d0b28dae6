//! Events: filters and tails.

use crate::{
    cloud::{calls, cloud, cloud_of_single_attempts, group},
    stand_in::stand_in,
};
use leeward_logs::{EventFilter, InvalidTail, LogWriter, Logs, Tail};
use leeward_testkit::{Aws, Fault, Scope};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECOND: Duration = Duration::from_secs(1);

async fn written(logs: &Logs) -> LogWriter {
    let name = group("/app/orders");
    let writer = logs
        .writer(name, "host-1".parse().unwrap())
        .creating_group(Default::default());
    let writer = writer.build().unwrap();
    for (second, message) in [(10, "INFO one"), (20, "ERROR two"), (30, "ERROR three")] {
        writer.write_at(at(second), message).unwrap();
    }
    writer.flush(20 * SECOND).await.unwrap();
    writer
}

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_000_000 + second)
}

async fn found(logs: &Logs, filter: EventFilter) -> Vec<String> {
    let found = logs.filter_events(&filter).collect_up_to(10).await;
    let found = found.unwrap().items.into_iter();
    found.map(|event| event.message).collect()
}

#[tokio::test]
async fn a_filter_lets_through_what_it_says() {
    let (_aws, logs) = cloud().await;
    written(&logs).await;
    let all = EventFilter::new(group("/app/orders"));
    assert_eq!(
        found(&logs, all.clone()).await,
        ["INFO one", "ERROR two", "ERROR three"]
    );
    let errors = all.clone().with_pattern("ERROR");
    assert_eq!(
        found(&logs, errors.clone()).await,
        ["ERROR two", "ERROR three"]
    );
    assert_eq!(found(&logs, errors.from(at(21))).await, ["ERROR three"]);
    assert_eq!(found(&logs, all.clone().to(at(11))).await, ["INFO one"]);
    let elsewhere = all.with_stream("host-2".parse().unwrap());
    assert!(found(&logs, elsewhere).await.is_empty());
}

/// The emulator lets streams through whatever they begin with.
#[tokio::test]
async fn a_filter_names_streams_or_what_they_begin_with() {
    let (logs, calls) = stand_in(|_| (200, json!({"events": []}))).await;
    let all = EventFilter::new(group("/app/orders"));
    for (filter, streams, prefix) in [
        (all.clone(), Value::Null, Value::Null),
        (
            all.clone().with_stream("host-1".parse().unwrap()),
            json!(["host-1"]),
            Value::Null,
        ),
        (
            all.with_stream_prefix("host-".parse().unwrap()),
            Value::Null,
            json!("host-"),
        ),
    ] {
        assert!(found(&logs, filter).await.is_empty());
        let asked = calls.of("FilterLogEvents").pop().unwrap().input;
        assert_eq!(asked["logStreamNames"], streams);
        assert_eq!(asked["logStreamNamePrefix"], prefix);
    }
}

#[tokio::test]
async fn an_event_is_told_with_all_but_its_text() {
    let (_aws, logs) = cloud().await;
    written(&logs).await;
    let all = EventFilter::new(group("/app/orders"));
    let event = logs.filter_events(&all).next().await.unwrap().unwrap();
    assert_eq!((&event.stream[..], event.at), ("host-1", at(10)));
    let text = format!("{event:?}");
    assert!(
        !text.contains("INFO") && text.contains("bytes: 8"),
        "{text}"
    );
}

#[tokio::test]
async fn a_tail_goes_on_through_what_passes() {
    let (aws, logs) = cloud_of_single_attempts().await;
    let writer = written(&logs).await;
    let filter = EventFilter::new(group("/app/orders")).from(at(25));
    let tail = Tail::new(filter).with_interval(SECOND / 10);
    let mut tail = logs.tail(&tail).unwrap();
    let event = tail.next().await.unwrap().unwrap();
    assert_eq!(event.message, "ERROR three");
    bad_day(&aws);
    writer.write("INFO four").unwrap();
    writer.flush(20 * SECOND).await.unwrap();
    // The emulator gives an event another id at each look: that it is told once in several is seen over ministack.
    let event = tail.next().await.unwrap().unwrap();
    assert_eq!(event.message, "INFO four");
    assert!(calls(&aws, "FilterLogEvents") >= 4);
}

/// More failures than one call takes.
fn bad_day(aws: &Aws) {
    aws.faults().inject(
        Scope::any().operation("FilterLogEvents"),
        Fault::error(503, "ServiceUnavailableException", "a bad day").with_calls(1..=2),
    );
}

#[tokio::test]
async fn a_tail_ends_with_what_does_not_pass() {
    let (_aws, logs) = cloud().await;
    let tail = Tail::new(EventFilter::new(group("/nobodys")));
    let mut tail = logs.tail(&tail).unwrap();
    let error = tail.next().await.unwrap().unwrap_err();
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
    assert!(tail.next().await.is_none());
}

#[tokio::test]
async fn a_tail_that_cannot_be_meant_is_refused() {
    let (_aws, logs) = cloud().await;
    let all = EventFilter::new(group("/app/orders"));
    let refused = |tail: Tail| logs.tail(&tail).unwrap_err();
    assert_eq!(
        refused(Tail::new(all.clone().to(at(1)))),
        InvalidTail::HasEnd
    );
    let restless = Tail::new(all.clone()).with_interval(Duration::ZERO);
    assert!(matches!(refused(restless), InvalidTail::Interval { .. }));
    let forgetful = Tail::new(all.clone()).with_overlap(Duration::ZERO);
    assert!(matches!(refused(forgetful), InvalidTail::Overlap { .. }));
    let hasty = Tail::new(all).with_retry_for(Duration::ZERO);
    assert!(matches!(refused(hasty), InvalidTail::NoTime));
}
