//! Connections that close, go silent and come back.

use crate::{
    cloud::{EAST, WEST, builder, credentials},
    wire::until,
};
use aws_sdk_kms::Client;
use leeward_client_pool::{HostStats, Pool, PoolBuilder, Target};
use leeward_resilience::Plain;
use leeward_testkit::{Aws, Fault, Latency, Scope};
use std::time::Duration;
use tokio::{runtime::Builder, task::JoinSet, time::timeout};
use tower::ServiceExt;

async fn pool(aws: &Aws, change: impl FnOnce(PoolBuilder) -> PoolBuilder) -> Pool {
    let pool = builder(aws).with_credentials(credentials());
    change(pool).build().await.unwrap()
}

async fn list(target: &Target<Client>) -> bool {
    let list = Plain::new(|kms: Client| async move { kms.list_keys().send().await });
    target.clone().oneshot(list).await.is_ok()
}

/// So many calls at the same time, each over a connection of its own; how many were answered.
async fn list_at_once(target: &Target<Client>, calls: usize) -> usize {
    let mut tasks = JoinSet::new();
    for _ in 0..calls {
        let target = target.clone();
        tasks.spawn(async move { list(&target).await });
    }
    let answered = tasks.join_all().await;
    answered.into_iter().filter(|answered| *answered).count()
}

fn host(aws: &Aws, pool: &Pool, region: &leeward_error_taxonomy::Region) -> HostStats {
    let hosts = pool.stats().connections.hosts;
    let named = |host: &&HostStats| host.name == aws.endpoint(region);
    hosts.iter().find(named).cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_black_hole_leaves_the_connections_of_other_regions_alone() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = pool(&aws, |pool| pool.with_max_connections_per_host(10)).await;
    aws.faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let dark: Target<Client> = pool.target(EAST).await.unwrap();
    let bright: Target<Client> = pool.target(WEST).await.unwrap();
    let mut silent = JoinSet::new();
    for _ in 0..500 {
        let dark = dark.clone();
        silent.spawn(async move { list(&dark).await });
    }
    until(|| host(&aws, &pool, &EAST).pending == 490).await;
    for _ in 0..20 {
        assert_eq!(list_at_once(&bright, 10).await, 10);
    }
    let dark = host(&aws, &pool, &EAST);
    assert_eq!(
        (dark.pending, dark.refused),
        (490, 0),
        "nothing of it is over"
    );
    assert_eq!(aws.counts().in_region(&EAST).total().calls, 10);
    assert!(host(&aws, &pool, &WEST).opened <= 10);
    // What is given up leaves the line.
    drop(silent);
    until(|| host(&aws, &pool, &EAST).pending == 0).await;
}

/// The server has a runtime of its own, so that it closes connections while nobody on this side can notice. What is sent in
/// the moment before the news is read is lost, here as everywhere, and a matter of retries.
#[test]
fn a_call_over_a_connection_that_was_closed_while_idle_is_sent_again_unseen() {
    let server = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let aws = Aws::builder().with_region(EAST).with_region(WEST);
    let aws = server.block_on(aws.start()).unwrap();
    let client = Builder::new_current_thread().enable_all().build().unwrap();
    client.block_on(async {
        let pool = pool(&aws, |pool| pool).await;
        let target: Target<Client> = pool.target(EAST).await.unwrap();
        for _ in 0..50 {
            assert_eq!(list_at_once(&target, 2).await, 2);
            while aws.counts().open_connections() > 0 {
                aws.close_idle_connections();
                std::thread::yield_now();
            }
            // What has come is told by the system now, and the tasks of the connections run next.
            tokio::task::yield_now().await;
            assert!(list(&target).await, "no retry would help it");
        }
        assert_eq!(aws.counts().calls("kms", "ListKeys"), 150);
        assert_eq!(pool.stats().http.attempts, 150);
    });
}

#[tokio::test]
async fn a_server_that_closes_after_each_answer_fails_no_call() {
    let aws = Aws::builder().with_region(EAST).with_region(WEST);
    let aws = aws.closing_after_answers().start().await.unwrap();
    let pool = pool(&aws, |pool| pool).await;
    let target: Target<Client> = pool.target(EAST).await.unwrap();
    for _ in 0..50 {
        assert!(list(&target).await);
    }
    assert_eq!(aws.counts().calls("kms", "ListKeys"), 50);
}

