//! A Secrets Manager on loopback that leaves nothing of its answers behind.

use crate::marker::Marker;
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
};
use zeroize::Zeroizing;

/// Serves the secret `db` with the marker for a password, until the runtime ends.
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
        asked.clear();
        connection.write_all(&answer(marker)).await?;
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

fn answer(marker: &Marker) -> Zeroizing<Vec<u8>> {
    const BEFORE: &str = r#"{"ARN":"arn:aws:secretsmanager:us-east-1:111122223333:secret:db-a1b2c3","Name":"db","VersionId":"1","VersionStages":["AWSCURRENT"],"CreatedDate":1.0,"SecretString":"{\"username\":\"app\",\"password\":\""#;
    const AFTER: &str = r#"\"}"}"#;
    // Room enough for all of it: what grows leaves copies behind.
    let mut body = Zeroizing::new(Vec::with_capacity(1_000));
    body.extend(BEFORE.bytes());
    marker.write_to(&mut body);
    body.extend(AFTER.bytes());
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut answer = Zeroizing::new(Vec::with_capacity(2_000));
    answer.extend(head.bytes());
    answer.extend(&*body);
    answer
}
