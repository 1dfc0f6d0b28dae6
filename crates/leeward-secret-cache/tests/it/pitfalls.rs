//! Sixteen ways in which caches of secrets have gone wrong, and the tests that hold this one to better.
//!
//! | | what went wrong elsewhere | the test |
//! |---|---|---|
//! | 1 | a lock is held while a secret is fetched, so that a slow one keeps all others waiting | [`a_secret_that_is_slow_keeps_nobody_from_another`], [`secrets_that_are_silent_keep_nobody_from_another_for_longer_than_a_second`] |
//! | 2 | a fetch is spawned where there is no runtime, or in one that has ended, and the secret is wedged | `herd::a_cache_that_outlives_its_runtime_refuses_and_does_not_hang`, [`a_thread_without_a_runtime_begins_a_fetch`] |
//! | 3 | a caller that gives up takes the fetch of all others along | `herd::callers_that_give_up_do_not_end_the_fetch` |
//! | 4 | a failed fetch is repeated by each who waited | `herd::all_who_wait_share_one_failure_and_the_next_are_refused_at_once`, `outage::an_outage_costs_few_calls_and_nobody_waits_for_it` |
//! | 5 | a clock stands still while the machine is suspended, or is set back | `expiry::a_machine_that_was_suspended_serves_nothing_that_is_over`, `thaw::what_was_asked_for_before_the_machine_slept_is_not_served` |
//! | 6 | age counts from the answer | `expiry::age_counts_from_the_start_of_the_fetch` |
//! | 7 | retries within a fetch make a caller wait for ever | `herd::a_silent_upstream_is_given_up_on` |
//! | 8 | a fetch from before a change brings back what was there | `withdrawal::a_fetch_from_before_an_invalidation_does_not_bring_the_old_value_back`, `outage::a_replica_that_is_behind_replaces_nothing` |
//! | 9 | throttling is taken for a refusal, since it comes as HTTP 400; credentials that cannot be loaded too | [`what_says_nothing_of_the_secret_does_not_withdraw_it`] |
//! | 10 | all processes of a fleet refresh at the same time | [`a_fleet_that_was_started_together_does_not_refresh_together`] |
//! | 11 | values are printed | [`nothing_that_is_printed_tells_a_value`], [`nothing_that_is_logged_tells_a_value`], [`an_answer_that_cannot_be_read_is_not_in_the_error`] |
//! | 12 | each name of a secret is fetched and kept by itself | `names::name_and_arns_and_the_current_stage_are_one_secret` |
//! | 13 | a secret that was deleted and made anew is looked for by its old ARN for ever | `namesakes::a_secret_that_was_made_anew_is_found_by_its_name_whatever_was_asked_for_before` |
//! | 14 | names that strangers make up fill the memory | [`names_that_strangers_make_up_take_a_bounded_room`] |
//! | 15 | a snapshot that is restored serves what it was taken with | `expiry::a_machine_that_was_suspended_serves_nothing_that_is_over`, [`a_snapshot_that_is_restored_serves_nothing_from_before`], [`a_snapshot_of_a_cache_that_was_cleared_holds_no_value`] |
//! | 16 | a version that is being rotated in is served as if it were current | `rotation::with_secret::between_set_secret_and_finish_secret_the_pending_version_logs_in` |

use crate::{
    clock::Dated,
    rotation::{
        database::{Database, LoginError, Rotation, Strategy},
        vault::Vault,
    },
    upstream::{Answer, Upstream, brief, seconds},
};
use aws_sdk_secretsmanager::operation::get_secret_value::{
    GetSecretValueError, GetSecretValueOutput,
};
use aws_smithy_runtime_api::{client::orchestrator::HttpResponse, http::StatusCode};
use aws_smithy_types::body::SdkBody;
use leeward_client_pool::Failed;
use leeward_secret_cache::{
    Freshness, GetSecretValue, SecretCache, SecretErrorKind, SecretEvent, SecretEventKind,
    SecretRef, ValuesOnly, WarmUp,
};
use leeward_testkit::Log;
use std::{
    collections::BTreeMap, error::Error, future::ready, iter, num::NonZeroUsize, thread,
    time::Duration,
};
use tokio::{
    runtime::Handle,
    time::{Instant, advance, sleep},
};
use tower::service_fn;
use tracing::Level;

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_slow_keeps_nobody_from_another() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("there").await.unwrap();
    upstream.answers(Answer::Silent);
    let slow = Handle::current().spawn({
        let cache = cache.clone();
        async move { cache.get("slow").await.map(drop) }
    });
    sleep(seconds(1)).await;
    upstream.answers(Answer::Version(1));
    let before = Instant::now();
    cache.get("there").await.unwrap();
    assert_eq!(before.elapsed(), seconds(0));
    cache.get("new").await.unwrap();
    assert!(before.elapsed() < seconds(1));
    assert!(!slow.is_finished());
}

