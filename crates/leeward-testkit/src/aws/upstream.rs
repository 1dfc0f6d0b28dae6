//! Passes calls on to an emulator that is not ours, so that the fault plane stands in front of it.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Request, Response, header, request::Parts};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::{error::Error, net::SocketAddr, pin::pin};
use tokio::net::TcpStream;

/// What is of one connection, and not of what it carries: RFC 9110, section 7.6.1. That a body is awaited, nobody needs to
/// say of one that is here already.
const OF_THE_CONNECTION: [HeaderName; 5] = [
    header::CONNECTION,
    header::EXPECT,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Where calls are passed on to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Upstream(pub(super) SocketAddr);

impl Upstream {
    /// Sends a call as it came, over a connection of its own, and reads the whole answer.
    pub(super) async fn answer(
        self,
        head: Parts,
        body: Bytes,
    ) -> Result<Response<Bytes>, Box<dyn Error + Send + Sync>> {
        let is_head = head.method == Method::HEAD;
        let mut request = Request::from_parts(head, Full::new(body));
        strip(request.headers_mut());
        let stream = TcpStream::connect(self.0).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let exchange = async move {
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, hyper::Error>(Response::from_parts(head, body))
        };
        let (mut exchange, connection) = (pin!(exchange), pin!(connection));
        let mut response = tokio::select! {
            biased;
            response = &mut exchange => response?,
            // What it read before it ended is still to be had.
            _ = connection => exchange.await?,
        };
        strip(response.headers_mut());
        if !is_head {
            // hyper writes the length of the body that it gets.
            response.headers_mut().remove(header::CONTENT_LENGTH);
        }
        Ok(response)
    }
}

fn strip(headers: &mut HeaderMap) {
    for name in &OF_THE_CONNECTION {
        headers.remove(name);
    }
}
