//! A CloudFormation that says what it is told to say: the in-process AWS has none.

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::Pool;
use leeward_cloudformation::CloudFormation;
use leeward_error_taxonomy::Region;
use leeward_resilience::Waiter;
use std::{
    collections::HashMap,
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

/// Status and XML.
pub(crate) type Answer = (u16, String);

/// One call, and what is said in it.
#[derive(Clone, Debug)]
pub(crate) struct Call(HashMap<String, String>);

impl Call {
    /// A field; empty if it is not said.
    pub(crate) fn field(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(crate) fn action(&self) -> &str {
        self.field("Action")
    }

    /// An answer to this call, of which `result` is the inner part.
    pub(crate) fn answer(&self, result: &str) -> Answer {
        let action = self.action();
        let xml = format!(
            "<{action}Response><{action}Result>{result}</{action}Result>\
             <ResponseMetadata><RequestId>1ee7a4d0</RequestId></ResponseMetadata></{action}Response>"
        );
        (200, xml)
    }
}

pub(crate) fn refusal((status, code, message): Refusal) -> Answer {
    let xml = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>1ee7a4d0</RequestId></ErrorResponse>"
    );
    (status, xml)
}

/// The calls that came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    pub(crate) fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap().clone()
    }

    /// How many there were of an action.
    pub(crate) fn of(&self, action: &str) -> usize {
        let calls = self.0.lock().unwrap();
        calls.iter().filter(|call| call.action() == action).count()
    }
}

/// One that answers by these refusals, and by the last of them from then on; its waits are short.
pub(crate) async fn cloud(refusals: Vec<Refusal>) -> (CloudFormation, Calls) {
    let mut number = 0;
    let (cloud, calls) = cloud_by(move |_| {
        number += 1;
        refusal(refusals[(number - 1).min(refusals.len() - 1)])
    })
    .await;
    let waiter = Waiter::new(Duration::from_millis(300)).with_interval(Duration::from_millis(10));
    (cloud.with_waiter(waiter).unwrap(), calls)
}

/// One that answers by `answer`, call after call.
pub(crate) async fn cloud_by(
    answer: impl FnMut(&Call) -> Answer + Send + 'static,
) -> (CloudFormation, Calls) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (answer, calls) = (Arc::new(Mutex::new(answer)), Calls::default());
    let told = calls.clone();
    let runtime = tokio::runtime::Handle::current();
    runtime.clone().spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (answer, told) = (Arc::clone(&answer), told.clone());
            runtime.spawn(async move {
                // Whoever goes away in the middle of a call has no answer.
                let Some(call) = call(&mut socket).await else {
                    return;
                };
                let (status, xml) = answer.lock().unwrap()(&call);
                told.0.lock().unwrap().push(call);
                let head = format!(
                    "HTTP/1.1 {status} Said\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    xml.len()
                );
                socket.write_all((head + &xml).as_bytes()).await.ok();
            });
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
    let waiter = Waiter::new(Duration::from_secs(60)).with_interval(Duration::from_millis(2));
    let caller = pool.caller().await.unwrap();
    let cloud = CloudFormation::builder(caller).with_waiter(waiter);
    (cloud.build().unwrap(), calls)
}

/// Reads one request.
async fn call(socket: &mut TcpStream) -> Option<Call> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let (_, length) = head.split_once("content-length: ")?;
            let length: usize = length.lines().next()?.parse().ok()?;
            if body.len() >= length {
                let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
                let decoded = |(name, value): (&str, &str)| (plain(name), plain(value));
                return Some(Call(pairs.map(decoded).collect()));
            }
        }
        if socket.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
    }
}

/// A part of a form without its percent signs.
fn plain(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at(2);
        bytes.push(u8::from_str_radix(code, 16).unwrap());
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).unwrap()
}
