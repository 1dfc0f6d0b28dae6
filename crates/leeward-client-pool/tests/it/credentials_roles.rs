//! Roles: whose signature a call carries, what STS is asked, and what becomes of a dark STS. Over real sockets.

use crate::{
    cloud::{EAST, WEST, credentials},
    hand_clock::HandClock,
};
use aws_sdk_kms::Client;
use leeward_client_pool::{ClientError, Environment, Identity, Pool, PoolBuilder, Role};
use leeward_error_taxonomy::{Category, Classify, Region, Stage};
use leeward_resilience::Plain;
use leeward_testkit::{ACCESS_KEY_ID, Aws, Fault, Latency, Scope};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::JoinSet};
use tower::ServiceExt;

const LEDGER: &str = "arn:aws:iam::111122223333:role/ledger";
const AUDIT: &str = "arn:aws:iam::444455556666:role/audit";
const SECOND: Duration = Duration::from_secs(1);

fn role(arn: &str) -> Role {
    Role::new(arn).unwrap()
}

/// Two Regions whose services check credentials by `clock`, and a pool by the same clock.
async fn checking(clock: &HandClock) -> (Aws, PoolBuilder) {
    let server = clock.clone();
    let aws = Aws::builder()
        .with_region(EAST)
        .with_region(WEST)
        .with_time(move || aws_smithy_async::time::TimeSource::now(&server))
        .checking_credentials()
        .start()
        .await
        .unwrap();
    let pool = builder(&aws).with_time_source(clock.time_source());
    (aws, pool)
}

fn builder(aws: &Aws) -> PoolBuilder {
    crate::cloud::builder(aws)
        .with_credentials(credentials())
        .with_region(EAST)
        .with_sts_regions([EAST, WEST])
}

async fn client(pool: &Pool, region: Region, role: Role) -> Client {
    pool.client()
        .with_region(region)
        .with_role(role)
        .await
        .unwrap()
}

fn session(aws: &Aws, arn: &str) -> String {
    let sessions = aws.roles().sessions(arn);
    assert_eq!(sessions.len(), 1, "{arn}: {sessions:?}");
    sessions[0].access_key_id.clone()
}

#[tokio::test]
async fn roles_never_mix() {
    let (aws, pool) = checking(&HandClock::new()).await;
    let pool = pool.build().await.unwrap();
    let tasks: JoinSet<_> = (0..100)
        .map(|at| {
            let pool = pool.clone();
            async move {
                let arn = [LEDGER, AUDIT][at % 2];
                let kms = client(&pool, EAST, role(arn)).await;
                match arn {
                    LEDGER => drop(kms.list_keys().send().await.unwrap()),
                    _ => drop(kms.list_aliases().send().await.unwrap()),
                }
            }
        })
        .collect();
    tasks.join_all().await;
    for (arn, operation) in [(LEDGER, "ListKeys"), (AUDIT, "ListAliases")] {
        let signers = aws.counts().signers("kms", operation);
        assert_eq!(signers, [(session(&aws, arn), 50)].into(), "{operation}");
    }
    assert_eq!(pool.stats().credentials.sts_calls, 2);
}

#[tokio::test]
async fn one_session_serves_all_services_regions_and_answers_to_who_retries() {
    let (aws, pool) = checking(&HandClock::new()).await;
    let pool = pool.build().await.unwrap();
    for region in [EAST, WEST] {
        client(&pool, region.clone(), role(LEDGER))
            .await
            .list_keys()
            .send()
            .await
            .unwrap();
        let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
        let target = pool.client::<Client>().with_region(region.clone());
        let target = target.with_role(role(LEDGER)).target().await.unwrap();
        target.oneshot(list).await.unwrap();
        let own: Client = pool
            .client_by("another", |config| Client::new(config.sdk()))
            .with_region(region.clone())
            .with_endpoint(aws.endpoint(&region))
            .with_role(role(LEDGER))
            .await
            .unwrap();
        own.list_keys().send().await.unwrap();
    }
    assert_eq!(aws.roles().calls(LEDGER), 1);
    assert_eq!(aws.counts().signers("kms", "ListKeys").len(), 1);
    assert_eq!(pool.stats().credentials.loads, 2, "the pool's own as well");
}

