//! Items one by one, and what conditions come to.

use crate::{
    cloud::{Order, key, order, orders, region, region_with_orders},
    stand_in::{Call, refusal, stand_in},
};
use leeward_dynamodb::{Deleted, DynamoDb, Expression, ItemError, Projection, Put, Updated};
use leeward_error_taxonomy::{AwsError, Category, Stage};
use leeward_testkit::{Fault, Scope};
use serde_json::{Value, json};

/// Puts an order where there is none of its number.
async fn put_first(db: &DynamoDb, nr: u32) -> Result<Put<Order>, AwsError> {
    let is_free = Expression::absent("nr");
    db.put_if(&orders(), &order(nr, "new"), &is_free).await
}

#[tokio::test]
async fn what_is_put_is_got_until_it_is_deleted() {
    let (_aws, db) = region_with_orders().await;
    assert_eq!(db.get::<Order>(&orders(), &key(1)).await.unwrap(), None);
    db.put(&orders(), &order(1, "new")).await.unwrap();
    let got = db.get::<Order>(&orders(), &key(1)).await.unwrap();
    assert_eq!(got, Some(order(1, "new")));
    db.delete(&orders(), &key(1)).await.unwrap();
    db.delete(&orders(), &key(1)).await.unwrap();
    assert_eq!(db.get::<Order>(&orders(), &key(1)).await.unwrap(), None);
}

#[tokio::test]
async fn only_what_is_asked_for_is_read() {
    let (_aws, db) = region_with_orders().await;
    let table = orders();
    // `name` and `state` are reserved words, and a dot is the sign of a path elsewhere.
    let item = json!({
        "customer": "c-1", "nr": 1, "state": "new", "a.b": 5, "note": "long",
        "name": {"first": "Ada", "last": "L"},
    });
    db.put(&table, &item).await.unwrap();
    let projection = Projection::of(["state", "a.b"]).with_path(["name", "first"]);
    let read: Option<Value> = db.pick(&table, &key(1), &projection).await.unwrap();
    let expected = json!({"state": "new", "a.b": 5, "name": {"first": "Ada"}});
    assert_eq!(read, Some(expected));
    let nothing = Projection::of(["nothing"]);
    let read: Option<Value> = db.pick(&table, &key(1), &nothing).await.unwrap();
    assert_eq!(read, Some(json!({})));
    let none: Option<Value> = db.pick(&table, &key(2), &nothing).await.unwrap();
    assert_eq!(none, None);
}

