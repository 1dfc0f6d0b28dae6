//! As much of a PostgreSQL as a login needs ("Frontend/Backend Protocol", "Start-up").

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Handle,
};

/// Takes one user with one password.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    users: Arc<Mutex<Users>>,
}

#[derive(Default)]
struct Users {
    password: String,
    /// At which it falls silent.
    hangs_at: Option<String>,
    hanging: usize,
    /// How it refuses: the code and the function that PostgreSQL names with it.
    refuses_as: Option<(&'static str, &'static str)>,
    logins: usize,
    refusals: usize,
}

impl Server {
    pub(crate) async fn start(password: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a port on loopback");
        let address = listener.local_addr().expect("an address");
        let users = Arc::new(Mutex::new(Users::default()));
        let server = Self { address, users };
        server.change_password(password);
        let accepting = server.clone();
        Handle::current().spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let server = accepting.clone();
                Handle::current().spawn(async move { server.talk(connection).await });
            }
        });
        server
    }

    pub(crate) fn change_password(&self, password: &str) {
        password.clone_into(&mut self.users().password);
    }

    /// Whoever comes with this password hears nothing.
    pub(crate) fn hangs_at(&self, password: Option<&str>) {
        self.users().hangs_at = password.map(str::to_owned);
    }

    /// How many have heard nothing so far.
    pub(crate) fn hanging(&self) -> usize {
        self.users().hanging
    }

    /// Refuses everybody with this code, in this function of PostgreSQL's.
    pub(crate) fn refuses_as(&self, code: &'static str, routine: &'static str) {
        self.users().refuses_as = Some((code, routine));
    }

    /// How many have logged in, and how many were refused.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let users = self.users();
        (users.logins, users.refusals)
    }

    async fn talk(&self, mut connection: TcpStream) -> io::Result<()> {
        let len = connection.read_u32().await?;
        let mut start_up = vec![0; len as usize - 4];
        connection.read_exact(&mut start_up).await?;
        // AuthenticationCleartextPassword.
        send(&mut connection, b'R', &3_u32.to_be_bytes()).await?;
        let (_, password) = receive(&mut connection).await?;
        let password = String::from_utf8_lossy(&password);
        let password = password.trim_end_matches('\0');
        if self.users().hangs_at.as_deref() == Some(password) {
            self.users().hanging += 1;
            // Until the other side has had enough.
            return connection.read_u8().await.map(drop);
        }
        if !self.takes(password) {
            let refusal = self.refusal();
            return send(&mut connection, b'E', refusal.as_bytes()).await;
        }
        send(&mut connection, b'R', &0_u32.to_be_bytes()).await?;
        send(&mut connection, b'Z', b"I").await?;
        loop {
            match receive(&mut connection).await? {
                // Sync, by which sqlx sees whether a connection is alive.
                (b'S', _) => send(&mut connection, b'Z', b"I").await?,
                _ => return Ok(()),
            }
        }
    }

    fn takes(&self, password: &str) -> bool {
        let mut users = self.users();
        let takes = users.refuses_as.is_none() && users.password == password;
        if takes {
            users.logins += 1;
        } else {
            users.refusals += 1;
        }
        takes
    }

    fn refusal(&self) -> String {
        let refuses_as = self.users().refuses_as;
        let (code, routine) = refuses_as.unwrap_or(("28P01", "auth_failed"));
        format!("SFATAL\0VFATAL\0C{code}\0Mthe login was refused\0R{routine}\0\0")
    }

    fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().expect("nobody panics while he holds it")
    }
}

async fn send(connection: &mut TcpStream, kind: u8, body: &[u8]) -> io::Result<()> {
    let len = u32::try_from(body.len() + 4).expect("a short message");
    let message = [&[kind][..], &len.to_be_bytes(), body].concat();
    connection.write_all(&message).await
}

async fn receive(connection: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let kind = connection.read_u8().await?;
    let len = connection.read_u32().await?;
    let mut body = vec![0; len as usize - 4];
    connection.read_exact(&mut body).await?;
    Ok((kind, body))
}
