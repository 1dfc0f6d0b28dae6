use super::{World, refused, value, value_at};

const TOKEN: &str = "00000000-0000-4000-8000-000000000002";

#[tokio::test]
async fn versions_are_read_by_their_label_and_by_their_id() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let put = |value: &str| {
        world
            .east
            .put_secret_value()
            .secret_id("db")
            .secret_string(value)
    };
    let first = world.east.get_secret_value().secret_id("db").send().await;
    let first = first.unwrap().version_id.unwrap();
    let second = put("2").send().await.unwrap();
    assert_eq!(second.version_stages(), ["AWSCURRENT"]);
    let pending = put("3").version_stages("AWSPENDING").send().await.unwrap();
    assert_eq!(pending.version_stages(), ["AWSPENDING"]);
    for (stage, expected) in [
        ("AWSPREVIOUS", "1"),
        ("AWSCURRENT", "2"),
        ("AWSPENDING", "3"),
    ] {
        assert_eq!(value_at(&world.east, "db", stage).await, expected);
    }
    let by_id = |id: &str| world.east.get_secret_value().secret_id("db").version_id(id);
    let read = by_id(&first).send().await.unwrap();
    assert_eq!(read.secret_string.as_deref(), Some("1"));
    assert_eq!(read.version_stages(), ["AWSPREVIOUS"]);
    let both = by_id(&first).version_stage("AWSPREVIOUS").send().await;
    assert_eq!(both.unwrap().secret_string.as_deref(), Some("1"));
    let apart = by_id(&first).version_stage("AWSCURRENT").send().await;
    assert_eq!(refused(apart).0, "InvalidParameterException");
    let (code, message) = refused(by_id(TOKEN).send().await);
    assert_eq!(code, "ResourceNotFoundException");
    let expected =
        format!("Secrets Manager can't find the specified secret value for VersionId: {TOKEN}");
    assert_eq!(message, expected);
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_token_makes_one_version() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let put = |value: &str| {
        let put = world.east.put_secret_value().secret_id("db");
        put.client_request_token(TOKEN).secret_string(value).send()
    };
    put("2").await.unwrap();
    assert_eq!(put("2").await.unwrap().version_id.as_deref(), Some(TOKEN));
    let (code, message) = refused(put("hunter2").await);
    assert_eq!(code, "ResourceExistsException");
    assert!(!message.contains("hunter2"), "{message}");
    assert_eq!(value_at(&world.east, "db", "AWSPREVIOUS").await, "1");
    let short = world
        .east
        .put_secret_value()
        .secret_id("db")
        .client_request_token("short");
    let short = short.secret_string("3").send().await;
    assert_eq!(refused(short).0, "InvalidParameterException");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn labels_move_and_the_current_one_leaves_the_previous_one_behind() {
    let world = World::start().await;
    let arn = world.secret("db", "1").await;
    let put = world
        .east
        .put_secret_value()
        .secret_id("db")
        .secret_string("2");
    let second = put.send().await.unwrap().version_id.unwrap();
    let first = world
        .east
        .get_secret_value()
        .secret_id("db")
        .version_stage("AWSPREVIOUS");
    let first = first.send().await.unwrap().version_id.unwrap();

    let current = || {
        world
            .east
            .update_secret_version_stage()
            .secret_id("db")
            .version_stage("AWSCURRENT")
    };
    let (code, message) = refused(current().move_to_version_id(&first).send().await);
    assert_eq!(code, "InvalidParameterException");
    assert!(
        message.contains(&second) && message.contains("RemoveFromVersionId"),
        "{message}"
    );
    let back = current()
        .move_to_version_id(&first)
        .remove_from_version_id(&second);
    assert_eq!(back.send().await.unwrap().arn, Some(arn));
    assert_eq!(value(&world.east, "db").await, "1");
    assert_eq!(value_at(&world.east, "db", "AWSPREVIOUS").await, "2");
    let nowhere = current().remove_from_version_id(&first).send().await;
    assert_eq!(refused(nowhere).0, "InvalidParameterException");

    let listed = world
        .east
        .list_secret_version_ids()
        .secret_id("db")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.versions().len(), 2);
    let off = world
        .east
        .update_secret_version_stage()
        .secret_id("db")
        .version_stage("AWSPREVIOUS");
    off.remove_from_version_id(&second).send().await.unwrap();
    let listed = async |deprecated| {
        let list = world.east.list_secret_version_ids().secret_id("db");
        let list = list.include_deprecated(deprecated);
        list.send().await.unwrap().versions().len()
    };
    assert_eq!((listed(false).await, listed(true).await), (1, 2));
    world.aws.shutdown().await;
}
