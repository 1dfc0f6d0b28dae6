//! Every kind of resource, there and not there.

use crate::cloud::{Cloud, EAST, arn, iam_arn};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use aws_sdk_lambda::{
    primitives::Blob,
    types::{FunctionCode, LayerVersionContentInput, Runtime},
};
use leeward_error_taxonomy::Category;
use leeward_resources::ResourceError;
use leeward_testkit::{Fault, Scope};

async fn table(cloud: &Cloud) -> String {
    let key = KeySchemaElement::builder().attribute_name("id");
    let key = key.key_type(KeyType::Hash).build().unwrap();
    let id = AttributeDefinition::builder().attribute_name("id");
    let id = id.attribute_type(ScalarAttributeType::S).build().unwrap();
    let all = Projection::builder().projection_type(ProjectionType::All);
    let index = GlobalSecondaryIndex::builder()
        .index_name("by-id")
        .key_schema(key.clone())
        .projection(all.build());
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::KeysOnly);
    let client: aws_sdk_dynamodb::Client = cloud.client(EAST).await;
    let create = client.create_table().table_name("orders").key_schema(key);
    let made = create
        .attribute_definitions(id)
        .billing_mode(BillingMode::PayPerRequest)
        .global_secondary_indexes(index.build().unwrap())
        .stream_specification(stream.build().unwrap())
        .send()
        .await
        .unwrap();
    let made = made.table_description.unwrap();
    made.latest_stream_arn.unwrap()
}

