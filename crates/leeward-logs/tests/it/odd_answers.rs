//! Answers that AWS gives and no emulator does.

use crate::{
    cloud::group,
    stand_in::{Calls, refusal, stand_in},
};
use leeward_error_taxonomy::Category;
use leeward_logs::{
    Delivery, EventFilter, LogWriter, Logs, Query, QueryResult, Tail, Undelivered, Waiter,
};
use leeward_resilience::{Clock, TokioClock, WaitTimedOut};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};

const LONG: Duration = Duration::from_secs(60);

fn writer(logs: &Logs, delivery: Delivery) -> LogWriter {
    let writer = logs.writer(group("/app/orders"), "host-1".parse().unwrap());
    let writer = writer.with_max_delay(LONG).with_delivery(delivery);
    writer.build().unwrap()
}

/// Ten events of which the first four are too old or expired and the last two too new.
#[tokio::test]
async fn events_that_are_rejected_for_their_time_are_told() {
    let info = json!({
        "tooOldLogEventEndIndex": 3,
        "expiredLogEventEndIndex": 4,
        "tooNewLogEventStartIndex": 8,
    });
    let (logs, _calls) = stand_in(move |call| {
        let rejected = match call.before {
            0 => json!({"rejectedLogEventsInfo": info}),
            _ => json!({}),
        };
        (200, rejected)
    })
    .await;
    let writer = writer(&logs, Delivery::AtLeastOnce);
    for number in 0..10 {
        writer.write(number.to_string()).unwrap();
    }
    let error = writer.flush(LONG).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "log events were not delivered: 6 rejected for their time"
    );
    let told: &Undelivered = error.downcast_ref().unwrap();
    assert_eq!((told.waiting, told.lost, told.rejected), (0, 0, 6));
    assert_eq!(error.category(), Category::Validation);
    let stats = writer.stats();
    assert_eq!((stats.too_old, stats.expired, stats.too_new), (3, 1, 2));
    assert_eq!((stats.sent, stats.rejected()), (4, 6));
    // The next flush knows nothing of it.
    writer.write("ten").unwrap();
    writer.shutdown(LONG).await.unwrap();
}

/// A batch that is refused so twice before it is taken; gives what came of it.
async fn played(delivery: Delivery, refused: (u16, Value)) -> (LogWriter, Calls) {
    let (logs, calls) = stand_in(move |call| match call.before {
        0 | 1 => refused.clone(),
        _ => (200, json!({})),
    })
    .await;
    let writer = writer(&logs, delivery);
    writer.write("one").unwrap();
    // What became of it stands in the stats.
    let _ = writer.shutdown(LONG).await;
    (writer, calls)
}

#[tokio::test]
async fn what_was_surely_not_taken_is_sent_again_though_once_is_the_most() {
    let (writer, calls) = played(Delivery::AtMostOnce, refusal("ThrottlingException")).await;
    assert_eq!((writer.stats().sent, writer.stats().lost), (1, 0));
    assert_eq!(calls.of("PutLogEvents").len(), 3);
}

#[tokio::test]
async fn what_may_have_been_taken_is_sent_again_only_if_twice_is_no_harm() {
    let unavailable = || (503, refusal("ServiceUnavailableException").1);
    let (writer, calls) = played(Delivery::AtMostOnce, unavailable()).await;
    assert_eq!((writer.stats().sent, writer.stats().lost), (0, 1));
    assert_eq!(calls.of("PutLogEvents").len(), 1);
    let (writer, calls) = played(Delivery::AtLeastOnce, unavailable()).await;
    assert_eq!((writer.stats().sent, writer.stats().lost), (1, 0));
    assert_eq!(calls.of("PutLogEvents").len(), 3);
}

#[tokio::test]
async fn a_stream_that_two_make_at_once_is_made() {
    let (logs, calls) = stand_in(|call| match (&*call.operation, call.before) {
        ("PutLogEvents", 0) => refusal("ResourceNotFoundException"),
        ("CreateLogStream", 0) => refusal("OperationAbortedException"),
        ("CreateLogStream", _) => refusal("ResourceAlreadyExistsException"),
        // Made, and not seen everywhere yet.
        ("PutLogEvents", 1 | 2) => refusal("ResourceNotFoundException"),
        _ => (200, json!({})),
    })
    .await;
    let writer = writer(&logs, Delivery::AtLeastOnce);
    writer.write("one").unwrap();
    writer.shutdown(LONG).await.unwrap();
    assert_eq!(writer.stats().sent, 1);
    assert_eq!(calls.of("PutLogEvents").len(), 4);
}

