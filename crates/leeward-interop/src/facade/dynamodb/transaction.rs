//! All or nothing, and items of one moment.

use super::{Order, Site, key, made, order, to};
use crate::ministack::{Case, Trouble, same, there};
use leeward_dynamodb::{
    Cancelled, Expression, Projection, Reads, Reason, TableName, Transaction, TransactionToken,
};
use serde_json::{Value, json};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("a transaction is applied, or nothing of it", |site| {
            Box::pin(transaction(site))
        }),
        Case::new("a transaction is applied once for its token", |site| {
            Box::pin(token(site))
        }),
        Case::new("items are read together, each in its type", |site| {
            Box::pin(snapshot(site))
        }),
    ]
}

async fn transaction(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-transaction").await?;
    db.put(&orders, &order(1, "new")).await?;
    db.put(&orders, &order(2, "new")).await?;
    let is_free = Expression::absent("customer");
    let is_new = Expression::equals("state", "new")?;
    let transaction = Transaction::new()
        .put_if(&orders, &order(3, "new"), &is_free)?
        .update_if(&orders, &key(1), &to("paid")?, &is_new)?
        .delete(&orders, &key(2))?;
    db.transact(&transaction).await?;
    let read = async |nr| db.get::<Order>(&orders, &key(nr)).await;
    same("put", read(3).await?, Some(order(3, "new")))?;
    same("updated", read(1).await?, Some(order(1, "paid")))?;
    same("deleted", read(2).await?, None)?;
    let again = Transaction::new()
        .put(&orders, &order(4, "new"))?
        .check(&orders, &key(1), &is_new)?
        .delete_if(&orders, &key(3), &is_new)?;
    let Err(error) = db.transact(&again).await else {
        return Err("a condition that does not hold lets all pass".into());
    };
    let cancelled = error.downcast_ref::<Cancelled>();
    let cancelled = cancelled.ok_or_else(|| error.to_string())?;
    let [
        Reason::Fine,
        failed @ Reason::ConditionFailed { .. },
        Reason::Fine,
    ] = cancelled.reasons()
    else {
        return Err(error.into());
    };
    same("in its way", failed.found()?, Some(order(1, "paid")))?;
    same("nothing is put", read(4).await?, None)?;
    same("nothing is deleted", read(3).await?, Some(order(3, "new")))
}

async fn token(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-token").await?;
    db.put(
        &orders,
        &json!({"customer": "c-1", "nr": 1, "state": "new", "seen": 0}),
    )
    .await?;
    let seen = Expression::new("ADD seen :one").with_value(":one", &1)?;
    let token: TransactionToken = "interop-token-1".parse()?;
    let once = Transaction::with_token(token).update(&orders, &key(1), &seen)?;
    for _ in 0..3 {
        db.transact(&once).await?;
    }
    let seen: Value = there(db.get(&orders, &key(1)).await?)?;
    same("how often", &seen["seen"], &json!(1))
}

async fn snapshot(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-snapshot").await?;
    let (_, others) = made(site, "interop-snapshot-2").await?;
    db.put(&orders, &order(1, "new")).await?;
    db.put(&others, &order(2, "paid")).await?;
    let reads = Reads::new()
        .get(&orders, &key(1))?
        .get(&orders, &key(2))?
        .pick(&others, &key(2), &Projection::of(["state"]))?;
    let now = db.transact_get(&reads).await?;
    same("of one table", now.item(0)?, Some(order(1, "new")))?;
    same("not there", now.item::<Order>(1)?, None)?;
    let of_another: Option<Value> = now.item(2)?;
    same("of another", of_another, Some(json!({"state": "paid"})))?;
    let nobodys: TableName = "interop-nobodys".parse()?;
    let reads = Reads::new().get(&nobodys, &key(1))?;
    match db.transact_get(&reads).await {
        Ok(_) => Err("a table that is not there is read".into()),
        Err(error) => same(
            "no such table",
            error.code(),
            Some("ResourceNotFoundException"),
        ),
    }
}
