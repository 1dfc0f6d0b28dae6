//! A client without any SDK, for what an SDK hides.

use leeward_error_taxonomy::Region;
use leeward_testkit::Aws;
use std::io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) fn address(aws: &Aws, region: &Region) -> String {
    aws.endpoint(region).replace("http://", "")
}

pub(crate) async fn connect(aws: &Aws, region: &Region) -> io::Result<TcpStream> {
    TcpStream::connect(address(aws, region)).await
}

/// Waits until `holds`, which something on another socket brings about.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    tokio::time::timeout(std::time::Duration::from_secs(30), async {
        while !holds() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("what the test waits for comes about");
}

/// Sends one signed call of KMS, as far as the in-process AWS looks at signatures.
pub(crate) async fn send_list_keys(stream: &mut TcpStream) {
    let request = "POST / HTTP/1.1\r\nhost: x\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential=AKID/20260224/us-east-1/kms/aws4_request, Signature=0\r\n\
         x-amz-target: TrentService.ListKeys\r\ncontent-length: 2\r\n\r\n{}";
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// Reads until the other side ends it, and says how.
pub(crate) async fn read_to_end(stream: &mut TcpStream) -> (String, io::Result<()>) {
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).await.map(drop);
    (String::from_utf8_lossy(&bytes).into_owned(), end)
}

async fn get(aws: &Aws, region: &Region, target: &str, headers: &str) -> String {
    let mut stream = connect(aws, region).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    read_to_end(&mut stream).await.0
}

#[tokio::test]
async fn a_presigned_url_reads_the_object() {
    use crate::client::{EAST, patient, s3_with_bucket, two_regions};
    use aws_sdk_s3::presigning::PresigningConfig;
    let aws = two_regions().await;
    let client = s3_with_bucket(&patient(&aws, &EAST)).await;
    let put = client
        .put_object()
        .bucket("bucket")
        .key("k")
        .body("hello".to_owned().into_bytes().into());
    put.send().await.unwrap();
    let hour = PresigningConfig::expires_in(std::time::Duration::from_secs(3600));
    let presigned = client.get_object().bucket("bucket").key("k");
    let presigned = presigned.presigned(hour.unwrap()).await.unwrap();
    let target = presigned.uri().replace(&aws.endpoint(&EAST), "");
    let answer = get(&aws, &EAST, &target, "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    assert_eq!(aws.counts().calls("s3", "GetObject"), 1);
    aws.shutdown().await;
}

#[tokio::test]
async fn a_service_that_is_not_there_is_named_in_the_answer() {
    use crate::client::{EAST, two_regions};
    let aws = two_regions().await;
    let signed = "authorization: AWS4-HMAC-SHA256 \
        Credential=AKID/20260224/us-east-1/sqs/aws4_request, Signature=0\r\n";
    let answer = get(&aws, &EAST, "/", signed).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(
        answer.contains("no service \\\"sqs\\\"; it has dynamodb, iam, kms"),
        "{answer}"
    );
    assert!(answer.contains("x-amzn-requestid: "), "{answer}");
    assert_eq!(aws.counts().tally("unknown", "Unknown").errors, 1);
    aws.shutdown().await;
}
