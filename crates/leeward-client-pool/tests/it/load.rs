//! What many tasks, and what many roles cost: connections as the server counts them, memory as the allocator does.

use crate::cloud::{EAST, WEST, builder, credentials, regions};
use aws_sdk_kms::Client;
use leeward_client_pool::{ClientConfig, Pool, Role};
use leeward_error_taxonomy::Region;
use leeward_testkit::Aws;
use std::{
    future::IntoFuture,
    pin::pin,
    task::{Context, Poll, Waker},
};
use tokio::{runtime::Builder, task::JoinSet};

const SOUTH: Region = Region::from_static("sa-east-1");
const CONNECTIONS: u64 = 20;
const TASKS: usize = 1_000;

/// One call of a service, with a client that the pool is asked for.
async fn call(pool: &Pool, service: usize, region: Region) {
    macro_rules! client {
        ($name:literal, $sdk:ident) => {{
            let make = |config: &ClientConfig| $sdk::Client::new(config.sdk());
            let client = pool.client_by($name, make).with_region(region);
            client.await.unwrap()
        }};
    }
    match service {
        0 => drop(
            client!("kms", aws_sdk_kms)
                .list_keys()
                .send()
                .await
                .unwrap(),
        ),
        1 => {
            let client = client!("sts", aws_sdk_sts);
            client.get_caller_identity().send().await.unwrap();
        }
        2 => {
            let client = client!("dynamodb", aws_sdk_dynamodb);
            client.list_tables().send().await.unwrap();
        }
        3 => {
            let client = client!("secretsmanager", aws_sdk_secretsmanager);
            client.list_secrets().send().await.unwrap();
        }
        _ => {
            let client = client!("lambda", aws_sdk_lambda);
            client.list_functions().send().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_tasks_open_no_more_connections_than_were_configured() {
    let regions = [EAST, WEST, SOUTH];
    let aws = Aws::start(&regions).await.unwrap();
    let pool = builder(&aws)
        .with_endpoint(SOUTH, aws.endpoint(&SOUTH))
        .with_credentials(credentials())
        .with_max_connections_per_host(CONNECTIONS as usize)
        // The machine may be slow: this is about connections, not time.
        .with_read_timeout(None)
        .with_attempt_timeout(None)
        .with_operation_timeout(None)
        .build()
        .await
        .unwrap();
    let tasks: JoinSet<_> = (0..TASKS)
        .map(|at| {
            let pool = pool.clone();
            async move {
                let [east, west, south] =
                    [EAST, WEST, SOUTH].map(|region| call(&pool, at % 5, region));
                tokio::join!(east, west, south);
            }
        })
        .collect();
    tasks.join_all().await;

    let counts = aws.counts();
    let calls = (TASKS * regions.len()) as u64;
    assert_eq!((counts.total().calls, counts.total().ok), (calls, calls));
    for region in &regions {
        // All services of a Region are one host here, which makes the bound of each host that of the Region.
        let peak = counts.in_region(region).peak_connections();
        assert!((2..=CONNECTIONS).contains(&peak), "{peak} in {region}");
    }
    assert_eq!(pool.len(), 15);
    assert_eq!(pool.stats().clients.builds, 15);
    pool.shutdown().await;
    aws.shutdown().await;
}

#[tokio::test]
async fn a_client_that_is_kept_costs_no_allocation_but_the_clone() {
    let (_aws, pool) = regions().await;
    let kept = pool.client::<Client>().with_region(EAST).await.unwrap();
    let of_a_clone = allocation_counter::measure(|| drop(kept.clone()));
    let of_a_hundred = allocation_counter::measure(|| {
        for _ in 0..100 {
            let asked = pool.client::<Client>().with_region(EAST).into_future();
            let mut cx = Context::from_waker(Waker::noop());
            assert!(matches!(pin!(asked).poll(&mut cx), Poll::Ready(Ok(_))));
        }
    });
    assert_eq!(of_a_hundred.count_total, 100 * of_a_clone.count_total);
    assert_eq!(of_a_clone.count_total, 0);
}

/// The memory of a role: its credentials, who refreshes them, and one client.
const MOST_BYTES_OF_A_ROLE: i64 = 32 * 1024;

#[test]
fn a_role_is_cheap_to_keep() {
    const ROLES: i64 = 200;
    let server = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    // On this thread alone, where allocations are counted.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let aws = Aws::builder().with_region(EAST).with_region(WEST);
    let aws = aws.with_runtime(server.handle().clone());
    let aws = runtime.block_on(aws.start()).unwrap();
    let pool = builder(&aws)
        .with_credentials(credentials())
        .with_region(EAST);
    let pool = runtime.block_on(pool.build()).unwrap();
    let assume = |at: i64| {
        let arn = format!("arn:aws:iam::111122223333:role/tenant-{at}");
        let client = pool.client::<Client>().with_role(Role::new(&arn).unwrap());
        let client = runtime.block_on(client.into_future()).unwrap();
        runtime.block_on(client.list_keys().send()).unwrap();
    };
    // Connections and all that is made once.
    (0..10).for_each(assume);
    let memory = allocation_counter::measure(|| (10..10 + ROLES).for_each(assume));
    let bytes = memory.bytes_current / ROLES;
    assert_eq!(pool.len(), 210);
    assert_eq!(aws.counts().calls("sts", "AssumeRole"), 210);
    assert!(
        (1..MOST_BYTES_OF_A_ROLE).contains(&bytes),
        "{bytes} bytes for each role"
    );
    println!("{bytes} bytes for each role");
}
