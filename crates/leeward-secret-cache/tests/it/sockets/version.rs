use super::World;
use leeward_secret_cache::{SecretErrorKind, SecretRef};

#[tokio::test]
async fn each_label_and_each_id_is_a_value_of_its_own() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let second = world.put("db", "2").await;
    let pending = world
        .client
        .put_secret_value()
        .secret_id("db")
        .secret_string("3");
    let pending = pending.version_stages("AWSPENDING").send().await.unwrap();
    let pending = pending.version_id.unwrap();

    let cache = world.cache().await;
    let db = SecretRef::new("db");
    for (secret, expected) in [
        (db, "2"),
        (db.at_stage("AWSPREVIOUS"), "1"),
        (db.at_stage("AWSPENDING"), "3"),
        (db.at_version(&second), "2"),
        (db.at_version(&pending), "3"),
    ] {
        for _ in 0..2 {
            let found = cache.get(secret).await.unwrap();
            assert_eq!(found.expose_text().unwrap(), expected, "{secret}");
        }
    }
    assert_eq!((world.calls(), cache.stats().secrets), (5, 5));
    world.aws.shutdown().await;
}

#[tokio::test]
async fn what_a_label_is_taken_off_from_is_not_served_under_it_any_more() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let second = world.put("db", "2").await;
    let cache = world.cache().await;
    let (current, previous) = (
        SecretRef::new("db"),
        SecretRef::new("db").at_stage("AWSPREVIOUS"),
    );
    cache.get(current).await.unwrap();
    let first = cache.get(previous).await.unwrap();
    // Somebody goes back.
    let back = world
        .client
        .update_secret_version_stage()
        .secret_id("db")
        .version_stage("AWSCURRENT");
    let back = back
        .move_to_version_id(first.version_id())
        .remove_from_version_id(&second);
    back.send().await.unwrap();
    world.make_over();
    assert_eq!(cache.get(current).await.unwrap().expose(), b"1");
    assert_eq!(cache.get(previous).await.unwrap().expose(), b"2");
    let off = world
        .client
        .update_secret_version_stage()
        .secret_id("db")
        .version_stage("AWSPREVIOUS");
    off.remove_from_version_id(&second).send().await.unwrap();
    world.make_over();
    let error = cache.get(previous).await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::NotFound);
    assert!(
        error.to_string().contains("staging label: AWSPREVIOUS"),
        "{error}"
    );
    cache.get(current).await.unwrap();
    world.aws.shutdown().await;
}
