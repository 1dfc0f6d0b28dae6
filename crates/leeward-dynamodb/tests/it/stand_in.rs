//! A DynamoDB of a few lines over a real socket, for what no emulator does: it leaves work undone, and tells the item in conflict.

use crate::cloud::caller;
use leeward_dynamodb::{DynamoDb, DynamoDbBuilder};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
};

/// What one call is answered: status and body.
type Answer = dyn Fn(&Call) -> (u16, Value) + Send + Sync;

#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) operation: String,
    pub(crate) input: Value,
}

/// The calls that came so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) fn all(&self) -> Vec<Call> {
        self.0.lock().unwrap().clone()
    }
}

pub(crate) async fn stand_in(
    answer: impl Fn(&Call) -> (u16, Value) + Send + Sync + 'static,
) -> (DynamoDb, Calls) {
    stand_in_with(answer, |builder| builder).await
}

pub(crate) async fn stand_in_with(
    answer: impl Fn(&Call) -> (u16, Value) + Send + Sync + 'static,
    settings: impl FnOnce(DynamoDbBuilder) -> DynamoDbBuilder,
) -> (DynamoDb, Calls) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (answer, calls): (Arc<Answer>, _) = (Arc::new(answer), Calls::default());
    let told = calls.clone();
    Handle::current().spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            Handle::current().spawn(serve(socket, Arc::clone(&answer), told.clone()));
        }
    });
    let builder = DynamoDb::builder(caller(endpoint).await);
    (settings(builder).build().unwrap(), calls)
}

pub(crate) fn refusal(code: &str, message: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message})
}

async fn serve(mut socket: TcpStream, answer: Arc<Answer>, calls: Calls) {
    let mut bytes = Vec::new();
    loop {
        let Some((call, length)) = parsed(&bytes) else {
            match socket.read_buf(&mut bytes).await {
                Ok(1..) => continue,
                _ => return,
            }
        };
        bytes.drain(..length);
        let (status, body) = answer(&call);
        calls.0.lock().unwrap().push(call);
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status} Told\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if socket.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The first whole request, and how long it is.
fn parsed(bytes: &[u8]) -> Option<(Call, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let header = |name: &str| {
        let mut lines = head.lines();
        lines.find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned()))
    };
    let length = end + header("content-length:")?.parse::<usize>().ok()?;
    let input = serde_json::from_slice(bytes.get(end..length)?).ok()?;
    let operation = header("x-amz-target:")?.rsplit('.').next()?.to_owned();
    Some((Call { operation, input }, length))
}
