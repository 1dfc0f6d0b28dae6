//! KMS refuses for a while: what is cached serves on or goes, as the refusal has it, and nothing stays broken.

use crate::cloud::{Cloud, EAST, WEST, context, tenant};
use aws_sdk_kms::Client;
use leeward_envelope::{CachePolicy, Decryptor, EncryptError, Encryptor, KeyringCause};
use leeward_error_taxonomy::Category;
use leeward_kms_envelope::{KeyArn, KmsError, KmsKeyring, KmsStack};
use leeward_resilience::{Backoff, Budget, BudgetConfig, Clock, RetryPolicy, Timestamp};
use leeward_testkit::{Fault, FaultRule, Scope};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::task::JoinSet;

const TENANTS: usize = 50;
const RESERVE: u32 = 5;
const MS: Duration = Duration::from_millis(1);

fn everywhere(cloud: &Cloud, fault: Fault) -> FaultRule {
    cloud
        .aws
        .faults()
        .inject(Scope::any().service("kms"), fault)
}

/// Tries again soon, as a test does not wait for a storm to pass.
fn soon(cloud: &Cloud, attempts: u32) -> KmsStack {
    let pauses = Backoff::new().with_base(MS).with_throttled_base(MS);
    let retry = RetryPolicy::new().with_backoff(pauses.with_cap(5 * MS));
    let retry = retry.with_max_attempts(attempts).with_seed(7);
    cloud.patient([EAST, WEST]).with_retry(retry)
}

fn cached(cloud: &Cloud, stack: KmsStack) -> Encryptor {
    let policy = CachePolicy::new(Duration::from_secs(3_600));
    let builder = Encryptor::builder(cloud.keyring_over(stack)).with_cache(policy);
    builder.build().unwrap()
}

/// What each of the tenants is told that encrypt at once.
async fn all_at_once(encryptor: &Encryptor) -> Vec<Result<Vec<u8>, EncryptError>> {
    let call = |number| {
        let encryptor = encryptor.clone();
        async move { encryptor.encrypt(b"x", &tenant(number)).await }
    };
    let calls: JoinSet<_> = (0..TENANTS).map(call).collect();
    calls.join_all().await
}

