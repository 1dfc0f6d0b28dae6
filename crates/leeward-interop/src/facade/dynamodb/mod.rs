//! Tables of DynamoDB and their items.

mod batch;
mod item;
mod read;
mod table;
mod transaction;

use super::site::Site;
use crate::ministack::{Case, Trouble};
use aws_sdk_dynamodb::{
    operation::create_table::{CreateTableInput, builders::CreateTableInputBuilder},
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
        Projection, ProjectionType, ScalarAttributeType,
    },
};
use leeward_dynamodb::{DynamoDb, Expression, KeySchema, TableName};
use leeward_resilience::Waiter;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

const WAITER: Waiter = Waiter::new(Duration::from_secs(30));

pub(super) fn cases() -> Vec<Case<Site>> {
    let all = [
        table::cases(),
        item::cases(),
        read::cases(),
        batch::cases(),
        transaction::cases(),
    ];
    all.into_iter().flatten().collect()
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

fn schema() -> KeySchema {
    KeySchema::new("customer").with_sort("nr")
}

fn to(state: &str) -> Result<Expression, Trouble> {
    let change = Expression::new("SET #state = :state").with_name("#state", "state");
    Ok(change.with_value(":state", state)?)
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
