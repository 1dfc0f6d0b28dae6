//! Secrets and tables that go by their ARN, which is another one in each Region, while the first Region is silent.

use crate::cloud::{A, B, C, builder};
use aws_sdk_dynamodb::{
    Client as DynamoDb,
    operation::{
        get_item::{GetItemInput, builders::GetItemInputBuilder},
        put_item::{PutItemInput, builders::PutItemInputBuilder},
    },
    types::{
        AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
        ScalarAttributeType,
    },
};
use aws_sdk_secretsmanager::{
    Client as SecretsManager,
    operation::get_secret_value::{GetSecretValueInput, builders::GetSecretValueInputBuilder},
};
use leeward::{
    client_pool::{Op, Pool, Target, regional::ReplicatedArn},
    error_taxonomy::{AwsError, Classify, OperationName, Region, Rejected},
    region_router::{ByOperation, RegionRouter, RegionRouters, RegionState},
    resilience::{DeadlineLayer, Request},
};
use leeward_testkit::{Aws, Fault, Scope};
use std::{num::NonZeroUsize, time::Duration};
use tower::{Layer, ServiceExt};

struct World {
    aws: Aws,
    pool: Pool,
}

impl World {
    async fn start() -> Self {
        let aws = Aws::start(&[A, B, C]).await.unwrap();
        let pool = builder(&aws).build().await.unwrap();
        Self { aws, pool }
    }

    fn silence_the_first(&self) {
        let faults = self.aws.faults();
        faults.inject(Scope::region(A), Fault::black_hole());
    }

    /// How many calls of the operation the Region's service has answered well.
    fn served(&self, region: &Region, service: &str, operation: &str) -> u64 {
        let counts = self.aws.counts().in_region(region);
        counts.tally(service, operation).ok
    }
}

/// A secret in the second Region, by the ARN that its primary has in the first.
async fn replicated_secret(world: &World) -> (ReplicatedArn, String) {
    let client: SecretsManager = world.pool.client().with_region(B).await.unwrap();
    let made = client
        .create_secret()
        .name("db")
        .secret_string("hunter2")
        .send()
        .await
        .unwrap();
    let replica = made.arn.unwrap();
    let primary = replica.replace(B.as_str(), A.as_str());
    assert_ne!(primary, replica);
    (ReplicatedArn::secret(&primary).unwrap(), replica)
}

#[tokio::test]
async fn a_replicated_secret_is_read_under_its_replicas_arn_while_its_primary_is_silent() {
    let world = World::start().await;
    let (secret, replica) = replicated_secret(&world).await;
    let read = |secret: &ReplicatedArn| {
        Op::new(
            GetSecretValueInput::builder(),
            GetSecretValueInputBuilder::send_with,
        )
        .naming(secret.clone(), GetSecretValueInputBuilder::secret_id)
    };
    let router = RegionRouter::builder([A, C, B])
        .build(world.pool.maker::<SecretsManager>())
        .unwrap();
    let call = || DeadlineLayer::new(Duration::from_secs(10)).layer(router.clone());
    world.silence_the_first();
    let replicated = secret.clone().replicated_in([B]);
    let answer = call().oneshot(read(&replicated)).await.unwrap();
    // The emulated service takes the whole ARN and finds none of another Region.
    assert_eq!(answer.arn(), Some(replica.as_str()));
    assert_eq!(answer.secret_string(), Some("hunter2"));
    assert_eq!(world.served(&B, "secretsmanager", "GetSecretValue"), 1);
    let elsewhere = || world.aws.counts().in_region(&C).total().calls;
    assert_eq!(elsewhere(), 0, "no replica there");

    // Without a word of replicas it stays at home, which is silent.
    let error = AwsError::from(call().oneshot(read(&secret)).await.unwrap_err());
    let said = error.facts();
    assert!(
        !matches!(said.rejected, Some(Rejected::DeadlineExceeded { .. })),
        "{error:?}"
    );
    assert_eq!(world.served(&B, "secretsmanager", "GetSecretValue"), 1);
    assert_eq!(elsewhere(), 0);
}

fn refusals(status: &leeward::region_router::RouterStatus) -> Vec<u64> {
    status.regions.iter().map(|region| region.refused).collect()
}

/// The table in each of these Regions, as a global table is, with one item that names the Region.
async fn global_table(world: &World, regions: &[Region]) -> ReplicatedArn {
    let mut arns = Vec::new();
    for region in regions {
        let client: DynamoDb = world
            .pool
            .client()
            .with_region(region.clone())
            .await
            .unwrap();
        let attribute = AttributeDefinition::builder()
            .attribute_name("id")
            .attribute_type(ScalarAttributeType::S);
        let key = KeySchemaElement::builder()
            .attribute_name("id")
            .key_type(KeyType::Hash);
        let made = client
            .create_table()
            .table_name("orders")
            .attribute_definitions(attribute.build().unwrap())
            .key_schema(key.build().unwrap())
            .billing_mode(BillingMode::PayPerRequest);
        let made = made.send().await.unwrap().table_description.unwrap();
        arns.push(made.table_arn.unwrap());
        let put = client.put_item().table_name("orders");
        let put = put.item("id", text("1")).item("home", text(region));
        put.send().await.unwrap();
    }
    world.aws.reset_counts();
    let replicas = regions[1..].iter().cloned();
    ReplicatedArn::table(&arns[0])
        .unwrap()
        .replicated_in(replicas)
}

