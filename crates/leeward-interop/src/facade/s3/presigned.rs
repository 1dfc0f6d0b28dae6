use super::{super::site::Site, bucket, patient};
use crate::ministack::{Case, Trouble, same};
use aws_sdk_s3::presigning::PresignedRequest;
use leeward_s3::PutOptions;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(super) fn cases() -> Vec<Case<Site>> {
    vec![
        Case::new("S3 presigns URLs that name bucket and key", |site| {
            Box::pin(named(site))
        }),
        Case::new(
            "S3 presigns URLs that anybody reads and writes by",
            |site| Box::pin(used(site)),
        ),
    ]
}

const TIME: Duration = Duration::from_secs(900);

async fn named(site: &Site) -> Result<(), Trouble> {
    let (s3, bucket) = bucket(site, "presigned-objects").await?;
    let key = "report.pdf".parse()?;
    let read = s3.presign_read(&bucket, &key, TIME).await?;
    same("method", read.method(), "GET")?;
    let names = read.uri().contains("/presigned-objects/report.pdf?")
        && read.uri().contains("X-Amz-Expires=900");
    same("names it", names, true)?;
    let write = s3.presign_write(&bucket, &key, TIME).await?;
    same("method", write.method(), "PUT")?;
    let long = s3.presign_read(&bucket, &key, Duration::from_secs(700_000));
    same("more than a week", long.await.is_ok(), false)
}

async fn used(site: &Site) -> Result<(), Trouble> {
    let (_, bucket) = bucket(site, "presigned-and-used").await?;
    let s3 = patient(&site.as_root().await?).await?.build()?;
    for name in ["report.pdf", "a b/ü"] {
        let key = name.parse()?;
        let options = PutOptions::new();
        s3.put(&bucket, &key, "a report", &options).await?;
        let read = s3.presign_read(&bucket, &key, TIME).await?;
        let answer = sent(&read, "").await?;
        ok(&answer)?;
        same("content", answer.ends_with("\r\n\r\na report"), true)?;
        let longer = read.uri().replace("Expires=900", "Expires=901");
        let forged = sent_to(&read, &longer, "").await?;
        let is_refused = forged.starts_with("HTTP/1.1 403");
        same("is refused for longer", is_refused, true)?;
        let write = s3.presign_write(&bucket, &key, TIME).await?;
        let answer = sent(&write, "another one").await?;
        ok(&answer)?;
        same("content", s3.read(&bucket, &key, 100).await?, "another one")?;
    }
    Ok(())
}

fn ok(answer: &str) -> Result<(), Trouble> {
    match answer.starts_with("HTTP/1.1 200") {
        true => Ok(()),
        false => Err(format!("answered {answer:?}").into()),
    }
}

/// Sends it as somebody would who has nothing but the URL and its headers; gives the whole answer.
async fn sent(presigned: &PresignedRequest, body: &str) -> Result<String, Trouble> {
    sent_to(presigned, presigned.uri(), body).await
}

async fn sent_to(presigned: &PresignedRequest, url: &str, body: &str) -> Result<String, Trouble> {
    let rest = url.strip_prefix("http://");
    let (host, path) = rest.and_then(|rest| rest.split_once('/')).ok_or("no URL")?;
    let method = presigned.method();
    let mut request = format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in presigned.headers() {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    let mut stream = TcpStream::connect(host).await?;
    stream
        .write_all(format!("{request}\r\n{body}").as_bytes())
        .await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