#[tokio::test]
async fn tables_and_what_is_part_of_them() {
    let cloud = Cloud::start().await;
    let stream = table(&cloud).await;
    for (resource, there) in [
        ("table/orders", true),
        ("table/others", false),
        ("table/orders/index/by-id", true),
        ("table/orders/index/by-day", false),
        ("table/others/index/by-id", false),
    ] {
        let arn = arn("dynamodb", resource);
        assert_eq!(cloud.is_there(&arn).await, there, "{arn}");
    }
    assert!(cloud.is_there(&stream).await);
    let (ended, _) = stream.rsplit_once('/').unwrap();
    for ended in [
        format!("{ended}/2020-01-01T00:00:00.000"),
        arn("dynamodb", "table/others/stream/2020-01-01T00:00:00.000"),
    ] {
        let refused = cloud.refusal(&ended).await;
        assert!(
            matches!(refused, ResourceError::EndedStream { .. }),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_stream_that_is_switched_off_is_not_told_of() {
    let cloud = Cloud::start().await;
    let stream = table(&cloud).await;
    let off = StreamSpecification::builder().stream_enabled(false);
    let client: aws_sdk_dynamodb::Client = cloud.client(EAST).await;
    let update = client.update_table().table_name("orders");
    let update = update.stream_specification(off.build().unwrap());
    update.send().await.unwrap();
    let refused = cloud.refusal(&stream).await;
    assert!(
        matches!(refused, ResourceError::EndedStream { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn buckets_and_objects() {
    let cloud = Cloud::start().await;
    let client: aws_sdk_s3::Client = cloud.client(EAST).await;
    client
        .create_bucket()
        .bucket("orders")
        .send()
        .await
        .unwrap();
    for key in ["2026/11/a b.json", "*"] {
        let put = client.put_object().bucket("orders").key(key);
        put.body(aws_sdk_s3::primitives::ByteStream::from_static(b"[]"))
            .send()
            .await
            .unwrap();
    }
    for (resource, there) in [
        ("orders", true),
        ("others", false),
        ("orders/2026/11/a b.json", true),
        ("orders/2026/11", false),
        ("orders/*", true),
        ("others/2026/11/a b.json", false),
    ] {
        let arn = format!("arn:aws:s3:::{resource}");
        assert_eq!(cloud.is_there(&arn).await, there, "{arn}");
    }
}

#[tokio::test]
async fn log_groups_and_their_streams() {
    let cloud = Cloud::start().await;
    let client: aws_sdk_cloudwatchlogs::Client = cloud.client(EAST).await;
    for group in ["/app/orders", "/app/orders-2"] {
        let create = client.create_log_group().log_group_name(group);
        create.send().await.unwrap();
    }
    for stream in ["host-1/a", "host-10"] {
        let create = client.create_log_stream().log_group_name("/app/orders");
        create.log_stream_name(stream).send().await.unwrap();
    }
    for (resource, there) in [
        ("log-group:/app/orders", true),
        ("log-group:/app/orders:*", true),
        ("log-group:/app/order", false),
        ("log-group:/app/order:*", false),
        ("log-group:/app/orders:log-stream:host-1/a", true),
        ("log-group:/app/orders:log-stream:host-1", false),
        ("log-group:/app/orders:log-stream:other", false),
        ("log-group:/app/others:log-stream:host-1/a", false),
    ] {
        let arn = arn("logs", resource);
        assert_eq!(cloud.is_there(&arn).await, there, "{arn}");
    }
}

/// Versions and aliases are played over ministack: the in-process one leaves them out of account.
#[tokio::test]
async fn functions_and_layers() {
    let cloud = Cloud::start().await;
    let client: aws_sdk_lambda::Client = cloud.client(EAST).await;
    let code = FunctionCode::builder().zip_file(Blob::new("code"));
    let create = client.create_function().function_name("orders");
    create
        .code(code.build())
        .role(iam_arn("role/app"))
        .runtime(Runtime::Python312)
        .handler("main.handle")
        .send()
        .await
        .unwrap();
    let code = LayerVersionContentInput::builder().zip_file(Blob::new("code"));
    let publish = client.publish_layer_version().layer_name("numbers");
    publish.content(code.build()).send().await.unwrap();
    for (resource, there) in [
        ("layer:numbers", true),
        ("layer:number", false),
        ("layer:numbers:1", true),
        ("layer:numbers:2", false),
        ("function:orders", true),
        ("function:others", false),
        ("function:others:live", false),
    ] {
        let arn = arn("lambda", resource);
        assert_eq!(cloud.is_there(&arn).await, there, "{arn}");
    }
}

#[tokio::test]
async fn principals_and_policies() {
    let cloud = Cloud::start().await;
    let client: aws_sdk_iam::Client = cloud.client(EAST).await;
    let role = client.create_role().role_name("app").path("/team/");
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let role = role.assume_role_policy_document(trust);
    role.send().await.unwrap();
    let user = client.create_user().user_name("eve").path("/team/");
    user.send().await.unwrap();
    client
        .create_group()
        .group_name("readers")
        .send()
        .await
        .unwrap();
    let policy = client.create_policy().policy_name("read").path("/team/");
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}"#;
    policy.policy_document(document).send().await.unwrap();
    let profile = client.create_instance_profile();
    profile.instance_profile_name("app").send().await.unwrap();
    for (resource, there) in [
        ("role/team/app", true),
        // The path is part of the ARN, though names are one per account.
        ("role/app", false),
        ("role/nobodys", false),
        ("user/team/eve", true),
        ("user/eve", false),
        ("user/nobody", false),
        ("group/readers", true),
        ("group/team/readers", false),
        ("group/nobodys", false),
        ("policy/team/read", true),
        ("policy/read", false),
        ("policy/nobodys", false),
        ("instance-profile/app", true),
        ("instance-profile/team/app", false),
        ("instance-profile/nobodys", false),
    ] {
        let arn = iam_arn(resource);
        assert_eq!(cloud.is_there(&arn).await, there, "{arn}");
    }
    assert!(!cloud.is_there("arn:aws:iam::aws:policy/Nobodys").await);
}

#[tokio::test]
async fn a_denied_call_says_nothing_of_what_is_there() {
    let cloud = Cloud::start().await;
    table(&cloud).await;
    cloud
        .aws
        .faults()
        .inject(Scope::any(), Fault::access_denied());
    for arn in [
        arn("dynamodb", "table/orders"),
        arn("dynamodb", "table/orders/index/by-id"),
        arn("dynamodb", "table/orders/stream/1"),
        arn("lambda", "function:orders"),
        arn("lambda", "layer:numbers"),
        arn("lambda", "layer:numbers:1"),
        arn("logs", "log-group:/app"),
        arn("logs", "log-group:/app:log-stream:a"),
        iam_arn("role/app"),
        iam_arn("user/app"),
        iam_arn("group/app"),
        iam_arn("policy/app"),
        iam_arn("instance-profile/app"),
        "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned(),
        "arn:aws:s3:::orders".to_owned(),
        "arn:aws:s3:::orders/2026".to_owned(),
    ] {
        let error = cloud.exists(&arn).await.unwrap_err();
        assert_eq!(error.category(), Category::Authorization, "{arn}: {error}");
    }
}
