//! URLs that are handed to somebody who has neither the SDK nor credentials.

use crate::cloud::{Cloud, key};
use aws_sdk_s3::presigning::PresignedRequest;
use bytes::Bytes;
use http::{Request, Response, Uri, header::HOST};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use leeward_s3::{PutOptions, TransferError};
use std::time::Duration;
use tokio::net::TcpStream;

const HOUR: Duration = Duration::from_secs(3_600);

/// Sends it as any HTTP client would.
async fn send(presigned: &PresignedRequest, body: &'static str) -> Response<Bytes> {
    let uri: Uri = presigned.uri().parse().unwrap();
    let host = uri.authority().unwrap().as_str();
    let stream = TcpStream::connect(host).await.unwrap();
    let path = uri.path_and_query().unwrap().as_str();
    let mut request = Request::builder().method(presigned.method()).uri(path);
    request = request.header(HOST, host);
    for (name, value) in presigned.headers() {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(body))).unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let exchange = async {
        let (head, body) = sender.send_request(request).await.unwrap().into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    };
    tokio::select! {
        response = exchange => response,
        ended = connection => panic!("the connection ended: {ended:?}"),
    }
}

#[tokio::test]
async fn who_has_the_url_reads() {
    let cloud = Cloud::start().await;
    let s3 = cloud.s3().await;
    for name in ["report.pdf", "a b+ü/ä?&=#%.json", "//slashes//"] {
        let (key, options) = (key(name), PutOptions::new().with_content_type("text/plain"));
        s3.put(&cloud.bucket, &key, "a report", &options)
            .await
            .unwrap();
        let presigned = s3.presign_read(&cloud.bucket, &key, HOUR).await.unwrap();
        let response = send(&presigned, "").await;
        assert_eq!(response.status(), 200, "{name}");
        assert_eq!(response.headers()["content-type"], "text/plain");
        assert_eq!(response.body(), "a report", "{name}");
    }
    let nothing = key("nothing");
    let presigned = s3
        .presign_read(&cloud.bucket, &nothing, HOUR)
        .await
        .unwrap();
    assert_eq!(send(&presigned, "").await.status(), 404);
}

#[tokio::test]
async fn who_has_the_url_writes() {
    let cloud = Cloud::start().await;
    let s3 = cloud.s3().await;
    for name in ["inbox", "in box/ü"] {
        let key = key(name);
        let presigned = s3.presign_write(&cloud.bucket, &key, HOUR).await.unwrap();
        let response = send(&presigned, "from somebody").await;
        assert_eq!(response.status(), 200, "{:?}", response.body());
        let read = s3.read(&cloud.bucket, &key, 100).await.unwrap();
        assert_eq!(read, "from somebody", "{name}");
    }
}

#[tokio::test]
async fn a_url_is_good_for_a_second_to_a_week() {
    const WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);
    let cloud = Cloud::start().await;
    let (s3, key) = (cloud.s3().await, key("report"));
    for (time, is_good) in [
        (Duration::ZERO, false),
        (Duration::from_millis(999), false),
        (Duration::from_secs(1), true),
        (WEEK, true),
        (WEEK + Duration::from_secs(1), false),
    ] {
        let read = s3.presign_read(&cloud.bucket, &key, time).await;
        let write = s3.presign_write(&cloud.bucket, &key, time).await;
        assert_eq!(
            (read.is_ok(), write.is_ok()),
            (is_good, is_good),
            "{time:?}"
        );
        if let Err(error) = read {
            let error = error.downcast_ref::<TransferError>().unwrap().to_string();
            assert!(error.ends_with("has to be a second to a week"), "{error}");
        }
    }
}
