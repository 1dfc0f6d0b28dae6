//! TLS: only for those who trust the authority, and with every fault below it.

use crate::{
    client::{EAST, WEST, config_by, patient, s3_with_bucket},
    wire::until,
};
use aws_sdk_kms::Client;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::{http::SharedHttpClient, result::SdkError};
use aws_types::SdkConfig;
use leeward_error_taxonomy::Region;
use leeward_testkit::{Aws, Fault, Scope};
use std::time::Duration;

async fn two_regions() -> Aws {
    let builder = Aws::builder().with_region(EAST).with_region(WEST);
    builder.with_tls().start().await.unwrap()
}

fn https(root: &str) -> SharedHttpClient {
    let trust = TrustStore::empty().with_pem_certificate(root);
    let context = TlsContext::builder().with_trust_store(trust).build();
    aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(context.unwrap())
        .build_https()
}

fn trusting(aws: &Aws, region: &Region, attempt_timeout: Duration) -> SdkConfig {
    let client = https(aws.root_certificate().unwrap());
    config_by(client, aws, region, attempt_timeout)
}

#[tokio::test]
async fn calls_come_over_tls() {
    let aws = two_regions().await;
    assert!(aws.endpoint(&EAST).starts_with("https://127.0.0.1:"));
    let config = trusting(&aws, &EAST, Duration::from_secs(30));
    let kms = Client::new(&config);
    for _ in 0..3 {
        kms.list_keys().send().await.unwrap();
    }
    let s3 = s3_with_bucket(&config).await;
    let large = vec![7; 3 << 20];
    let put = s3.put_object().bucket("bucket").key("k");
    put.body(large.clone().into()).send().await.unwrap();
    let got = s3.get_object().bucket("bucket").key("k");
    let got = got.send().await.unwrap().body.collect().await.unwrap();
    assert_eq!(got.into_bytes(), large);

    let counts = aws.counts();
    assert_eq!(counts.connections_of("kms", "ListKeys"), 1);
    assert_eq!(counts.handshakes(), counts.opened_connections());
    assert_eq!(counts.in_region(&WEST).handshakes(), 0);
    aws.shutdown().await;
}

#[tokio::test]
async fn whoever_does_not_trust_the_authority_sends_nothing() {
    let (aws, other) = (two_regions().await, two_regions().await);
    let client = https(other.root_certificate().unwrap());
    let config = config_by(client, &aws, &EAST, Duration::from_secs(30));
    let error = Client::new(&config).list_keys().send().await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    assert_eq!(aws.counts().total().calls, 0);
    until(|| aws.counts().open_connections() == 0).await;
    assert_eq!(aws.counts().handshakes(), 0);
    aws.shutdown().await;
    other.shutdown().await;
}

#[tokio::test]
async fn a_black_hole_swallows_the_handshake() {
    let aws = two_regions().await;
    let hole = aws
        .faults()
        .inject(Scope::region(EAST), Fault::black_hole());
    let client = Client::new(&trusting(&aws, &EAST, Duration::from_millis(200)));
    client.list_keys().send().await.unwrap_err();
    let counts = aws.counts();
    assert_eq!((counts.opened_connections(), counts.handshakes()), (1, 0));
    hole.clear();
    let client = Client::new(&trusting(&aws, &EAST, Duration::from_secs(30)));
    client.list_keys().send().await.unwrap();
    assert_eq!(aws.counts().handshakes(), 1);
    aws.shutdown().await;
}

#[tokio::test]
async fn an_answer_is_torn_under_tls_too() {
    let aws = two_regions().await;
    aws.faults().inject(Scope::any(), Fault::reset());
    let client = Client::new(&trusting(&aws, &EAST, Duration::from_secs(30)));
    client.list_keys().send().await.unwrap_err();
    assert_eq!(aws.counts().tally("kms", "ListKeys").faulted, 1);
    aws.shutdown().await;
}

#[tokio::test]
async fn without_tls_there_is_no_authority() {
    let aws = Aws::start(&[EAST]).await.unwrap();
    assert_eq!(aws.root_certificate(), None);
    let client = Client::new(&patient(&aws, &EAST));
    client.list_keys().send().await.unwrap();
    assert_eq!(aws.counts().handshakes(), 0);
    aws.shutdown().await;
}
