//! All or nothing, once.

use crate::{
    cloud::{Order, key, order, orders, region_with_orders},
    stand_in::{Call, refusal, stand_in},
};
use leeward_dynamodb::{Cancelled, Expression, Projection, Reads, Reason, Transaction, WrongSize};
use leeward_error_taxonomy::Category;
use leeward_testkit::{Fault, Scope};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

fn is_free() -> Expression {
    Expression::absent("customer")
}

#[tokio::test]
async fn all_is_applied_or_nothing() {
    let (_aws, db) = region_with_orders().await;
    let table = orders();
    db.put(&table, &order(1, "new")).await.unwrap();
    let transaction = || {
        let pays = Expression::new("SET #state = :paid")
            .with_name("#state", "state")
            .with_value(":paid", "paid")
            .unwrap();
        let transaction = Transaction::new().put_if(&table, &order(2, "new"), &is_free());
        let is_new = Expression::equals("state", "new").unwrap();
        transaction
            .unwrap()
            .update_if(&table, &key(1), &pays, &is_new)
            .unwrap()
    };
    db.transact(&transaction()).await.unwrap();
    let paid = db.get::<Order>(&table, &key(1)).await.unwrap();
    assert_eq!(paid, Some(order(1, "paid")));
    let third = transaction().put(&table, &order(3, "new")).unwrap();
    let error = db.transact(&third).await.unwrap_err();
    let cancelled = error.downcast_ref::<Cancelled>().unwrap();
    let failed = || Reason::ConditionFailed { item: None };
    assert_eq!(cancelled.reasons(), [failed(), failed(), Reason::Fine]);
    assert_eq!(db.get::<Order>(&table, &key(3)).await.unwrap(), None);
    let text = error.to_string();
    assert!(
        text.starts_with("dynamodb.TransactWriteItems: TransactionCanceledException: ")
            && text.contains("action 0: its condition does not hold, action 1: its"),
        "{text}"
    );
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_with_the_same_token() {
    let (aws, db) = region_with_orders().await;
    let lost = Fault::reset().with_calls(1..=1);
    aws.faults()
        .inject(Scope::any().operation("TransactWriteItems"), lost);
    let transaction = Transaction::new().put(&orders(), &order(1, "new")).unwrap();
    db.transact(&transaction).await.unwrap();
    assert_eq!(
        db.get(&orders(), &key(1)).await.unwrap(),
        Some(order(1, "new"))
    );
}

#[tokio::test]
async fn a_conflict_of_transactions_passes_and_a_condition_does_not() {
    let tries = AtomicUsize::new(0);
    let (db, calls) = stand_in(move |_: &Call| {
        let (code, item) = match tries.fetch_add(1, SeqCst) {
            0 => ("TransactionConflict", json!({})),
            _ => ("ConditionalCheckFailed", json!({"nr": {"N": "7"}, "secret": {"S": "s3cret"}})),
        };
        let message = format!("Transaction cancelled, please refer cancellation reasons for specific reasons [None, {code}]");
        let mut cancelled = refusal("TransactionCanceledException", &message);
        cancelled["CancellationReasons"] = json!([
            {"Code": "None"},
            {"Code": code, "Message": "it is so", "Item": item},
        ]);
        (400, cancelled)
    })
    .await;
    let transaction = Transaction::new().put(&orders(), &order(1, "new")).unwrap();
    let transaction = transaction.check(&orders(), &key(7), &is_free()).unwrap();
    let error = db.transact(&transaction).await.unwrap_err();
    let [first, second] = &calls.all()[..] else {
        panic!("{} calls", calls.count())
    };
    let token = &first.input["ClientRequestToken"];
    assert_eq!(token, transaction.token().as_str());
    assert_eq!(
        (token, &first.operation),
        (&second.input["ClientRequestToken"], &second.operation)
    );
    let cancelled = error.downcast_ref::<Cancelled>().unwrap();
    assert_eq!(cancelled.reasons()[0], Reason::Fine);
    #[derive(serde::Deserialize)]
    struct There {
        nr: u32,
    }
    let there: Option<There> = cancelled.reasons()[1].found().unwrap();
    assert_eq!(there.unwrap().nr, 7);
    assert_eq!(
        (error.category(), error.attempts()),
        (Category::Conflict, Some(2))
    );
    for told in [
        error.to_string(),
        format!("{cancelled:?}"),
        format!("{transaction:?}"),
    ] {
        assert!(!told.contains("s3cret"), "{told}");
    }
}

#[tokio::test]
async fn one_item_that_is_throttled_holds_all_of_them_up_and_is_tried_again() {
    let tries = AtomicUsize::new(0);
    let (db, calls) = stand_in(move |_: &Call| {
        if tries.fetch_add(1, SeqCst) > 0 {
            return (200, json!({}));
        }
        let code = "ProvisionedThroughputExceeded";
        let message = format!("Transaction cancelled, please refer cancellation reasons for specific reasons [None, {code}]");
        let mut cancelled = refusal("TransactionCanceledException", &message);
        cancelled["CancellationReasons"] = json!([{"Code": "None"}, {"Code": code, "Message": "slower"}]);
        (400, cancelled)
    })
    .await;
    let transaction = Transaction::new().put(&orders(), &order(1, "new")).unwrap();
    let transaction = transaction.delete(&orders(), &key(2)).unwrap();
    db.transact(&transaction).await.unwrap();
    let tokens: Vec<_> = calls
        .all()
        .iter()
        .map(|call| call.input["ClientRequestToken"].clone())
        .collect();
    assert_eq!(tokens, [transaction.token().as_str(); 2]);
}

#[tokio::test]
async fn items_are_read_together_each_in_its_type() {
    let (aws, db) = region_with_orders().await;
    let table = orders();
    db.put(&table, &order(1, "new")).await.unwrap();
    db.put(&table, &order(3, "paid")).await.unwrap();
    let lost = Fault::reset().with_calls(1..=1);
    aws.faults()
        .inject(Scope::any().operation("TransactGetItems"), lost);
    let reads = Reads::new().get(&table, &key(1)).unwrap();
    let reads = reads.get(&table, &key(2)).unwrap();
    let reads = reads.get(&table, &key(3)).unwrap();
    let now = db.transact_get(&reads).await.unwrap();
    assert_eq!(now.item(0).unwrap(), Some(order(1, "new")));
    assert_eq!(now.item::<Order>(1).unwrap(), None);
    assert_eq!(now.item::<Value>(2).unwrap().unwrap()["state"], "paid");
    assert_eq!(now.item::<Order>(3).unwrap(), None);
    assert!(now.item::<u64>(0).is_err());
    let all = now.into_items::<Order>().unwrap();
    assert_eq!(all, [Some(order(1, "new")), None, Some(order(3, "paid"))]);
    assert_eq!(aws.counts().calls("dynamodb", "TransactGetItems"), 2);
}

#[tokio::test]
async fn reads_say_what_they_want_and_are_told_why_they_may_not() {
    let (db, calls) = stand_in(|_: &Call| {
        let message = "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ValidationError]";
        let mut cancelled = refusal("TransactionCanceledException", message);
        cancelled["CancellationReasons"] = json!([{"Code": "None"}, {"Code": "ValidationError", "Message": "not the key"}]);
        (400, cancelled)
    })
    .await;
    let states = Projection::of(["state"]);
    let reads = Reads::new().get(&orders(), &key(1)).unwrap();
    let reads = reads.pick(&orders(), &key(2), &states).unwrap();
    let error = db.transact_get(&reads).await.unwrap_err();
    let cancelled = error.downcast_ref::<Cancelled>().unwrap();
    let message = "not the key".to_owned();
    assert_eq!(
        cancelled.reasons(),
        [Reason::Fine, Reason::Invalid { message }]
    );
    let text = error.to_string();
    assert!(
        text.starts_with("dynamodb.TransactGetItems: ")
            && text.contains("action 1: invalid: not the key"),
        "{text}"
    );
    let sent = &calls.all()[0].input["TransactItems"];
    assert_eq!(sent[0]["Get"].get("ProjectionExpression"), None);
    assert_eq!(sent[1]["Get"]["ProjectionExpression"], "#only0");
    assert_eq!(
        sent[1]["Get"]["ExpressionAttributeNames"],
        json!({"#only0": "state"})
    );
}

#[tokio::test]
async fn one_that_dynamodb_would_not_take_is_not_sent() {
    let (aws, db) = region_with_orders().await;
    let mut large = Transaction::new();
    for nr in 0..101 {
        large = large.put(&orders(), &order(nr, "new")).unwrap();
    }
    for (transaction, size) in [(Transaction::new(), "0"), (large, "101")] {
        let error = db.transact(&transaction).await.unwrap_err();
        assert!(error.downcast_ref::<WrongSize>().is_some());
        let words = format!("a transaction has 1 to 100 actions, not {size}");
        assert_eq!(error.to_string(), words);
    }
    assert_eq!(aws.counts().calls("dynamodb", "TransactWriteItems"), 0);
    let error = db.transact_get(&Reads::new()).await.unwrap_err();
    assert!(error.downcast_ref::<WrongSize>().is_some());
    assert_eq!(aws.counts().calls("dynamodb", "TransactGetItems"), 0);
}
