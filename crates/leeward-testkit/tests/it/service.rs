//! Every service keeps what it is given.

use crate::client::{EAST, WEST, answered, patient, s3_with_bucket, two_regions};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType,
    ScalarAttributeType,
};
use aws_sdk_lambda::types::{FunctionCode, Runtime};
use aws_sdk_s3::primitives::ByteStream;
use leeward_testkit::ACCOUNT_ID;
use std::io::Write;

#[tokio::test]
async fn secrets_manager_keeps_a_secret() {
    let aws = two_regions().await;
    let client = aws_sdk_secretsmanager::Client::new(&patient(&aws, &EAST));
    let put = client.create_secret().name("db").secret_string("s3cret");
    put.send().await.unwrap();
    let read = client.get_secret_value().secret_id("db").send().await;
    assert_eq!(read.unwrap().secret_string.as_deref(), Some("s3cret"));
    let missing = client.get_secret_value().secret_id("no").send().await;
    let error = missing.unwrap_err();
    assert_eq!(answered(&error).1, "ResourceNotFoundException");
    aws.shutdown().await;
}

#[tokio::test]
async fn sts_says_who_calls_and_lends_a_role() {
    let aws = two_regions().await;
    let client = aws_sdk_sts::Client::new(&patient(&aws, &EAST));
    let me = client.get_caller_identity().send().await.unwrap();
    assert_eq!(me.account.as_deref(), Some(ACCOUNT_ID));
    let role = format!("arn:aws:iam::{ACCOUNT_ID}:role/reader");
    let assume = client.assume_role().role_arn(role);
    let lent = assume.role_session_name("it").send().await.unwrap();
    assert!(!lent.credentials.unwrap().session_token.is_empty());
    aws.shutdown().await;
}

#[tokio::test]
async fn dynamodb_keeps_an_item() {
    let aws = two_regions().await;
    let client = aws_sdk_dynamodb::Client::new(&patient(&aws, &EAST));
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash)
        .build();
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build();
    client
        .create_table()
        .table_name("keys")
        .key_schema(key.unwrap())
        .attribute_definitions(attribute.unwrap())
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await
        .unwrap();
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let put = client.put_item().table_name("keys").item("id", text("a"));
    put.item("value", text("1")).send().await.unwrap();
    let read = client.get_item().table_name("keys").key("id", text("a"));
    let item = read.send().await.unwrap().item.unwrap();
    assert_eq!(item["value"], text("1"));
    aws.shutdown().await;
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[tokio::test]
async fn s3_keeps_bodies_from_memory_and_from_files() {
    let aws = two_regions().await;
    let client = s3_with_bucket(&patient(&aws, &EAST)).await;
    for length in [0, 1, 65_536, 3_000_001] {
        let bytes = sample(length);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let streamed = ByteStream::from_path(file.path()).await.unwrap();
        for (key, body) in [
            ("memory", ByteStream::from(bytes.clone())),
            ("file", streamed),
        ] {
            let put = client.put_object().bucket("bucket").key(key).body(body);
            put.send().await.unwrap();
            let head = client.head_object().bucket("bucket").key(key).send().await;
            assert_eq!(head.unwrap().content_length, Some(length as i64), "{key}");
            let read = client.get_object().bucket("bucket").key(key).send().await;
            let read = read.unwrap().body.collect().await.unwrap().into_bytes();
            assert_eq!(read, bytes, "{length} bytes from {key}");
        }
    }
    aws.shutdown().await;
}

