//! The numbers of an environment, and those that take their place, as they take effect.

use crate::{
    child,
    cloud::{EAST, WEST, builder, credentials},
    wire::{Wire, until},
};
use aws_sdk_kms::{Client, error::SdkError};
use aws_smithy_types::timeout::TimeoutConfig;
use leeward_client_pool::{Environment, Pool, PoolBuilder};
use leeward_testkit::{Aws, Fault, Latency, Scope};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// The time-outs of the pool's clients, and how often they try.
async fn of(pool: PoolBuilder) -> (TimeoutConfig, u32) {
    let pool = pool.with_credentials(credentials()).with_region(EAST);
    let pool = pool.build().await.unwrap();
    let config = pool.client_by("any", |config| config.sdk().clone());
    let config = config.await.unwrap();
    let attempts = config.retry_config().unwrap().max_attempts();
    (config.timeout_config().unwrap().clone(), attempts)
}

/// Connecting, reading, the attempt and the call, in seconds, and the attempts.
async fn check(pool: PoolBuilder, seconds: [u64; 4], attempts: u32) {
    let (timeouts, tried) = of(pool).await;
    let found = [
        timeouts.connect_timeout(),
        timeouts.read_timeout(),
        timeouts.operation_attempt_timeout(),
        timeouts.operation_timeout(),
    ];
    assert_eq!(found, seconds.map(|seconds| Some(SECOND * seconds as u32)));
    assert_eq!(tried, attempts);
}

#[tokio::test]
async fn clients_have_the_numbers_of_their_environment_unless_others_were_set() {
    for (environment, seconds, attempts) in [
        (Environment::Development, [3, 60, 60, 180], 2),
        (Environment::Staging, [1, 30, 30, 90], 3),
        (Environment::Production, [1, 20, 20, 60], 3),
        (Environment::Lambda, [1, 10, 10, 25], 2),
    ] {
        let pool = || Pool::builder().with_environment(environment);
        check(pool(), seconds, attempts).await;
        let own = pool()
            .with_connect_timeout(SECOND * 2)
            .with_read_timeout(SECOND * 4)
            .with_attempt_timeout(SECOND * 5)
            .with_operation_timeout(SECOND * 6)
            .with_attempts(7);
        check(own, [2, 4, 5, 6], 7).await;
    }
}

#[tokio::test]
async fn the_environment_names_its_numbers() {
    if child::is_child() {
        return check(Pool::builder(), [3, 60, 60, 180], 2).await;
    }
    child::run(
        "numbers::the_environment_names_its_numbers",
        &[
            (Environment::VARIABLE, "development"),
            // Neither where it runs nor the SDK's own variable goes before it.
            ("AWS_LAMBDA_FUNCTION_NAME", "ledger"),
            ("AWS_MAX_ATTEMPTS", "9"),
        ],
    );
}

#[tokio::test]
async fn inside_a_lambda_function_its_numbers_are_the_default() {
    if child::is_child() {
        return check(Pool::builder(), [1, 10, 10, 25], 2).await;
    }
    child::run(
        "numbers::inside_a_lambda_function_its_numbers_are_the_default",
        &[
            ("AWS_LAMBDA_FUNCTION_NAME", "ledger"),
            (Environment::VARIABLE, " "),
        ],
    );
}

#[tokio::test]
async fn an_environment_that_nobody_knows_builds_no_pool() {
    if child::is_child() {
        let refused = Pool::builder().build().await.unwrap_err().to_string();
        assert!(
            refused.starts_with(r#""prod" is no environment"#),
            "{refused}"
        );
        return;
    }
    child::run(
        "numbers::an_environment_that_nobody_knows_builds_no_pool",
        &[(Environment::VARIABLE, "prod")],
    );
}

/// A server whose line of connections is full, so that the system lets further ones wait.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_nobody_accepts_is_given_up() {
    use leeward_error_taxonomy::{Category, Classify, Stage};
    use tokio::net::{TcpSocket, TcpStream};

    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    let short = Duration::from_millis(200);
    while let Ok(connected) = tokio::time::timeout(short, TcpStream::connect(address)).await {
        waiting.push(connected.unwrap());
        assert!(waiting.len() < 10, "the system takes any number");
    }
    let pool = Pool::builder()
        .without_proxy()
        .with_endpoint(EAST, format!("http://{address}"))
        .with_region(EAST)
        .with_credentials(credentials())
        .with_connect_timeout(short)
        .with_attempts(1)
        .build();
    let pool = pool.await.unwrap();
    let kms: Client = pool.client().await.unwrap();
    let error = kms.list_keys().send().await.unwrap_err();
    let facts = error.facts();
    assert_eq!(
        (facts.stage, facts.category),
        (Stage::NotSent, Category::Timeout)
    );
    assert_eq!(pool.stats().connections.failed, 1);
}

