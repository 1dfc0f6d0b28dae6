use super::{World, refused};
use aws_sdk_secretsmanager::{
    operation::batch_get_secret_value::BatchGetSecretValueOutput,
    primitives::Blob,
    types::{Filter, FilterNameStringType},
};

fn filter(value: &str) -> Filter {
    let filter = Filter::builder().key(FilterNameStringType::Name);
    filter.values(value).build()
}

fn names(answer: &BatchGetSecretValueOutput) -> Vec<&str> {
    let values = answer.secret_values().iter();
    values.map(|value| value.name().unwrap()).collect()
}

#[tokio::test]
async fn each_of_the_ids_is_answered_with_a_value_or_an_error() {
    let world = World::start().await;
    let arn = world.secret("a", "1").await;
    let create = world.east.create_secret().name("b");
    let create = create.secret_binary(Blob::new([0, 255]));
    create.send().await.unwrap();
    for name in ["denied", "deleted"] {
        world.secret(name, name).await;
    }
    world.aws.secrets().deny("denied", "GetSecretValue");
    world
        .east
        .delete_secret()
        .secret_id("deleted")
        .send()
        .await
        .unwrap();
    let ids = [&*arn, "b", "missing", "denied", "deleted"].map(str::to_owned);
    let batch = world.east.batch_get_secret_value();
    let batch = batch.set_secret_id_list(Some(ids.to_vec()));
    let answer = batch.send().await.unwrap();
    assert_eq!(names(&answer), ["a", "b"]);
    let values = answer.secret_values();
    assert_eq!(values[0].arn(), Some(&*arn));
    assert_eq!(values[0].secret_string(), Some("1"));
    assert_eq!(values[0].version_stages(), ["AWSCURRENT"]);
    assert_eq!(values[1].secret_binary().unwrap().as_ref(), [0, 255]);
    let errors: Vec<_> = answer
        .errors()
        .iter()
        .map(|error| {
            assert!(!error.message().unwrap().is_empty());
            (error.secret_id().unwrap(), error.error_code().unwrap())
        })
        .collect();
    assert_eq!(
        errors,
        [
            ("missing", "ResourceNotFoundException"),
            ("denied", "AccessDeniedException"),
            ("deleted", "InvalidRequestException"),
        ]
    );
    let counts = world.aws.counts();
    assert_eq!(counts.calls("secretsmanager", "BatchGetSecretValue"), 1);
    assert_eq!(counts.calls("secretsmanager", "GetSecretValue"), 0);
    world.aws.shutdown().await;
}

#[tokio::test]
async fn filters_bring_twenty_values_a_page() {
    let world = World::start().await;
    for at in 0..25 {
        world.secret(&format!("app/{at:02}"), "1").await;
    }
    world.secret("other", "1").await;
    let pages = world.east.batch_get_secret_value().filters(filter("app/"));
    let pages = pages.into_paginator().send().try_collect().await.unwrap();
    let counts: Vec<_> = pages.iter().map(|page| names(page).len()).collect();
    assert_eq!(counts, [20, 5]);
    let mut all: Vec<_> = pages.iter().flat_map(names).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 25);
    let few = world.east.batch_get_secret_value().filters(filter("app/"));
    let few = few.max_results(3).send().await.unwrap();
    assert_eq!(names(&few), ["app/24", "app/23", "app/22"]);
    assert!(few.next_token().is_some());
    world.aws.shutdown().await;
}

#[tokio::test]
async fn ids_and_filters_exclude_each_other() {
    let world = World::start().await;
    let batch = || world.east.batch_get_secret_value();
    let neither = refused(batch().send().await);
    let both = batch().secret_id_list("a").filters(filter("a"));
    assert_eq!(refused(both.send().await), neither);
    assert_eq!(neither.0, "InvalidParameterException");
    let sized = batch().secret_id_list("a").max_results(1);
    assert_eq!(refused(sized.send().await).0, "InvalidParameterException");
    let ids = (0..21).map(|at| at.to_string()).collect();
    let many = batch().set_secret_id_list(Some(ids));
    assert_eq!(refused(many.send().await).0, "ValidationException");
    for id in [String::new(), "x".repeat(2_049)] {
        let with_another = batch().secret_id_list("a").secret_id_list(id);
        assert_eq!(refused(with_another.send().await).0, "ValidationException");
    }
    world.aws.shutdown().await;
}
