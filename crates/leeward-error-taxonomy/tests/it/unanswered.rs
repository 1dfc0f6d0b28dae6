//! Calls that no service answered, made by a real client.

use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError, future};
use aws_sdk_kms::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use aws_smithy_http_client::pool::{self, DriverSpawner, Partition, PartitionId};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use leeward_error_taxonomy::{Category, Classify, Failure, Stage, Verdict};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
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
    let partition = PartitionId::from_index(0);
    let home = Partition::new(partition, DriverSpawner::tokio(home.clone()));
    let pool = pool.partitions([home]).build_http().unwrap();
    pool::Client::from_partition(&pool, partition).unwrap()
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
