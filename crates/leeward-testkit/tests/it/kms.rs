use crate::client::{EAST, WEST, answered, header, patient, two_regions};
use aws_sdk_kms::{
    Client,
    error::{DisplayErrorContext, SdkError},
    primitives::Blob,
    types::{DataKeySpec, KeyState, MultiRegionKeyType, Tag},
};
use leeward_testkit::Aws;

async fn clients(aws: &Aws) -> (Client, Client) {
    (
        Client::new(&patient(aws, &EAST)),
        Client::new(&patient(aws, &WEST)),
    )
}

async fn multi_region_key(client: &Client) -> String {
    let key = client.create_key().multi_region(true).send().await.unwrap();
    key.key_metadata.unwrap().arn.unwrap()
}

#[tokio::test]
async fn a_data_key_of_one_region_opens_in_another_once_the_key_is_there() {
    let aws = two_regions().await;
    let (east, west) = clients(&aws).await;
    let arn = multi_region_key(&east).await;
    let made = east
        .generate_data_key()
        .key_id(&arn)
        .key_spec(DataKeySpec::Aes256)
        .encryption_context("tenant", "a")
        .send()
        .await
        .unwrap();
    let wrapped = made.ciphertext_blob.unwrap();
    let open = |client: &Client, wrapped: Blob, tenant: &str| {
        client
            .decrypt()
            .ciphertext_blob(wrapped)
            .encryption_context("tenant", tenant)
            .send()
    };

    open(&west, wrapped.clone(), "a").await.unwrap_err();
    east.replicate_key()
        .key_id(&arn)
        .replica_region("us-west-2")
        .send()
        .await
        .unwrap();
    let opened = open(&west, wrapped.clone(), "a").await.unwrap();
    assert_eq!(opened.plaintext, made.plaintext);
    assert_eq!(opened.key_id, Some(arn.replace("us-east-1", "us-west-2")));

    let mut tampered = wrapped.clone().into_inner();
    *tampered.last_mut().unwrap() ^= 1;
    for refused in [
        open(&west, Blob::new(tampered), "a").await,
        open(&west, wrapped, "b").await,
    ] {
        let error = refused.unwrap_err();
        assert!(error.into_service_error().is_invalid_ciphertext_exception());
    }
    aws.shutdown().await;
}

#[tokio::test]
async fn a_replica_is_described_as_aws_describes_it() {
    let aws = two_regions().await;
    let (east, west) = clients(&aws).await;
    let arn = multi_region_key(&east).await;
    let replica_arn = arn.replace("us-east-1", "us-west-2");
    let tag = Tag::builder().tag_key("k").tag_value("v").build().unwrap();
    let made = east
        .replicate_key()
        .key_id(&arn)
        .replica_region("us-west-2")
        .description("the western one")
        .tags(tag)
        .send()
        .await
        .unwrap();
    let metadata = made.replica_key_metadata.unwrap();
    assert_eq!(metadata.arn.as_deref(), Some(&*replica_arn));
    assert_eq!(metadata.key_state, Some(KeyState::Creating));
    assert_eq!(metadata.description.as_deref(), Some("the western one"));
    assert!(made.replica_policy.unwrap().contains("kms:*"));
    assert_eq!(made.replica_tags.unwrap().len(), 1);

    let sees = async |client: &Client, arn: &str| {
        let metadata = client.describe_key().key_id(arn).send().await.unwrap();
        let metadata = metadata.key_metadata.unwrap();
        assert_eq!(metadata.key_state, Some(KeyState::Enabled));
        metadata.multi_region_configuration.unwrap()
    };
    let (here, there) = (sees(&east, &arn).await, sees(&west, &replica_arn).await);
    assert_eq!(
        here.multi_region_key_type,
        Some(MultiRegionKeyType::Primary)
    );
    assert_eq!(
        there.multi_region_key_type,
        Some(MultiRegionKeyType::Replica)
    );
    for seen in [here, there] {
        let primary = seen.primary_key.unwrap();
        assert_eq!(primary.arn.as_deref(), Some(&*arn));
        assert_eq!(primary.region.as_deref(), Some("us-east-1"));
        let replicas = seen.replica_keys.unwrap();
        assert_eq!(replicas.len(), 1);
        assert_eq!(replicas[0].arn.as_deref(), Some(&*replica_arn));
    }
    aws.shutdown().await;
}

