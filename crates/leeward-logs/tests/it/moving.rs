//! Futures that move to other threads.

use crate::cloud::{cloud, group};
use leeward_logs::{EventFilter, GroupSettings, Query, Retention, Tail, Waiter};
use std::time::{Duration, UNIX_EPOCH};

const LONG: Duration = Duration::from_secs(60);

fn moves<T: Send>(_: T) {}

#[tokio::test]
async fn every_future_moves_to_another_thread() {
    let (_aws, logs) = cloud().await;
    let name = group("/app/orders");
    let filter = EventFilter::new(name.clone());
    let query = Query::new("fields @message", UNIX_EPOCH, UNIX_EPOCH + LONG);
    let (settings, waiter) = (GroupSettings::new(), Waiter::new(LONG));
    moves(logs.group_exists(&name));
    moves(logs.describe_group(&name));
    moves(logs.list_groups("").collect_up_to(1));
    moves(logs.create_group(&name, &settings));
    moves(logs.put_retention(&name, Retention::WEEK));
    moves(logs.delete_group(&name));
    moves(logs.filter_events(&filter).next());
    moves(logs.tail(&Tail::new(filter)).unwrap().next());
    moves(logs.query(&query, &waiter, |_, _| {}));
    let writer = logs.writer(name, "host-1".parse().unwrap());
    let writer = writer.build().unwrap();
    moves(writer.flush(LONG));
    moves(writer.shutdown(LONG));
    moves(writer);
}
