//! Every kind of resource by its ARN, there and not there.

use super::site::{Site, WEST};
use crate::ministack::{Case, Trouble, same, there};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use aws_sdk_lambda::{
    primitives::Blob,
    types::{FunctionCode, LayerVersionContentInput, Runtime},
};
use leeward_client_pool::Role;
use leeward_cloudformation::{ChangeSetName, CloudFormation, Proposed, StackSpec};
use leeward_resources::{Resource, ResourceError, Resources};
use serde_json::{Value, json};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("the ARN of a stack is there until it is deleted", |site| {
            Box::pin(stack(site))
        }),
        Case::new(
            "the ARN of a change set is there until it is dropped",
            |site| Box::pin(change_set(site)),
        ),
        Case::new(
            "ARNs of a table, its index and its stream are there or not",
            |site| Box::pin(table(site)),
        ),
        Case::new("ARNs of buckets and objects are there or not", |site| {
            Box::pin(bucket(site))
        }),
        Case::new(
            "ARNs of log groups and log streams are there or not",
            |site| Box::pin(logs(site)),
        ),
        Case::new(
            "ARNs of functions, versions, aliases and layers are there or not",
            |site| Box::pin(lambda(site)),
        ),
        Case::new("ARNs of principals and policies are there or not", |site| {
            Box::pin(iam(site))
        }),
        Case::new("an ARN is asked for in its own Region", |site| {
            Box::pin(other_region(site))
        }),
        Case::new(
            "an ARN of another account is not said not to be there",
            |site| Box::pin(other_account(site)),
        ),
        Case::new(
            "an ARN is asked for as who may ask in its account",
            |site| Box::pin(identity(site)),
        ),
    ]
}

/// What ministack has everything in.
const ACCOUNT: &str = "000000000000";

/// A ZIP archive without a file in it: the end of its directory alone (PKWARE APPNOTE 4.3.16).
const EMPTY_ARCHIVE: [u8; 22] = *b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

fn regional(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:us-east-1:{ACCOUNT}:{resource}")
}

/// Fails unless each is there or not, as expected.
async fn told(site: &Site, expected: &[(String, bool)]) -> Result<(), Trouble> {
    let resources = Resources::new(site.pool.clone());
    for (text, is_there) in expected {
        let arn = text.parse()?;
        // What cannot be read is not asked for.
        Resource::of(&arn)?;
        same(text, resources.resource_exists(&arn).await?, *is_there)?;
    }
    Ok(())
}

