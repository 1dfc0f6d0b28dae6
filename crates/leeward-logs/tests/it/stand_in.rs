//! A CloudWatch Logs of a few lines over a real socket, for what no emulator does: it rejects events, and answers by odd pages.

use crate::cloud::EAST;
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use leeward_client_pool::Pool;
use leeward_logs::Logs;
use leeward_resilience::{RetryPolicy, stack::Preset};
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
    /// How many calls of the operation came before it.
    pub(crate) before: usize,
}

/// The calls that came so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    pub(crate) fn of(&self, operation: &str) -> Vec<Call> {
        let calls = self.0.lock().unwrap();
        let of_it = calls.iter().filter(|call| call.operation == operation);
        of_it.cloned().collect()
    }
}

/// A facade, each of whose calls is one attempt.
pub(crate) async fn stand_in(
    answer: impl Fn(&Call) -> (u16, Value) + Send + Sync + 'static,
) -> (Logs, Calls) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (answer, calls): (Arc<Answer>, _) = (Arc::new(answer), Calls::default());
    let told = calls.clone();
    Handle::current().spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            Handle::current().spawn(serve(socket, Arc::clone(&answer), told.clone()));
        }
    });
    let credentials = Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "stand-in", None);
    let pool = Pool::builder()
        .without_proxy()
        .with_region(EAST)
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .with_endpoint(EAST, endpoint)
        .build()
        .await
        .unwrap();
    let once = Preset::mixed().with_retry(RetryPolicy::aws().with_max_attempts(1));
    let caller = pool.caller().with_preset(once).await.unwrap();
    (Logs::new(caller), calls)
}

pub(crate) fn refusal(code: &str) -> (u16, Value) {
    (
        400,
        json!({"__type": format!("com.amazonaws.logs#{code}"), "message": "no"}),
    )
}

async fn serve(mut socket: TcpStream, answer: Arc<Answer>, calls: Calls) {
    let mut bytes = Vec::new();
    loop {
        let Some((operation, input, length)) = parsed(&bytes) else {
            match socket.read_buf(&mut bytes).await {
                Ok(1..) => continue,
                _ => return,
            }
        };
        bytes.drain(..length);
        let before = calls.of(&operation).len();
        let call = Call {
            operation,
            input,
            before,
        };
        let (status, body) = answer(&call);
        calls.0.lock().unwrap().push(call);
        let body = body.to_string();
        let head = format!(
            "HTTP/1.1 {status} Told\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if socket.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The first whole request, and how long it is.
fn parsed(bytes: &[u8]) -> Option<(String, Value, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    let length = end + header("content-length")?.parse::<usize>().ok()?;
    let input = serde_json::from_slice(bytes.get(end..length)?).ok()?;
    let operation = header("x-amz-target")?.rsplit('.').next()?.to_owned();
    Some((operation, input, length))
}
