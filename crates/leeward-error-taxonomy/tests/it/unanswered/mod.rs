//! Calls that no service answered, made by a real client.

mod connecting;
mod runtime;
mod setting;

use aws_sdk_kms::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig},
};
use aws_smithy_http_client::pool::{self, DriverSpawner, Partition, PartitionId};
use leeward_error_taxonomy::{Category, Classify, Failure, Obstacle, Stage, Verdict};
use std::{net::SocketAddr, time::Duration};
use tokio::{net::TcpListener, runtime::Handle};

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
fn pooled(pool: pool::Builder, home: &Handle) -> pool::Client {
    let pool = pool.partitions([home_of_all(home)]).build_http().unwrap();
    pool::Client::from_partition(&pool, PARTITION).unwrap()
}

const PARTITION: PartitionId = PartitionId::from_index(0);

fn home_of_all(home: &Handle) -> Partition {
    Partition::new(PARTITION, DriverSpawner::tokio(home.clone()))
}
async fn met(config: aws_sdk_kms::config::Builder) -> (Stage, Category, Verdict, Obstacle) {
    let client = Client::from_conf(config.build());
    let error = client.list_keys().send().await.unwrap_err();
    let facts = error.facts();
    let obstacle = facts.obstacle.unwrap_or_else(|| panic!("{error:?}"));
    (facts.stage, facts.category, facts.verdict, obstacle)
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
