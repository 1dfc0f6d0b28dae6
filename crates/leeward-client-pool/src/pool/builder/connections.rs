use super::PoolBuilder;
use std::time::Duration;

/// Connections.
impl PoolBuilder {
    /// Caps the connections to one host, those being opened included; zero is refused by [`build`](Self::build).
    pub fn with_max_connections_per_host(self, max_connections_per_host: usize) -> Self {
        Self {
            max_connections_per_host: Some(max_connections_per_host),
            ..self
        }
    }

    /// Caps the calls that wait for a connection to one host; one more is refused at once, unsent.
    pub fn with_max_waiting_per_host(self, max_waiting_per_host: usize) -> Self {
        Self {
            max_waiting_per_host: Some(max_waiting_per_host),
            ..self
        }
    }

    /// Lets a call wait so long for a connection; then it is refused, unsent. Default: half of the attempt timeout, so that the
    /// other half is left for the call; a minute where there is none.
    ///
    /// A client with an attempt or operation timeout of its own waits for half of that at most. The wait is no part of the read
    /// timeout and is never tried again by the SDK.
    pub fn with_max_connection_wait(self, max_connection_wait: Duration) -> Self {
        Self {
            max_connection_wait: Some(max_connection_wait),
            ..self
        }
    }

    /// Closes a connection that was not used for this long.
    pub fn with_idle_timeout(self, idle_timeout: Duration) -> Self {
        Self {
            idle_timeout: Some(idle_timeout),
            ..self
        }
    }

    /// Probes a connection that is silent for this long by TCP keepalive; `None` for never.
    pub fn with_tcp_keepalive(self, keepalive: impl Into<Option<Duration>>) -> Self {
        Self {
            keepalive: Some(keepalive.into()),
            ..self
        }
    }

    /// Connects directly. Default: by the proxy of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as with the SDK's own client.
    pub fn without_proxy(self) -> Self {
        Self {
            proxy: false,
            ..self
        }
    }

    /// Trusts the certificates of this PEM besides those of the system: of a private endpoint, of an inspecting proxy.
    pub fn with_root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }
}
