//! Batches that finish, and those that do not.

use crate::{
    cloud::{Order, key, order, orders, region_with_orders},
    stand_in::{Call, refusal, stand_in, stand_in_with},
};
use leeward_dynamodb::{
    DynamoDb, InvalidSetting, KeySchema, Keys, Projection, RefusedEntry, Scan, Unread, Unwritten,
    Writes,
};
use leeward_error_taxonomy::Category;
use leeward_testkit::{Fault, Scope};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

fn schema() -> KeySchema {
    KeySchema::new("customer").with_sort("nr")
}

fn puts(count: u32) -> Writes {
    let mut writes = Writes::new(schema());
    for nr in 0..count {
        writes.put(&order(nr, "new")).unwrap();
    }
    writes
}

async fn all(db: &DynamoDb) -> Vec<Order> {
    let scanned = db
        .scan(&orders(), &one_segment())
        .collect_up_to(1_000)
        .await;
    let mut all = scanned.unwrap().items;
    all.sort_unstable();
    all
}

/// The emulator knows no segments.
fn one_segment() -> Scan {
    Scan::new().with_segments(std::num::NonZero::<u8>::MIN)
}

#[tokio::test]
async fn a_large_batch_is_written_and_read_in_calls_that_dynamodb_takes() {
    let (aws, db) = region_with_orders().await;
    db.batch_write(&orders(), puts(130)).await.unwrap();
    let keys = Keys::of((0..140).map(key)).unwrap();
    let mut read: Vec<Order> = db.batch_get(&orders(), keys).await.unwrap();
    read.sort_unstable();
    assert_eq!(
        read,
        (0..130).map(|nr| order(nr, "new")).collect::<Vec<_>>()
    );
    let counts = aws.counts();
    assert_eq!(counts.calls("dynamodb", "BatchWriteItem"), 6);
    assert_eq!(counts.calls("dynamodb", "BatchGetItem"), 2);
    db.batch_write(&orders(), Writes::new(schema()))
        .await
        .unwrap();
    assert_eq!(aws.counts().calls("dynamodb", "BatchWriteItem"), 6);
}

#[tokio::test]
async fn throttled_and_lost_calls_are_sent_again() {
    let (aws, db) = region_with_orders().await;
    let scope = || Scope::any().operation("BatchWriteItem");
    let throttled = Fault::error(400, "ProvisionedThroughputExceededException", "slower");
    aws.faults().inject(scope(), throttled.with_calls(1..=2));
    aws.faults()
        .inject(scope(), Fault::reset().with_calls(4..=4));
    let mut writes = puts(60);
    writes.delete(&key(60)).unwrap();
    db.batch_write(&orders(), writes).await.unwrap();
    assert_eq!(all(&db).await.len(), 60);
}

#[tokio::test]
async fn what_may_not_be_written_is_given_back_and_can_be_written_later() {
    let (aws, db) = region_with_orders().await;
    let denied = aws.faults().inject(
        Scope::any().operation("BatchWriteItem"),
        Fault::access_denied().with_calls(2..=100),
    );
    let error = db.batch_write(&orders(), puts(130)).await.unwrap_err();
    assert_eq!(error.category(), Category::Authorization);
    assert_eq!(
        error.operation().unwrap().to_string(),
        "dynamodb.BatchWriteItem"
    );
    let unwritten = error.downcast_ref::<Unwritten>().unwrap();
    assert_eq!(unwritten.rest().len(), 105);
    assert_eq!(unwritten.cause().unwrap().attempts(), Some(1));
    let text = error.to_string();
    assert!(text.contains("105 of 130 writes are left: "), "{text}");
    denied.clear();
    let unwritten = error.into_inner().downcast::<Unwritten>().unwrap();
    db.batch_write(&orders(), unwritten.into_rest())
        .await
        .unwrap();
    assert_eq!(all(&db).await.len(), 130);
}

#[tokio::test]
async fn what_could_not_be_read_is_told_with_what_was() {
    let (aws, db) = region_with_orders().await;
    db.batch_write(&orders(), puts(20)).await.unwrap();
    aws.faults().inject(
        Scope::any().operation("BatchGetItem"),
        Fault::access_denied().with_calls(2..=2),
    );
    let keys = Keys::of((0..150).map(key)).unwrap();
    let error = db.batch_get::<Order>(&orders(), keys).await.unwrap_err();
    let unread = error.downcast_ref::<Unread>().unwrap();
    let read: Vec<Order> = unread.items().unwrap();
    // Either call may come second.
    assert!(matches!(
        (unread.rest().len(), read.len()),
        (50, 20) | (100, 0)
    ));
}

