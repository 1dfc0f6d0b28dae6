//! A server that shows what comes over the wire, and answers as slowly as a test wants.

use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};

/// Answers every request with an empty list of keys: the head at once, the body when it is let.
pub(crate) struct Wire {
    address: std::net::SocketAddr,
    seen: Arc<Seen>,
    // Ends with the server.
    _tasks: JoinSet<()>,
}

struct Seen {
    heads: Mutex<Vec<String>>,
    bodies: Semaphore,
    tears: bool,
}

const BODY: &str = r#"{"Keys":[],"Truncated":false}"#;

impl Wire {
    /// Answers in full at once.
    pub(crate) async fn open() -> Self {
        let wire = Self::holding_bodies().await;
        wire.let_bodies(Semaphore::MAX_PERMITS);
        wire
    }

    /// Holds each body back.
    pub(crate) async fn holding_bodies() -> Self {
        Self::listen(false).await
    }

    /// Closes the connection in the middle of each body.
    pub(crate) async fn tearing_bodies() -> Self {
        let wire = Self::listen(true).await;
        wire.let_bodies(Semaphore::MAX_PERMITS);
        wire
    }

    async fn listen(tears: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen {
            heads: Mutex::default(),
            bodies: Semaphore::new(0),
            tears,
        });
        let mut tasks = JoinSet::new();
        let served = Arc::clone(&seen);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&served)));
            }
        });
        Self {
            address,
            seen,
            _tasks: tasks,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) const fn address(&self) -> std::net::SocketAddr {
        self.address
    }

    /// Lets so many bodies out.
    pub(crate) fn let_bodies(&self, bodies: usize) {
        self.seen.bodies.add_permits(bodies);
    }

    /// The heads of the requests so far, in lower case.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.seen.heads.lock().unwrap().clone()
    }

    /// Waits until so many requests have come.
    pub(crate) async fn requests(&self, requests: usize) {
        crate::wire::until(|| self.heads().len() >= requests).await;
    }
}

/// Waits until something is so that sockets bring about; a test that waits for ever fails.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it never came to be");
}

async fn serve(mut stream: TcpStream, seen: Arc<Seen>) {
    while let Some(head) = read_request(&mut stream).await {
        seen.heads.lock().unwrap().push(head);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n",
            BODY.len()
        );
        if stream.write_all(head.as_bytes()).await.is_err() {
            return;
        }
        seen.bodies.acquire().await.unwrap().forget();
        if seen.tears {
            // The test sees whatever comes of it.
            let _ = stream.write_all(&BODY.as_bytes()[..8]).await;
            return;
        }
        if stream.write_all(BODY.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// The head of the next request, in lower case; its body is read and dropped.
pub(crate) async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.parse().unwrap());
    stream.read_exact(&mut vec![0; length]).await.ok()?;
    Some(head)
}
