//! A CloudFormation that says what it is told to say, with an STS beside it: the in-process AWS has no CloudFormation.

use crate::cloud::{EAST, pool};
use leeward_resources::Resources;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
};

/// Status and body.
pub(crate) type Answer = (u16, String);

/// The bodies of the requests that came.
pub(crate) type Requests = Arc<Mutex<Vec<String>>>;

/// Calls are made as this account.
pub(crate) const ACCOUNT: &str = "111122223333";

pub(crate) async fn resources(answer: Answer) -> (Resources, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Requests::default();
    let seen = Arc::clone(&requests);
    Handle::current().spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let body = serve(socket, &answer).await;
            seen.lock().unwrap().push(body);
        }
    });
    let pool = pool().with_region(EAST).with_endpoint(EAST, url);
    (Resources::new(pool.build().await.unwrap()), requests)
}

pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Answer {
    let xml = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>1ee7a4d0</RequestId></ErrorResponse>"
    );
    (status, xml)
}

pub(crate) fn answer(operation: &str, result: &str) -> Answer {
    let xml = format!(
        "<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"
    );
    (200, xml)
}

/// Reads one request, answers it, and closes the connection.
async fn serve(mut socket: TcpStream, of_cloudformation: &Answer) -> String {
    let body = read(&mut socket).await;
    let (status, xml) = match body.contains("Action=GetCallerIdentity") {
        true => answer(
            "GetCallerIdentity",
            &format!("<Account>{ACCOUNT}</Account>"),
        ),
        false => of_cloudformation.clone(),
    };
    let length = xml.len();
    let answer = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{xml}"
    );
    socket.write_all(answer.as_bytes()).await.unwrap();
    body
}

async fn read(socket: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
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
            return body.to_owned();
        }
    }
}
