//! Tables read as a whole, and by partition.

use crate::{
    cloud::{Order, order, orders, region_with_orders},
    stand_in::{Call, refusal, stand_in},
};
use leeward_dynamodb::{Expression, ItemError, Projection, Query, Scan};
use leeward_error_taxonomy::Category;
use serde_json::{Value, json};
use std::{collections::BTreeSet, num::NonZero};

const PAGES: u64 = 3;

/// A table of two items a page and three pages a segment.
fn segmented(call: &Call) -> (u16, Value) {
    let segment = call.input["Segment"].as_u64().unwrap();
    assert_eq!(call.input["TotalSegments"], 4);
    let page: u64 = match &call.input["ExclusiveStartKey"]["nr"]["N"] {
        Value::String(page) => page.parse().unwrap(),
        _ => 0,
    };
    let item = |at: u64| {
        let nr = (segment * PAGES + page) * 2 + at;
        json!({"customer": {"S": "c-1"}, "nr": {"N": nr.to_string()}, "state": {"S": "new"}})
    };
    let mut answer = json!({"Items": [item(0), item(1)], "Count": 2, "ScannedCount": 2});
    if page + 1 < PAGES {
        answer["LastEvaluatedKey"] = json!({"nr": {"N": (page + 1).to_string()}});
    }
    (200, answer)
}

#[tokio::test]
async fn every_segment_is_read_to_its_end() {
    let (db, calls) = stand_in(segmented).await;
    let scanned = db.scan::<Order>(&orders(), &Scan::new());
    let scanned = scanned.collect_up_to(1_000).await.unwrap();
    assert!(!scanned.has_more);
    let read: BTreeSet<u32> = scanned.items.iter().map(|order| order.nr).collect();
    assert_eq!(read, (0..24).collect());
    assert_eq!((scanned.items.len(), calls.count()), (24, 12));
}

#[tokio::test]
async fn no_page_is_asked_for_before_the_one_before_is_taken() {
    let (db, calls) = stand_in(segmented).await;
    let mut scanned = db.scan::<Order>(&orders(), &Scan::new());
    assert_eq!(calls.count(), 0);
    for _ in 0..2 {
        scanned.next().await.unwrap().unwrap();
    }
    // Whoever reads slowly has a page of each segment, and no more.
    assert!(calls.count() <= 4, "{} calls", calls.count());
    let rest = scanned.collect_up_to(5).await.unwrap();
    assert_eq!((rest.items.len(), rest.has_more), (5, true));
    assert!(calls.count() < 12, "{} calls", calls.count());
}

/// A table of two items a page that has no end.
fn endless(call: &Call) -> (u16, Value) {
    let page: u64 = match &call.input["ExclusiveStartKey"]["nr"]["N"] {
        Value::String(page) => page.parse().unwrap(),
        _ => 0,
    };
    let item = json!({"customer": {"S": "c-1"}, "nr": {"N": "1"}, "state": {"S": "new"}});
    let next = json!({"nr": {"N": (page + 1).to_string()}});
    (
        200,
        json!({"Items": [item, item], "LastEvaluatedKey": next}),
    )
}

#[tokio::test]
async fn as_many_pages_are_in_memory_as_there_are_segments() {
    for segments in [1, 2, 7] {
        let (db, calls) = stand_in(endless).await;
        let scan = Scan::new().with_segments(NonZero::new(segments).unwrap());
        let mut scanned = db.scan::<Order>(&orders(), &scan);
        for taken in 1..200 {
            scanned.next().await.unwrap().unwrap();
            // Each call beyond one for each segment comes after two items that were taken.
            let bound = usize::from(segments) + taken / 2;
            assert!(calls.count() <= bound, "{} calls", calls.count());
        }
        let numbers: BTreeSet<u64> = calls
            .all()
            .iter()
            .map(|call| call.input["Segment"].as_u64().unwrap())
            .collect();
        assert_eq!(numbers, (0..u64::from(segments)).collect());
    }
}

