//! A Lambda of a few lines over a real socket: the emulator runs no function, hence none that fails.

use crate::cloud::{EAST, caller};
use leeward_lambda::Lambda;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
};

/// What a call is answered: status, headers beside the length, body.
#[derive(Clone, Debug)]
pub(crate) struct Answer(
    pub(crate) u16,
    pub(crate) &'static [(&'static str, &'static str)],
    pub(crate) &'static str,
);

/// The heads of the requests that came so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests(Arc<Mutex<Vec<String>>>);

impl Requests {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// One that answers so in turn, and the last for good.
pub(crate) async fn stand_in(answers: Vec<Answer>) -> (Lambda, Requests) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (answers, requests): (Arc<[Answer]>, _) = (answers.into(), Requests::default());
    let told = requests.clone();
    Handle::current().spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            Handle::current().spawn(serve(socket, Arc::clone(&answers), told.clone()));
        }
    });
    (Lambda::new(caller(EAST, endpoint).await), requests)
}

async fn serve(mut socket: TcpStream, answers: Arc<[Answer]>, requests: Requests) {
    let mut bytes = Vec::new();
    loop {
        let Some((head, length)) = parsed(&bytes) else {
            match socket.read_buf(&mut bytes).await {
                Ok(1..) => continue,
                _ => return,
            }
        };
        bytes.drain(..length);
        let Answer(status, headers, body) = {
            let mut requests = requests.0.lock().unwrap();
            requests.push(head);
            answers[(requests.len() - 1).min(answers.len() - 1)].clone()
        };
        let length = body.len();
        let mut answer = format!("HTTP/1.1 {status} Told\r\ncontent-length: {length}\r\n");
        for (name, value) in headers {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
        answer.push_str("\r\n");
        answer.push_str(body);
        if socket.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The head of the first whole request, and how long that is.
fn parsed(bytes: &[u8]) -> Option<(String, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    let length = end + length.unwrap_or(0);
    (bytes.len() >= length).then_some((head, length))
}
