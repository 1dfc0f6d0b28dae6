//! Batches, and what DynamoDB does not take of them.

use super::{Order, Site, key, made, order, schema};
use crate::ministack::{Case, Trouble, same};
use leeward_dynamodb::{Keys, RefusedEntry, Unwritten, Writes};
use serde_json::json;
use std::collections::BTreeSet;

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("a batch of 130 is written, read and deleted", |site| {
            Box::pin(batch(site))
        }),
        Case::new(
            "what DynamoDB refuses is given back with the rest",
            |site| Box::pin(refusals(site)),
        ),
    ]
}

async fn batch(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-batch").await?;
    let mut writes = Writes::new(schema());
    for nr in 0..130 {
        writes.put(&order(nr, "new"))?;
    }
    db.batch_write(&orders, writes).await?;
    let keys = || {
        let mut keys = Keys::of((1..140).map(key))?;
        keys.add(&key(0)).map(|()| keys)
    };
    let read: Vec<Order> = db.batch_get(&orders, keys()?).await?;
    let read: BTreeSet<u32> = read.into_iter().map(|order| order.nr).collect();
    same("what is read", read, (0..130).collect::<BTreeSet<_>>())?;
    let mut deletes = Writes::new(schema());
    for nr in 0..129 {
        deletes.delete(&key(nr))?;
    }
    db.batch_write(&orders, deletes).await?;
    let left: Vec<Order> = db.batch_get(&orders, keys()?).await?;
    same("what is left", left, [order(129, "new")])
}

async fn refusals(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-refusals").await?;
    let mut writes = Writes::new(schema());
    let large = json!({"customer": "c-1", "nr": 1, "text": "x".repeat(409_600)});
    let refused = writes.put(&large);
    let is_large = matches!(refused, Err(RefusedEntry::TooLarge { entry: 0, .. }));
    same("what is too large", is_large, true)?;
    // Its key is a text here, and the number of the table is none.
    writes.put(&json!({"customer": "c-1", "nr": "one", "state": "new"}))?;
    for nr in 0..25 {
        writes.put(&order(nr, "new"))?;
    }
    let Err(error) = db.batch_write(&orders, writes).await else {
        return Err("a text is taken for a number".into());
    };
    same("code", error.code(), Some("ValidationException"))?;
    let unwritten = error.downcast_ref::<Unwritten>();
    let unwritten = unwritten.ok_or_else(|| error.to_string())?;
    same("of 26", unwritten.rest().len(), 25)
}