#[tokio::test]
async fn a_table_that_is_not_there_is_no_missing_item() {
    let (_aws, db) = region().await;
    let error = db.get::<Order>(&orders(), &key(1)).await.unwrap_err();
    assert_eq!(error.code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn what_is_no_item_is_not_sent() {
    let (aws, db) = region_with_orders().await;
    let error = db.put(&orders(), "text").await.unwrap_err();
    assert_eq!(error.stage(), Stage::NotSent);
    assert!(error.downcast_ref::<ItemError>().is_some());
    assert_eq!(aws.counts().calls("dynamodb", "PutItem"), 0);
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_an_outcome() {
    let (_aws, db) = region_with_orders().await;
    let (table, is_free) = (orders(), Expression::absent("customer"));
    let put = async || db.put_if::<Order>(&table, &order(1, "new"), &is_free).await;
    assert_eq!(put().await.unwrap(), Put::Written);
    assert!(matches!(put().await.unwrap(), Put::Conflict { .. }));
    let is_paid = Expression::equals("state", "paid").unwrap();
    let deleted = db.delete_if::<Order>(&table, &key(1), &is_paid).await;
    assert!(matches!(deleted.unwrap(), Deleted::Conflict { .. }));
    let pays = Expression::new("SET #state = :paid")
        .with_name("#state", "state")
        .with_value(":paid", "paid")
        .unwrap();
    let paid: Order = db.update(&table, &key(1), &pays).await.unwrap();
    assert_eq!(paid, order(1, "paid"));
    let is_new = Expression::equals("state", "new").unwrap();
    let updated = db.update_if::<Order>(&table, &key(1), &pays, &is_new).await;
    assert!(matches!(updated.unwrap(), Updated::Conflict { .. }));
    let deleted = db.delete_if::<Order>(&table, &key(1), &is_paid).await;
    assert_eq!(deleted.unwrap(), Deleted::Gone);
}

#[tokio::test]
async fn a_conflict_tells_the_item_that_is_there() {
    let (db, _calls) = stand_in(|call: &Call| {
        assert_eq!(call.input["ReturnValuesOnConditionCheckFailure"], "ALL_OLD");
        let mut refused = refusal("ConditionalCheckFailedException", "no");
        // There is an item of the first number alone.
        let item = call.input.get("Item").or_else(|| call.input.get("Key"));
        if item.unwrap()["nr"]["N"] == "1" {
            refused["Item"] =
                json!({"customer": {"S": "c-1"}, "nr": {"N": "1"}, "state": {"S": "old"}});
        }
        (400, refused)
    })
    .await;
    let table = orders();
    let condition = Expression::equals("state", "new").unwrap();
    for (nr, there) in [(1, Some(order(1, "old"))), (2, None)] {
        let put = db.put_if(&table, &order(nr, "new"), &condition).await;
        assert_eq!(
            put.unwrap(),
            Put::Conflict {
                item: there.clone()
            }
        );
        let deleted = db.delete_if(&table, &key(nr), &condition).await;
        assert_eq!(
            deleted.unwrap(),
            Deleted::Conflict {
                item: there.clone()
            }
        );
        let change = Expression::new("REMOVE note");
        let updated = db.update_if(&table, &key(nr), &change, &condition).await;
        assert_eq!(updated.unwrap(), Updated::Conflict { item: there });
    }
}

#[tokio::test]
async fn only_what_does_the_same_twice_is_sent_again_after_a_lost_answer() {
    let (aws, db) = region_with_orders().await;
    let scope = Scope::any().operation("PutItem");
    let lost = Fault::reset().with_calls(1..=1);
    let rule = aws.faults().inject(scope.clone(), lost.clone());
    db.put(&orders(), &order(1, "new")).await.unwrap();
    assert_eq!(aws.counts().calls("dynamodb", "PutItem"), 2);
    rule.clear();
    aws.faults().inject(scope, lost);
    let put = put_first(&db, 2);
    let error = put.await.unwrap_err();
    assert_eq!(aws.counts().calls("dynamodb", "PutItem"), 3);
    assert_ne!(error.stage(), Stage::NotSent);
    assert_eq!(
        db.get(&orders(), &key(2)).await.unwrap(),
        Some(order(2, "new"))
    );
}

#[tokio::test]
async fn a_throttled_condition_is_tried_again() {
    let (aws, db) = region_with_orders().await;
    let throttled = Fault::error(400, "ProvisionedThroughputExceededException", "slower");
    aws.faults().inject(
        Scope::any().operation("PutItem"),
        throttled.with_calls(1..=1),
    );
    let put = put_first(&db, 1);
    assert_eq!(put.await.unwrap(), Put::Written);
}

#[tokio::test]
async fn a_denied_call_is_no_conflict() {
    let (aws, db) = region_with_orders().await;
    aws.faults().inject(Scope::any(), Fault::access_denied());
    let put = put_first(&db, 1);
    let error = put.await.unwrap_err();
    assert_eq!(error.category(), Category::Authorization);
}

/// As the SDK makes of an attribute that is newer than it.
#[tokio::test]
async fn an_attribute_of_a_type_that_nobody_knows_is_an_error() {
    let (db, _calls) = stand_in(|_| {
        let new = json!({"L": [{"M": {"new": {"V": [1, 2]}}}]});
        let item =
            json!({"customer": {"S": "c-1"}, "nr": {"N": "1"}, "state": {"S": "old"}, "all": new});
        (200, json!({"Item": item}))
    })
    .await;
    let error = db.get::<Order>(&orders(), &key(1)).await.unwrap_err();
    let told = error.downcast_ref::<ItemError>();
    assert!(matches!(told, Some(ItemError::Unreadable(_))), "{error}");
    assert_eq!(error.operation().unwrap().to_string(), "dynamodb.GetItem");
    assert!(error.region().is_some());
}

#[tokio::test]
async fn what_is_no_number_is_not_sent() {
    let (db, calls) = stand_in(|_| (200, json!({}))).await;
    let error = db.put(&orders(), &json!({"id": 1})).await;
    assert!(error.is_ok());
    let nan = std::collections::HashMap::from([("nr", f64::NAN)]);
    let error = db.put(&orders(), &nan).await.unwrap_err();
    assert_eq!(error.stage(), Stage::NotSent);
    assert_eq!(error.operation().unwrap().to_string(), "dynamodb.PutItem");
    assert_eq!(calls.count(), 1);
}
