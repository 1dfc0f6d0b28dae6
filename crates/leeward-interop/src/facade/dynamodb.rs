//! Tables of DynamoDB and their items.

use super::site::Site;
use crate::ministack::{Case, Trouble, same, there};
use aws_sdk_dynamodb::{
    operation::create_table::{CreateTableInput, builders::CreateTableInputBuilder},
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType,
    },
};
use leeward_dynamodb::{
    Cancelled, Deleted, DynamoDb, Expression, KeySchema, Keys, Put, Query, Reason, Scan, Sort,
    TableName, Transaction, TransactionToken, Updated, Waiter, Writes,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeSet, num::NonZero, time::Duration};

const WAITER: Waiter = Waiter::new(Duration::from_secs(30));

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("a table is made, described, listed and deleted", |site| {
            Box::pin(table(site))
        }),
        Case::new("items are put, got, updated and deleted", |site| {
            Box::pin(items(site))
        }),
        Case::new(
            "a condition that does not hold is told with the item",
            |site| Box::pin(conflicts(site)),
        ),
        Case::new("a partition is listed as its sort keys are asked", |site| {
            Box::pin(query(site))
        }),
        Case::new("an index is asked", |site| Box::pin(index(site))),
        Case::new("a batch of 130 is written, read and deleted", |site| {
            Box::pin(batch(site))
        }),
        Case::new("a table is scanned by segments, each item once", |site| {
            Box::pin(scan(site))
        }),
        Case::new("a transaction is applied, or nothing of it", |site| {
            Box::pin(transaction(site))
        }),
        Case::new("a transaction is applied once for its token", |site| {
            Box::pin(token(site))
        }),
    ]
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    customer: String,
    nr: u32,
    state: String,
}

fn order(nr: u32, state: &str) -> Order {
    Order {
        customer: "c-1".to_owned(),
        nr,
        state: state.to_owned(),
    }
}

fn key(nr: u32) -> Value {
    json!({"customer": "c-1", "nr": nr})
}

async fn table(site: &Site) -> Result<(), Trouble> {
    let db = DynamoDb::new(site.pool.caller().await?);
    let name: TableName = "interop-life".parse()?;
    same("before", db.table_exists(&name).await?, false)?;
    same("before", db.delete_table(&name).await?, false)?;
    db.create_table(definition(&name)?).await?;
    db.wait_active(&name, &WAITER, |_, _| {}).await?;
    same("after", db.table_exists(&name).await?, true)?;
    let summary = there(db.describe_table(&name).await?)?;
    same("its state", summary.status.as_str(), "ACTIVE")?;
    same("its key", summary.key, Some(schema()))?;
    let indexes: Vec<_> = summary.indexes.iter().map(|index| &index.name).collect();
    same("its indexes", indexes, ["by-state"])?;
    let tables = db.tables().collect_up_to(1_000).await?;
    same("listed", tables.items.contains(&name), true)?;
    let by_arn: TableName = there(summary.arn)?.parse()?;
    same("by its ARN", db.table_exists(&by_arn).await?, true)?;
    same("deleted", db.delete_table(&name).await?, true)?;
    db.wait_gone(&name, &WAITER, |_, _| {}).await?;
    same("at last", db.table_exists(&name).await?, false)
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
        .with_index("by-state")
        .with_sort(Sort::begins_with("customer", "c-")?);
    same("by its index", numbers(&db, &orders, paid).await?, [1, 2])
}

async fn batch(site: &Site) -> Result<(), Trouble> {
    let (db, orders) = made(site, "interop-batch").await?;
    let mut writes = Writes::new(schema());
    for nr in 0..130 {
        writes.put(&order(nr, "new"))?;
    }
    db.batch_write(&orders, writes).await?;
    let keys = || Keys::of((0..140).map(key));
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

fn schema() -> KeySchema {
    KeySchema::new("customer").with_sort("nr")
}

fn to(state: &str) -> Result<Expression, Trouble> {
    let change = Expression::new("SET #state = :state").with_name("#state", "state");
    Ok(change.with_value(":state", state)?)
}

async fn numbers(db: &DynamoDb, orders: &TableName, query: Query) -> Result<Vec<u32>, Trouble> {
    let listed = db
        .query::<Order>(orders, query)?
        .collect_up_to(1_000)
        .await?;
    Ok(listed.items.iter().map(|order| order.nr).collect())
}

/// A table of its own for a case.
async fn made(site: &Site, name: &str) -> Result<(DynamoDb, TableName), Trouble> {
    let db = DynamoDb::new(site.pool.caller().await?);
    let name: TableName = name.parse()?;
    db.create_table(definition(&name)?).await?;
    db.wait_active(&name, &WAITER, |_, _| {}).await?;
    Ok((db, name))
}

fn definition(name: &TableName) -> Result<CreateTableInputBuilder, Trouble> {
    let attribute = |name: &str, kind| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(kind).build()
    };
    let element = |name: &str, kind| {
        let element = KeySchemaElement::builder().attribute_name(name);
        element.key_type(kind).build()
    };
    let all = Projection::builder().projection_type(ProjectionType::All);
    let by_state = GlobalSecondaryIndex::builder()
        .index_name("by-state")
        .key_schema(element("state", KeyType::Hash)?)
        .key_schema(element("customer", KeyType::Range)?)
        .projection(all.build())
        .build()?;
    Ok(CreateTableInput::builder()
        .table_name(name.as_str())
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("customer", ScalarAttributeType::S)?)
        .attribute_definitions(attribute("nr", ScalarAttributeType::N)?)
        .attribute_definitions(attribute("state", ScalarAttributeType::S)?)
        .key_schema(element("customer", KeyType::Hash)?)
        .key_schema(element("nr", KeyType::Range)?)
        .global_secondary_indexes(by_state))
}
