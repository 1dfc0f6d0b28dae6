use super::World;
use crate::is_one;
use aws_sdk_secretsmanager::primitives::Blob;

#[tokio::test]
async fn text_and_binary_arrive_as_they_were_stored() {
    let world = World::start().await;
    let text = r#"{"username":"app","password":"hunter2 \u00e9\n"}"#;
    world.secret("text", text).await;
    let bytes: Vec<u8> = (0..=255).collect();
    let create = world.client.create_secret().name("binary");
    let create = create.secret_binary(Blob::new(bytes.clone()));
    create.send().await.unwrap();

    let cache = world.cache().await;
    let secret = cache.get("text").await.unwrap();
    assert_eq!(secret.expose_text().unwrap(), text);
    assert_eq!(secret.key("password").unwrap(), "hunter2 é\n");
    assert_eq!(secret.stages(), ["AWSCURRENT"]);
    assert!(secret.created().is_some());
    let binary = cache.get("binary").await.unwrap();
    assert_eq!(binary.expose(), bytes);
    for printed in [
        format!("{secret:?}"),
        format!("{cache:?}"),
        format!("{binary:?}"),
    ] {
        assert!(!printed.contains("hunter2"), "{printed}");
    }
    world.aws.shutdown().await;
}

#[tokio::test]
async fn what_did_not_change_stays_the_same_value_in_memory() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = world.cache().await;
    let before = cache.get("db").await.unwrap();
    world.make_over();
    assert!(is_one(&before, &cache.get("db").await.unwrap()));
    let version = world.put("db", "2").await;
    world.make_over();
    let after = cache.get("db").await.unwrap();
    assert_eq!(after.version_id(), version);
    assert_eq!((after.expose(), before.expose()), (&b"2"[..], &b"1"[..]));
    assert_eq!(world.calls(), 3);
    world.aws.shutdown().await;
}
