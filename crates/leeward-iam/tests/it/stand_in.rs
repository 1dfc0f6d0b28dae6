//! An IAM of a few lines over a real socket, for what no emulator does: boundaries, organizations, pages.

use crate::cloud::at;
use leeward_iam::Iam;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
};

/// The result within an answer, by the body of the request.
type Answer = dyn Fn(&str) -> String + Send + Sync;

/// The bodies of the requests that came so far: forms, URL-encoded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests(Arc<Mutex<Vec<String>>>);

impl Requests {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

pub(crate) async fn stand_in(
    answer: impl Fn(&str) -> String + Send + Sync + 'static,
) -> (Iam, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (answer, requests): (Arc<Answer>, _) = (Arc::new(answer), Requests::default());
    let told = requests.clone();
    Handle::current().spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            Handle::current().spawn(serve(socket, Arc::clone(&answer), told.clone()));
        }
    });
    (at(endpoint).await, requests)
}

async fn serve(mut socket: TcpStream, answer: Arc<Answer>, requests: Requests) {
    let mut bytes = Vec::new();
    loop {
        let Some((body, length)) = parsed(&bytes) else {
            match socket.read_buf(&mut bytes).await {
                Ok(1..) => continue,
                _ => return,
            }
        };
        bytes.drain(..length);
        let operation = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="));
        let operation = operation.unwrap_or_default();
        let result = answer(&body);
        let xml = format!(
            "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{operation}Result>{result}\
             </{operation}Result></{operation}Response>"
        );
        requests.0.lock().unwrap().push(body);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n",
            xml.len()
        );
        if socket.write_all((head + &xml).as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The body of the first whole request, and how long that is.
fn parsed(bytes: &[u8]) -> Option<(String, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    })?;
    let body = String::from_utf8_lossy(bytes.get(end..end + length)?).into_owned();
    Some((body, end + length))
}
