use crate::aws::{fault::Link, front::Front, line::Line};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    future::pending,
    io::{self, ErrorKind},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::watch,
};

/// Serves one connection until either side ends it, or a fault does.
pub(super) async fn serve(front: Arc<Front>, stream: TcpStream) {
    let connected = front.connected();
    // Without it each answer waits for the client's delayed acknowledgement; a socket that is already gone says so below.
    let _ = stream.set_nodelay(true);
    let line = Arc::new(Line::new(connected.number()));
    let link = front.watch_link();
    let socket = Socket {
        stream,
        link: link.clone(),
        line: Arc::clone(&line),
    };
    let conversation = async {
        let Some(tls) = &front.tls else {
            return converse(&front, &line, socket).await;
        };
        // How a client fails to greet is its own affair.
        if let Ok(stream) = tls.acceptor.accept(socket).await {
            connected.shook_hands();
            converse(&front, &line, stream).await;
        }
    };
    // Outlives the choice below, so that a line is cut before its socket is closed.
    let mut conversation = pin!(conversation);
    tokio::select! {
        biased;
        () = line.ended() => {}
        () = ends_with_the_link(link, &line) => line.cut(),
        () = &mut conversation => {}
    }
}

/// Answers calls until the client leaves, or the server by its own manners.
async fn converse(
    front: &Arc<Front>,
    line: &Arc<Line>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
) {
    let answer = service_fn(|request| {
        let turn = line.begin();
        async move {
            let answer = front.answer(line, request).await;
            Ok::<_, Infallible>(answer.map(|body| body.in_turn(turn)))
        }
    });
    let stream = TokioIo::new(stream);
    let mut connection = pin!(http1::Builder::new().serve_connection(stream, answer));
    tokio::select! {
        biased;
        () = line.outstays(front.manners, front.watch_dismissal()) => {
            connection.as_mut().graceful_shutdown();
        }
        // How a client leaves is its own affair.
        _ = &mut connection => return,
    }
    let _ = connection.await;
}

/// Waits until the Region refuses, or until it is out of a black hole that took something of this connection.
async fn ends_with_the_link(mut link: watch::Receiver<Link>, line: &Line) {
    loop {
        let now = *link.borrow_and_update();
        match now {
            Link::Refused => return,
            Link::Open if line.is_swallowed() => return,
            Link::Open | Link::BlackHole => {}
        }
        if link.changed().await.is_err() {
            // No rule can come any more.
            pending::<()>().await;
        }
    }
}

/// A socket that lets nothing out of a black hole, and closes with a reset if its line was cut.
#[derive(Debug)]
struct Socket {
    stream: TcpStream,
    link: watch::Receiver<Link>,
    line: Arc<Line>,
}

impl Socket {
    /// Whether bytes may leave now. A wait here ends with the connection, because what a black hole took stays unsent.
    fn poll_exit(&self) -> Poll<io::Result<()>> {
        match *self.link.borrow() {
            Link::Open if self.line.is_swallowed() => Poll::Pending,
            Link::Open => Poll::Ready(Ok(())),
            Link::BlackHole => {
                self.line.mark_swallowed();
                Poll::Pending
            }
            Link::Refused => Poll::Ready(Err(ErrorKind::ConnectionReset.into())),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if *self.link.borrow() == Link::Refused {
            return Poll::Ready(Err(ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        std::task::ready!(self.poll_exit())?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        std::task::ready!(self.poll_exit())?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A shutdown would say a clean end before the reset.
        if self.line.is_cut() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.line.is_cut() {
            // A socket that is already dead needs no reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}
