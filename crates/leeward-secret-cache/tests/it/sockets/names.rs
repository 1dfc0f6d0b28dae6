use super::World;
use crate::is_one;
use leeward_secret_cache::SecretRef;
use tokio::join;

#[tokio::test]
async fn name_arn_and_partial_arn_are_one_secret_once_the_name_was_answered() {
    let world = World::start().await;
    let arn = world.secret("prod/db", "1").await;
    let partial = &arn[..arn.len() - 7];
    for first in ["prod/db", &arn, partial] {
        let cache = world.cache().await;
        world.aws.reset_counts();
        cache.get(first).await.unwrap();
        // Whose the name is cannot be told from an ARN.
        let calls = if first == "prod/db" { 1 } else { 2 };
        let found = cache.get("prod/db").await.unwrap();
        for id in ["prod/db", &arn, partial] {
            let current = SecretRef::new(id).at_stage("AWSCURRENT");
            for secret in [SecretRef::new(id), current] {
                let same = cache.get(secret).await.unwrap();
                assert!(is_one(&found, &same), "{first}, then {secret}");
            }
        }
        assert_eq!(
            (world.calls(), cache.stats().secrets),
            (calls, 1),
            "{first}"
        );
    }
    world.aws.shutdown().await;
}

#[tokio::test]
async fn names_that_are_asked_for_at_once_become_one_secret() {
    let world = World::start().await;
    let arn = world.secret("db", "1").await;
    let cache = world.cache().await;
    let partial = &arn[..arn.len() - 7];
    let (name, whole, part) = join!(cache.get("db"), cache.get(&*arn), cache.get(partial));
    assert_eq!(name.unwrap(), whole.unwrap());
    part.unwrap();
    assert_eq!((world.calls(), cache.stats().secrets), (3, 1));
    world.make_over();
    let (name, whole, part) = join!(cache.get("db"), cache.get(&*arn), cache.get(partial));
    let name = name.unwrap();
    assert!(is_one(&name, &whole.unwrap()) && is_one(&name, &part.unwrap()));
    assert_eq!(world.calls(), 4);
    world.aws.shutdown().await;
}
