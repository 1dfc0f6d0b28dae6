use super::{World, refused, value, value_at};
use crate::client::{EAST, WEST};
use aws_sdk_secretsmanager::types::RotationRulesType;
use leeward_testkit::RotationRefused;

const LAMBDA: &str = "arn:aws:lambda:us-east-1:123456789012:function:rotate";

#[tokio::test]
async fn a_rotation_goes_by_its_steps_and_each_is_seen_from_outside() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let mut rotation = world.aws.secrets().rotate(&EAST, "db").unwrap();
    let pending = || {
        world
            .east
            .get_secret_value()
            .secret_id("db")
            .version_stage("AWSPENDING")
            .send()
    };
    let told = world.east.describe_secret().secret_id("db").send().await;
    let stages = told.unwrap().version_ids_to_stages.unwrap();
    assert_eq!(stages[rotation.version_id()], ["AWSPENDING"]);
    assert_eq!(refused(pending().await).0, "ResourceNotFoundException");

    rotation.create_secret("2").unwrap();
    assert_eq!(pending().await.unwrap().secret_string.as_deref(), Some("2"));
    assert_eq!(value(&world.east, "db").await, "1");
    assert_eq!(rotation.set_secret().unwrap(), "2");
    assert_eq!(rotation.test_secret().unwrap(), "2");
    assert_eq!(value(&world.east, "db").await, "1");
    rotation.finish_secret().unwrap();
    assert_eq!(value(&world.east, "db").await, "2");
    assert_eq!(value_at(&world.east, "db", "AWSPREVIOUS").await, "1");
    assert_eq!(value_at(&world.east, "db", "AWSPENDING").await, "2");
    let told = world.east.describe_secret().secret_id("db").send().await;
    let told = told.unwrap();
    // Nobody has turned rotation on.
    assert_eq!(
        (told.rotation_enabled, told.last_rotated_date),
        (None, None)
    );
    // Only what was called over the socket is counted.
    let counts = world.aws.counts();
    assert_eq!(counts.calls("secretsmanager", "PutSecretValue"), 0);
    assert_eq!(
        counts.calls("secretsmanager", "UpdateSecretVersionStage"),
        0
    );
    world.aws.shutdown().await;
}

#[tokio::test]
async fn steps_are_taken_in_turn_and_may_be_taken_again() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let secrets = world.aws.secrets();
    let mut rotation = secrets.rotate(&EAST, "db").unwrap();
    let early = rotation.set_secret().unwrap_err();
    assert_eq!(
        early,
        RotationRefused::OutOfStep {
            step: "createSecret"
        }
    );
    rotation.create_secret("2").unwrap();
    rotation.create_secret("2").unwrap();
    let error = rotation.finish_secret().unwrap_err();
    assert_eq!(
        error.to_string(),
        "setSecret comes before the step that was to be taken: take it first"
    );
    // Another rotation does not begin before this one has ended.
    let error = secrets.rotate(&EAST, "db").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("previous rotation isn't complete"),
        "{error}"
    );
    rotation.set_secret().unwrap();
    rotation.test_secret().unwrap();
    rotation.finish_secret().unwrap();
    rotation.finish_secret().unwrap();
    assert_eq!(value_at(&world.east, "db", "AWSPREVIOUS").await, "1");
    secrets
        .rotate(&EAST, "db")
        .unwrap()
        .create_secret("3")
        .unwrap();
    for (region, id) in [(EAST, "no"), (WEST, "db")] {
        let error = secrets.rotate(&region, id).unwrap_err().to_string();
        assert_eq!(
            error,
            "ResourceNotFoundException: Secrets Manager can't find the specified secret."
        );
    }
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_rotation_that_was_asked_for_is_due_again_after_its_days() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let rotate = || world.east.rotate_secret().secret_id("db");
    assert_eq!(refused(rotate().send().await).0, "InvalidRequestException");
    let rules = RotationRulesType::builder()
        .automatically_after_days(30)
        .build();
    let begun = rotate().rotation_lambda_arn(LAMBDA).rotation_rules(rules);
    let begun = begun.send().await.unwrap().version_id.unwrap();
    let again = rotate().send().await;
    assert!(
        refused(again)
            .1
            .contains("previous rotation isn't complete")
    );
    let mut rotation = world.aws.secrets().rotate(&EAST, "db").unwrap();
    assert_eq!(rotation.version_id(), begun);
    rotation.create_secret("2").unwrap();
    rotation.set_secret().unwrap();
    rotation.test_secret().unwrap();
    rotation.finish_secret().unwrap();
    let describe = async || {
        let told = world.east.describe_secret().secret_id("db").send().await;
        told.unwrap()
    };
    let told = describe().await;
    assert_eq!(told.rotation_enabled, Some(true));
    assert_eq!(told.rotation_lambda_arn.as_deref(), Some(LAMBDA));
    assert_eq!(
        told.rotation_rules.unwrap().automatically_after_days,
        Some(30)
    );
    let (last, next) = (
        told.last_rotated_date.unwrap(),
        told.next_rotation_date.unwrap(),
    );
    assert_eq!(next.secs() - last.secs(), 30 * 86_400);
    world
        .east
        .cancel_rotate_secret()
        .secret_id("db")
        .send()
        .await
        .unwrap();
    let told = describe().await;
    assert_eq!(
        (told.rotation_enabled, told.next_rotation_date),
        (Some(false), None)
    );
    world.aws.shutdown().await;
}

#[tokio::test]
async fn a_rotation_function_may_call_over_the_socket_as_well() {
    let world = World::start().await;
    world.secret("db", "1").await;
    let rules = RotationRulesType::builder()
        .schedule_expression("rate(4 hours)")
        .build();
    let rotate = world
        .east
        .rotate_secret()
        .secret_id("db")
        .rotation_lambda_arn(LAMBDA);
    let token = rotate
        .rotation_rules(rules)
        .send()
        .await
        .unwrap()
        .version_id
        .unwrap();
    let current = world.east.get_secret_value().secret_id("db").send().await;
    let current = current.unwrap().version_id.unwrap();
    let put = world
        .east
        .put_secret_value()
        .secret_id("db")
        .client_request_token(&token);
    let put = put.secret_string("2").version_stages("AWSPENDING");
    put.send().await.unwrap();
    let finish = world
        .east
        .update_secret_version_stage()
        .secret_id("db")
        .version_stage("AWSCURRENT");
    let finish = finish
        .move_to_version_id(&token)
        .remove_from_version_id(current);
    finish.send().await.unwrap();
    assert_eq!(value(&world.east, "db").await, "2");
    let told = world
        .east
        .describe_secret()
        .secret_id("db")
        .send()
        .await
        .unwrap();
    let hours = told.next_rotation_date.unwrap().secs() - told.last_rotated_date.unwrap().secs();
    assert_eq!(hours, 4 * 3_600);
    world.aws.shutdown().await;
}