#[tokio::test(start_paused = true)]
async fn secrets_that_are_silent_keep_nobody_from_another_for_longer_than_a_second() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    cache.get("there").await.unwrap();
    advance(seconds(241)).await;
    upstream.answers(Answer::Silent);
    for nth in 0..20 {
        assert!(cache.try_get(&format!("silent-{nth}")).is_none());
    }
    sleep(Duration::from_millis(1)).await;
    upstream.answers(Answer::Version(2));
    let before = Instant::now();
    // Refreshed by the side as well.
    cache.get("there").await.unwrap();
    cache.get("new").await.unwrap();
    assert!(before.elapsed() <= Duration::from_millis(1_300));
    assert_eq!(cache.get("there").await.unwrap().version_id(), "version-2");
}

#[tokio::test]
async fn a_thread_without_a_runtime_begins_a_fetch() {
    let upstream = Upstream::new();
    upstream.takes(seconds(0));
    let cache = upstream.cache();
    let handle = cache.handle("db");
    let asked = thread::spawn({
        let (cache, handle) = (cache.clone(), handle.clone());
        move || (cache.try_get("other").is_none(), handle.try_get().is_none())
    });
    assert_eq!(asked.join().unwrap(), (true, true));
    // Both join what the thread began.
    handle.get().await.unwrap();
    cache.get("other").await.unwrap();
    assert_eq!(upstream.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_says_nothing_of_the_secret_does_not_withdraw_it() {
    for code in [
        "ThrottlingException",
        "RequestLimitExceeded",
        "InternalServiceError",
        "ExpiredTokenException",
        "UnrecognizedClientException",
    ] {
        let upstream = Upstream::new();
        let cache = upstream.builder().with_freshness(brief()).build().unwrap();
        cache.get("db").await.unwrap();
        upstream.answers(Answer::Refused(code));
        advance(seconds(2)).await;
        cache.get("db").await.unwrap();
        // The refresh has failed by now, and the value is not over.
        sleep(brief_rest()).await;
        assert_eq!(upstream.calls(), 2, "{code}");
        cache.get("db").await.unwrap();
        advance(seconds(1)).await;
        let error = cache.get("db").await.unwrap_err();
        assert_eq!(error.kind(), SecretErrorKind::Unavailable, "{code}");
        assert_eq!(cache.stats().withdrawals, 0, "{code}");
    }
}

/// More than a fetch takes, and less than is left of a brief value that is due.
const fn brief_rest() -> std::time::Duration {
    std::time::Duration::from_millis(250)
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_was_started_together_does_not_refresh_together() {
    const FLEET: u64 = 200;
    let upstream = Upstream::new();
    let fleet = (0..FLEET).map(|seed| upstream.builder().with_seed(seed).build().unwrap());
    let fleet: Vec<_> = fleet.collect();
    for cache in &fleet {
        assert!(cache.handle("db").try_get().is_none());
    }
    sleep(seconds(1)).await;
    let mut refreshes = BTreeMap::new();
    for second in 1..=240 {
        let before = upstream.calls();
        for cache in &fleet {
            cache.try_get("db").unwrap();
        }
        sleep(seconds(1)).await;
        let begun = upstream.calls() - before;
        if begun > 0 {
            refreshes.insert(second, begun);
        }
    }
    assert_eq!(refreshes.values().sum::<usize>(), 200, "{refreshes:?}");
    // Over the 24 seconds that jitter gives.
    assert!(refreshes.len() >= 20, "{refreshes:?}");
    assert!(*refreshes.values().max().unwrap() <= 25, "{refreshes:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_printed_tells_a_value() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let handle = cache.handle("db");
    let secret = handle.get().await.unwrap();
    assert_eq!(secret.expose_text().unwrap(), "value-1");
    let _: Result<&u64, _> = secret.json();
    upstream.answers(Answer::Missing);
    let error = cache.get("other").await.unwrap_err();
    let unreadable = (
        secret.json::<u64>().unwrap_err(),
        secret.key("field").unwrap_err(),
    );
    let printed = format!(
        "{cache:?} {:?} {handle:?} {secret:?} {:?} {error:?} {error} {unreadable:?} {} {}",
        upstream.builder(),
        cache.stats(),
        unreadable.0,
        unreadable.1,
    );
    assert!(!printed.contains("value-1"), "{printed}");
}

#[tokio::test(start_paused = true)]
async fn nothing_that_is_logged_tells_a_value() {
    let (log, _guard) = Log::begin();
    let upstream = Upstream::new();
    let builder = upstream.builder().with_rotation_schedule(true);
    let freshness = Freshness::new().with_stale_on_outage(seconds(60));
    let observer = |event: &SecretEvent| {
        assert!(event.kind != SecretEventKind::Loaded, "as it was told");
    };
    let builder = builder.with_freshness(freshness).with_observer(observer);
    let cache = builder.build().unwrap();
    for answer in [
        Answer::Version(1),
        Answer::Version(2),
        Answer::Replica(1),
        Answer::Throttled,
        Answer::Refused("DecryptionFailure"),
        Answer::Missing,
        Answer::Panic,
    ] {
        upstream.answers(answer);
        let _ = cache.get("db").await;
        let _ = cache.refresh_now("db").await;
        let warm_up = WarmUp::of_ids(["db", "other"]).with_start_within(seconds(0));
        let _ = cache.warm_up(warm_up).await;
        let refused = |_| async { Err::<(), _>(()) };
        let _ = cache.with_secret("db", refused, |()| true).await;
        sleep(seconds(301)).await;
    }
    // One logs in that is not current.
    let vault = Vault::new();
    let (database, cache) = (Database::new(&vault), vault.cache());
    cache.get("db").await.unwrap();
    Rotation::create(&vault, &database, Strategy::SingleUser).set();
    let log_in = |secret| database.log_in(secret);
    let logged_in = cache.with_secret("db", log_in, LoginError::is_of_password);
    assert_eq!(logged_in.await.unwrap(), "version-2");
    let lines = log.take(Level::TRACE);
    for told in [
        "fetch_secret",
        "secret fetched",
        "secret not fetched",
        "an observer of secrets panicked",
        "this one logs in",
        "is served although",
    ] {
        assert!(lines.iter().any(|line| line.contains(told)), "{told}");
    }
    let values = ["value-1", "value-2", "password-1", "password-2"];
    for line in lines {
        assert!(!values.iter().any(|value| line.contains(value)), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_not_in_the_error() {
    let torn = || {
        let body = SdkBody::from(r#"{"SecretString":"value-1"#);
        let response = HttpResponse::new(StatusCode::try_from(200).expect("a status"), body);
        Failed::<GetSecretValueError>::response_error("the answer is torn", response)
    };
    // It is in that of the SDK.
    assert!(format!("{:?}", torn()).contains("value-1"));
    let service =
        service_fn(move |_: GetSecretValue| ready(Err::<GetSecretValueOutput, _>(torn())));
    let cache = SecretCache::builder(ValuesOnly::new(service)).build();
    let error = cache.unwrap().get("db").await.unwrap_err();
    let chain = iter::successors(Some(&error as &dyn Error), |&error| error.source());
    let printed: String = chain.map(|error| format!("{error} {error:?}")).collect();
    assert!(printed.contains("the answer is torn"), "{printed}");
    assert!(!printed.contains("value-1"), "{printed}");
}

#[tokio::test(start_paused = true)]
async fn names_that_strangers_make_up_take_a_bounded_room() {
    let upstream = Upstream::new();
    let capacity = NonZeroUsize::new(10).unwrap();
    let cache = upstream.builder().with_capacity(capacity).build().unwrap();
    cache.get("db").await.unwrap();
    upstream.answers(Answer::Missing);
    for number in 0..1_000 {
        let name = format!("made-up-{number}");
        let version = SecretRef::from(name.as_str()).at_version(&name);
        cache.get(version).await.unwrap_err();
        assert!(cache.stats().secrets <= 10);
        // What is in use stays.
        assert!(cache.try_get("db").is_some(), "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_that_is_restored_serves_nothing_from_before() {
    let (upstream, clock) = (Upstream::new(), Dated::new());
    let outlasting = Freshness::new().with_stale_on_outage(seconds(600));
    let builder = upstream.builder().with_clock(clock.clone());
    let cache = builder.with_freshness(outlasting).build().unwrap();
    let handle = cache.handle("db");
    handle.get().await.unwrap();
    // Days later its clock goes on where it was.
    clock.sleeps(2 * 86_400);
    upstream.answers(Answer::Throttled);
    assert!(cache.try_get("db").is_none() && handle.try_get().is_none());
    let error = handle.get().await.unwrap_err();
    assert_eq!(error.kind(), SecretErrorKind::Unavailable);
    upstream.answers(Answer::Version(2));
    sleep(seconds(31)).await;
    assert_eq!(handle.get().await.unwrap().version_id(), "version-2");
    // Another is made while a fetch is under way, of which an answer from before comes.
    sleep(seconds(250)).await;
    assert!(handle.try_get().is_some());
    sleep(Duration::from_millis(100)).await;
    clock.sleeps(2 * 86_400);
    upstream.answers(Answer::Version(3));
    assert_eq!(handle.get().await.unwrap().version_id(), "version-3");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_of_a_cache_that_was_cleared_holds_no_value() {
    let upstream = Upstream::new();
    let cache = upstream.cache();
    let secret = cache.get("db").await.unwrap();
    cache.clear();
    let value = std::sync::Arc::downgrade(&secret);
    drop(secret);
    assert!(value.upgrade().is_none());
    upstream.answers(Answer::Version(2));
    assert!(cache.try_get("db").is_none());
    assert_eq!(cache.get("db").await.unwrap().version_id(), "version-2");
}
