//! The server that says what it is told to say, over a real socket.

use crate::wire::{read_to_end, until};
use leeward_testkit::stand_in::{Answer, JsonCall, QueryCall, StandIn};
use serde_json::json;
use std::io::ErrorKind;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

async fn connect(stand_in: &StandIn) -> TcpStream {
    let endpoint = stand_in.endpoint();
    let address = endpoint.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

async fn post(stream: &mut TcpStream, headers: &str, body: &str) {
    let length = body.len();
    let request = format!(
        "POST /a?b=c HTTP/1.1\r\nhost: x\r\n{headers}content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// Reads an answer whose body ends so.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end.as_bytes()) {
        let count = stream.read_buf(&mut bytes).await.unwrap();
        assert_ne!(count, 0, "{}", String::from_utf8_lossy(&bytes));
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn two_requests_on_one_connection_are_answered_in_turn_and_kept() {
    let mut number = 0;
    let stand_in = StandIn::start(move |request| {
        number += 1;
        let said = format!("{number} to {}", request.uri());
        Answer::new(200 + number, said).with_header("x-said", "so")
    });
    let stand_in = stand_in.await.unwrap();
    let mut connection = connect(&stand_in).await;
    for (number, body) in [(1, "one"), (2, "two")] {
        post(&mut connection, "", body).await;
        let answer = read_until(&mut connection, &format!("{number} to /a?b=c")).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 20{number} ")),
            "{answer}"
        );
        assert!(answer.contains("\r\nx-said: so\r\n"), "{answer}");
    }
    let requests = stand_in.requests();
    let bodies: Vec<_> = requests.iter().map(|request| &request.body()[..]).collect();
    assert_eq!(bodies, [b"one", b"two"]);
    assert_eq!(requests[0].method(), "POST");
    assert_eq!(requests[1].headers()["host"], "x");
}

#[tokio::test]
async fn a_call_of_aws_json_is_read() {
    let stand_in = StandIn::start(|request| Answer::new(400, JsonCall::of(request).operation));
    let stand_in = stand_in.await.unwrap();
    let mut connection = connect(&stand_in).await;
    let target = "X-Amz-Target: DynamoDB_20120810.PutItem\r\n";
    post(&mut connection, target, r#"{"TableName":"orders"}"#).await;
    read_until(&mut connection, "PutItem").await;
    let call = JsonCall::of(&stand_in.requests()[0]);
    assert_eq!(call.input, json!({"TableName": "orders"}));
}

#[tokio::test]
async fn a_call_of_aws_query_is_read_and_answered_in_xml() {
    let stand_in = StandIn::start(|request| {
        let call = QueryCall::of(request);
        match call.field("RoleName") {
            "a&b=ü +" => call.answer("<Role/>"),
            other => Answer::query_error(404, "NoSuchEntity", &format!("<{other}>")),
        }
    });
    let stand_in = stand_in.await.unwrap();
    let mut connection = connect(&stand_in).await;
    let form = "Action=GetRole&RoleName=a%26b%3D%C3%BC+%2B";
    post(&mut connection, "", form).await;
    let answer = read_until(&mut connection, "</GetRoleResponse>").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("content-type: text/xml"), "{answer}");
    let result = "<GetRoleResponse><GetRoleResult><Role/></GetRoleResult>";
    assert!(answer.contains(result), "{answer}");
    post(&mut connection, "", "Action=GetRole").await;
    let answer = read_until(&mut connection, "</ErrorResponse>").await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
    let error = "<Code>NoSuchEntity</Code><Message>&lt;&gt;</Message>";
    assert!(answer.contains(error), "{answer}");
    let call = QueryCall::of(&stand_in.requests()[1]);
    assert_eq!((call.action(), call.field("RoleName")), ("GetRole", ""));
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_not_kept() {
    let stand_in = StandIn::start(|_| panic!("nothing was asked"))
        .await
        .unwrap();
    let mut connection = connect(&stand_in).await;
    let nonsense = b"attack at dawn\r\n\r\n";
    connection.write_all(nonsense).await.unwrap();
    let (answer, end) = read_to_end(&mut connection).await;
    end.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    // Half a request is none either.
    let mut connection = connect(&stand_in).await;
    let half = b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{";
    connection.write_all(half).await.unwrap();
    connection.shutdown().await.unwrap();
    let (answer, _) = read_to_end(&mut connection).await;
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    assert!(stand_in.requests().is_empty());
}

#[tokio::test]
async fn dropping_it_closes_the_port_and_the_connections() {
    let stand_in = StandIn::start(|_| Answer::new(200, "so")).await.unwrap();
    let mut idle = connect(&stand_in).await;
    post(&mut idle, "", "").await;
    read_until(&mut idle, "so").await;
    let address = idle.peer_addr().unwrap();
    drop(stand_in);
    assert_eq!(read_to_end(&mut idle).await.0, "");
    until(|| std::net::TcpStream::connect(address).is_err()).await;
    let refused = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}
