//! Other secrets of the same name: in other accounts, and made anew.

use crate::{
    clock::Dated,
    is_one,
    upstream::{ARN, Upstream, missing, seconds},
};
use aws_sdk_secretsmanager::operation::get_secret_value::{
    GetSecretValueError, GetSecretValueOutput,
};
use leeward_client_pool::Failed;
use leeward_secret_cache::{
    GetSecretValue, SecretCache, SecretErrorKind, ValuesOnly, VersionWatch, WatchedVersion,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    join,
    time::{advance, sleep, timeout},
};
use tower::service_fn;

const THEIRS: &str = "arn:aws:secretsmanager:us-east-1:444455556666:secret:db-d4e5f6";
const ANEW: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-zzzzzz";

/// What a Secrets Manager has that is called `db` and by its ARN, with and without its end; the first is that of our account. The value
/// of each is its ARN.
#[derive(Clone, Default)]
struct Namesakes {
    arns: Arc<Mutex<Vec<&'static str>>>,
    asked: Arc<Mutex<usize>>,
}

impl Namesakes {
    fn of(arns: &[&'static str]) -> Self {
        let namesakes = Self::default();
        namesakes.become_those(arns);
        namesakes
    }

    fn become_those(&self, arns: &[&'static str]) {
        *self.arns.lock().expect("no test panics while it holds it") = arns.to_vec();
    }

    fn calls(&self) -> usize {
        *self.asked.lock().expect("no test panics while it holds it")
    }

    fn answer(&self, id: &str) -> Option<GetSecretValueOutput> {
        let is_called = |arn: &str| arn == id || partial(arn) == id;
        let arns = self.arns.lock().expect("no test panics while it holds it");
        let is_it = |arn: &&&str| id == "db" || is_called(arn);
        let arn = arns.iter().find(is_it)?;
        Some(
            GetSecretValueOutput::builder()
                .arn(*arn)
                .name("db")
                .version_id(*arn)
                .secret_string(*arn)
                .build(),
        )
    }

    fn cache(&self) -> SecretCache {
        let namesakes = self.clone();
        let service = service_fn(move |request: GetSecretValue| {
            let id = request.input().get_secret_id().clone().expect("an id");
            *namesakes
                .asked
                .lock()
                .expect("no test panics while it holds it") += 1;
            let answer = namesakes.answer(&id);
            async move {
                sleep(Duration::from_millis(200)).await;
                answer.ok_or_else(|| Failed::<GetSecretValueError>::from(missing()))
            }
        });
        let builder = SecretCache::builder(ValuesOnly::new(service));
        let builder = builder.with_clock(Dated::new()).with_seed(7);
        builder.build().expect("what can be built")
    }
}

fn partial(arn: &str) -> &str {
    arn.trim_end_matches(char::is_alphanumeric)
        .trim_end_matches('-')
}

#[tokio::test(start_paused = true)]
async fn secrets_of_one_name_in_two_accounts_are_two_in_whatever_order_they_are_asked_for() {
    let all = [
        ("db", ARN),
        (ARN, ARN),
        (partial(ARN), ARN),
        (THEIRS, THEIRS),
        (partial(THEIRS), THEIRS),
    ];
    for first in all {
        for second in all {
            let namesakes = Namesakes::of(&[ARN, THEIRS]);
            let cache = namesakes.cache();
            let (one, other) = (cache.handle(first.0), cache.handle(second.0));
            for _ in 0..3 {
                let (one, other) = join!(one.get(), other.get());
                assert_eq!(one.unwrap().arn(), first.1, "{first:?} {second:?}");
                assert_eq!(other.unwrap().arn(), second.1, "{first:?} {second:?}");
                for (id, arn) in all {
                    let secret = cache.get(id).await.unwrap();
                    assert_eq!(secret.arn(), arn, "{first:?} {second:?} {id}");
                    assert_eq!(cache.try_get(id).unwrap().arn(), arn);
                    assert_eq!(cache.refresh_now(id).await.unwrap().arn(), arn);
                }
                advance(seconds(301)).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_was_asked_for_first_a_secret_is_one_once_its_name_was_answered() {
    for first in ["db", ARN, partial(ARN)] {
        let namesakes = Namesakes::of(&[ARN]);
        let cache = namesakes.cache();
        cache.get(first).await.unwrap();
        let by_name = cache.get("db").await.unwrap();
        let calls = namesakes.calls();
        for id in [ARN, partial(ARN)] {
            assert!(is_one(&cache.get(id).await.unwrap(), &by_name), "{first}");
        }
        assert_eq!((namesakes.calls(), cache.stats().secrets), (calls, 1));
        // Whose the name is cannot be told from an ARN.
        assert_eq!(calls, if first == "db" { 1 } else { 2 }, "{first}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_was_made_anew_is_found_by_its_name_whatever_was_asked_for_before() {
    for first in ["db", ARN] {
        let namesakes = Namesakes::of(&[ARN]);
        let cache = namesakes.cache();
        cache.get(first).await.unwrap();
        let handles = ["db", partial(ARN), ARN].map(|id| cache.handle(id));
        for handle in &handles {
            assert_eq!(handle.get().await.unwrap().arn(), ARN);
        }
        namesakes.become_those(&[ANEW]);
        advance(seconds(301)).await;
        let [by_name, by_partial, by_arn] = &handles;
        // Asked for first, by the ARN that is gone.
        let error = by_arn.get().await.unwrap_err();
        assert_eq!(error.kind(), SecretErrorKind::NotFound, "{first}");
        for handle in [by_name, by_partial] {
            assert_eq!(handle.get().await.unwrap().arn(), ANEW, "{first}");
        }
        for _ in 0..3 {
            assert_eq!(by_name.get().await.unwrap().arn(), ANEW, "{first}");
            for gone in [by_arn.get().await, cache.get(ARN).await] {
                assert_eq!(gone.unwrap_err().kind(), SecretErrorKind::NotFound);
            }
            assert!(by_arn.try_get().is_none() && cache.try_get(ARN).is_none());
            by_arn.refresh_now().await.unwrap_err();
            assert_eq!(cache.get(ANEW).await.unwrap().arn(), ANEW);
            advance(seconds(301)).await;
        }
    }
}

async fn soon(watch: &mut VersionWatch) -> WatchedVersion {
    let told = timeout(seconds(600), watch.changed()).await;
    told.expect("a change").expect("a cache that is there")
}

async fn is_quiet(watch: &mut VersionWatch) -> bool {
    timeout(seconds(1_200), watch.changed()).await.is_err()
}

/// Three who watch what has one name, by its name, its partial ARN and its ARN, in whatever order they came.
async fn watched(namesakes: &Namesakes, comes_late: bool) -> (SecretCache, [VersionWatch; 3]) {
    let cache = namesakes.cache();
    if comes_late {
        cache.get("db").await.expect("a secret");
    }
    let mut watches = ["db", partial(ARN), ARN].map(|id| cache.subscribe(id));
    if !comes_late {
        for watch in &mut watches {
            assert_eq!(soon(watch).await.id(), Some(ARN));
        }
    }
    sleep(seconds(600)).await;
    assert_eq!(cache.stats().secrets, 1);
    (cache, watches)
}

#[tokio::test(start_paused = true)]
async fn who_watches_by_an_arn_is_told_nothing_of_a_secret_that_was_made_anew() {
    for (comes_late, is_cleared) in [(false, false), (true, false), (false, true)] {
        let namesakes = Namesakes::of(&[ARN]);
        let (cache, watches) = watched(&namesakes, comes_late).await;
        let [mut by_name, mut by_partial, mut by_arn] = watches;
        namesakes.become_those(&[ANEW]);
        if is_cleared {
            // Before those who watch have put it back.
            cache.clear();
            cache.get("db").await.unwrap();
        }
        assert_eq!(soon(&mut by_name).await.id(), Some(ANEW));
        assert_eq!(soon(&mut by_partial).await.id(), Some(ANEW));
        assert_eq!(soon(&mut by_arn).await, WatchedVersion::Withdrawn);
        assert!(is_quiet(&mut by_arn).await && is_quiet(&mut by_name).await);
        // The same for who comes when it is known, and for the other way about.
        let mut by_arn_anew = cache.subscribe(ANEW);
        namesakes.become_those(&[ARN]);
        for watch in [&mut by_name, &mut by_partial, &mut by_arn] {
            assert_eq!(soon(watch).await.id(), Some(ARN));
        }
        assert_eq!(soon(&mut by_arn_anew).await, WatchedVersion::Withdrawn);
        assert!(is_quiet(&mut by_arn_anew).await);
    }
}

#[tokio::test(start_paused = true)]
async fn who_watches_by_an_arn_stays_with_that_while_its_name_is_anothers_or_nobodys() {
    let namesakes = Namesakes::of(&[ARN]);
    let (_cache, [mut by_name, _by_partial, mut by_arn]) = watched(&namesakes, false).await;
    namesakes.become_those(&[ANEW, ARN]);
    assert_eq!(soon(&mut by_name).await.id(), Some(ANEW));
    assert!(is_quiet(&mut by_arn).await);
    namesakes.become_those(&[]);
    assert_eq!(soon(&mut by_name).await, WatchedVersion::Withdrawn);
    assert_eq!(soon(&mut by_arn).await, WatchedVersion::Withdrawn);
    namesakes.become_those(&[ARN]);
    assert_eq!(soon(&mut by_arn).await.id(), Some(ARN));
}

#[tokio::test(start_paused = true)]
async fn who_is_told_of_an_invalidation_by_one_name_lets_go_under_all() {
    for (asked, told) in [
        ("db", ARN),
        ("db", partial(ARN)),
        (ARN, "db"),
        (ARN, partial(ARN)),
    ] {
        let cache = Namesakes::of(&[ARN]).cache();
        cache.get(asked).await.unwrap();
        assert_eq!(cache.invalidate(told), 1, "{asked} {told}");
        assert!(cache.try_get(asked).is_none(), "{asked} {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_that_ends_like_a_full_arn_is_not_served_for_that_arn() {
    for ids in [[ARN, "db-a1b2c3"], ["db-a1b2c3", ARN]] {
        let upstream = Upstream::new();
        let cache = upstream.cache();
        for id in ids {
            cache.get(id).await.unwrap();
        }
        for (id, name) in [(ARN, "db"), ("db-a1b2c3", "db-a1b2c3")] {
            assert_eq!(cache.get(id).await.unwrap().name(), name, "{ids:?}");
            assert_eq!(cache.try_get(id).unwrap().name(), name, "{ids:?}");
        }
        assert_eq!((upstream.calls(), cache.stats().secrets), (2, 2));
    }
}
