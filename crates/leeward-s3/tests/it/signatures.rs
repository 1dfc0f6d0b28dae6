//! What the signature of an upload covers, as whoever answers sees it.

use crate::cloud::{EAST, key};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use leeward_client_pool::Pool;
use leeward_s3::{Checksum, PutOptions, S3, S3Builder};
use std::{convert::Infallible, sync::Mutex};
use tokio::net::TcpListener;

/// The headers with which a small object is put.
async fn put(set_up: impl FnOnce(S3Builder) -> S3Builder) -> HeaderMap {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let credentials = Credentials::from_keys("AKIDEXAMPLE", "secret", None);
    let pool = Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_endpoint(EAST, endpoint)
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .build()
        .await
        .unwrap();
    let s3 = set_up(S3::builder(pool.caller().await.unwrap()))
        .build()
        .unwrap();
    let seen = Mutex::new(HeaderMap::new());
    let answer = service_fn(|request: Request<Incoming>| {
        *seen.lock().unwrap() = request.headers().clone();
        async {
            let answer = Response::builder().header("etag", "\"tag\"");
            Ok::<_, Infallible>(answer.body(Full::new(Bytes::new())).unwrap())
        }
    });
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), answer)
            .await
    };
    let (bucket, key) = ("orders".parse().unwrap(), key("report"));
    let options = PutOptions::new();
    tokio::select! {
        put = s3.put(&bucket, &key, "a report", &options) => put.unwrap(),
        ended = serve => panic!("the connection ended: {ended:?}"),
    };
    seen.into_inner().unwrap()
}

#[tokio::test]
async fn a_checksum_is_signed_in_the_place_of_the_body() {
    let headers = put(|s3| s3).await;
    assert_eq!(headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD");
    let signed = headers["authorization"].to_str().unwrap();
    assert!(signed.contains("x-amz-checksum-crc64nvme"), "{signed}");
    assert!(headers.contains_key("x-amz-checksum-crc64nvme"));
}

#[tokio::test]
async fn a_body_without_a_checksum_is_signed() {
    // SHA-256 of "a report".
    let hash = "90bd35df60f1e27d2236245a4a49f73e1dfb01936f2c2159c70a2bde93eb2977";
    let headers = put(|s3| s3.with_checksum(Checksum::Nothing)).await;
    let signed = headers["x-amz-content-sha256"].to_str().unwrap();
    assert_eq!(signed, hash);
    let headers = put(S3Builder::with_signed_payloads).await;
    let signed = headers["x-amz-content-sha256"].to_str().unwrap();
    assert_eq!(signed, hash);
    assert!(headers.contains_key("x-amz-checksum-crc64nvme"));
}
