//! Calls that no service answered, made by a real client.

use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError, future};
use aws_sdk_kms::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use aws_smithy_http_client::{
    pool::{self, DriverSpawner, Partition, PartitionId},
    proxy::ProxyConfig,
    tls::{Provider as TlsProvider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::interceptors::{Intercept, context},
};
use aws_smithy_types::config_bag::ConfigBag;
use leeward_error_taxonomy::{Category, Classify, Failure, Obstacle, Stage, Verdict};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::{Handle, Runtime},
};

fn config(address: SocketAddr) -> aws_sdk_kms::config::Builder {
    aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .retry_config(RetryConfig::disabled())
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ))
        .endpoint_url(format!("http://{address}"))
}

async fn silence() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn fails(config: aws_sdk_kms::config::Builder) -> (Stage, Category, Verdict, String) {
    let error = Client::from_conf(config.build())
        .list_keys()
        .send()
        .await
        .unwrap_err();
    let facts = error.facts();
    (
        facts.stage,
        facts.category,
        facts.verdict,
        Failure::from(&facts).to_string(),
    )
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let (listener, address) = silence().await;
    drop(listener);
    let (stage, category, verdict, text) = fails(config(address)).await;
    assert_eq!(
        (stage, category, verdict),
        (Stage::NotSent, Category::Network, Verdict::Transient)
    );
    assert!(text.contains("refused"), "{text}");
}

fn pooled(pool: pool::Builder, home: &Handle) -> pool::Client {
    let pool = pool.partitions([home_of_all(home)]).build_http().unwrap();
    pool::Client::from_partition(&pool, PARTITION).unwrap()
}

const PARTITION: PartitionId = PartitionId::from_index(0);

fn home_of_all(home: &Handle) -> Partition {
    Partition::new(PARTITION, DriverSpawner::tokio(home.clone()))
}

/// A pool that speaks TLS, through `proxy` if there is one.
fn with_tls(proxy: Option<SocketAddr>) -> pool::Client {
    let mut pool = pool::ConnectionPool::builder()
        .partitions([home_of_all(&Handle::current())])
        .tls_provider(TlsProvider::Rustls(CryptoMode::AwsLc));
    if let Some(proxy) = proxy {
        let proxy = ProxyConfig::all(format!("http://{proxy}")).unwrap();
        pool = pool.proxy_config(proxy);
    }
    pool::Client::from_partition(&pool.build_https().unwrap(), PARTITION).unwrap()
}

/// Answers each connection with these bytes as soon as it hears something, and closes it.
async fn answers(listener: TcpListener, bytes: &[u8]) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let heard = stream.read(&mut [0; 4096]).await.unwrap();
        assert!(heard > 0);
        stream.write_all(bytes).await.unwrap();
    }
}

async fn met(config: aws_sdk_kms::config::Builder) -> (Stage, Category, Verdict, Obstacle) {
    let client = Client::from_conf(config.build());
    let error = client.list_keys().send().await.unwrap_err();
    let facts = error.facts();
    let obstacle = facts.obstacle.unwrap_or_else(|| panic!("{error:?}"));
    (facts.stage, facts.category, facts.verdict, obstacle)
}

/// What a client meets that speaks TLS to a server which answers `bytes`.
async fn met_behind_tls(bytes: &[u8], pool: bool) -> (Stage, Category, Verdict, Obstacle) {
    let (listener, address) = silence().await;
    let config = config(address).endpoint_url(format!("https://{address}"));
    let config = if pool {
        config.http_client(with_tls(None))
    } else {
        let client = aws_smithy_http_client::Builder::new();
        let client = client.tls_provider(TlsProvider::Rustls(CryptoMode::AwsLc));
        config.http_client(client.build_https())
    };
    tokio::select! {
        seen = met(config) => seen,
        () = answers(listener, bytes) => unreachable!("it answers for ever"),
    }
}

