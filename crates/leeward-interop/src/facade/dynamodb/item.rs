//! Items one by one.

use super::{Order, Site, key, made, order, to};
use crate::ministack::{Case, Trouble, same};
use leeward_dynamodb::{Deleted, Expression, Put, Updated};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("items are put, got, updated and deleted", |site| {
            Box::pin(items(site))
        }),
        Case::new(
            "a condition that does not hold is told with the item",
            |site| Box::pin(conflicts(site)),
        ),
    ]
}

async fn items(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-items").await?;
    same("none", db.get::<Order>(&orders, &key(1)).await?, None)?;
    db.put(&orders, &order(1, "new")).await?;
    let got: Option<Order> = db.clone().consistent().get(&orders, &key(1)).await?;
    same("what was put", got, Some(order(1, "new")))?;
    let paid: Order = db.update(&orders, &key(1), &to("paid")?).await?;
    same("what was updated", paid, order(1, "paid"))?;
    db.delete(&orders, &key(1)).await?;
    same(
        "what is gone",
        db.get::<Order>(&orders, &key(1)).await?,
        None,
    )
}

async fn conflicts(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-conflicts").await?;
    let is_free = Expression::absent("customer");
    let put = db
        .put_if::<Order>(&orders, &order(1, "new"), &is_free)
        .await?;
    same("the first", put, Put::Written)?;
    let item = Some(order(1, "new"));
    let put = db.put_if(&orders, &order(1, "late"), &is_free).await?;
    same("the second", put, Put::Conflict { item: item.clone() })?;
    let is_paid = Expression::equals("state", "paid")?;
    let updated = db
        .update_if(&orders, &key(1), &to("sent")?, &is_paid)
        .await?;
    same(
        "no update",
        updated,
        Updated::Conflict { item: item.clone() },
    )?;
    let deleted = db.delete_if(&orders, &key(1), &is_paid).await?;
    same("no delete", deleted, Deleted::Conflict { item })?;
    let deleted = db.delete_if::<Order>(&orders, &key(9), &is_paid).await?;
    same("nothing there", deleted, Deleted::Conflict { item: None })?;
    let is_new = Expression::equals("state", "new")?;
    let updated = db
        .update_if(&orders, &key(1), &to("paid")?, &is_new)
        .await?;
    let item = order(1, "paid");
    same("an update", updated, Updated::Done { item })?;
    let deleted = db.delete_if::<Order>(&orders, &key(1), &is_paid).await?;
    same("a delete", deleted, Deleted::Gone)
}
