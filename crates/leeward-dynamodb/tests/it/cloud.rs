//! An emulated Region, and a facade that calls it.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::{
    operation::create_table::{CreateTableInput, builders::CreateTableInputBuilder},
    types::{AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType},
};
use leeward_client_pool::{Caller, Pool};
use leeward_dynamodb::{DynamoDb, TableName};
use leeward_error_taxonomy::Region;
use leeward_testkit::{ACCESS_KEY_ID, Aws, SECRET_ACCESS_KEY};
use serde::{Deserialize, Serialize};

pub(crate) const EAST: Region = Region::from_static("us-east-1");

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) customer: String,
    pub(crate) nr: u32,
    pub(crate) state: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct OrderKey {
    customer: String,
    nr: u32,
}

pub(crate) fn order(nr: u32, state: &str) -> Order {
    Order {
        customer: "c-1".to_owned(),
        nr,
        state: state.to_owned(),
    }
}

pub(crate) fn key(nr: u32) -> OrderKey {
    OrderKey {
        customer: "c-1".to_owned(),
        nr,
    }
}

pub(crate) fn orders() -> TableName {
    "orders".parse().unwrap()
}

pub(crate) async fn caller(endpoint: String) -> Caller<aws_sdk_dynamodb::Client> {
    let credentials = Credentials::from_keys(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None);
    let pool = Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_endpoint(EAST, endpoint)
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .build()
        .await
        .unwrap();
    pool.caller().await.unwrap()
}

/// A Region without a table.
pub(crate) async fn region() -> (Aws, DynamoDb) {
    let aws = Aws::start(&[EAST]).await.unwrap();
    let caller = caller(aws.endpoint(&EAST)).await;
    (aws, DynamoDb::new(caller))
}

/// A Region with the table of orders.
pub(crate) async fn region_with_orders() -> (Aws, DynamoDb) {
    let (aws, db) = region().await;
    db.create_table(table("orders")).await.unwrap();
    (aws, db)
}

pub(crate) fn table(name: &str) -> CreateTableInputBuilder {
    let attribute = |name: &str, kind| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(kind).build().unwrap()
    };
    let element = |name: &str, kind| {
        let element = KeySchemaElement::builder().attribute_name(name);
        element.key_type(kind).build().unwrap()
    };
    CreateTableInput::builder()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("customer", ScalarAttributeType::S))
        .attribute_definitions(attribute("nr", ScalarAttributeType::N))
        .key_schema(element("customer", KeyType::Hash))
        .key_schema(element("nr", KeyType::Range))
}
