//! A CloudFormation that says what it is told to say: the in-process AWS has none.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::Pool;
use leeward_cloudformation::{CloudFormation, Waiter};
use leeward_error_taxonomy::Region;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const EAST: Region = Region::from_static("us-east-1");

/// A refusal: status, code and message.
pub(crate) type Refusal = (u16, &'static str, &'static str);

/// The bodies of the requests that came.
pub(crate) type Requests = Arc<Mutex<Vec<String>>>;

/// One that answers by these refusals, and by the last of them from then on.
pub(crate) async fn cloud(refusals: Vec<Refusal>) -> (CloudFormation, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    tokio::runtime::Handle::current().spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let number = seen.lock().unwrap().len();
            let refusal = refusals[number.min(refusals.len() - 1)];
            let body = answer(socket, refusal).await;
            seen.lock().unwrap().push(body);
        }
    });
    let credentials = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "stand-in", None);
    let pool = Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_endpoint(EAST, url)
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .build()
        .await
        .unwrap();
    let waiter = Waiter::new(Duration::from_millis(300)).with_interval(Duration::from_millis(10));
    let caller = pool.caller().await.unwrap();
    let cloud = CloudFormation::builder(caller).with_waiter(waiter);
    (cloud.build().unwrap(), requests)
}

/// Reads one request, answers it, and closes the connection.
async fn answer(mut socket: TcpStream, (status, code, message): Refusal) -> String {
    let mut request = Vec::new();
    let body = loop {
        let mut part = [0; 4_096];
        let count = socket.read(&mut part).await.unwrap();
        request.extend_from_slice(&part[..count]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_lowercase();
        let (_, length) = head.split_once("content-length: ").unwrap();
        let length: usize = length.lines().next().unwrap().parse().unwrap();
        if body.len() >= length || count == 0 {
            break body.to_owned();
        }
    };
    let xml = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>1ee7a4d0</RequestId></ErrorResponse>"
    );
    let answer = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{xml}",
        xml.len()
    );
    socket.write_all(answer.as_bytes()).await.unwrap();
    body
}