#[tokio::test]
async fn what_waits_is_printed_by_its_count_alone() {
    let (logs, _calls) = stand_in(|_| (200, json!({}))).await;
    let writer = writer(&logs, Delivery::AtLeastOnce);
    writer.write("password of the day: hunter2").unwrap();
    let printed = format!("{writer:?}");
    assert!(printed.contains("waiting: 1"), "{printed}");
    assert!(!printed.contains("hunter2"), "{printed}");
    let filter = EventFilter::new(group("/app/orders")).with_pattern("hunter2");
    let printed = format!("{filter:?} {:?}", Tail::new(filter.clone()));
    assert!(!printed.contains("hunter2"), "{printed}");
}

fn event(at: u64, id: &str) -> Value {
    json!({"eventId": id, "timestamp": at, "ingestionTime": at, "logStreamName": "s", "message": id})
}

/// Three pages: empty, full, empty.
fn page(of: &Value, events: &[Value]) -> (u16, Value) {
    match of["nextToken"].as_str() {
        None => (200, json!({"events": [], "nextToken": "2"})),
        Some("2") => (200, json!({"events": events, "nextToken": "3"})),
        _ => (200, json!({"events": []})),
    }
}

#[tokio::test]
async fn a_filter_passes_over_empty_pages() {
    let (logs, calls) = stand_in(|call| page(&call.input, &[event(1, "a"), event(2, "b")])).await;
    let filter = EventFilter::new(group("/app/orders"));
    let found = logs.filter_events(&filter).collect_up_to(10).await.unwrap();
    let ids: Vec<_> = found.items.iter().map(|event| &*event.id).collect();
    assert_eq!((ids, found.has_more), (vec!["a", "b"], false));
    assert_eq!(calls.of("FilterLogEvents").len(), 3);
}

#[tokio::test]
async fn a_tail_tells_an_event_once_though_each_look_finds_it() {
    let now = TokioClock::new().date();
    let at = now.duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    // Each look has three pages, and finds what was there before; the second finds one more.
    let (logs, calls) = stand_in(move |call| {
        let events = [event(at, "a"), event(at, "b"), event(at, "c")];
        let there = 2 + usize::from(call.before >= 3);
        page(&call.input, &events[..there])
    })
    .await;
    let filter = EventFilter::new(group("/app/orders")).from(now - Duration::from_secs(5));
    let tail = Tail::new(filter).with_interval(Duration::from_millis(100));
    let mut tail = logs.tail(&tail).unwrap();
    let mut told = String::new();
    for _ in 0..3 {
        told.push_str(&tail.next().await.unwrap().unwrap().id);
    }
    assert_eq!(told, "abc");
    let asked = calls.of("FilterLogEvents");
    for look in asked.chunks(3) {
        for page in look {
            assert_eq!(page.input["startTime"], look[0].input["startTime"]);
        }
    }
}

/// Follows one that names each page as the next one too.
#[tokio::test]
async fn a_tail_whose_look_has_no_end_says_so() {
    let (logs, calls) = stand_in(|_| (200, json!({"events": [], "nextToken": "2"}))).await;
    let tail = Tail::new(EventFilter::new(group("/app/orders")));
    let error = logs.tail(&tail).unwrap().next().await.unwrap().unwrap_err();
    assert_eq!(error.category(), Category::Internal);
    assert!(error.to_string().contains("no end"), "{error}");
    assert_eq!(calls.of("FilterLogEvents").len(), 2);
}

#[tokio::test]
async fn a_query_whose_rows_have_no_end_says_so() {
    let (logs, calls) = stand_in(|call| match &*call.operation {
        "StartQuery" => (200, json!({"queryId": "q"})),
        _ => (
            200,
            json!({"status": "Complete", "results": [], "nextToken": "2"}),
        ),
    })
    .await;
    let query = Query::new("fields n", UNIX_EPOCH, UNIX_EPOCH + LONG).over(group("/app/orders"));
    let waiter = Waiter::new(LONG);
    let error = logs.query(&query, &waiter, |_, _| {}).await.unwrap_err();
    assert_eq!(error.category(), Category::Internal);
    assert!(error.to_string().contains("no end"), "{error}");
    assert_eq!(calls.of("GetQueryResults").len(), 2);
}

