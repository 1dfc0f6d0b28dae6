//! What is told by `tracing` of events that do not arrive.

use crate::cloud::{cloud, group, until};
use leeward_testkit::{Fault, Scope};
use std::{
    fmt::{Debug, Write},
    sync::{Arc, Mutex},
    time::Duration,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Keeps the events of `leeward::logs` as text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "leeward::logs"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn whatever_does_not_arrive_is_told_by_its_number_and_never_by_its_text() {
    let lines = Lines::default();
    let _told = tracing::subscriber::set_default(lines.clone());
    let (aws, logs) = cloud().await;
    aws.faults()
        .inject(Scope::any().operation("PutLogEvents"), Fault::black_hole());
    let writer = logs.writer(group("/app/orders"), "host-1".parse().unwrap());
    let writer = writer.with_max_events(2).build().unwrap();
    for _ in 0..3 {
        // The third finds the queue full.
        let _ = writer.write("hunter2");
    }
    writer
        .shutdown(Duration::from_millis(50))
        .await
        .unwrap_err();
    let told = || lines.0.lock().unwrap().clone();
    until(|| told().len() == 2).await;
    let [shed, unsent] = &told()[..] else {
        panic!("two lines")
    };
    assert!(
        shed.starts_with("WARN") && shed.contains("shed=1"),
        "{shed}"
    );
    assert!(unsent.contains("unsent=2"), "{unsent}");
    assert!(!told().concat().contains("hunter2"));
    assert_eq!(writer.stats().waiting, 2);
}
