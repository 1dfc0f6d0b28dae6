//! The proxy of the environment, each test in a process of its own.

use crate::{
    child,
    cloud::{EAST, builder, credentials},
    wire::{Wire, read_request},
};
use aws_sdk_kms::Client;
use leeward_client_pool::Pool;
use leeward_testkit::Aws;
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    task::JoinSet,
};

/// A proxy that tunnels: `CONNECT` for https, and the whole URL in the request line for http.
struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let seen = Arc::clone(&asked);
        tasks.spawn(async move {
            let mut tunnels = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let seen = Arc::clone(&seen);
                tunnels.spawn(async move {
                    let _ = tunnel(stream, &seen).await;
                });
            }
        });
        Self {
            address,
            asked,
            _tasks: tasks,
        }
    }

    /// The request lines that it was sent.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn tunnel(mut stream: TcpStream, asked: &Mutex<Vec<String>>) -> io::Result<()> {
    let Some(head) = read_request(&mut stream).await else {
        return Ok(());
    };
    let line = head.lines().next().unwrap_or_default().to_owned();
    let host = line
        .strip_prefix("connect ")
        .and_then(|line| line.split(' ').next());
    let host = host.map(ToOwned::to_owned);
    asked.lock().unwrap().push(line);
    match host {
        Some(host) => {
            let mut server = TcpStream::connect(host).await?;
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            copy_bidirectional(&mut stream, &mut server).await?;
        }
        None => {
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{\"Keys\":[]}";
            stream.write_all(answer.as_bytes()).await?;
        }
    }
    Ok(())
}

/// Builds the pool when the environment names the proxy, which belongs to this process alone.
async fn list_over(pool: leeward_client_pool::PoolBuilder) -> Pool {
    let pool = pool.with_credentials(credentials()).build().await.unwrap();
    let kms: Client = pool.client().with_region(EAST).await.unwrap();
    kms.list_keys().send().await.unwrap();
    pool
}

/// Runs the test again with the environment that `variables` makes of the proxy's URL.
fn with_proxy(
    test: &str,
    variables: impl Fn(&str) -> Vec<(&'static str, String)>,
    seen: impl Fn(&[String]),
) {
    let runtime = Runtime::new().unwrap();
    let proxy = runtime.block_on(Proxy::open());
    let variables = variables(&format!("http://{}", proxy.address));
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    child::run(test, &variables);
    seen(&proxy.asked());
}

#[test]
fn the_proxy_for_https_is_asked_for_a_tunnel() {
    if child::is_child() {
        return Runtime::new().unwrap().block_on(async {
            let aws = Aws::builder()
                .with_region(EAST)
                .with_tls()
                .start()
                .await
                .unwrap();
            let pool = Pool::builder()
                .with_endpoint(EAST, aws.endpoint(&EAST))
                .with_root_certificates(aws.root_certificate().unwrap());
            list_over(pool).await;
            assert_eq!(aws.counts().calls("kms", "ListKeys"), 1);
        });
    }
    with_proxy(
        "proxies::the_proxy_for_https_is_asked_for_a_tunnel",
        |url| vec![("HTTPS_PROXY", url.to_owned())],
        |asked| {
            let [line] = asked else {
                panic!("one tunnel: {asked:?}")
            };
            assert!(line.starts_with("connect 127.0.0.1:"), "{line}");
        },
    );
}

#[test]
fn the_proxy_for_http_is_sent_the_whole_url() {
    if child::is_child() {
        return Runtime::new().unwrap().block_on(async {
            list_over(Pool::builder().with_endpoint(EAST, "http://kms.internal")).await;
        });
    }
    with_proxy(
        "proxies::the_proxy_for_http_is_sent_the_whole_url",
        |url| vec![("HTTP_PROXY", url.to_owned())],
        |asked| assert_eq!(asked, ["post http://kms.internal/ http/1.1"]),
    );
}

#[test]
fn hosts_that_are_named_in_no_proxy_are_called_directly() {
    if child::is_child() {
        return Runtime::new().unwrap().block_on(async {
            let wire = Wire::open().await;
            list_over(Pool::builder().with_endpoint(EAST, wire.url())).await;
            assert_eq!(wire.heads().len(), 1);
            assert!(wire.address().ip().is_loopback());
        });
    }
    with_proxy(
        "proxies::hosts_that_are_named_in_no_proxy_are_called_directly",
        |url| {
            vec![
                ("HTTP_PROXY", url.to_owned()),
                ("NO_PROXY", "127.0.0.1".to_owned()),
            ]
        },
        |asked| assert!(asked.is_empty(), "{asked:?}"),
    );
}

#[test]
fn a_pool_without_proxy_obeys_no_environment() {
    if child::is_child() {
        return Runtime::new().unwrap().block_on(async {
            let aws = Aws::start(&[EAST, crate::cloud::WEST]).await.unwrap();
            list_over(builder(&aws)).await;
            assert_eq!(aws.counts().calls("kms", "ListKeys"), 1);
        });
    }
    with_proxy(
        "proxies::a_pool_without_proxy_obeys_no_environment",
        |url| {
            vec![
                ("HTTP_PROXY", url.to_owned()),
                ("HTTPS_PROXY", url.to_owned()),
            ]
        },
        |asked| assert!(asked.is_empty(), "{asked:?}"),
    );
}