/// Takes the first ten of each call, and none of the `stuck` ones.
fn stingy(written: Arc<Mutex<Vec<u64>>>, stuck: u64) -> impl Fn(&Call) -> (u16, Value) {
    move |call| {
        let requests = call.input["RequestItems"]["orders"].as_array().unwrap();
        assert!(requests.len() <= 25);
        let nr = |request: &Value| -> u64 {
            let nr = request["PutRequest"]["Item"]["nr"]["N"].as_str().unwrap();
            nr.parse().unwrap()
        };
        let (free, held): (Vec<_>, Vec<_>) = requests
            .iter()
            .cloned()
            .partition(|request| nr(request) != stuck);
        let taken = free.len().min(10);
        written.lock().unwrap().extend(free[..taken].iter().map(nr));
        let left: Vec<_> = free[taken..].iter().chain(&held).collect();
        match left.is_empty() {
            true => (200, json!({"UnprocessedItems": {}})),
            false => (200, json!({"UnprocessedItems": {"orders": left}})),
        }
    }
}

#[tokio::test]
async fn what_is_left_unprocessed_is_sent_again_until_all_is_written_once() {
    let written = Arc::new(Mutex::new(Vec::new()));
    let (db, calls) = stand_in(stingy(Arc::clone(&written), u64::MAX)).await;
    db.batch_write(&orders(), puts(130)).await.unwrap();
    let mut written = written.lock().unwrap().clone();
    written.sort_unstable();
    assert_eq!(written, (0..130).collect::<Vec<_>>());
    assert!(calls.count() >= 13, "{} calls", calls.count());
}

#[tokio::test]
async fn what_is_never_processed_is_given_back_when_the_time_is_over() {
    let written = Arc::new(Mutex::new(Vec::new()));
    let answer = stingy(Arc::clone(&written), 7);
    let settings = |builder: leeward_dynamodb::DynamoDbBuilder| {
        builder
            .with_batch_timeout(Duration::from_secs(2))
            .with_max_in_flight(2)
    };
    let (db, _calls) = stand_in_with(answer, settings).await;
    let error = db.batch_write(&orders(), puts(30)).await.unwrap_err();
    assert_eq!(error.category(), Category::Timeout);
    let unwritten = error.downcast_ref::<Unwritten>().unwrap();
    assert!(unwritten.cause().is_none());
    let left: Vec<_> = unwritten.rest().requests().iter().collect();
    let [left] = &left[..] else {
        panic!("{} are left", left.len())
    };
    let item = left.put_request().unwrap().item();
    assert_eq!(item["nr"].as_n().unwrap(), "7");
    assert_eq!(written.lock().unwrap().len(), 29);
    let text = error.to_string();
    assert!(
        text.contains("1 of 30 writes are left: the time was over"),
        "{text}"
    );
}

#[tokio::test]
async fn keys_that_are_left_unprocessed_are_asked_for_again() {
    let (db, _calls) = stand_in(|call: &Call| {
        let keys = call.input["RequestItems"]["orders"]["Keys"]
            .as_array()
            .unwrap();
        assert!(keys.len() <= 100);
        assert_eq!(call.input["RequestItems"]["orders"]["ConsistentRead"], true);
        let (read, left) = keys.split_at(keys.len().min(60));
        let items: Vec<_> = read
            .iter()
            .map(|key| json!({"customer": key["customer"], "nr": key["nr"], "state": {"S": "new"}}))
            .collect();
        let left = match left {
            [] => json!({}),
            left => json!({"orders": {"Keys": left}}),
        };
        (
            200,
            json!({"Responses": {"orders": items}, "UnprocessedKeys": left}),
        )
    })
    .await;
    let keys = Keys::of((0..250).map(key)).unwrap();
    let read: Vec<Order> = db.consistent().batch_get(&orders(), keys).await.unwrap();
    let read: BTreeSet<u32> = read.into_iter().map(|order| order.nr).collect();
    assert_eq!(read, (0..250).collect());
}

/// Gives each key its item but those of customer `hot`, of which it processes none, whoever else is in the call.
fn hot(call: &Call) -> (u16, Value) {
    let asked = &call.input["RequestItems"]["orders"];
    assert_eq!(asked["ProjectionExpression"], "#only0, #only1");
    assert_eq!(asked["ExpressionAttributeNames"]["#only1"], "state");
    let keys = asked["Keys"].as_array().unwrap().iter();
    let (hot, cold): (Vec<_>, Vec<_>) = keys.partition(|key| key["customer"]["S"] == "hot");
    // A call of which DynamoDB processes nothing fails.
    if cold.is_empty() {
        let code = "ProvisionedThroughputExceededException";
        return (400, refusal(code, "slower"));
    }
    let items: Vec<_> = cold
        .into_iter()
        .map(|key| json!({"nr": key["nr"], "state": {"S": "new"}}))
        .collect();
    let left = match &hot[..] {
        [] => json!({}),
        hot => json!({"orders": {"Keys": hot}}),
    };
    let answer = json!({"Responses": {"orders": items}, "UnprocessedKeys": left});
    (200, answer)
}

