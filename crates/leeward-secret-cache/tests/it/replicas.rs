//! Whose word counts where a secret has replicas, in two Regions that answer as they are told.

use crate::{
    clock::Dated,
    is_one,
    upstream::{ARN, Answer, Upstream, seconds},
};
use leeward_error_taxonomy::{Region, Rejected};
use leeward_secret_cache::{
    Freshness, SecretCache, SecretErrorKind, SecretsStack, SecretsStackError,
};
use std::{error::Error, future::ready};
use tokio::time::{advance, sleep};
use tower::service_fn;

const EAST: Region = Region::from_static("us-east-1");
const WEST: Region = Region::from_static("us-west-2");

/// The primary is in the east, where version 1 is current; the replica has it too.
struct Regions {
    east: Upstream,
    west: Upstream,
}

impl Regions {
    fn new() -> Self {
        let (east, west) = (Upstream::new(), Upstream::new());
        west.answers(Answer::Replica(1));
        Self { east, west }
    }

    fn cache(&self, stack: SecretsStack) -> SecretCache {
        let (east, west) = (self.east.clone(), self.west.clone());
        let maker = service_fn(move |region: Region| {
            let upstream = if region == EAST { &east } else { &west };
            ready(Ok::<_, Rejected>(upstream.clone()))
        });
        let service = stack.over(maker).expect("a stack");
        let builder = SecretCache::builder(service).with_clock(Dated::new());
        builder.with_seed(7).build().expect("what can be built")
    }

    fn calls(&self) -> (usize, usize) {
        (self.east.calls(), self.west.calls())
    }
}