fn cause(error: &EncryptError) -> KeyringCause {
    match error {
        EncryptError::Keyring(error) => error.cause(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_throttling_storm_is_fed_by_the_budget_alone_and_passes_without_a_trace() {
    let cloud = Cloud::start().await;
    // Nothing is paid in, and the reserve does not grow while the test runs.
    let reserve = BudgetConfig::new().with_cap(0).with_floor(RESERVE);
    let budget = Budget::new(reserve.with_floor_interval(Duration::from_secs(3_600)));
    let encryptor = cached(&cloud, soon(&cloud, 10).with_budget(budget));
    encryptor.encrypt(b"x", &context()).await.unwrap();
    let storm = everywhere(&cloud, Fault::throttling());
    cloud.aws.reset_counts();
    for result in all_at_once(&encryptor).await {
        let error = result.unwrap_err();
        let kms = KmsError::below(&error).unwrap();
        assert_eq!(kms.regions(), [EAST], "nobody is driven elsewhere");
        assert!(!kms.advice().is_empty());
        assert_eq!(cause(&error), KeyringCause::Unavailable);
    }
    let calls = cloud.aws.counts().total().calls;
    assert_eq!(calls, TENANTS as u64 + u64::from(RESERVE));
    // What is cached serves on, and asks nobody.
    encryptor.encrypt(b"x", &context()).await.unwrap();
    assert_eq!(cloud.aws.counts().total().calls, calls);
    storm.clear();
    for result in all_at_once(&encryptor).await {
        result.unwrap();
    }
    let total = cloud.aws.counts().total();
    assert_eq!((total.calls, total.ok), (calls + 50, 50));
}

#[tokio::test]
async fn by_default_a_call_meets_a_storm_three_times_at_the_most_and_nobody_is_driven_elsewhere() {
    let cloud = Cloud::start().await;
    let encryptor = cached(&cloud, cloud.patient([EAST, WEST]));
    everywhere(&cloud, Fault::throttling());
    for result in all_at_once(&encryptor).await {
        let error = result.unwrap_err();
        assert_eq!(error.category(), Category::RateLimit);
    }
    assert_eq!(cloud.calls(&EAST, "GenerateDataKey"), 3 * TENANTS as u64);
    assert_eq!(cloud.calls(&WEST, "GenerateDataKey"), 0);
}

#[tokio::test]
async fn a_storm_that_lets_some_calls_through_loses_no_message() {
    let cloud = Cloud::start().await;
    let encryptor = cached(&cloud, soon(&cloud, 40));
    let half = Fault::throttling().with_rate(0.5).with_seed(7);
    everywhere(&cloud, half);
    let decryptor = Decryptor::builder(cloud.keyring_over(soon(&cloud, 40)));
    let decryptor = decryptor.build().unwrap();
    for message in all_at_once(&encryptor).await {
        decryptor.decrypt(&message.unwrap()).await.unwrap();
    }
    assert!(cloud.aws.counts().total().faulted > 0);
}

/// Checks what becomes of a cached data key when KMS refuses another tenant's call with `fault`.
async fn check(fault: Fault, (category, told): (Category, KeyringCause), is_kept: bool) {
    let cloud = Cloud::start().await;
    let encryptor = cached(&cloud, soon(&cloud, 1));
    encryptor.encrypt(b"x", &context()).await.unwrap();
    let rule = everywhere(&cloud, fault);
    let error = encryptor.encrypt(b"x", &tenant(1)).await.unwrap_err();
    assert_eq!((error.category(), cause(&error)), (category, told));
    let again = encryptor.encrypt(b"x", &context()).await;
    assert_eq!(again.is_ok(), is_kept, "{again:?}");
    // Refused or not, all is as before once KMS serves again.
    rule.clear();
    cloud.aws.reset_counts();
    encryptor.encrypt(b"x", &context()).await.unwrap();
    encryptor.encrypt(b"x", &tenant(1)).await.unwrap();
    let calls = cloud.aws.counts().total().calls;
    assert_eq!(calls, if is_kept { 1 } else { 2 });
}

#[tokio::test]
async fn what_is_cached_outlives_what_says_nothing_of_its_key() {
    let unavailable = KeyringCause::Unavailable;
    let broken = Fault::error(500, "KMSInternalException", "try later");
    check(
        Fault::throttling(),
        (Category::RateLimit, unavailable),
        true,
    )
    .await;
    check(broken, (Category::Internal, unavailable), true).await;
    let expired = (Category::Authentication, KeyringCause::Other);
    check(Fault::expired_token(), expired, true).await;
    // Of a multi-Region key: a Region without a replica, where calls go if the others are out.
    let absent = Fault::error(400, "NotFoundException", "no such key");
    check(absent, (Category::NotFound, unavailable), true).await;
}

#[tokio::test]
async fn what_is_cached_goes_with_the_right_or_the_key() {
    let denied = (Category::Authorization, KeyringCause::Denied);
    check(Fault::access_denied(), denied, false).await;
    for code in ["DisabledException", "KMSInvalidStateException"] {
        let cloud = Cloud::start().await;
        let encryptor = cached(&cloud, soon(&cloud, 1));
        encryptor.encrypt(b"x", &context()).await.unwrap();
        everywhere(&cloud, Fault::error(400, code, "not usable"));
        let error = encryptor.encrypt(b"x", &tenant(1)).await.unwrap_err();
        assert_eq!(cause(&error), KeyringCause::KeyUnusable, "{code}");
        encryptor.encrypt(b"x", &context()).await.unwrap_err();
    }
}

/// Told the time by the test, in seconds.
#[derive(Clone, Debug, Default)]
struct ByHand(Arc<AtomicU64>);

impl Clock for ByHand {
    fn now(&self) -> Timestamp {
        Timestamp::new(Duration::from_secs(self.0.load(Relaxed)))
    }
}

#[tokio::test]
async fn what_is_too_old_serves_where_a_region_has_no_replica_and_not_where_the_only_key_is_gone() {
    const HOUR: Duration = Duration::from_secs(3_600);
    let cloud = Cloud::start().await;
    let east: Client = cloud.pool.client().with_region(EAST).await.unwrap();
    let made = east.create_key().send().await.unwrap();
    let single: KeyArn = made.key_metadata.unwrap().arn.unwrap().parse().unwrap();
    let kms = || soon(&cloud, 1).through(&cloud.pool).unwrap();
    let anywhere = KmsKeyring::multi_region(cloud.key.clone(), kms()).unwrap();
    for (keyring, is_outlasted) in [(anywhere, true), (KmsKeyring::single(single, kms()), false)] {
        let clock = ByHand::default();
        let policy = CachePolicy::new(HOUR).with_stale_on_outage(HOUR);
        let policy = policy.with_renewal(None).with_clock(clock.clone());
        let encryptor = Encryptor::builder(keyring).with_cache(policy);
        let encryptor = encryptor.build().unwrap();
        encryptor.encrypt(b"x", &context()).await.unwrap();
        clock.0.store(4_000, Relaxed);
        let absent = everywhere(
            &cloud,
            Fault::error(400, "NotFoundException", "no such key"),
        );
        let sealed = encryptor.encrypt(b"x", &context()).await;
        assert_eq!(sealed.is_ok(), is_outlasted, "{sealed:?}");
        let stats = encryptor.stats();
        let expected = if is_outlasted { (1, 0, 1) } else { (0, 1, 0) };
        assert_eq!((stats.stale, stats.purged, stats.entries), expected);
        // No longer than was asked for.
        clock.0.store(7_201, Relaxed);
        encryptor.encrypt(b"x", &context()).await.unwrap_err();
        absent.clear();
        encryptor.encrypt(b"x", &context()).await.unwrap();
    }
}