#[tokio::test]
async fn a_key_that_is_throttled_for_ever_does_not_keep_the_others() {
    let settings = |builder: leeward_dynamodb::DynamoDbBuilder| {
        builder.with_batch_timeout(Duration::from_secs(2))
    };
    let (db, calls) = stand_in_with(hot, settings).await;
    let mut keys = Keys::of((0..120).map(key)).unwrap();
    let hot_key = json!({"customer": "hot", "nr": 1});
    keys.add(&hot_key).unwrap();
    let keys = keys.with_projection(Projection::of(["nr", "state"]));
    let error = db.batch_get::<Value>(&orders(), keys).await.unwrap_err();
    let unread = error.downcast_ref::<Unread>().unwrap();
    let read: Vec<Value> = unread.items().unwrap();
    assert_eq!((unread.rest().len(), read.len()), (1, 120));
    // It is a batch, of which the key is a part.
    let again = unread.rest().clone().add(&hot_key).unwrap_err();
    assert!(matches!(again, RefusedEntry::SameKey { .. }), "{again}");
    assert!(calls.count() > 2);
}

#[tokio::test]
async fn an_item_that_is_throttled_is_written_when_its_time_comes() {
    let throttled = AtomicUsize::new(0);
    let (db, calls) = stand_in(move |call: &Call| {
        let requests = call.input["RequestItems"]["orders"].as_array().unwrap();
        let is_hot = |request: &&Value| request["PutRequest"]["Item"]["nr"]["N"] == "7";
        let hot: Vec<_> = requests.iter().filter(is_hot).collect();
        if hot.is_empty() || throttled.fetch_add(1, SeqCst) == 2 {
            return (200, json!({}));
        }
        match requests.len() {
            1 => (
                400,
                refusal("ProvisionedThroughputExceededException", "slower"),
            ),
            _ => (200, json!({"UnprocessedItems": {"orders": hot}})),
        }
    })
    .await;
    db.batch_write(&orders(), puts(26)).await.unwrap();
    let sizes: Vec<_> = calls
        .all()
        .iter()
        .map(|call| {
            call.input["RequestItems"]["orders"]
                .as_array()
                .unwrap()
                .len()
        })
        .collect();
    // 25 with the one, the last by itself; then the one alone, refused and taken.
    assert_eq!(sizes.iter().filter(|size| **size == 25).count(), 1);
    assert_eq!(sizes.iter().filter(|size| **size == 1).count(), 3);
}

#[tokio::test]
async fn what_is_no_key_is_refused_before_anything_is_sent() {
    let mut keys = Keys::of([key(1)]).unwrap();
    for (odd, attributes) in [(json!({}), 0), (json!({"a": 1, "b": 2, "c": 3}), 3)] {
        let refused = keys.add(&odd).unwrap_err();
        let entry = 1;
        assert_eq!(refused, RefusedEntry::KeySize { entry, attributes });
    }
    let same = RefusedEntry::SameKey {
        first: 0,
        second: 1,
    };
    assert_eq!(keys.add(&key(1)).unwrap_err(), same);
    let empty = keys.add(&json!({"customer": "", "nr": 1})).unwrap_err();
    assert!(matches!(empty, RefusedEntry::NoKey { .. }), "{empty}");
    let (db, calls) = stand_in(|_: &Call| (500, json!({}))).await;
    let none: Vec<Order> = db.batch_get(&orders(), Keys::new()).await.unwrap();
    assert_eq!((none.len(), calls.count()), (0, 0));
}

#[tokio::test]
async fn settings_that_no_batch_can_work_with_are_refused() {
    let (_aws, db) = region_with_orders().await;
    let build =
        |change: fn(leeward_dynamodb::DynamoDbBuilder) -> leeward_dynamodb::DynamoDbBuilder| {
            change(DynamoDb::builder(db.caller().clone())).build().err()
        };
    let none = Duration::ZERO;
    for (refused, expected) in [
        (
            build(|b| b.with_batch_timeout(Duration::ZERO)),
            InvalidSetting::BatchTimeout(none),
        ),
        (
            build(|b| b.with_batch_timeout(Duration::MAX)),
            InvalidSetting::BatchTimeout(Duration::MAX),
        ),
        (
            build(|b| b.with_max_in_flight(0)),
            InvalidSetting::MaxInFlight(0),
        ),
        (
            build(|b| b.with_max_in_flight(257)),
            InvalidSetting::MaxInFlight(257),
        ),
    ] {
        assert_eq!(refused, Some(expected));
    }
}
