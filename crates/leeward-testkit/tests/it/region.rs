//! Regions share nothing but IAM.

use crate::client::{EAST, WEST, answered, patient, two_regions};
use leeward_testkit::Aws;

#[tokio::test]
async fn what_is_in_one_region_is_not_in_another() {
    let aws = two_regions().await;
    let (east, west) = (patient(&aws, &EAST), patient(&aws, &WEST));
    let kms = |config| aws_sdk_kms::Client::new(config);
    let key = kms(&east).create_key().send().await.unwrap();
    let key = key.key_metadata.unwrap().key_id;
    let error = kms(&west).describe_key().key_id(key).send().await;
    assert_eq!(answered(&error.unwrap_err()).1, "NotFoundException");

    let secrets = |config| aws_sdk_secretsmanager::Client::new(config);
    let put = secrets(&east).create_secret().name("db");
    put.secret_string("s").send().await.unwrap();
    let read = secrets(&west).get_secret_value().secret_id("db");
    let error = read.send().await.unwrap_err();
    assert_eq!(answered(&error).1, "ResourceNotFoundException");

    let s3 = |config| aws_sdk_s3::Client::new(config);
    let create = s3(&east).create_bucket().bucket("bucket");
    create.send().await.unwrap();
    let buckets = s3(&west).list_buckets().send().await.unwrap();
    assert_eq!(buckets.buckets().len(), 0);

    let logs = |config| aws_sdk_cloudwatchlogs::Client::new(config);
    let create = logs(&west).create_log_group().log_group_name("g");
    create.send().await.unwrap();
    let groups = logs(&east).describe_log_groups().send().await.unwrap();
    assert_eq!(groups.log_groups().len(), 0);
    aws.shutdown().await;
}

/// The state of DynamoDB and S3 follows the signature, if one lets them see it.
#[tokio::test]
async fn the_endpoint_decides_the_region_not_the_signature() {
    let aws = two_regions().await;
    let astray = patient(&aws, &EAST)
        .into_builder()
        .region(aws_types::region::Region::new("us-west-2"))
        .build();
    let create = aws_sdk_s3::Client::new(&astray).create_bucket();
    let place = aws_sdk_s3::types::BucketLocationConstraint::UsWest2;
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint(place)
        .build();
    let create = create.bucket("bucket").create_bucket_configuration(place);
    create.send().await.unwrap();
    let table = aws_sdk_dynamodb::Client::new(&astray).create_table();
    let key = aws_sdk_dynamodb::types::KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(aws_sdk_dynamodb::types::KeyType::Hash)
        .build();
    let attribute = aws_sdk_dynamodb::types::AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(aws_sdk_dynamodb::types::ScalarAttributeType::S)
        .build();
    let table = table.table_name("t").key_schema(key.unwrap());
    let table = table.attribute_definitions(attribute.unwrap());
    let table = table.billing_mode(aws_sdk_dynamodb::types::BillingMode::PayPerRequest);
    table.send().await.unwrap();

    for (region, expected) in [(EAST, 1), (WEST, 0)] {
        let config = patient(&aws, &region);
        let s3 = aws_sdk_s3::Client::new(&config);
        let buckets = s3.list_buckets().send().await.unwrap();
        assert_eq!(buckets.buckets().len(), expected, "{region}");
        let dynamodb = aws_sdk_dynamodb::Client::new(&config);
        let tables = dynamodb.list_tables().send().await.unwrap();
        assert_eq!(tables.table_names().len(), expected, "{region}");
    }
    aws.shutdown().await;
}

#[tokio::test]
async fn two_clouds_in_one_process_share_nothing() {
    let (one, other) = (two_regions().await, Aws::start(&[EAST]).await.unwrap());
    assert_ne!(one.endpoint(&EAST), other.endpoint(&EAST));
    let kms = |aws| aws_sdk_kms::Client::new(&patient(aws, &EAST));
    kms(&one).create_key().send().await.unwrap();
    let keys = kms(&other).list_keys().send().await.unwrap();
    assert_eq!(keys.keys().len(), 0);
    assert_eq!(one.counts().total().calls, 1);
    one.shutdown().await;
    other.shutdown().await;
}
