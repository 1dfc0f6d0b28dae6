//! Whatever fails before there is a connection was surely not sent.

use super::{PARTITION, config, fails, home_of_all, met, pooled, silence};
use aws_smithy_http_client::{
    pool,
    proxy::ProxyConfig,
    tls::{Provider as TlsProvider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use leeward_error_taxonomy::{Category, Obstacle, Stage, Verdict};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    runtime::Handle,
};

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
/// A listener whose backlog is full, so that Linux drops whoever knocks; with the connections that fill it.
#[cfg(target_os = "linux")]
async fn full_house() -> (TcpListener, SocketAddr, [tokio::net::TcpStream; 2]) {
    use tokio::net::{TcpSocket, TcpStream};
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // A backlog of one holds two: Linux drops the next when there are more than the backlog.
    let guests = [
        TcpStream::connect(address).await.unwrap(),
        TcpStream::connect(address).await.unwrap(),
    ];
    (listener, address, guests)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_takes_too_long_was_not_sent() {
    for pool in [false, true] {
        let (_listener, address, _guests) = full_house().await;
        let timeouts = aws_sdk_kms::config::timeout::TimeoutConfig::builder();
        let timeouts = timeouts.connect_timeout(Duration::from_millis(50)).build();
        let config = config(address).timeout_config(timeouts);
        let config = if pool {
            let own = pool::ConnectionPool::builder();
            config.http_client(pooled(own, &Handle::current()))
        } else {
            config
        };
        let expected = (
            Stage::NotSent,
            Category::Timeout,
            Verdict::Transient,
            Obstacle::ConnectTimeout,
        );
        assert_eq!(met(config).await, expected, "pool: {pool}");
    }
}