#[tokio::test]
async fn a_failed_handshake_was_not_sent() {
    for pool in [false, true] {
        let refused = met_behind_tls(b"HTTP/1.1 400 Bad Request\r\n\r\n", pool).await;
        let expected = (
            Stage::NotSent,
            Category::Configuration,
            Verdict::Final,
            Obstacle::Tls,
        );
        assert_eq!(refused, expected, "pool: {pool}");
        let closed = met_behind_tls(b"", pool).await;
        let expected = (
            Stage::NotSent,
            Category::Network,
            Verdict::Transient,
            Obstacle::Tls,
        );
        assert_eq!(closed, expected, "pool: {pool}");
    }
}

#[tokio::test]
async fn a_proxy_that_refuses_has_sent_nothing() {
    for refusal in ["407 Proxy Authentication Required", "403 Forbidden"] {
        let (listener, proxy) = silence().await;
        let config = config(proxy)
            .endpoint_url("https://kms.invalid")
            .http_client(with_tls(Some(proxy)));
        let answer = format!("HTTP/1.1 {refusal}\r\n\r\n");
        let seen = tokio::select! {
            seen = met(config) => seen,
            () = answers(listener, answer.as_bytes()) => unreachable!("it answers for ever"),
        };
        let expected = (
            Stage::NotSent,
            Category::Configuration,
            Verdict::Final,
            Obstacle::Proxy,
        );
        assert_eq!(seen, expected, "{refusal}");
    }
}

/// Fails in one hook of the attempt.
#[derive(Debug)]
struct Hook {
    before_transmit: bool,
}

impl Intercept for Hook {
    fn name(&self) -> &'static str {
        "Hook"
    }

    fn read_before_transmit(
        &self,
        _: &context::BeforeTransmitInterceptorContextRef<'_>,
        _: &aws_smithy_runtime_api::client::runtime_components::RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.before_transmit {
            Err("no".into())
        } else {
            Ok(())
        }
    }

    fn read_after_attempt(
        &self,
        _: &context::FinalizerInterceptorContextRef<'_>,
        _: &aws_smithy_runtime_api::client::runtime_components::RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.before_transmit {
            Ok(())
        } else {
            Err("no".into())
        }
    }
}

#[tokio::test]
async fn a_hook_that_fails_is_no_fault_of_the_network() {
    for (before_transmit, stage) in [(true, Stage::NotSent), (false, Stage::MaybeSent)] {
        let (listener, address) = silence().await;
        drop(listener);
        let config = config(address).interceptor(Hook { before_transmit });
        let expected = (
            stage,
            Category::Internal,
            Verdict::Final,
            Obstacle::Interceptor,
        );
        assert_eq!(met(config).await, expected);
    }
}

#[tokio::test]
async fn every_obstacle_is_told_from_the_others() {
    let (_listener, address) = silence().await;
    let bare = || {
        aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(aws_smithy_http_client::Builder::new().build_http())
    };
    let key = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let no_region = bare().credentials_provider(key);
    assert_eq!(met(no_region).await.3, Obstacle::NoRegion);
    let no_provider = bare().region(Region::new("us-east-1"));
    assert_eq!(met(no_provider).await.3, Obstacle::NoCredentialsProvider);
    let both = config(address).use_fips(true);
    assert_eq!(met(both).await.3, Obstacle::Endpoint);
    let nowhere = config(address).endpoint_url("http://kms.invalid:1");
    assert_eq!(met(nowhere).await.3, Obstacle::Dns);
    for (error, obstacle) in [
        (
            CredentialsError::not_loaded_no_source as fn() -> _,
            Obstacle::Credentials,
        ),
        (
            || CredentialsError::invalid_configuration("x"),
            Obstacle::CredentialsSetup,
        ),
        (
            || CredentialsError::provider_timed_out(Duration::from_secs(1)),
            Obstacle::CredentialsTimeout,
        ),
    ] {
        let config = config(address).credentials_provider(Provider(error));
        assert_eq!(met(config).await.3, obstacle);
    }
    let timeouts = aws_sdk_kms::config::timeout::TimeoutConfig::builder();
    let timeouts = timeouts.read_timeout(Duration::from_millis(50)).build();
    let silent = config(address).timeout_config(timeouts);
    assert_eq!(met(silent).await.3, Obstacle::Timeout);
}

#[derive(Debug)]
struct NoSuchName;

