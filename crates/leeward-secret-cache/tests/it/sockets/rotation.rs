use super::{EAST, World};
use leeward_secret_cache::{SecretErrorKind, SecretRef};

#[tokio::test]
async fn each_step_of_a_rotation_is_seen_as_secrets_manager_has_it() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = world.cache().await;
    let current = SecretRef::new("db");
    let (pending, previous) = (
        current.at_stage("AWSPENDING"),
        current.at_stage("AWSPREVIOUS"),
    );
    let value = async |secret: SecretRef<'_>| {
        world.make_over();
        let found = cache.get(secret).await;
        found.map(|found| found.expose_text().expect("a text").to_owned())
    };
    let mut rotation = world.aws.secrets().rotate(&EAST, "db").unwrap();
    // Announced, and empty.
    assert_eq!(
        value(pending).await.unwrap_err().kind(),
        SecretErrorKind::NotFound
    );
    assert_eq!(value(current).await.unwrap(), "1");

    rotation.create_secret("2").unwrap();
    assert_eq!(value(pending).await.unwrap(), "2");
    assert_eq!(value(current).await.unwrap(), "1");
    rotation.set_secret().unwrap();
    rotation.test_secret().unwrap();
    assert_eq!(
        value(previous).await.unwrap_err().kind(),
        SecretErrorKind::NotFound
    );
    assert_eq!(value(current).await.unwrap(), "1");

    rotation.finish_secret().unwrap();
    // What is in memory is served until it is due.
    assert_eq!(cache.get(current).await.unwrap().expose(), b"1");
    assert_eq!(value(current).await.unwrap(), "2");
    assert_eq!(value(previous).await.unwrap(), "1");
    let rotated = cache.get(current).await.unwrap();
    assert_eq!(rotated.version_id(), rotation.version_id());
    world.aws.shutdown().await;
}

#[tokio::test]
async fn whoever_is_told_of_a_rotation_has_the_new_value_at_once() {
    let world = World::start().await;
    let arn = world.secret("db", "1").await;
    let cache = world.cache().await;
    cache.get("db").await.unwrap();
    for round in 2..5 {
        let mut rotation = world.aws.secrets().rotate(&EAST, "db").unwrap();
        let value = round.to_string();
        rotation.create_secret(&value).unwrap();
        rotation.set_secret().unwrap();
        rotation.test_secret().unwrap();
        rotation.finish_secret().unwrap();
        cache.invalidate(&arn);
        assert_eq!(cache.get("db").await.unwrap().expose_text().unwrap(), value);
    }
    assert_eq!(world.calls(), 4);
    world.aws.shutdown().await;
}