#[tokio::test]
async fn a_session_of_ten_minutes_is_renewed_under_load_and_over_a_dark_sts() {
    let clock = HandClock::new();
    let (aws, pool) = checking(&clock).await;
    let pool = pool.build().await.unwrap();
    aws.roles().set_lifetime(LEDGER, 600 * SECOND);
    let kms = client(&pool, EAST, role(LEDGER)).await;
    let blocked = pool.stats().credentials.blocked;
    let scope = || Scope::any().service("sts");
    let unavailable = || Fault::error(503, "ServiceUnavailable", "dark");
    let mut outage = None;
    for step in 0..180 {
        match step {
            // The last four minutes of the first session, which was renewed before them.
            36 => outage = Some(aws.faults().inject(scope(), Fault::refuse())),
            60 => drop(outage.take().map(|outage| outage.clear())),
            // From before the second or third session is due to the last minute of its life.
            88 => outage = Some(aws.faults().inject(scope(), unavailable())),
            114 => drop(outage.take().map(|outage| outage.clear())),
            _ => {}
        }
        let calls: JoinSet<_> = (0..4).map(|_| kms.list_keys().send()).collect();
        for answer in calls.join_all().await {
            answer.unwrap();
        }
        clock.advance(10 * SECOND);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stats = pool.stats().credentials;
    assert_eq!(stats.blocked, blocked, "{stats:?}");
    assert_eq!(stats.invalidations, 0, "{stats:?}");
    assert!(stats.refreshes >= 3 && stats.failures >= 1, "{stats:?}");
    assert!(stats.last_error.unwrap().contains(LEDGER));
    assert_eq!(
        aws.counts().calls("kms", "ListKeys"),
        720,
        "none was repeated"
    );
    assert!(aws.counts().signers("kms", "ListKeys").len() >= 4);
}

#[tokio::test]
async fn a_thousand_roles_ask_sts_once_each() {
    let (aws, pool) = checking(&HandClock::new()).await;
    let pool = pool
        .with_max_clients(2_048)
        .with_sts_timeout(20 * SECOND)
        .build()
        .await
        .unwrap();
    let few = Arc::new(Semaphore::new(16));
    let arn = |at: usize| format!("arn:aws:iam::111122223333:role/tenant-{at}");
    let tasks: JoinSet<_> = (0..2_000)
        .map(|at| {
            let (pool, few, arn) = (pool.clone(), few.clone(), arn(at % 1_000));
            async move {
                let _permit = few.acquire().await.unwrap();
                let region = if at < 1_000 { EAST } else { WEST };
                client(&pool, region, role(&arn)).await;
            }
        })
        .collect();
    tasks.join_all().await;
    for at in 0..1_000 {
        assert_eq!(aws.roles().calls(&arn(at)), 1, "{at}");
    }
    let stats = pool.stats().credentials;
    assert_eq!((stats.sts_calls, stats.kept), (1_000, 1_001));
}

#[tokio::test]
async fn four_hundred_roles_at_once_wait_in_our_line_and_not_for_another_region() {
    roles_at_once(400, 10).await;
}

#[tokio::test]
async fn the_time_of_sts_begins_when_there_is_a_connection() {
    // The last of those whose turn it is stand in line for longer than STS has for its answer.
    roles_at_once(40, 2).await;
}

async fn roles_at_once(roles: u64, connections: usize) {
    let (aws, pool) = checking(&HandClock::new()).await;
    let pool = pool
        .with_environment(Environment::Lambda)
        .with_max_connections_per_host(connections);
    let pool = pool.build().await.unwrap();
    let answer = Fault::latency(Latency::fixed(Duration::from_millis(100)));
    aws.faults().inject(Scope::any().service("sts"), answer);
    let arn = |at: u64| format!("arn:aws:iam::111122223333:role/tenant-{at}");
    let tasks: JoinSet<_> = (0..roles)
        .map(|at| {
            let (pool, arn) = (pool.clone(), arn(at));
            async move { client(&pool, EAST, role(&arn)).await }
        })
        .collect();
    tasks.join_all().await;
    for at in 0..roles {
        assert_eq!(aws.roles().calls(&arn(at)), 1, "{at}");
    }
    let there = aws.counts().in_region(&WEST);
    assert_eq!(there.calls("sts", "AssumeRole"), 0);
    let stats = pool.stats().credentials;
    assert_eq!((stats.sts_calls, stats.failures), (roles, 0));
}

#[tokio::test]
async fn a_line_of_ours_that_is_full_is_no_dark_region() {
    let (aws, pool) = checking(&HandClock::new()).await;
    // All else that goes to this host takes the connections as well, as with an emulator or a PrivateLink endpoint.
    let pool = pool
        .with_max_connections_per_host(1)
        .with_max_waiting_per_host(0);
    let pool = pool.build().await.unwrap();
    let hung = aws
        .faults()
        .inject(Scope::any().service("kms"), Fault::black_hole());
    let kms: Client = pool.client().await.unwrap();
    let taken = tokio::runtime::Handle::current().spawn(kms.list_keys().send());
    while aws.counts().in_region(&EAST).calls("kms", "ListKeys") == 0 {
        tokio::task::yield_now().await;
    }
    let asked = {
        let pool = pool.clone();
        tokio::runtime::Handle::current()
            .spawn(async move { client(&pool, EAST, role(LEDGER)).await })
    };
    let refused = || {
        pool.stats()
            .connections
            .hosts
            .iter()
            .any(|host| host.refused > 0)
    };
    while !refused() {
        tokio::task::yield_now().await;
    }
    taken.abort();
    asked.await.unwrap();
    hung.clear();
    assert_eq!(aws.roles().sessions(LEDGER)[0].region, EAST);
    assert_eq!(pool.stats().credentials.sts_calls, 1);
}

#[tokio::test]
async fn a_dark_sts_at_home_stops_no_role() {
    let (aws, pool) = checking(&HandClock::new()).await;
    let pool = pool
        .with_sts_timeout(Duration::from_millis(300))
        .build()
        .await
        .unwrap();
    let outage = aws
        .faults()
        .inject(Scope::region(EAST).service("sts"), Fault::black_hole());
    client(&pool, EAST, role(LEDGER))
        .await
        .list_keys()
        .send()
        .await
        .unwrap();
    assert_eq!(aws.roles().sessions(LEDGER)[0].region, WEST);
    assert_eq!(pool.stats().credentials.sts_calls, 2);
    // Who answered is asked first next time.
    client(&pool, EAST, role(AUDIT)).await;
    assert_eq!(pool.stats().credentials.sts_calls, 3);
    assert_eq!(pool.stats().credentials.failures, 0);
    outage.clear();
}

#[tokio::test]
async fn a_dark_sts_at_home_stops_no_role_of_very_many_at_once() {
    const ROLES: u64 = 1_000;
    let (aws, pool) = checking(&HandClock::new()).await;
    let pool = pool
        .with_max_identities(2_048)
        .with_sts_timeout(2 * SECOND)
        .with_max_connections_per_host(64)
        .build()
        .await
        .unwrap();
    aws.faults()
        .inject(Scope::region(EAST).service("sts"), Fault::black_hole());
    let arn = |at: u64| format!("arn:aws:iam::111122223333:role/tenant-{at}");
    let tasks: JoinSet<_> = (0..ROLES)
        .map(|at| {
            let (pool, arn) = (pool.clone(), arn(at));
            async move { client(&pool, EAST, role(&arn)).await }
        })
        .collect();
    tasks.join_all().await;
    for at in 0..ROLES {
        assert_eq!(aws.roles().sessions(&arn(at))[0].region, WEST, "{at}");
    }
    // Those alone asked it whose turn it was before anybody knew.
    let asked = aws.counts().in_region(&EAST).calls("sts", "AssumeRole");
    assert!((1..=32).contains(&asked), "{asked}");
    assert_eq!(pool.stats().credentials.failures, 0);
}

#[tokio::test]
async fn an_sts_that_is_dark_everywhere_is_told_with_its_regions() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws).build().await.unwrap();
    aws.faults()
        .inject(Scope::any().service("sts"), Fault::refuse());
    let asked = pool.client::<Client>().with_role(role(LEDGER)).await;
    let error = asked.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("in any of its Regions (us-east-1, us-west-2)"),
        "{text}"
    );
    let facts = error.facts();
    assert_eq!(
        (facts.stage, facts.category, facts.verdict),
        (
            Stage::NotSent,
            Category::Authentication,
            leeward_error_taxonomy::Verdict::Transient
        )
    );
}