#[tokio::test]
async fn no_call_goes_over_a_connection_from_before_the_darkness() {
    // Enough to connect beside whatever else a machine does.
    const PATIENCE: Duration = Duration::from_millis(250);
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = pool(&aws, |pool| pool.with_connect_timeout(PATIENCE)).await;
    let target: Target<Client> = pool.target(EAST).await.unwrap();
    let slow = Latency::fixed(Duration::from_millis(50));
    let slow = aws.faults().inject(Scope::any(), Fault::latency(slow));
    assert_eq!(list_at_once(&target, 8).await, 8);
    let before = host(&aws, &pool, &EAST);
    assert_eq!((before.idle, before.turned), (8, 0), "{before:?}");

    let dark = aws
        .faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    for _ in 0..3 {
        timeout(PATIENCE * 2, list(&target)).await.unwrap_err();
    }
    dark.clear();
    // Five of the old connections are still open, and look as good as ever.
    until(|| host(&aws, &pool, &EAST).idle == 5).await;
    let before = host(&aws, &pool, &EAST);
    assert_eq!(before.turned, 1);
    aws.reset_counts();
    assert_eq!(list_at_once(&target, 5).await, 5);
    assert_eq!(
        aws.counts().opened_connections(),
        5,
        "each call has a fresh one"
    );
    let after = host(&aws, &pool, &EAST);
    assert_eq!(
        (after.opened, after.reused),
        (before.opened + 5, before.reused)
    );
    // From then on, the fresh ones are used again.
    slow.clear();
    assert!(list(&target).await);
    assert_eq!(aws.counts().opened_connections(), 5);
}

#[tokio::test]
async fn old_connections_give_way_to_fresh_ones_at_the_cap() {
    // Enough to connect beside whatever else a machine does.
    const PATIENCE: Duration = Duration::from_millis(250);
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = pool(&aws, |pool| {
        pool.with_connect_timeout(PATIENCE)
            .with_max_connections_per_host(4)
    });
    let pool = pool.await;
    let target: Target<Client> = pool.target(EAST).await.unwrap();
    let slow = Latency::fixed(Duration::from_millis(50));
    let slow = aws.faults().inject(Scope::any(), Fault::latency(slow));
    assert_eq!(list_at_once(&target, 4).await, 4);
    let dark = aws
        .faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    for _ in 0..3 {
        timeout(PATIENCE * 2, list(&target)).await.unwrap_err();
    }
    dark.clear();
    aws.reset_counts();
    assert_eq!(list_at_once(&target, 4).await, 4);
    assert_eq!(aws.counts().opened_connections(), 4);
    assert!(host(&aws, &pool, &EAST).open <= 4);
    slow.clear();
}

#[tokio::test]
async fn what_a_host_does_is_counted_by_its_name() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let pool = pool(&aws, |pool| pool).await;
    for region in [EAST, WEST] {
        let target: Target<Client> = pool.target(region).await.unwrap();
        assert!(list(&target).await && list(&target).await);
    }
    let mut names = [aws.endpoint(&EAST), aws.endpoint(&WEST)];
    names.sort_unstable();
    let hosts = pool.stats().connections.hosts;
    assert_eq!(
        hosts.iter().map(|host| &host.name).collect::<Vec<_>>(),
        names.each_ref()
    );
    for host in &hosts {
        assert_eq!((host.open, host.idle, host.active), (1, 1, 0), "{host:?}");
        assert_eq!(
            (host.opened, host.failed, host.reused),
            (1, 0, 1),
            "{host:?}"
        );
    }
    aws.faults().inject(Scope::region(EAST), Fault::refuse());
    let target: Target<Client> = pool.target(EAST).await.unwrap();
    until(|| host(&aws, &pool, &EAST).open == 0).await;
    assert!(!list(&target).await);
    assert!(host(&aws, &pool, &EAST).failed >= 1);
    assert_eq!(host(&aws, &pool, &WEST).failed, 0);
    assert!(pool.stats().connections.failed >= 1);
}