#[tokio::test]
async fn a_segment_that_turns_in_a_circle_is_an_error() {
    let (db, calls) = stand_in(|_: &Call| {
        let same = json!({"nr": {"N": "1"}});
        (200, json!({"Items": [], "LastEvaluatedKey": same}))
    })
    .await;
    let scan = Scan::new().with_segments(NonZero::<u8>::MIN);
    let mut scanned = db.scan::<Order>(&orders(), &scan);
    let error = scanned.next().await.unwrap().unwrap_err();
    assert_eq!(error.category(), Category::Internal);
    assert_eq!(calls.count(), 2);
}

#[tokio::test]
async fn filter_and_projection_share_a_call_and_no_placeholder() {
    let (db, calls) = stand_in(|_: &Call| (200, json!({"Items": []}))).await;
    let paid = || {
        Expression::new("#only0 = :paid")
            .with_name("#only0", "state")
            .with_value(":paid", "paid")
            .unwrap()
    };
    let states = Projection::of(["customer", "state"]);
    let scan = Scan::new()
        .with_filter(paid())
        .with_projection(states.clone());
    let scanned = db.scan::<Value>(&orders(), &scan);
    scanned.collect_up_to(1).await.unwrap();
    let query = Query::new("customer", "c-1")
        .unwrap()
        .with_filter(paid())
        .with_projection(states);
    let listed = db.query::<Value>(&orders(), query).unwrap();
    listed.collect_up_to(1).await.unwrap();
    for call in calls.all() {
        let names = call.input["ExpressionAttributeNames"].as_object().unwrap();
        let text = call.input["ProjectionExpression"].as_str().unwrap();
        let attributes: Vec<_> = text
            .split(", ")
            .map(|placeholder| &names[placeholder])
            .collect();
        assert_eq!(attributes, ["customer", "state"], "{}", call.operation);
        assert_eq!(names["#only0"], "state");
    }
}

#[tokio::test]
async fn a_segment_that_fails_ends_the_scan() {
    let (db, calls) = stand_in(|call: &Call| match call.input["Segment"].as_u64() {
        Some(2) => (400, refusal("AccessDeniedException", "not you")),
        _ => segmented(call),
    })
    .await;
    let mut scanned = db.scan::<Order>(&orders(), &Scan::new());
    let error = loop {
        match scanned.next().await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.category(), Category::Authorization);
    let made = calls.count();
    assert!(scanned.next().await.is_none());
    assert_eq!(calls.count(), made);
}

#[tokio::test]
async fn an_item_of_another_type_ends_the_scan() {
    let (_aws, db) = region_with_orders().await;
    let odd = json!({"customer": "c-1", "nr": 1, "state": 5});
    db.put(&orders(), &odd).await.unwrap();
    let mut scanned = db.scan::<Order>(&orders(), &Scan::new());
    let error = scanned.next().await.unwrap().unwrap_err();
    let expected = ItemError::Unreadable("Expected string".to_owned());
    assert_eq!(error.downcast_ref::<ItemError>(), Some(&expected));
    assert!(scanned.next().await.is_none());
}

#[tokio::test]
async fn a_partition_is_listed_in_order_page_by_page() {
    let (aws, db) = region_with_orders().await;
    for nr in 0..7 {
        let state = if nr % 2 == 0 { "new" } else { "paid" };
        db.put(&orders(), &order(nr, state)).await.unwrap();
    }
    let query = || Query::new("customer", "c-1").unwrap();
    let list = async |query: Query| -> Vec<u32> {
        let pages = db.query::<Order>(&orders(), query).unwrap();
        let listed = pages.collect_up_to(100).await.unwrap();
        listed.items.iter().map(|order| order.nr).collect()
    };
    let by_three = query().with_page_size(const { NonZero::new(3).unwrap() });
    assert_eq!(list(by_three).await, (0..7).collect::<Vec<_>>());
    assert_eq!(aws.counts().calls("dynamodb", "Query"), 3);
    assert_eq!(list(query().descending()).await[0], 6);
    let paid = Expression::equals("state", "paid").unwrap();
    assert_eq!(list(query().with_filter(paid)).await, [1, 3, 5]);
    let clash = Expression::equals("state", "paid")
        .unwrap()
        .with_name("#partition", "state");
    let refused = db.query::<Order>(&orders(), query().with_filter(clash));
    let words = "the placeholder #partition stands for two things";
    assert_eq!(refused.unwrap_err().to_string(), words);
}
