use super::{World, until};
use leeward_secret_cache::{OnWithdrawal, SecretErrorKind};

#[tokio::test]
async fn what_is_denied_is_let_go_of_and_the_refusal_is_remembered() {
    let world = World::start().await;
    world.secret("db", "hunter2").await;
    let cache = world.cache().await;
    cache.get("db").await.unwrap();
    let secrets = world.aws.secrets();
    secrets.deny("db", "GetSecretValue");
    world.make_due();
    cache.get("db").await.unwrap();
    until(|| cache.stats().withdrawals == 1).await;
    let calls = world.calls();
    for _ in 0..100 {
        let error = cache.get("db").await.unwrap_err();
        assert_eq!(error.kind(), SecretErrorKind::Denied);
        let said = error.to_string();
        assert!(said.contains("secretsmanager:GetSecretValue"), "{said}");
        assert!(said.contains("explicit deny"), "{said}");
        assert!(!format!("{error:?} {said}").contains("hunter2"));
    }
    assert_eq!(world.calls(), calls, "nobody asks again before it is time");
    secrets.allow("db");
    world.rest();
    assert_eq!(cache.get("db").await.unwrap().expose(), b"hunter2");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_key_that_is_disabled_takes_its_secrets_away() {
    let world = World::start().await;
    let create = world.client.create_secret().name("own").secret_string("1");
    create.kms_key_id("alias/own").send().await.unwrap();
    world.secret("other", "2").await;
    let cache = world.cache().await;
    for name in ["own", "other"] {
        cache.get(name).await.unwrap();
    }
    world.aws.secrets().disable_key("alias/own");
    world.make_over();
    let error = cache.get("own").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::KeyUnusable);
    assert!(error.advice().contains("kms:Decrypt"), "{}", error.advice());
    cache.get("other").await.unwrap();
    world.aws.secrets().enable_key("alias/own");
    world.rest();
    cache.get("own").await.unwrap();
    world.aws.shutdown().await;
}

#[tokio::test]
async fn what_is_denied_may_be_kept_until_it_is_over() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let builder = world.builder().await;
    let builder = builder.with_on_withdrawal(OnWithdrawal::KeepUntilOver);
    let cache = builder.build().unwrap();
    cache.get("db").await.unwrap();
    world.aws.secrets().deny("db", "GetSecretValue");
    world.make_due();
    cache.get("db").await.unwrap();
    until(|| cache.stats().withdrawals == 1).await;
    cache.get("db").await.unwrap();
    world.rest();
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Denied);
    world.aws.shutdown().await;
}

#[tokio::test]
async fn what_was_never_there_is_not_asked_for_again_at_once() {
    let world = World::start().await;
    let cache = world.cache().await;
    for _ in 0..100 {
        let error = cache.get("db").await.unwrap_err();
        assert_eq!(error.kind(), SecretErrorKind::NotFound);
        assert_eq!(
            error.failure().unwrap().code(),
            Some("ResourceNotFoundException")
        );
    }
    assert_eq!(world.calls(), 1);
    world.secret("db", "1").await;
    world.rest();
    cache.get("db").await.unwrap();
    world.aws.shutdown().await;
}