#[tokio::test]
async fn a_denial_is_final_and_names_the_role_and_the_caller() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws).build().await.unwrap();
    aws.roles().deny(LEDGER);
    let asked = pool.client::<Client>().with_role(role(LEDGER)).await;
    let error = asked.unwrap_err();
    assert!(matches!(error, ClientError::RoleDenied { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "arn:aws:iam::123456789012:user/testkit may not assume arn:aws:iam::111122223333:role/ledger: \
         allow it sts:AssumeRole on the role, and name it in the role's trust policy"
    );
    let facts = error.facts();
    assert_eq!(
        (facts.stage, facts.category, facts.code),
        (
            Stage::NotSent,
            Category::Authorization,
            Some("AccessDenied")
        )
    );
    let advice = facts.advice().to_string();
    assert!(advice.contains("sts:AssumeRole"), "{advice}");
    assert_eq!(aws.roles().calls(LEDGER), 1, "no other Region was asked");
    // Allowed at last, it is there when the negative entry has passed.
    aws.roles().allow(LEDGER);
    tokio::time::sleep(SECOND).await;
    client(&pool, EAST, role(LEDGER)).await;
}

#[tokio::test]
async fn all_that_a_role_is_assumed_with_reaches_sts() {
    let (aws, pool) = checking(&HandClock::new()).await;
    let pool = pool.build().await.unwrap();
    aws.roles().require_external_id(AUDIT, "partner-7");
    let hub = role(LEDGER).with_lifetime(Duration::from_secs(1_800));
    let partner = role(AUDIT)
        .with_external_id("partner-7")
        .with_session_name("payments")
        .with_policy(r#"{"Version":"2012-10-17","Statement":[]}"#)
        .assumed_by(hub);
    let kms = client(&pool, WEST, partner).await;
    kms.list_keys().send().await.unwrap();
    let sessions = aws.roles().sessions(AUDIT);
    assert_eq!(sessions[0].external_id.as_deref(), Some("partner-7"));
    assert_eq!(sessions[0].session_name, "payments");
    assert_eq!(sessions[0].assumed_by, session(&aws, LEDGER));
    let hub = aws.roles().sessions(LEDGER);
    assert_eq!(hub[0].assumed_by, ACCESS_KEY_ID);
    assert_eq!(hub[0].lifetime, Duration::from_secs(1_800));
    assert_eq!(
        hub[0].session_name,
        format!("leeward-{}", std::process::id())
    );
    let signers = aws.counts().signers("kms", "ListKeys");
    assert_eq!(signers, [(session(&aws, AUDIT), 1)].into());
}

#[tokio::test]
async fn a_pool_of_a_role_assumes_others_by_it() {
    let (aws, pool) = checking(&HandClock::new()).await;
    let own = role(LEDGER).assumed_by(Identity::provider(credentials()));
    let pool = pool.with_identity(own).build().await.unwrap();
    let kms: Client = pool.client().await.unwrap();
    kms.list_keys().send().await.unwrap();
    client(&pool, EAST, role(AUDIT)).await;
    let sessions = aws.roles().sessions(AUDIT);
    assert_eq!(sessions[0].assumed_by, session(&aws, LEDGER));
}

#[tokio::test]
async fn a_role_of_another_partition_is_refused_before_sts_is_asked() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = builder(&aws).build().await.unwrap();
    let hub = role("arn:aws-cn:iam::111122223333:role/hub");
    let asked = pool
        .client::<Client>()
        .with_role(role(LEDGER).assumed_by(hub))
        .await;
    let error = asked.unwrap_err();
    assert!(matches!(error, ClientError::MixedPartitions { .. }));
    assert_eq!(pool.stats().credentials.sts_calls, 0);
}
