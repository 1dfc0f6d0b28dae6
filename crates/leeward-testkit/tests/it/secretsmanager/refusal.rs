use super::{World, refused, value, value_at};
use crate::client::{EAST, config_as};
use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client;
use leeward_testkit::{Fault, Scope};

#[tokio::test]
async fn what_is_denied_is_told_with_who_may_not_do_what_on_which_secret() {
    let world = World::start().await;
    let arn = world.secret("db", "1").await;
    world.secret("other", "2").await;
    let secrets = world.aws.secrets();
    secrets.deny("db", "GetSecretValue");
    let read = world.east.get_secret_value().secret_id(&arn).send().await;
    let (code, message) = refused(read);
    assert_eq!(code, "AccessDeniedException");
    let expected = format!(
        "User: arn:aws:iam::123456789012:user/testkit is not authorized to perform: secretsmanager:GetSecretValue on \
         resource: {arn} with an explicit deny in a resource-based policy"
    );
    assert_eq!(message, expected);
    // It may still be described, which tells nothing of whether it may be read.
    world
        .east
        .describe_secret()
        .secret_id("db")
        .send()
        .await
        .unwrap();
    assert_eq!(value(&world.east, "other").await, "2");
    secrets.allow("db");
    assert_eq!(value(&world.east, "db").await, "1");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn one_label_is_denied_by_itself() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let put = world
        .east
        .put_secret_value()
        .secret_id("db")
        .secret_string("2");
    let pending = put.version_stages("AWSPENDING").send().await.unwrap();
    world.aws.secrets().deny_stage("db", "AWSPENDING");
    let read = || world.east.get_secret_value().secret_id("db");
    let by_label = read().version_stage("AWSPENDING").send().await;
    assert_eq!(refused(by_label).0, "AccessDeniedException");
    let by_id = read().version_id(pending.version_id.unwrap()).send().await;
    assert_eq!(refused(by_id).0, "AccessDeniedException");
    assert_eq!(value_at(&world.east, "db", "AWSCURRENT").await, "1");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_disabled_key_opens_nothing_that_it_closed() {
    let world = World::start().await;
    let create = world
        .east
        .create_secret()
        .name("own")
        .kms_key_id("alias/own");
    create.secret_string("1").send().await.unwrap();
    world.secret("db", "2").await;
    let secrets = world.aws.secrets();
    secrets.disable_key("alias/own");
    let read = world.east.get_secret_value().secret_id("own").send().await;
    assert_eq!(refused(read).0, "DecryptionFailure");
    world
        .east
        .describe_secret()
        .secret_id("own")
        .send()
        .await
        .unwrap();
    assert_eq!(value(&world.east, "db").await, "2");
    secrets.enable_key("alias/own");
    assert_eq!(value(&world.east, "own").await, "1");
    secrets.disable_key("alias/aws/secretsmanager");
    let read = world.east.get_secret_value().secret_id("db").send().await;
    assert_eq!(refused(read).0, "DecryptionFailure");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn another_account_has_other_secrets() {
    let world = World::start().await;
    let arn = world.secret("db", "1").await;
    let sts = aws_sdk_sts::Client::new(&crate::client::patient(&world.aws, &EAST));
    let assume = sts
        .assume_role()
        .role_arn("arn:aws:iam::111122223333:role/reader");
    let lent = assume.role_session_name("it").send().await.unwrap();
    let lent = lent.credentials.unwrap();
    let keys = Credentials::from_keys(
        lent.access_key_id,
        lent.secret_access_key,
        Some(lent.session_token),
    );
    let there = Client::new(&config_as(keys, &world.aws, &EAST));
    let read = there.get_secret_value().secret_id("db").send().await;
    assert_eq!(refused(read).0, "ResourceNotFoundException");
    let read = there.get_secret_value().secret_id(&arn).send().await;
    let (code, message) = refused(read);
    assert_eq!(code, "AccessDeniedException");
    assert!(
        message.contains("arn:aws:sts::111122223333:assumed-role/reader/it"),
        "{message}"
    );
    let create = there.create_secret().name("db").secret_string("theirs");
    let made = create.send().await.unwrap().arn.unwrap();
    assert!(made.contains(":111122223333:"), "{made}");
    assert_eq!(value(&there, "db").await, "theirs");
    assert_eq!(value(&world.east, "db").await, "1");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn the_fault_plane_throttles_one_operation() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let scope = Scope::region(EAST)
        .service("secretsmanager")
        .operation("GetSecretValue");
    let storm = world.aws.faults().inject(scope, Fault::throttling());
    let read = world.east.get_secret_value().secret_id("db").send().await;
    assert_eq!(refused(read).0, "ThrottlingException");
    world
        .east
        .describe_secret()
        .secret_id("db")
        .send()
        .await
        .unwrap();
    storm.clear();
    assert_eq!(value(&world.east, "db").await, "1");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn an_operation_that_is_not_there_is_said_not_to_be() {
    let world = World::start().await;
    let (code, message) = refused(world.east.get_random_password().send().await);
    assert_eq!(code, "UnknownOperationException");
    assert!(message.contains("GetRandomPassword"), "{message}");
    world.aws.shutdown().await;
}