impl ResolveDns for NoSuchName {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        let error = io::Error::other(format!("no such name: {name}"));
        DnsFuture::ready(Err(ResolveDnsError::new(error)))
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_looked_up_was_not_sent() {
    let (_listener, address) = silence().await;
    let own = pool::ConnectionPool::builder().dns_resolver(NoSuchName);
    let own = pooled(own, &Handle::current());
    // RFC 2606, section 2: nobody has this name.
    let config = || config(address).endpoint_url("http://kms.invalid:1");
    for (config, says) in [
        (config().http_client(own), "no such name: kms.invalid"),
        (config(), "lookup"),
    ] {
        let (stage, category, verdict, text) = fails(config).await;
        assert_eq!(
            (stage, category, verdict),
            (Stage::NotSent, Category::Network, Verdict::Transient)
        );
        assert!(text.contains(says), "{text}");
    }
}

#[tokio::test]
async fn a_client_that_outlived_the_runtime_of_its_connections_says_so() {
    let (_listener, address) = silence().await;
    let home = Runtime::new().unwrap();
    let client = pooled(pool::ConnectionPool::builder(), home.handle());
    home.shutdown_background();
    let (stage, category, verdict, text) = fails(config(address).http_client(client)).await;
    assert_eq!(
        (stage, category, verdict),
        (Stage::NotSent, Category::Configuration, Verdict::Final)
    );
    assert!(text.contains("runtime"), "{text}");
}

#[tokio::test]
async fn a_silent_service_may_have_been_reached() {
    let (_listener, address) = silence().await;
    let timeouts = aws_sdk_kms::config::timeout::TimeoutConfig::builder();
    let operation = timeouts
        .clone()
        .operation_timeout(Duration::from_millis(50))
        .build();
    let read = timeouts.read_timeout(Duration::from_millis(50)).build();
    for timeout in [operation, read] {
        let (stage, category, verdict, _) = fails(config(address).timeout_config(timeout)).await;
        assert_eq!(
            (stage, category, verdict),
            (Stage::MaybeSent, Category::Timeout, Verdict::Transient)
        );
    }
}

#[tokio::test]
async fn a_closed_connection_may_have_been_reached() {
    let (listener, address) = silence().await;
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        stream.readable().await.unwrap();
        drop(stream);
    };
    let ((stage, category, ..), ()) = tokio::join!(fails(config(address)), server);
    assert_eq!((stage, category), (Stage::MaybeSent, Category::Network));
}

#[tokio::test]
async fn a_client_without_credentials_is_no_fault_of_the_network() {
    let (_listener, address) = silence().await;
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .region(Region::new("us-east-1"))
        .endpoint_url(format!("http://{address}"));
    let (stage, category, verdict, _) = fails(config).await;
    let expected = (Stage::NotSent, Category::Authentication, Verdict::Final);
    assert_eq!((stage, category, verdict), expected);
}

#[derive(Debug)]
struct Provider(fn() -> CredentialsError);

impl ProvideCredentials for Provider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err((self.0)()))
    }
}

#[tokio::test]
async fn a_provider_that_fails_is_no_fault_of_the_network() {
    let (_listener, address) = silence().await;
    let slow = || CredentialsError::provider_timed_out(Duration::from_secs(1));
    for (error, category, verdict) in [
        (
            CredentialsError::not_loaded_no_source as fn() -> _,
            Category::Authentication,
            Verdict::Final,
        ),
        (
            || CredentialsError::invalid_configuration("no such profile"),
            Category::Configuration,
            Verdict::Final,
        ),
        (slow, Category::Authentication, Verdict::Transient),
    ] {
        let seen = fails(config(address).credentials_provider(Provider(error))).await;
        assert_eq!(
            (seen.0, seen.1, seen.2),
            (Stage::NotSent, category, verdict),
            "{}",
            seen.3
        );
    }
}

#[tokio::test]
async fn a_missing_region_is_no_fault_of_the_network() {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        ));
    let (stage, category, verdict, text) = fails(config).await;
    assert_eq!(
        (stage, category, verdict),
        (Stage::NotSent, Category::Configuration, Verdict::Final)
    );
    assert!(text.contains("Region"), "{text}");
}
