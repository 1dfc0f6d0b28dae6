use crate::aws::{fault::Link, front::Front};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{
    convert::Infallible,
    future::pending,
    io::{self, ErrorKind},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{Notify, watch},
};

/// Serves one connection until either side ends it, or a fault does.
pub(super) async fn serve(front: Arc<Front>, stream: TcpStream) {
    let _counted = front.connected();
    // Without it each answer waits for the client's delayed acknowledgement; a socket that is already gone says so below.
    let _ = stream.set_nodelay(true);
    let line = Arc::new(Line::default());
    let link = front.watch_link();
    let socket = Socket {
        stream,
        link: link.clone(),
        line: Arc::clone(&line),
    };
    let answer = {
        let line = Arc::clone(&line);
        service_fn(move |request| {
            let (front, line) = (Arc::clone(&front), Arc::clone(&line));
            async move { Ok::<_, Infallible>(front.answer(&line, request).await) }
        })
    };
    let mut connection = pin!(http1::Builder::new().serve_connection(TokioIo::new(socket), answer));
    tokio::select! {
        biased;
        () = line.ended() => {}
        () = ends_with_the_link(link, &line) => line.cut(),
        // How a client leaves is its own affair.
        _ = &mut connection => {}
    }
}

/// What a connection's task, its socket and the calls on it tell each other.
#[derive(Debug, Default)]
pub(super) struct Line {
    cut: AtomicBool,
    end: Notify,
    /// Part of an answer was held back by a black hole.
    swallowed: AtomicBool,
}

impl Line {
    /// Ends the connection with a reset.
    pub(super) fn cut(&self) {
        self.mark_for_reset();
        self.end.notify_one();
    }

    /// Makes the end of the connection a reset, whoever ends it.
    pub(super) fn mark_for_reset(&self) {
        self.cut.store(true, Ordering::Release);
    }

    async fn ended(&self) {
        self.end.notified().await;
    }
}

/// Waits until the Region refuses, or until it is out of a black hole that took something of this connection.
async fn ends_with_the_link(mut link: watch::Receiver<Link>, line: &Line) {
    loop {
        let now = *link.borrow_and_update();
        match now {
            Link::Refused => return,
            Link::Open if line.swallowed.load(Ordering::Acquire) => return,
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
            Link::Open if self.line.swallowed.load(Ordering::Acquire) => Poll::Pending,
            Link::Open => Poll::Ready(Ok(())),
            Link::BlackHole => {
                self.line.swallowed.store(true, Ordering::Release);
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
        if self.line.cut.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.line.cut.load(Ordering::Acquire) {
            // A socket that is already dead needs no reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}