#[tokio::test]
async fn replication_is_refused_as_aws_refuses_it() {
    let aws = two_regions().await;
    let (east, west) = clients(&aws).await;
    let single = east.create_key().send().await.unwrap();
    let single = single.key_metadata.unwrap().key_id;
    let arn = multi_region_key(&east).await;
    let key_id = arn.rsplit('/').next().unwrap();
    let check = async |client: &Client, key: &str, to: &str, expected: &str| {
        let refused = client.replicate_key().key_id(key).replica_region(to);
        let error = refused.send().await.unwrap_err();
        assert_eq!(
            answered(&error),
            (400, expected.to_owned()),
            "{key} to {to}"
        );
        assert!(header(&error, "x-amzn-requestid").is_some());
    };
    check(&east, &single, "us-west-2", "UnsupportedOperationException").await;
    check(&east, key_id, "mars-north-1", "ValidationException").await;
    check(&east, key_id, "us-east-1", "AlreadyExistsException").await;
    check(&east, "mrk-0", "us-west-2", "NotFoundException").await;
    check(&east, "alias/x", "us-west-2", "ValidationException").await;

    let replicate = || {
        east.replicate_key()
            .key_id(&arn)
            .replica_region("us-west-2")
    };
    east.disable_key().key_id(&arn).send().await.unwrap();
    check(&east, key_id, "us-west-2", "DisabledException").await;
    east.enable_key().key_id(&arn).send().await.unwrap();
    replicate().send().await.unwrap();
    check(&east, key_id, "us-west-2", "AlreadyExistsException").await;
    check(&west, key_id, "us-east-1", "UnsupportedOperationException").await;
    aws.shutdown().await;
}

#[tokio::test]
async fn the_primary_can_be_moved_to_a_replica() {
    let aws = two_regions().await;
    let (east, west) = clients(&aws).await;
    let arn = multi_region_key(&east).await;
    let move_west = || {
        let request = east.update_primary_region().key_id(&arn);
        request.primary_region("us-west-2").send()
    };
    let error = move_west().await.unwrap_err();
    assert_eq!(answered(&error).1, "UnsupportedOperationException");
    let replicate = east.replicate_key().key_id(&arn);
    replicate.replica_region("us-west-2").send().await.unwrap();
    move_west().await.unwrap();

    let replica_arn = arn.replace("us-east-1", "us-west-2");
    let seen = west.describe_key().key_id(replica_arn).send().await;
    let seen = seen.unwrap().key_metadata.unwrap();
    let configuration = seen.multi_region_configuration.unwrap();
    let kind = configuration.multi_region_key_type;
    assert_eq!(kind, Some(MultiRegionKeyType::Primary));
    aws.shutdown().await;
}

#[tokio::test]
async fn an_arn_of_another_region_is_unknown_even_where_the_key_has_a_replica() {
    let aws = two_regions().await;
    let (east, west) = clients(&aws).await;
    let arn = multi_region_key(&east).await;
    let replicate = east.replicate_key().key_id(&arn);
    replicate.replica_region("us-west-2").send().await.unwrap();

    let request = west.generate_data_key().key_id(&arn);
    let error = request
        .key_spec(DataKeySpec::Aes256)
        .send()
        .await
        .unwrap_err();
    assert_eq!(answered(&error), (400, "NotFoundException".to_owned()));
    let text = DisplayErrorContext(&error).to_string();
    assert!(text.contains("Invalid arn us-east-1"), "{text}");
    assert!(matches!(error, SdkError::ServiceError(_)));
    aws.shutdown().await;
}

#[tokio::test]
async fn a_key_that_is_not_there_is_no_wrong_key() {
    let aws = two_regions().await;
    let (east, west) = clients(&aws).await;
    let arn = multi_region_key(&east).await;
    let other = multi_region_key(&east).await;
    let made = east.generate_data_key().key_id(&arn);
    let made = made.key_spec(DataKeySpec::Aes256).send().await.unwrap();
    let refusal = async |client: &Client, key: &str| {
        let wrapped = made.ciphertext_blob.clone().unwrap();
        let request = client.decrypt().ciphertext_blob(wrapped).key_id(key);
        answered(&request.send().await.unwrap_err()).1
    };
    assert_eq!(refusal(&east, &other).await, "IncorrectKeyException");
    let account = arn.split(':').nth(4).unwrap();
    for (client, key) in [
        (&west, arn.replace("us-east-1", "us-west-2")),
        (&east, arn.replace("mrk-", "mrk-0")),
        (&east, arn.replace(account, "999988887777")),
    ] {
        assert_eq!(refusal(client, &key).await, "NotFoundException", "{key}");
    }
    aws.shutdown().await;
}

#[tokio::test]
async fn a_single_region_key_has_no_multi_region_configuration() {
    let aws = two_regions().await;
    let (east, _) = clients(&aws).await;
    let key = east
        .create_key()
        .send()
        .await
        .unwrap()
        .key_metadata
        .unwrap();
    assert_eq!(key.multi_region_configuration, None);
    let described = east.describe_key().key_id(key.key_id).send().await.unwrap();
    let described = described.key_metadata.unwrap();
    assert_eq!(described.multi_region_configuration, None);
    aws.shutdown().await;
}