async fn over(wire: &Wire, change: impl FnOnce(PoolBuilder) -> PoolBuilder) -> Pool {
    let pool = Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_endpoint(EAST, wire.url())
        .with_credentials(credentials());
    let pool = change(pool).build().await.unwrap();
    let kms: Client = pool.client().await.unwrap();
    kms.list_keys().send().await.unwrap();
    pool
}

#[tokio::test]
async fn a_connection_is_closed_when_it_was_idle_for_its_time() {
    let wire = Wire::open().await;
    let pool = over(&wire, |pool| {
        pool.with_idle_timeout(Duration::from_millis(100))
    });
    let pool = pool.await;
    until(|| pool.stats().connections.open == 0).await;
    let kept = over(&wire, |pool| pool).await;
    assert_eq!(kept.stats().connections.open, 1);
}

/// Whether the system keeps a timer for probes of the connections to this port.
#[cfg(target_os = "linux")]
fn is_probed(port: u16) -> bool {
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when …; 02 is the timer for probes.
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port = format!(":{port:04X}");
    let ours = table.lines().filter_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        (fields[2].ends_with(&port) && fields[3] == "01").then(|| fields[5].starts_with("02:"))
    });
    let ours: Vec<_> = ours.collect();
    assert_eq!(ours.len(), 1, "{table}");
    ours[0]
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn silent_connections_are_probed_unless_nothing_could_answer() {
    for (environment, is_kept) in [
        (Environment::Production, true),
        (Environment::Lambda, false),
    ] {
        let wire = Wire::open().await;
        let _pool = over(&wire, |pool| pool.with_environment(environment)).await;
        assert_eq!(is_probed(wire.address().port()), is_kept, "{environment}");
    }
    let wire = Wire::open().await;
    let _pool = over(&wire, |pool| pool.with_tcp_keepalive(None)).await;
    assert!(!is_probed(wire.address().port()));
}

#[tokio::test]
async fn a_client_for_calls_that_take_longer_has_time_outs_of_its_own() {
    let aws = Aws::start(&[EAST, WEST]).await.unwrap();
    let short = Duration::from_millis(100);
    let pool = builder(&aws)
        .with_region(EAST)
        .with_credentials(credentials())
        .with_read_timeout(short)
        .with_attempt_timeout(short)
        .with_operation_timeout(short * 2)
        .with_attempts(1)
        .build();
    let pool = pool.await.unwrap();
    aws.faults()
        .inject(Scope::any(), Fault::latency(Latency::fixed(short * 4)));
    let kms: Client = pool.client().await.unwrap();
    kms.list_keys().send().await.unwrap_err();
    let ask = || {
        let ask = pool.client::<Client>().with_operation_timeout(SECOND * 60);
        ask.with_attempt_timeout(SECOND * 60)
    };
    ask().await.unwrap().list_keys().send().await.unwrap();
    // A read timeout that the client itself asks for counts.
    let hasty = TimeoutConfig::builder().read_timeout(short).build();
    let ask = ask().with_config("hasty", move |config| {
        config.set_timeout_config(Some(hasty.clone()));
    });
    let error = ask.await.unwrap().list_keys().send().await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
}

#[tokio::test]
async fn an_answer_has_as_long_to_begin_as_the_attempt_that_was_asked_for() {
    let pool = || Pool::builder().with_environment(Environment::Production);
    check(pool().with_attempt_timeout(SECOND * 45), [1, 45, 45, 60], 3).await;
    check(pool().with_attempt_timeout(SECOND * 5), [1, 20, 5, 60], 3).await;
    let own = pool().with_attempt_timeout(SECOND * 45);
    check(own.with_read_timeout(SECOND * 10), [1, 10, 45, 60], 3).await;
    let (timeouts, _) = of(pool().with_attempt_timeout(None)).await;
    let found = (
        timeouts.read_timeout(),
        timeouts.operation_attempt_timeout(),
    );
    assert_eq!(found, (Some(SECOND * 20), None));
}