fn topic() -> Value {
    json!({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
}

async fn stack(site: &Site) -> Result<(), Trouble> {
    let cloud = CloudFormation::new(site.pool.caller().await?);
    let spec = StackSpec::new("arn-of-stack".parse()?, topic());
    let made = cloud.create(&spec, |_| ()).await?;
    let arn = made.id.to_string();
    let never = regional("cloudformation", "stack/arn-of-none/0e7e2a10");
    told(site, &[(arn.clone(), true), (never, false)]).await?;
    cloud.delete(&made.id, |_| ()).await?;
    told(site, &[(arn, false)]).await
}

async fn change_set(site: &Site) -> Result<(), Trouble> {
    let cloud = CloudFormation::new(site.pool.caller().await?);
    let spec = StackSpec::new("arn-of-set".parse()?, topic());
    let name: ChangeSetName = "larger".parse()?;
    let proposed = cloud.create_change_set(&spec, &name, |_, _| ()).await?;
    let Proposed::Changes(set) = proposed else {
        return Err("there is nothing to do".into());
    };
    let never = regional("cloudformation", "changeSet/larger/0e7e2a10");
    told(site, &[(set.id.clone(), true), (never, false)]).await?;
    cloud.drop_change_set(&set.stack_id, &name).await?;
    told(site, &[(set.id, false)]).await
}

async fn table(site: &Site) -> Result<(), Trouble> {
    let key = KeySchemaElement::builder().attribute_name("id");
    let key = key.key_type(KeyType::Hash).build()?;
    let id = AttributeDefinition::builder().attribute_name("id");
    let id = id.attribute_type(ScalarAttributeType::S).build()?;
    let keys = Projection::builder().projection_type(ProjectionType::KeysOnly);
    let index = GlobalSecondaryIndex::builder()
        .index_name("by-id")
        .key_schema(key.clone())
        .projection(keys.build());
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::KeysOnly);
    let client: aws_sdk_dynamodb::Client = site.sdk().await?;
    let create = client.create_table().table_name("arn-of-table");
    let made = create
        .key_schema(key)
        .attribute_definitions(id)
        .billing_mode(BillingMode::PayPerRequest)
        .global_secondary_indexes(index.build()?)
        .stream_specification(stream.build()?)
        .send()
        .await?;
    let stream = there(there(made.table_description)?.latest_stream_arn)?;
    let of = |resource: &str| regional("dynamodb", resource);
    let expected = [
        (of("table/arn-of-table"), true),
        (of("table/arn-of-none"), false),
        (of("table/arn-of-table/index/by-id"), true),
        (of("table/arn-of-table/index/by-day"), false),
        (of("table/arn-of-none/index/by-id"), false),
        (stream.clone(), true),
    ];
    told(site, &expected).await?;
    let update = client.update_table().table_name("arn-of-table");
    let off = StreamSpecification::builder()
        .stream_enabled(false)
        .build()?;
    update.stream_specification(off).send().await?;
    let resources = Resources::new(site.pool.clone());
    let ended = resources.resource_exists(&stream.parse()?).await;
    let ended = ended.map_err(|error| error.downcast_ref::<ResourceError>().cloned());
    match ended {
        Err(Some(ResourceError::EndedStream { .. })) => Ok(()),
        other => Err(format!("of a stream that has ended it says {other:?}").into()),
    }
}

async fn bucket(site: &Site) -> Result<(), Trouble> {
    let client: aws_sdk_s3::Client = site.sdk().await?;
    client
        .create_bucket()
        .bucket("arn-of-bucket")
        .send()
        .await?;
    let put = client.put_object().bucket("arn-of-bucket");
    put.key("2026/a b:é.json").send().await?;
    let of = |resource: &str| format!("arn:aws:s3:::{resource}");
    let expected = [
        (of("arn-of-bucket"), true),
        (of("arn-of-none"), false),
        (of("arn-of-bucket/2026/a b:é.json"), true),
        (of("arn-of-bucket/2026"), false),
        (of("arn-of-bucket/*"), false),
        (of("arn-of-none/2026"), false),
    ];
    told(site, &expected).await
}

async fn logs(site: &Site) -> Result<(), Trouble> {
    let client: aws_sdk_cloudwatchlogs::Client = site.sdk().await?;
    for group in ["/arn/of", "/arn/of-more"] {
        client
            .create_log_group()
            .log_group_name(group)
            .send()
            .await?;
    }
    // More than a page of streams that begin like the one that is not there.
    for number in 0..60 {
        let create = client.create_log_stream().log_group_name("/arn/of");
        let name = format!("host-{number:02}");
        create.log_stream_name(name).send().await?;
    }
    let of = |resource: &str| regional("logs", resource);
    let expected = [
        (of("log-group:/arn/of"), true),
        (of("log-group:/arn/of:*"), true),
        (of("log-group:/arn/o"), false),
        (of("log-group:/arn/of:log-stream:host-59"), true),
        (of("log-group:/arn/of:log-stream:host-"), false),
        (of("log-group:/arn/none:log-stream:host-59"), false),
    ];
    told(site, &expected).await
}

async fn lambda(site: &Site) -> Result<(), Trouble> {
    let client: aws_sdk_lambda::Client = site.sdk().await?;
    let code = FunctionCode::builder().zip_file(Blob::new(EMPTY_ARCHIVE));
    let create = client.create_function().function_name("arn-of-function");
    create
        .code(code.build())
        .role(format!("arn:aws:iam::{ACCOUNT}:role/app"))
        .runtime(Runtime::Python312)
        .handler("main.handle")
        .publish(true)
        .send()
        .await?;
    let alias = client.create_alias().function_name("arn-of-function");
    alias.name("live").function_version("1").send().await?;
    let content = LayerVersionContentInput::builder().zip_file(Blob::new(EMPTY_ARCHIVE));
    let layer = client.publish_layer_version().layer_name("arn-of-layer");
    layer.content(content.build()).send().await?;
    let of = |resource: &str| regional("lambda", resource);
    let expected = [
        (of("function:arn-of-function"), true),
        (of("function:arn-of-none"), false),
        (of("function:arn-of-function:$LATEST"), true),
        (of("function:arn-of-function:1"), true),
        (of("function:arn-of-function:2"), false),
        (of("function:arn-of-function:live"), true),
        (of("function:arn-of-function:dead"), false),
        (of("layer:arn-of-layer"), true),
        (of("layer:arn-of-none"), false),
        (of("layer:arn-of-layer:1"), true),
        (of("layer:arn-of-layer:2"), false),
    ];
    told(site, &expected).await
}

async fn iam(site: &Site) -> Result<(), Trouble> {
    let client: aws_sdk_iam::Client = site.sdk().await?;
    let principal = json!({"Service": "lambda.amazonaws.com"});
    let allow = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
    let trust = json!({"Version": "2012-10-17", "Statement": [allow]}).to_string();
    let role = client.create_role().role_name("arn-of-role").path("/arn/");
    role.assume_role_policy_document(trust).send().await?;
    let user = client.create_user().user_name("arn-of-user").path("/arn/");
    user.send().await?;
    let group = client.create_group().group_name("arn-of-group");
    group.path("/arn/").send().await?;
    let allow = json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"});
    let document = json!({"Version": "2012-10-17", "Statement": [allow]}).to_string();
    let policy = client.create_policy().policy_name("arn-of-policy");
    policy
        .path("/arn/")
        .policy_document(document)
        .send()
        .await?;
    let profile = client.create_instance_profile().path("/arn/");
    profile
        .instance_profile_name("arn-of-profile")
        .send()
        .await?;
    for (kind, name) in [
        ("role", "arn-of-role"),
        ("user", "arn-of-user"),
        ("group", "arn-of-group"),
        ("policy", "arn-of-policy"),
        ("instance-profile", "arn-of-profile"),
    ] {
        let of = |path: &str| format!("arn:aws:iam::{ACCOUNT}:{kind}/{path}");
        let expected = [
            (of(&format!("arn/{name}")), true),
            (of(name), false),
            (of("arn/arn-of-none"), false),
        ];
        told(site, &expected).await?;
    }
    let of_aws = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    let expected = [(of_aws("ReadOnlyAccess"), true), (of_aws("Nobodys"), false)];
    told(site, &expected).await
}

async fn other_region(site: &Site) -> Result<(), Trouble> {
    let client = site.direct.client::<aws_sdk_cloudwatchlogs::Client>();
    let client = client.with_region(WEST).await?;
    let create = client.create_log_group().log_group_name("/arn/west");
    create.send().await?;
    let resources = Resources::new(site.pool.clone());
    let east = regional("logs", "log-group:/arn/west");
    let west = east.replace("us-east-1", "us-west-2");
    for (arn, is_there) in [(east, false), (west, true)] {
        same(
            &arn,
            resources.resource_exists(&arn.parse()?).await?,
            is_there,
        )?;
    }
    Ok(())
}

async fn other_account(site: &Site) -> Result<(), Trouble> {
    let resources = Resources::new(site.pool.clone());
    for resource in [
        "cloudformation:us-east-1:999988887777:stack/orders/0e7e2a10",
        "dynamodb:us-east-1:999988887777:table/arn-of-table",
        "iam::999988887777:role/arn/arn-of-role",
        "lambda:us-east-1:999988887777:layer:arn-of-layer",
        "logs:us-east-1:999988887777:log-group:/arn/of",
    ] {
        let arn = format!("arn:aws:{resource}").parse()?;
        let told = resources.resource_exists(&arn).await;
        let told = told.map_err(|error| error.downcast_ref::<ResourceError>().cloned());
        match told {
            Err(Some(ResourceError::OtherAccount { caller, .. })) => {
                same("caller", &*caller, ACCOUNT)?
            }
            other => return Err(format!("{resource}: {other:?}").into()),
        }
    }
    Ok(())
}

async fn identity(site: &Site) -> Result<(), Trouble> {
    let role = || Role::new("arn:aws:iam::999988887777:role/auditor");
    let client = site.direct.client::<aws_sdk_cloudwatchlogs::Client>();
    let client = client.with_identity(role()?).await?;
    let create = client.create_log_group().log_group_name("/arn/theirs");
    create.send().await?;
    let theirs = Resources::new(site.pool.clone()).with_identity(role()?);
    for (name, is_there) in [("/arn/theirs", true), ("/arn/nobodys", false)] {
        let arn = format!("arn:aws:logs:us-east-1:999988887777:log-group:{name}");
        let told = theirs.resource_exists(&arn.parse()?).await?;
        same(name, told, is_there)?;
    }
    Ok(())
}
