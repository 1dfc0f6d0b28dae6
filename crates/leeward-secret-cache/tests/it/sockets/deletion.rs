use super::{World, until};
use leeward_secret_cache::SecretErrorKind;

impl World {
    async fn delete(&self, name: &str, for_good: bool) {
        let delete = self.client.delete_secret().secret_id(name);
        let delete = if for_good {
            delete.force_delete_without_recovery(true)
        } else {
            delete.recovery_window_in_days(7)
        };
        delete.send().await.expect("a secret");
    }
}

#[tokio::test]
async fn what_is_scheduled_for_deletion_goes_at_once_and_comes_back_when_it_is_restored() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = world.cache().await;
    cache.get("db").await.unwrap();
    world.delete("db", false).await;
    world.make_due();
    // Served once more, while the fetch by the side hears of it.
    cache.get("db").await.unwrap();
    until(|| cache.stats().withdrawals == 1).await;
    let error = cache.get("db").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Withdrawn);
    assert!(
        error.to_string().contains("it was marked for deletion"),
        "{error}"
    );
    assert!(error.advice().contains("restore"), "{}", error.advice());

    let restore = world.client.restore_secret().secret_id("db");
    restore.send().await.unwrap();
    world.rest();
    assert_eq!(cache.get("db").await.unwrap().expose(), b"1");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_secret_that_is_made_again_is_found_by_its_name_and_not_by_its_old_arn() {
    let world = World::start().await;
    let before = world.secret("db", "1").await;
    let cache = world.cache().await;
    cache.get(&*before).await.unwrap();
    world.delete("db", true).await;
    let after = world.secret("db", "2").await;
    assert_ne!(before, after);
    world.make_over();
    let error = cache.get(&*before).await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::NotFound);
    // The name stood for the old ARN as long as that was there.
    for id in ["db", &after, &after[..after.len() - 7]] {
        let found = cache.get(id).await.unwrap();
        assert_eq!((found.arn(), found.expose()), (&*after, &b"2"[..]), "{id}");
    }
    world.rest();
    cache.get(&*before).await.unwrap_err();
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_handle_by_name_goes_on_with_the_secret_that_was_made_again() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let cache = world.cache().await;
    let handle = cache.handle("db");
    handle.get().await.unwrap();
    world.delete("db", true).await;
    world.make_over();
    let error = handle.get().await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::NotFound);
    let after = world.secret("db", "2").await;
    world.rest();
    assert_eq!(handle.get().await.unwrap().arn(), after);
    assert!(cache.try_get(&*after).is_some());
    world.aws.shutdown().await;
}
