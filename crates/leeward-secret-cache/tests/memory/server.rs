//! A Secrets Manager on loopback that leaves nothing of its answers behind.

use crate::marker::Marker;
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
};
use zeroize::Zeroizing;

/// How many secrets a call for several gives.
pub(crate) const MANY: usize = 20;

/// Serves the secret `db-0` with the marker for a password, or many such, until the runtime ends.
pub(crate) async fn serve(marker: Arc<Marker>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    Handle::current().spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let marker = marker.clone();
            Handle::current().spawn(async move { talk(connection, &marker).await });
        }
    });
    Ok(address)
}

/// Answers one request after the other.
async fn talk(mut connection: TcpStream, marker: &Marker) -> io::Result<()> {
    let mut asked = Vec::new();
    loop {
        while !is_whole(&asked) {
            if connection.read_buf(&mut asked).await? == 0 {
                return Ok(());
            }
        }
        let is_for_many = String::from_utf8_lossy(&asked).contains("BatchGetSecretValue");
        asked.clear();
        let answer = if is_for_many {
            many(marker)
        } else {
            one(marker)
        };
        connection.write_all(&answer).await?;
    }
}

/// Whether there is a head and as much of a body as it says.
fn is_whole(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let len = lines.filter(|(name, _)| *name == "content-length");
    let len: usize = len
        .filter_map(|(_, len)| len.trim().parse::<usize>().ok())
        .sum();
    body.len() >= len
}

fn one(marker: &Marker) -> Zeroizing<Vec<u8>> {
    let mut body = Zeroizing::new(Vec::with_capacity(1_000));
    write_secret(0, marker, &mut body);
    answer(&body)
}

fn many(marker: &Marker) -> Zeroizing<Vec<u8>> {
    let mut body = Zeroizing::new(Vec::with_capacity(1_000 * MANY));
    body.extend(br#"{"SecretValues":["#);
    for nth in 0..MANY {
        body.extend(&b","[..nth.min(1)]);
        write_secret(nth, marker, &mut body);
    }
    body.extend(b"]}");
    answer(&body)
}

/// Writes where there is room enough for all of it: what grows leaves copies behind.
fn write_secret(nth: usize, marker: &Marker, body: &mut Vec<u8>) {
    let before = format!(
        r#"{{"ARN":"arn:aws:secretsmanager:us-east-1:111122223333:secret:db-{nth}-a1b2c3","Name":"db-{nth}","VersionId":"1","VersionStages":["AWSCURRENT"],"CreatedDate":1.0,"SecretString":"{{\"username\":\"app\",\"password\":\""#
    );
    body.extend(before.bytes());
    marker.write_to(body);
    body.extend(br#"\"}"}"#);
}

fn answer(body: &[u8]) -> Zeroizing<Vec<u8>> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut answer = Zeroizing::new(Vec::with_capacity(1_000 + body.len()));
    answer.extend(head.bytes());
    answer.extend(body);
    answer
}