#[tokio::test]
async fn the_pages_of_a_query_have_the_time_of_its_waiter_too() {
    let (logs, calls) = stand_in(|call| match &*call.operation {
        "StartQuery" => (200, json!({"queryId": "q"})),
        "StopQuery" => (200, json!({"success": true})),
        _ if call.input["nextToken"].is_string() => refusal("ThrottlingException"),
        _ => (
            200,
            json!({"status": "Complete", "results": [], "nextToken": "2"}),
        ),
    })
    .await;
    let query = Query::new("fields n", UNIX_EPOCH, UNIX_EPOCH + LONG).over(group("/app/orders"));
    let waiter = Waiter::new(Duration::from_secs(3));
    let error = logs.query(&query, &waiter, |_, _| {}).await.unwrap_err();
    assert!(error.downcast_ref::<WaitTimedOut>().is_some(), "{error}");
    assert!(calls.of("GetQueryResults").len() > 1);
}

async fn asked(rows: usize, max_rows: u32) -> (QueryResult, Calls) {
    let (logs, calls) = stand_in(move |call| match &*call.operation {
        "StartQuery" => (200, json!({"queryId": "q"})),
        _ => {
            let first = call.input["nextToken"]
                .as_str()
                .map_or(0, |token| token.parse().unwrap());
            let last = rows.min(first + 2);
            let row = |number: usize| json!([{"field": "n", "value": number.to_string()}]);
            let found: Vec<_> = (first..last).map(row).collect();
            let next = (last < rows).then(|| last.to_string());
            (
                200,
                json!({"status": "Complete", "results": found, "nextToken": next}),
            )
        }
    })
    .await;
    let query = Query::new("fields n", UNIX_EPOCH, UNIX_EPOCH + LONG).over(group("/app/orders"));
    let query = query.with_max_rows(max_rows);
    let waiter = Waiter::new(LONG);
    (logs.query(&query, &waiter, |_, _| {}).await.unwrap(), calls)
}

#[tokio::test]
async fn a_query_tells_whether_it_has_more_than_was_asked_for() {
    for (rows, max_rows, found, has_more) in [
        (0, 3, 0, false),
        (3, 3, 3, false),
        (4, 3, 3, true),
        (5, 4, 4, true),
        (5, 9, 5, false),
    ] {
        let (result, calls) = asked(rows, max_rows).await;
        assert_eq!((result.rows.len(), result.has_more), (found, has_more));
        let numbers: Vec<_> = result
            .rows
            .iter()
            .map(|row| row.text("n").unwrap())
            .collect();
        let expected: Vec<_> = (0..found).map(|number| number.to_string()).collect();
        assert_eq!(numbers, expected);
        assert_eq!(calls.of("StartQuery")[0].input["limit"], max_rows + 1);
        assert!(calls.of("StopQuery").is_empty());
    }
}

#[tokio::test]
async fn a_query_that_somebody_cancels_ends_as_that() {
    let (logs, calls) = stand_in(|call| match &*call.operation {
        "StartQuery" => (200, json!({"queryId": "q"})),
        _ => (200, json!({"status": "Cancelled"})),
    })
    .await;
    let query = Query::new("fields n", UNIX_EPOCH, UNIX_EPOCH + LONG).over(group("/app/orders"));
    let error = logs.query(&query, &Waiter::new(LONG), |_, _| {}).await;
    let error = error.unwrap_err();
    assert_eq!(error.to_string(), "the query q ended as Cancelled");
    assert_eq!(error.category(), Category::Conflict);
    assert_eq!(calls.of("GetQueryResults").len(), 1);
}

#[tokio::test]
async fn the_group_is_found_behind_a_page_of_names_that_begin_alike() {
    let name = |number: usize| json!({"logGroupName": format!("/app/{number:02}")});
    let (logs, calls) = stand_in(move |call| {
        let pages: Vec<_> = (0..60).map(name).collect();
        match call.input["nextToken"].as_str() {
            None => (200, json!({"logGroups": pages[..50], "nextToken": "2"})),
            _ => {
                let mut last = pages[50..].to_vec();
                last.push(json!({"logGroupName": "/app"}));
                (200, json!({"logGroups": last}))
            }
        }
    })
    .await;
    assert!(logs.group_exists(&group("/app")).await.unwrap());
    assert!(!logs.group_exists(&group("/app/0")).await.unwrap());
    assert_eq!(calls.of("DescribeLogGroups").len(), 4);
}