/// What a refused call met, down to its root.
fn told(error: &dyn Error) -> String {
    let source = error.source().map(told);
    format!("{error}: {}", source.unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn a_primary_that_is_silent_is_left_for_its_replica_and_come_back_to() {
    let regions = Regions::new();
    let cache = regions.cache(SecretsStack::new([EAST, WEST]));
    regions.east.answers(Answer::Silent);
    for id in ["db", ARN] {
        let secret = cache.get(id).await.unwrap();
        assert_eq!(secret.region(), Some("us-west-2"));
    }
    regions.east.answers(Answer::Version(2));
    advance(seconds(301)).await;
    let secret = cache.get("db").await.unwrap();
    assert_eq!(
        (secret.version_id(), secret.region()),
        ("version-2", Some("us-east-1"))
    );
}

#[tokio::test(start_paused = true)]
async fn the_word_of_the_primary_is_final() {
    for (code, kind) in [
        ("ResourceNotFoundException", SecretErrorKind::NotFound),
        ("AccessDeniedException", SecretErrorKind::Denied),
        ("DecryptionFailure", SecretErrorKind::KeyUnusable),
        ("InvalidRequestException", SecretErrorKind::Withdrawn),
    ] {
        let regions = Regions::new();
        let cache = regions.cache(SecretsStack::new([EAST, WEST]));
        cache.get("db").await.unwrap();
        regions.east.answers(Answer::Refused(code));
        advance(seconds(241)).await;
        cache.get("db").await.unwrap();
        sleep(seconds(1)).await;
        let error = cache.get("db").await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(regions.west.calls(), 0, "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_replica_refuses_says_nothing_of_the_secret() {
    for code in ["ResourceNotFoundException", "AccessDeniedException"] {
        let regions = Regions::new();
        let cache = regions.cache(SecretsStack::new([EAST, WEST]));
        cache.get("db").await.unwrap();
        regions.east.answers(Answer::Silent);
        regions.west.answers(Answer::Refused(code));
        advance(seconds(241)).await;
        for _ in 0..58 {
            cache.get("db").await.unwrap();
            sleep(seconds(1)).await;
        }
        assert!(regions.west.calls() > 0);
        advance(seconds(2)).await;
        let error = cache.get("db").await.unwrap_err();
        assert_eq!(error.kind(), SecretErrorKind::Unavailable, "{code}");
        let told = told(&error);
        let says = format!("the replica in us-west-2 does not serve it: {code}");
        assert!(told.contains(&says), "{told}");
        // And who would know better.
        let told = error.to_string();
        assert!(told.contains(&says), "{told}");
        assert!(
            told.contains("us-east-1, whose word counts, was not asked"),
            "{told}"
        );
        let advice = error.advice();
        assert!(
            advice.starts_with("wait until us-east-1 answers"),
            "{advice}"
        );
        assert!(!format!("{told} {}", self::told(&error)).contains("construct"));
        assert_eq!(cache.stats().withdrawals, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_does_not_know_a_new_secret_sends_on_to_the_primary() {
    let regions = Regions::new();
    let stack = SecretsStack::new([WEST, EAST]).with_primary(EAST);
    let cache = regions.cache(stack);
    regions.west.answers(Answer::Missing);
    assert_eq!(cache.get("db").await.unwrap().region(), Some("us-east-1"));
    assert_eq!(regions.calls(), (1, 1));
    regions.east.answers(Answer::Missing);
    let error = cache.get("other").await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn by_its_arn_a_secret_is_asked_for_where_that_says() {
    let regions = Regions::new();
    let cache = regions.cache(SecretsStack::new([WEST, EAST]));
    regions.east.answers(Answer::Missing);
    // The first of the list is the primary, but of a secret whose ARN says otherwise.
    let error = cache.get(ARN).await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::NotFound);
    assert_eq!(regions.calls(), (1, 0));
    cache.get("db").await.unwrap();
    assert_eq!(regions.calls(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn the_arn_of_a_region_that_is_not_asked_means_its_replica_and_is_told_if_there_is_none() {
    let regions = Regions::new();
    let cache = regions.cache(SecretsStack::new([EAST, WEST]));
    let elsewhere = ARN.replace("us-east-1", "eu-west-1");
    let secret = cache.get(&elsewhere).await.unwrap();
    assert_eq!(secret.region(), Some("us-east-1"));
    for (code, kind) in [
        ("ResourceNotFoundException", SecretErrorKind::NotFound),
        ("AccessDeniedException", SecretErrorKind::Denied),
    ] {
        regions.east.answers(Answer::Refused(code));
        let other = elsewhere.replace("db-a1b2c3", code);
        let error = cache.get(&other).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(
            error.advice().contains("the ARN is of eu-west-1"),
            "{}",
            error.advice()
        );
        let by_name = cache.get(code).await.unwrap_err();
        assert!(!by_name.advice().contains("ARN is of"));
    }
    assert_eq!(regions.west.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_lags_replaces_a_newer_version_when_that_is_over_and_not_before() {
    let regions = Regions::new();
    let cache = regions.cache(SecretsStack::new([EAST, WEST]));
    regions.east.answers(Answer::Version(2));
    cache.get("db").await.unwrap();
    regions.east.answers(Answer::Silent);
    advance(seconds(241)).await;
    for _ in 0..58 {
        assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
        sleep(seconds(1)).await;
    }
    assert!(regions.west.calls() > 0);
    sleep(seconds(2)).await;
    // At once, though fetches have failed just now.
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-1");
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_is_asked_for_by_its_arn_is_not_what_the_name_says() {
    let regions = Regions::new();
    let cache = regions.cache(SecretsStack::new([EAST, WEST]));
    regions.east.answers(Answer::Version(2));
    let replica = ARN.replace("us-east-1", "us-west-2");
    for _ in 0..2 {
        assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
        let lagging = cache.get(&replica).await.unwrap();
        assert_eq!(lagging.version_id(), "version-1");
        cache.clear();
        // The other way round.
        cache.get(&replica).await.unwrap();
    }
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
    // What the replica refuses is about the replica.
    regions.west.answers(Answer::Missing);
    advance(seconds(241)).await;
    for id in ["db", &replica] {
        cache.get(id).await.unwrap();
    }
    sleep(seconds(1)).await;
    let error = cache.get(&replica).await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::NotFound);
    let secret = cache.get("db").await.unwrap();
    assert_eq!(secret.region(), Some("us-east-1"));
}

#[tokio::test(start_paused = true)]
async fn what_is_called_by_the_arn_of_a_replica_is_so_while_that_answers() {
    let regions = Regions::new();
    let cache = regions.cache(SecretsStack::new([EAST, WEST]));
    let replica = ARN.replace("us-east-1", "us-west-2");
    regions.east.answers(Answer::Silent);
    cache.get("db").await.unwrap();
    let by_arn = cache.handle(&replica);
    assert_eq!(by_arn.get().await.unwrap().region(), Some("us-west-2"));
    regions.east.answers(Answer::Version(2));
    advance(seconds(301)).await;
    let (by_name, by_arn) = (cache.get("db").await, by_arn.get().await);
    assert_eq!(by_name.unwrap().region(), Some("us-east-1"));
    assert_eq!(by_arn.unwrap().region(), Some("us-west-2"));
}

#[tokio::test(start_paused = true)]
async fn who_asks_by_the_arn_of_the_primary_waits_for_nothing_when_a_replica_answers() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let partial = ARN.trim_end_matches("-a1b2c3");
    let (handle, mut watch) = (cache.handle(ARN), cache.subscribe(ARN));
    cache.get("db").await.unwrap();
    watch.changed().await.unwrap();
    upstream.answers(Answer::Replica(1));
    for _ in 0..10 {
        advance(seconds(239)).await;
        for _ in 0..6 {
            sleep(seconds(1)).await;
            for id in ["db", ARN, partial] {
                assert!(cache.try_get(id).is_some(), "{id}");
            }
            assert!(handle.try_get().is_some());
        }
    }
    let secret = handle.get().await.unwrap();
    assert_eq!(secret.region(), Some("us-west-2"));
    // It is one again when the primary answers, and told to who watches it.
    upstream.answers(Answer::Version(2));
    advance(seconds(301)).await;
    let by_name = cache.get("db").await.unwrap();
    assert!(is_one(&by_name, &cache.get(ARN).await.unwrap()));
    assert_eq!(watch.changed().await.unwrap().id(), Some("version-2"));
}

#[tokio::test(start_paused = true)]
async fn limits_by_arn_hold_whichever_region_answers() {
    let regions = Regions::new();
    let brief = Freshness::new()
        .with_refresh_after(seconds(5))
        .with_max_age(seconds(10));
    for id in [ARN, ARN.trim_end_matches("-a1b2c3")] {
        let cache = regions.west.builder().with_freshness_of(id, brief);
        let cache = cache.build().unwrap();
        cache.get("db").await.unwrap();
        cache.get("other").await.unwrap();
        advance(seconds(11)).await;
        assert!(cache.try_get("db").is_none(), "{id}");
        assert!(cache.try_get("other").is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_stacked_is_refused() {
    let maker = || service_fn(|_: Region| ready(Ok::<_, Rejected>(Upstream::new())));
    let refused = |stack: SecretsStack| match stack.over(maker()) {
        Ok(stacked) => panic!("{stacked:?}"),
        Err(refused) => refused,
    };
    let elsewhere = Region::from_static("eu-west-1");
    let stack = SecretsStack::new([EAST, WEST]).with_primary(elsewhere);
    let refusal = refused(stack);
    assert!(matches!(refusal, SecretsStackError::UnknownPrimary { .. }));
    assert!(refusal.to_string().contains("eu-west-1"));
    let stack = SecretsStack::new([EAST, WEST]).with_deadline(seconds(1));
    assert!(refused(stack).to_string().contains("1.6s"));
}
