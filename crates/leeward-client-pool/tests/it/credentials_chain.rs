//! The SDK's own chain of providers under the pool's connections, each test in a process of its own.

use crate::{
    child,
    cloud::{EAST, WEST},
};
use aws_credential_types::Credentials;
use aws_sdk_kms::Client;
use leeward_client_pool::Pool;
use leeward_testkit::Aws;
use std::collections::BTreeMap;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Runtime,
};

/// Runs `body` in a child that is set up by `variables`.
fn with_environment(test: &str, variables: &[(&str, &str)], body: impl Future<Output = ()>) {
    if child::is_child() {
        Runtime::new().unwrap().block_on(body);
        return;
    }
    let nowhere = "/nonexistent/leeward-test";
    let mut all = vec![
        ("AWS_CONFIG_FILE", nowhere),
        ("AWS_SHARED_CREDENTIALS_FILE", nowhere),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_REGION", "us-east-1"),
    ];
    all.extend(variables);
    child::run(&format!("credentials_chain::{test}"), &all);
}

/// Whose signature two calls carry.
async fn signers(aws: &Aws, pool: &Pool) -> BTreeMap<String, u64> {
    for region in [EAST, WEST] {
        let kms: Client = pool.client().with_region(region).await.unwrap();
        kms.list_keys().send().await.unwrap();
    }
    assert_eq!(pool.stats().credentials.loads, 1);
    aws.counts().signers("kms", "ListKeys")
}

async fn pool(aws: &Aws) -> Pool {
    crate::cloud::builder(aws).build().await.unwrap()
}

#[test]
fn given_keys_go_before_the_chain() {
    with_environment(
        "given_keys_go_before_the_chain",
        &[
            ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
        ],
        async {
            let aws = Aws::start(&[EAST, WEST]).await.unwrap();
            let keys = Credentials::from_keys("AKIDGIVEN", "hush", None);
            let pool = crate::cloud::builder(&aws).with_keys(keys);
            let kms: Client = pool.build().await.unwrap().client().await.unwrap();
            kms.list_keys().send().await.unwrap();
            let signers = aws.counts().signers("kms", "ListKeys");
            assert_eq!(signers, [("AKIDGIVEN".to_owned(), 1)].into());
        },
    );
}

#[test]
fn keys_of_the_environment_are_found() {
    with_environment(
        "keys_of_the_environment_are_found",
        &[
            ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
        ],
        async {
            let aws = Aws::start(&[EAST, WEST]).await.unwrap();
            let signers = signers(&aws, &pool(&aws).await).await;
            assert_eq!(signers, [("AKIDENVIRONMENT".to_owned(), 2)].into());
        },
    );
}

/// Answers every request for credentials as an ECS agent does.
async fn container(listener: TcpListener) {
    const BODY: &str = r#"{"AccessKeyId":"AKIDCONTAINER","SecretAccessKey":"hush","Token":"t","Expiration":"2099-01-01T00:00:00Z"}"#;
    loop {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 4_096];
        let read = socket.read(&mut request).await.unwrap();
        assert!(request[..read].starts_with(b"GET /credentials"));
        let length = BODY.len();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(BODY.as_bytes()).await.unwrap();
    }
}

#[test]
fn a_container_is_asked_over_the_connections_of_the_pool() {
    // The parent answers, the child asks.
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let place = listener.local_addr().unwrap();
    runtime.spawn(container(listener));
    with_environment(
        "a_container_is_asked_over_the_connections_of_the_pool",
        &[(
            "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            &format!("http://{place}/credentials"),
        )],
        async {
            let aws = Aws::start(&[EAST, WEST]).await.unwrap();
            let pool = pool(&aws).await;
            let signers = signers(&aws, &pool).await;
            assert_eq!(signers, [("AKIDCONTAINER".to_owned(), 2)].into());
            assert_eq!(pool.stats().connections.opened, 3);
        },
    );
}

#[test]
fn nothing_at_all_is_told_without_a_call() {
    with_environment("nothing_at_all_is_told_without_a_call", &[], async {
        let aws = Aws::start(&[EAST, WEST]).await.unwrap();
        let kms: Client = pool(&aws).await.client().await.unwrap();
        let error = kms.list_keys().send().await.unwrap_err();
        let facts = leeward_error_taxonomy::Classify::facts(&error);
        assert_eq!(
            facts.category,
            leeward_error_taxonomy::Category::Authentication
        );
        assert_eq!(aws.counts().total().calls, 0);
    });
}
