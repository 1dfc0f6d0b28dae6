use super::{World, refused, value};
use crate::client::EAST;
use leeward_testkit::Aws;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

const MARKED: &str =
    "You can't perform this operation on the secret because it was marked for deletion.";
const DAY: u64 = 86_400;

#[tokio::test]
async fn what_is_to_be_deleted_is_not_read_and_may_be_restored() {
    let world = World::start().await;
    let arn = world.secret("db", "1").await;
    let delete = world.east.delete_secret().secret_id("db");
    let deleted = delete.recovery_window_in_days(7).send().await.unwrap();
    let date = deleted.deletion_date.unwrap();
    let read = world.east.get_secret_value().secret_id(&arn).send().await;
    let expected = ("InvalidRequestException".to_owned(), MARKED.to_owned());
    assert_eq!(refused(read), expected);
    let put = world
        .east
        .put_secret_value()
        .secret_id("db")
        .secret_string("2");
    assert_eq!(refused(put.send().await), expected);
    let told = world.east.describe_secret().secret_id("db").send().await;
    assert_eq!(told.unwrap().deleted_date, Some(date));
    let create = world.east.create_secret().name("db").send().await;
    let (code, message) = refused(create);
    assert_eq!(code, "InvalidRequestException");
    assert!(
        message.contains("already scheduled for deletion"),
        "{message}"
    );

    let restored = world.east.restore_secret().secret_id("db").send().await;
    assert_eq!(restored.unwrap().arn.as_deref(), Some(&*arn));
    assert_eq!(value(&world.east, &arn).await, "1");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_secret_that_is_made_again_has_another_suffix() {
    let world = World::start().await;
    let before = world.secret("db", "1").await;
    let delete = || world.east.delete_secret().secret_id("db");
    let force = || delete().force_delete_without_recovery(true);
    force().send().await.unwrap();
    let read = world.east.get_secret_value().secret_id("db").send().await;
    assert_eq!(refused(read).0, "ResourceNotFoundException");
    // Who forces it again has it as it should be.
    force().send().await.unwrap();
    assert_eq!(
        refused(delete().send().await).0,
        "ResourceNotFoundException"
    );
    let both = force().recovery_window_in_days(7).send().await;
    assert_eq!(refused(both).0, "InvalidParameterException");
    let short = delete().recovery_window_in_days(6).send().await;
    assert_eq!(refused(short).0, "InvalidParameterException");

    let after = world.secret("db", "2").await;
    assert_ne!(before, after);
    assert_eq!(before[..before.len() - 6], after[..after.len() - 6]);
    for id in ["db", &after, &after[..after.len() - 7]] {
        assert_eq!(value(&world.east, id).await, "2");
    }
    let read = world.east.get_secret_value().secret_id(before).send().await;
    assert_eq!(refused(read).0, "ResourceNotFoundException");
    world.aws.shutdown().await;
}

#[tokio::test]
async fn it_is_deleted_for_good_when_the_window_is_over() {
    let now = Arc::new(AtomicU64::new(1_000 * DAY));
    let clock = now.clone();
    let aws = Aws::builder()
        .with_region(EAST)
        .with_time(move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed)))
        .start()
        .await
        .unwrap();
    let client = aws_sdk_secretsmanager::Client::new(&crate::client::patient(&aws, &EAST));
    let create = client.create_secret().name("db").secret_string("1");
    create.send().await.unwrap();
    let deleted = client.delete_secret().secret_id("db").send().await.unwrap();
    assert_eq!(deleted.deletion_date.unwrap().secs(), 1_030 * DAY as i64);
    let describe = || client.describe_secret().secret_id("db").send();
    now.store(1_030 * DAY - 1, Ordering::Relaxed);
    describe().await.unwrap();
    now.store(1_030 * DAY, Ordering::Relaxed);
    assert_eq!(refused(describe().await).0, "ResourceNotFoundException");
    let create = client.create_secret().name("db").secret_string("2");
    create.send().await.unwrap();
    aws.shutdown().await;
}
