use crate::aws::fault::Link;
use leeward_error_taxonomy::Region;
use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::Handle,
    sync::watch,
};

/// Where a Region is reached: one port on loopback, which can refuse and listen again.
pub(super) struct Site {
    region: Region,
    address: SocketAddr,
    runtime: Handle,
    link: watch::Sender<Link>,
    dismissal: watch::Sender<()>,
    door: Mutex<Door>,
}

#[derive(Debug, Default)]
struct Door {
    /// Bound to the port and never listening, so that nobody else gets it while the Region refuses; `None` once closed.
    claim: Option<TcpSocket>,
    listener: Option<TcpListener>,
    accepting: Option<Waker>,
}

impl Site {
    /// Opens a port of the system's choice.
    pub(super) fn open(region: Region, runtime: Handle) -> io::Result<Self> {
        let claim = bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let site = Self {
            region,
            address: claim.local_addr()?,
            runtime,
            link: watch::Sender::default(),
            dismissal: watch::Sender::default(),
            door: Mutex::default(),
        };
        let listener = site.listen()?;
        {
            let mut door = site.door();
            door.claim = Some(claim);
            door.listener = Some(listener);
        }
        Ok(site)
    }

    pub(super) const fn region(&self) -> &Region {
        &self.region
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn link(&self) -> Link {
        *self.link.borrow()
    }

    pub(super) fn watch_link(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    pub(super) fn watch_dismissal(&self) -> watch::Receiver<()> {
        self.dismissal.subscribe()
    }

    /// Asks the connections that carry no call to close.
    pub(super) fn dismiss(&self) {
        self.dismissal.send_replace(());
    }

    /// Makes the sockets behave so; the port is closed or open when this returns.
    pub(super) fn set_link(&self, link: Link) {
        let mut door = self.door();
        self.link.send_if_modified(|current| {
            let modified = *current != link;
            *current = link;
            modified
        });
        if link == Link::Refused {
            door.listener = None;
        } else if door.claim.is_some() && door.listener.is_none() {
            // If the system is out of sockets just now, the accepting task tries again.
            door.listener = self.listen().ok();
        }
        door.wake();
    }

    /// Closes the port for good.
    pub(super) fn close(&self) {
        let mut door = self.door();
        door.claim = None;
        door.listener = None;
        door.wake();
    }

    /// Accepts the next connection; waits while the Region refuses.
    ///
    /// # Errors
    ///
    /// What the system says; worth another try after a pause.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        let mut door = self.door();
        door.accepting = Some(cx.waker().clone());
        if door.listener.is_none() && door.claim.is_some() && self.link() != Link::Refused {
            door.listener = Some(self.listen()?);
        }
        match &door.listener {
            Some(listener) => listener
                .poll_accept(cx)
                .map_ok(|(connection, _)| connection),
            None => Poll::Pending,
        }
    }

    fn listen(&self) -> io::Result<TcpListener> {
        // Rules are changed from any thread, also from outside of the runtime that the listener registers with.
        let _runtime = self.runtime.enter();
        bind(self.address)?.listen(1024)
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.door.lock().expect("not poisoned")
    }
}

impl Door {
    fn wake(&mut self) {
        if let Some(waker) = self.accepting.take() {
            waker.wake();
        }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("region", &self.region)
            .field("address", &self.address)
            .field("link", &self.link())
            .finish_non_exhaustive()
    }
}

/// Binds a socket that shares its port with a claim on it, which Linux allows with the first option as long as the claim
/// does not listen, and other Unixes with the second.
fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    #[cfg(all(unix, not(target_os = "linux")))]
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}
