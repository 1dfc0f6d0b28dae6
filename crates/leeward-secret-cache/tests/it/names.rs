//! The names of a secret, and how many there is room for.

use crate::is_one;
use crate::upstream::{ARN, Upstream, seconds};
use leeward_secret_cache::{SecretErrorKind, SecretRef};
use std::num::NonZeroUsize;
use tokio::{
    join,
    time::{advance, sleep},
};

#[tokio::test(start_paused = true)]
async fn name_and_arns_and_the_current_stage_are_one_secret() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let by_name = cache.get("db").await.unwrap();
    let partial = ARN.trim_end_matches("-a1b2c3");
    for secret in [
        SecretRef::new(ARN),
        SecretRef::new(partial),
        SecretRef::new("db").at_stage("AWSCURRENT"),
    ] {
        let same = cache.get(secret).await.unwrap();
        assert!(is_one(&same, &by_name), "{secret}");
    }
    assert_eq!((upstream.calls(), cache.stats().secrets), (1, 1));
    cache
        .get(SecretRef::new("db").at_version("version-1"))
        .await
        .unwrap();
    assert_eq!((upstream.calls(), cache.stats().secrets), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn two_names_asked_for_at_once_are_one_secret_afterwards() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let (by_name, by_arn) = join!(cache.get("db"), cache.get(ARN));
    assert_eq!(by_name.unwrap(), by_arn.unwrap());
    assert_eq!((upstream.calls(), cache.stats().secrets), (2, 1));
    let (by_name, by_arn) = join!(cache.get("db"), cache.get(ARN));
    assert!(is_one(&by_name.unwrap(), &by_arn.unwrap()));
    assert_eq!(cache.invalidate(ARN), 1);
    cache.get("db").await.unwrap();
    assert_eq!(upstream.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn the_one_goes_that_was_asked_for_longest_ago() {
    let upstream = Upstream::new();
    let two = NonZeroUsize::new(2).unwrap();
    let cache = upstream.builder().with_capacity(two).build().unwrap();
    let tick = || advance(std::time::Duration::from_millis(10));
    for name in ["a", "b", "a", "a", "c"] {
        cache.get(name).await.unwrap();
        tick().await;
    }
    assert!(cache.try_get("a").is_some());
    assert!(cache.try_get("c").is_some());
    assert_eq!((upstream.calls(), cache.stats().evictions), (3, 1));
    assert!(cache.try_get("b").is_none());
}

#[tokio::test(start_paused = true)]
async fn an_id_that_no_secret_can_have_is_refused_unsent_and_takes_no_room() {
    let upstream = Upstream::new();
    let one = NonZeroUsize::MIN;
    let cache = upstream.builder().with_capacity(one).build().unwrap();
    cache.get("db").await.unwrap();
    let long = "é".repeat(2_049);
    for (id, told) in [
        ("", "the id of the secret is empty"),
        (&long, "its id has more than 2048 characters"),
    ] {
        let handle = cache.handle(id);
        for _ in 0..2 {
            for landed in [
                cache.get(id).await,
                cache.get(SecretRef::new(id).at_stage("AWSPENDING")).await,
                cache.refresh_now(id).await,
                handle.get().await,
                handle.refresh_now().await,
            ] {
                let error = landed.unwrap_err();
                assert_eq!(error.kind(), SecretErrorKind::Other);
                assert!(error.to_string().ends_with(told), "{error}");
                assert!(error.advice().contains("name or the ARN"));
            }
            assert!(cache.try_get(id).is_none() && handle.try_get().is_none());
        }
        let watch = cache.subscribe(id);
        sleep(seconds(60)).await;
        assert_eq!(watch.current().id(), None);
    }
    assert!(cache.try_get("db").is_some());
    let stats = cache.stats();
    assert_eq!(
        (upstream.calls(), stats.secrets, stats.evictions),
        (1, 1, 0)
    );
    assert_eq!(stats.misses, 1, "{stats}");
    cache.get(&"é".repeat(2_048)).await.unwrap();
}
