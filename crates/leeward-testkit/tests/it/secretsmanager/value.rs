use super::{World, refused, value};
use aws_sdk_secretsmanager::{primitives::Blob, types::Tag};
use leeward_testkit::ACCOUNT_ID;

#[tokio::test]
async fn a_secret_is_read_by_its_name_its_arn_and_its_partial_arn() {
    let world = World::start().await;
    let arn = world.secret("prod/db", "hunter2").await;
    let partial = &arn[..arn.len() - 7];
    let expected = format!("arn:aws:secretsmanager:us-east-1:{ACCOUNT_ID}:secret:prod/db");
    assert_eq!(partial, expected);
    for id in ["prod/db", &arn, partial] {
        let read = world.east.get_secret_value().secret_id(id).send().await;
        let read = read.unwrap();
        assert_eq!(read.arn.as_deref(), Some(&*arn), "{id}");
        assert_eq!(read.name.as_deref(), Some("prod/db"));
        assert_eq!(read.secret_string.as_deref(), Some("hunter2"));
        assert_eq!(read.secret_binary, None);
        assert_eq!(read.version_stages(), ["AWSCURRENT"]);
        assert!(read.created_date.unwrap().secs() > 1_700_000_000);
    }
    let counts = world.aws.counts();
    assert_eq!(counts.tally("secretsmanager", "GetSecretValue").ok, 3);
    for id in [
        "prod",
        "db",
        &partial[..partial.len() - 1],
        &arn.replace("us-east-1", "us-west-2"),
    ] {
        let read = world.east.get_secret_value().secret_id(id).send().await;
        let (code, message) = refused(read);
        assert_eq!(code, "ResourceNotFoundException", "{id}");
        assert_eq!(message, "Secrets Manager can't find the specified secret.");
    }
    world.aws.shutdown().await;
}

#[tokio::test]
async fn binary_comes_back_as_it_was() {
    let world = World::start().await;
    let bytes: Vec<u8> = (0..=255).collect();
    let create = world.east.create_secret().name("key");
    let create = create.secret_binary(Blob::new(bytes.clone()));
    create.send().await.unwrap();
    let read = world.east.get_secret_value().secret_id("key").send().await;
    let read = read.unwrap();
    assert_eq!(read.secret_binary.unwrap().into_inner(), bytes);
    assert_eq!(read.secret_string, None);
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_secret_may_have_no_value_yet() {
    let world = World::start().await;
    let made = world.east.create_secret().name("db").send().await.unwrap();
    assert_eq!(made.version_id, None);
    let read = world.east.get_secret_value().secret_id("db").send().await;
    let (code, message) = refused(read);
    assert_eq!(code, "ResourceNotFoundException");
    assert!(message.ends_with("staging label: AWSCURRENT"), "{message}");
    let put = world.east.put_secret_value().secret_id("db");
    put.secret_string("1").send().await.unwrap();
    assert_eq!(value(&world.east, "db").await, "1");
    let nothing = world.east.put_secret_value().secret_id("db").send().await;
    assert_eq!(refused(nothing).0, "InvalidParameterException");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_name_is_taken_once_and_the_same_call_may_be_sent_again() {
    let world = World::start().await;
    let token = "00000000-0000-4000-8000-000000000001";
    let create = |value: &str| {
        let create = world.east.create_secret().name("db");
        let create = create.client_request_token(token).secret_string(value);
        create.send()
    };
    let made = create("1").await.unwrap();
    let again = create("1").await.unwrap();
    assert_eq!((made.arn, made.version_id), (again.arn, again.version_id));
    let (code, message) = refused(create("2").await);
    assert_eq!(code, "ResourceExistsException");
    assert_eq!(
        message,
        "The operation failed because the secret db already exists."
    );
    // Another Region has its own names, and this one its own rules for them.
    world.west.create_secret().name("db").send().await.unwrap();
    let create = world.east.create_secret().name("a b").send().await;
    assert_eq!(refused(create).0, "ValidationException");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_secret_is_described_and_updated() {
    let world = World::start().await;
    let tag = |key: &str| Tag::builder().key(key).value("1").build();
    let create = world.east.create_secret().name("db").secret_string("1");
    let create = create.description("the database").kms_key_id("alias/own");
    create.tags(tag("stage")).send().await.unwrap();
    let describe = async || {
        let describe = world.east.describe_secret().secret_id("db");
        describe.send().await.unwrap()
    };
    let told = describe().await;
    assert_eq!(told.description.as_deref(), Some("the database"));
    assert_eq!(told.kms_key_id.as_deref(), Some("alias/own"));
    assert_eq!(told.tags(), [tag("stage")]);
    assert_eq!(told.version_ids_to_stages.unwrap().len(), 1);
    assert!(told.last_changed_date.is_some() && told.last_accessed_date.is_none());
    assert_eq!((told.rotation_enabled, told.deleted_date), (None, None));

    let update = world.east.update_secret().secret_id("db");
    let update = update.description("another").secret_string("2");
    let updated = update.send().await.unwrap();
    assert!(updated.version_id.is_some());
    let more = world.east.tag_resource().secret_id("db").tags(tag("more"));
    more.send().await.unwrap();
    let less = world
        .east
        .untag_resource()
        .secret_id("db")
        .tag_keys("stage");
    less.send().await.unwrap();
    assert_eq!(value(&world.east, "db").await, "2");
    let told = describe().await;
    assert_eq!(told.description.as_deref(), Some("another"));
    assert_eq!(told.tags(), [tag("more")]);
    assert_eq!(told.last_accessed_date.unwrap().secs() % 86_400, 0);
    assert_eq!(told.version_ids_to_stages.unwrap().len(), 2);
    world.aws.shutdown().await;
}
