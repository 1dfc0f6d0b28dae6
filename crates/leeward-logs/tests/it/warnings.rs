//! What is told by `tracing` of events that do not arrive.

use crate::cloud::{cloud, group, until};
use leeward_testkit::{Fault, Log, Scope};
use std::time::Duration;

#[tokio::test]
async fn whatever_does_not_arrive_is_told_by_its_number_and_never_by_its_text() {
    let (log, _guard) = Log::of("leeward::logs");
    let (aws, logs) = cloud().await;
    aws.faults()
        .inject(Scope::any().operation("PutLogEvents"), Fault::black_hole());
    let writer = logs.writer(group("/app/orders"), "host-1".parse().unwrap());
    let writer = writer.with_max_events(2).build().unwrap();
    for _ in 0..5 {
        // The third finds the queue full, and so do the two behind it.
        let _ = writer.write("hunter2");
    }
    writer
        .shutdown(Duration::from_millis(50))
        .await
        .unwrap_err();
    let told = || log.lines();
    until(|| told().len() == 3).await;
    let [shed, rest, unsent] = &told()[..] else {
        panic!("three lines")
    };
    assert!(
        shed.starts_with("WARN") && shed.contains("shed=1"),
        "{shed}"
    );
    // Those of the half minute after it are told together, at the end of the writer at the latest.
    assert!(
        rest.starts_with("WARN") && rest.contains("shed=2"),
        "{rest}"
    );
    assert!(unsent.contains("unsent=2"), "{unsent}");
    assert!(!told().concat().contains("hunter2"));
    assert_eq!(writer.stats().waiting, 2);
}