fn text(value: impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

async fn home_of(
    router: RegionRouter<Target<DynamoDb>>,
    table: &ReplicatedArn,
    id: &str,
) -> Option<AttributeValue> {
    let get = Op::new(
        GetItemInput::builder().key("id", text(id)),
        GetItemInputBuilder::send_with,
    )
    .naming(table.clone(), GetItemInputBuilder::table_name);
    let call = DeadlineLayer::new(Duration::from_secs(10)).layer(router);
    let answer = call.oneshot(get).await.unwrap();
    answer.item.and_then(|mut item| item.remove("home"))
}

#[tokio::test]
async fn an_item_of_a_global_table_is_read_under_the_arn_of_the_region_that_answers() {
    let world = World::start().await;
    let table = global_table(&world, &[A, B]).await;
    let router = RegionRouter::builder([A, B])
        .build(world.pool.maker::<DynamoDb>())
        .unwrap();
    assert_eq!(home_of(router.clone(), &table, "1").await, Some(text(A)));
    world.silence_the_first();
    assert_eq!(home_of(router.clone(), &table, "1").await, Some(text(B)));
    // A table is found by the ARN of its own Region only, so this is what was asked for in the second one.
    assert_eq!(world.served(&B, "dynamodb", "GetItem"), 1);
    assert_eq!(refusals(&router.status()), [0, 0]);
}

#[tokio::test]
async fn a_write_into_silence_is_not_sent_to_another_region_while_reads_go_on() {
    let world = World::start().await;
    let table = global_table(&world, &[A, B]).await;
    let router = RegionRouter::builder([A, B])
        .build(world.pool.maker::<DynamoDb>())
        .unwrap();
    world.silence_the_first();
    let put = Op::new(
        PutItemInput::builder().item("id", text("2")),
        PutItemInputBuilder::send_with,
    )
    .naming(table.clone(), PutItemInputBuilder::table_name)
    .non_idempotent();
    assert_eq!(put.operation().operation(), "PutItem");
    let call = DeadlineLayer::new(Duration::from_secs(10)).layer(router.clone());
    let error = call.oneshot(put).await.unwrap_err();
    let silent = matches!(
        error.facts().rejected,
        Some(Rejected::AttemptTimedOut { .. })
    );
    assert!(silent, "{error:?}");
    assert_eq!(world.served(&B, "dynamodb", "PutItem"), 0);
    assert_eq!(home_of(router, &table, "1").await, Some(text(B)));
}

#[tokio::test]
async fn writes_and_reads_of_a_table_have_a_router_each_of_one_family() {
    let world = World::start().await;
    let table = global_table(&world, &[A, B]).await;
    let most = NonZeroUsize::new(10).unwrap();
    let routers: RegionRouters<OperationName, Target<DynamoDb>, ByOperation> =
        RegionRouter::builder([A, B])
            .build_keyed(world.pool.maker::<DynamoDb>(), ByOperation, most)
            .unwrap();
    let put = || {
        Op::new(
            PutItemInput::builder().item("id", text("2")),
            PutItemInputBuilder::send_with,
        )
        .naming(table.clone(), PutItemInputBuilder::table_name)
        .idempotent()
    };
    let get = || {
        Op::new(
            GetItemInput::builder().key("id", text("2")),
            GetItemInputBuilder::send_with,
        )
        .naming(table.clone(), GetItemInputBuilder::table_name)
    };
    let faults = world.aws.faults();
    let fails = Fault::error(500, "InternalServerError", "try again");
    faults.inject(Scope::region(A).operation("PutItem"), fails);
    for _ in 0..6 {
        routers.clone().oneshot(put()).await.unwrap();
    }
    // Writes have left the first Region, reads have not.
    let read = routers.clone().oneshot(get()).await.unwrap();
    assert_eq!(read.item, None, "written elsewhere");
    assert_eq!(world.served(&A, "dynamodb", "GetItem"), 1);
    assert_eq!(world.served(&B, "dynamodb", "PutItem"), 6);
    let state = |operation: OperationName| routers.of(&operation).status().regions[0].state;
    assert_eq!(state(put().operation()), RegionState::Open);
    assert_eq!(state(get().operation()), RegionState::Closed);
    assert_eq!(routers.len(), 2);
}
