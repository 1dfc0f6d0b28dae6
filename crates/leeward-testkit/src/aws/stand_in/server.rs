use super::{Answer, Request};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

/// A server on loopback that answers by a closure, and keeps the requests.
///
/// It speaks HTTP/1.1 and keeps connections. Bytes that are no request are answered by 400, and neither the closure nor
/// [`requests`](Self::requests) see them. Dropping it closes the port and the connections.
#[derive(Debug)]
pub struct StandIn {
    address: SocketAddr,
    requests: Arc<Requests>,
    accepting: JoinHandle<()>,
}

impl StandIn {
    /// Listens on a port of the system's choice, on the current runtime.
    ///
    /// One request is answered at a time. Once `answer` panics, no request is answered any more: its connection ends.
    ///
    /// # Errors
    ///
    /// What the system says, if it gives no port.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn start(
        answer: impl FnMut(&Request) -> Answer + Send + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let requests = Arc::<Requests>::default();
        let desk = Desk {
            answer: Mutex::new(answer),
            requests: Arc::clone(&requests),
        };
        Ok(Self {
            address,
            requests,
            accepting: Handle::current().spawn(accept(listener, Arc::new(desk))),
        })
    }

    /// Where it is reached, such as `http://127.0.0.1:40123`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, in the order in which they were answered.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.requests.all().clone()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The requests that came.
#[derive(Debug, Default)]
struct Requests(Mutex<Vec<Request>>);

impl Requests {
    fn all(&self) -> MutexGuard<'_, Vec<Request>> {
        self.0.lock().expect("not poisoned")
    }
}

/// Where requests are kept and answered.
struct Desk<A> {
    answer: Mutex<A>,
    requests: Arc<Requests>,
}

impl<A: FnMut(&Request) -> Answer> Desk<A> {
    fn answer(&self, request: Request) -> Answer {
        let mut answer = self.answer.lock().expect("no answer before has panicked");
        self.requests.all().push(request.clone());
        answer(&request)
    }
}

/// Serves whoever comes; its end is the end of all connections.
async fn accept<A>(listener: TcpListener, desk: Arc<Desk<A>>)
where
    A: FnMut(&Request) -> Answer + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(serve(stream, Arc::clone(&desk)));
            }
            // Out of sockets, or the client is gone already.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn serve<A: FnMut(&Request) -> Answer>(stream: TcpStream, desk: Arc<Desk<A>>) {
    // Without it each answer waits for the client's delayed acknowledgement; a socket that is already gone says so below.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(|request: http::Request<Incoming>| async {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let Answer(response) = desk.answer(Request::from_parts(head, body));
        Ok::<_, hyper::Error>(response.map(Full::new))
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
    // How a client leaves is its own affair.
    let _ = connection.await;
}