#[tokio::test]
async fn s3_joins_the_parts_of_an_upload() {
    let aws = two_regions().await;
    let client = aws_sdk_s3::Client::new(&patient(&aws, &WEST));
    let location = aws_sdk_s3::types::BucketLocationConstraint::UsWest2;
    let location = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint(location)
        .build();
    let create = client.create_bucket().bucket("bucket");
    let create = create.create_bucket_configuration(location);
    create.send().await.unwrap();
    let begun = client.create_multipart_upload().bucket("bucket").key("k");
    let upload = begun.send().await.unwrap().upload_id.unwrap();
    let parts = [sample(5 << 20), sample(77)];
    let mut done = aws_sdk_s3::types::CompletedMultipartUpload::builder();
    for (at, part) in parts.iter().enumerate() {
        let number = i32::try_from(at).unwrap() + 1;
        let put = client.upload_part().bucket("bucket").key("k");
        let put = put.upload_id(&upload).part_number(number);
        let put = put.body(part.clone().into()).send().await.unwrap();
        let part = aws_sdk_s3::types::CompletedPart::builder().part_number(number);
        done = done.parts(part.set_e_tag(put.e_tag).build());
    }
    let complete = client.complete_multipart_upload().bucket("bucket").key("k");
    let complete = complete.upload_id(upload).multipart_upload(done.build());
    complete.send().await.unwrap();
    let read = client.get_object().bucket("bucket").key("k").send().await;
    let read = read.unwrap().body.collect().await.unwrap().into_bytes();
    assert_eq!(read, parts.concat());
    aws.shutdown().await;
}

#[tokio::test]
async fn s3_errors_carry_both_request_ids() {
    let aws = two_regions().await;
    let client = s3_with_bucket(&patient(&aws, &EAST)).await;
    let missing = client.get_object().bucket("bucket").key("no").send().await;
    let error = missing.unwrap_err();
    assert_eq!(answered(&error), (404, "NoSuchKey".to_owned()));
    for name in ["x-amz-request-id", "x-amz-id-2"] {
        assert!(crate::client::header(&error, name).is_some(), "{name}");
    }
    aws.shutdown().await;
}

#[tokio::test]
async fn logs_keep_events() {
    let aws = two_regions().await;
    let client = aws_sdk_cloudwatchlogs::Client::new(&patient(&aws, &EAST));
    let group = client.create_log_group().log_group_name("g");
    group.send().await.unwrap();
    let stream = client.create_log_stream().log_group_name("g");
    stream.log_stream_name("s").send().await.unwrap();
    let event = aws_sdk_cloudwatchlogs::types::InputLogEvent::builder()
        .timestamp(1_700_000_000_000)
        .message("hello")
        .build()
        .unwrap();
    let put = client.put_log_events().log_group_name("g");
    let put = put.log_stream_name("s").log_events(event);
    put.send().await.unwrap();
    let read = client.get_log_events().log_group_name("g");
    let read = read.log_stream_name("s").send().await.unwrap();
    let events = read.events.unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].message.as_deref(), Some("hello"));
    aws.shutdown().await;
}

const ANYBODY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

#[tokio::test]
async fn iam_keeps_a_role_for_all_regions() {
    let aws = two_regions().await;
    let east = aws_sdk_iam::Client::new(&patient(&aws, &EAST));
    let west = aws_sdk_iam::Client::new(&patient(&aws, &WEST));
    let create = east.create_role().role_name("reader");
    let create = create.assume_role_policy_document(ANYBODY);
    create.send().await.unwrap();
    let read = west.get_role().role_name("reader").send().await.unwrap();
    assert_eq!(read.role.unwrap().role_name, "reader");
    let error = west.get_role().role_name("no").send().await.unwrap_err();
    assert_eq!(answered(&error), (404, "NoSuchEntity".to_owned()));
    assert!(crate::client::header(&error, "x-amzn-requestid").is_some());
    aws.shutdown().await;
}

#[tokio::test]
async fn lambda_keeps_a_function() {
    let aws = two_regions().await;
    let client = aws_sdk_lambda::Client::new(&patient(&aws, &EAST));
    let code = FunctionCode::builder().zip_file(vec![0; 8].into()).build();
    client
        .create_function()
        .function_name("f")
        .role(format!("arn:aws:iam::{ACCOUNT_ID}:role/reader"))
        .runtime(Runtime::Providedal2023)
        .handler("bootstrap")
        .code(code)
        .send()
        .await
        .unwrap();
    let read = client.get_function().function_name("f").send().await;
    let read = read.unwrap().configuration.unwrap();
    assert_eq!(read.handler.as_deref(), Some("bootstrap"));
    let missing = client.get_function().function_name("no").send().await;
    let error = missing.unwrap_err();
    assert_eq!(
        answered(&error),
        (404, "ResourceNotFoundException".to_owned())
    );
    aws.shutdown().await;
}
