//! Partitions, indexes and whole tables, read.

use super::{Order, Site, key, made, order, schema};
use crate::ministack::{Case, Trouble, same};
use leeward_dynamodb::{
    DynamoDb, Expression, Keys, Projection, Query, Scan, Sort, TableName, Writes,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, num::NonZero};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("a partition is listed as its sort keys are asked", |site| {
            Box::pin(query(site))
        }),
        Case::new("an index is asked", |site| Box::pin(index(site))),
        Case::new("a table is scanned by segments, each item once", |site| {
            Box::pin(scan(site))
        }),
        Case::new("only the attributes that are asked for are read", |site| {
            Box::pin(projection(site))
        }),
    ]
}

async fn query(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-query").await?;
    let mut writes = Writes::new(schema());
    for nr in 0..40 {
        let state = if nr % 2 == 0 { "new" } else { "paid" };
        writes.put(&order(nr, state))?;
    }
    db.batch_write(&orders, writes).await?;
    let of_all = || Query::new("customer", "c-1");
    let by_seven = const { NonZero::new(7).expect("more than none") };
    let listed = numbers(&db, &orders, of_all()?.with_page_size(by_seven)).await?;
    same("all", listed, (0..40).collect::<Vec<_>>())?;
    for (sort, expected) in [
        (Sort::equals("nr", &5)?, 5..6),
        (Sort::less_than("nr", &5)?, 0..5),
        (Sort::at_most("nr", &5)?, 0..6),
        (Sort::greater_than("nr", &35)?, 36..40),
        (Sort::at_least("nr", &35)?, 35..40),
        (Sort::between("nr", &10, &12)?, 10..13),
    ] {
        let listed = numbers(&db, &orders, of_all()?.with_sort(sort)).await?;
        same("of those", listed, expected.collect::<Vec<_>>())?;
    }
    let last = of_all()?.with_sort(Sort::at_least("nr", &36)?).descending();
    let paid = last.with_filter(Expression::equals("state", "paid")?);
    same("filtered", numbers(&db, &orders, paid).await?, [39, 37])
}

async fn index(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-index").await?;
    for (nr, customer) in [(1, "c-1"), (2, "c-2"), (3, "b-1")] {
        let item = json!({"customer": customer, "nr": nr, "state": "paid"});
        db.put(&orders, &item).await?;
    }
    db.put(&orders, &order(4, "new")).await?;
    let paid = Query::new("state", "paid")?
        .with_index("by-state".parse()?)
        .with_sort(Sort::begins_with("customer", "c-")?);
    same("by its index", numbers(&db, &orders, paid).await?, [1, 2])
}

async fn scan(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-scan").await?;
    let mut writes = Writes::new(schema());
    for nr in 0..500 {
        let customer = format!("c-{}", nr % 50);
        writes.put(&json!({"customer": customer, "nr": nr, "state": "new"}))?;
    }
    db.batch_write(&orders, writes).await?;
    for segments in [1, 4, 16] {
        let segments = NonZero::new(segments).ok_or("none")?;
        let by_twenty = const { NonZero::new(20).expect("more than none") };
        let scan = Scan::new()
            .with_segments(segments)
            .with_page_size(by_twenty);
        let scanned = db
            .scan::<Order>(&orders, &scan)
            .collect_up_to(10_000)
            .await?;
        same("how many", scanned.items.len(), 500)?;
        let numbers: BTreeSet<u32> = scanned.items.iter().map(|order| order.nr).collect();
        same("which", numbers.len(), 500)?;
    }
    let ten = Expression::new("nr < :ten").with_value(":ten", &10)?;
    let few = db.scan::<Order>(&orders, &Scan::new().with_filter(ten));
    same("filtered", few.collect_up_to(100).await?.items.len(), 10)
}

async fn projection(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-projection").await?;
    let item = json!({
        "customer": "c-1", "nr": 1, "state": "new", "a.b": 5,
        "name": {"first": "Ada", "last": "L"},
    });
    db.put(&orders, &item).await?;
    let glance = Projection::of(["state", "a.b"]).with_path(["name", "first"]);
    let expected = json!({"state": "new", "a.b": 5, "name": {"first": "Ada"}});
    let got: Option<Value> = db.pick(&orders, &key(1), &glance).await?;
    same("got", got, Some(expected.clone()))?;
    let keys = Keys::of([key(1)])?.with_projection(glance.clone());
    let got: Vec<Value> = db.batch_get(&orders, keys).await?;
    same("of a batch", &got[..], &[expected.clone()][..])?;
    let is_new = Expression::equals("state", "new")?;
    let query = Query::new("customer", "c-1")?
        .with_filter(is_new.clone())
        .with_projection(glance.clone());
    let listed = db.query::<Value>(&orders, query)?.collect_up_to(9).await?;
    same("queried", &listed.items[..], &[expected.clone()][..])?;
    let scan = Scan::new().with_filter(is_new).with_projection(glance);
    let scanned = db.scan::<Value>(&orders, &scan).collect_up_to(9).await?;
    same("scanned", &scanned.items[..], &[expected][..])
}

async fn numbers(db: &DynamoDb, orders: &TableName, query: Query) -> Result<Vec<u32>, Trouble> {
    let listed = db
        .query::<Order>(orders, query)?
        .collect_up_to(1_000)
        .await?;
    Ok(listed.items.iter().map(|order| order.nr).collect())
}
