//! A server that takes one user with one password: a line for each question, and one for its answer.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
    runtime::Handle,
};

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    users: Arc<Mutex<Users>>,
}

struct Users {
    name: String,
    password: String,
    counts: Counts,
}

/// How many have logged in, and how many were refused.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    logins: u32,
    refusals: u32,
}

impl Server {
    pub(crate) async fn start(name: &str, password: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let users = Arc::new(Mutex::new(Users {
            name: name.to_owned(),
            password: password.to_owned(),
            counts: Counts::default(),
        }));
        let address = listener.local_addr()?;
        let server = Self { address, users };
        let accepting = server.clone();
        Handle::current().spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let server = accepting.clone();
                Handle::current().spawn(async move { server.talk(connection).await });
            }
        });
        Ok(server)
    }

    pub(crate) fn change_password(&self, password: &str) {
        password.clone_into(&mut self.users().password);
    }

    pub(crate) fn counts(&self) -> Counts {
        self.users().counts
    }

    async fn talk(&self, connection: TcpStream) -> io::Result<()> {
        let mut connection = BufStream::new(connection);
        let mut line = String::new();
        let mut is_welcome = false;
        while connection.read_line(&mut line).await? > 0 {
            let answer = match line.trim_end().split_once(' ') {
                Some(("LOGIN", login)) => {
                    is_welcome = self.takes(login);
                    if is_welcome { "WELCOME\n" } else { "REFUSED\n" }
                }
                _ if is_welcome => "PONG\n",
                _ => "REFUSED\n",
            };
            connection.write_all(answer.as_bytes()).await?;
            connection.flush().await?;
            line.clear();
        }
        Ok(())
    }

    fn takes(&self, login: &str) -> bool {
        let mut users = self.users();
        let takes = login.split_once(' ') == Some((users.name.as_str(), users.password.as_str()));
        if takes {
            users.counts.logins += 1;
        } else {
            users.counts.refusals += 1;
        }
        takes
    }

    fn users(&self) -> MutexGuard<'_, Users> {
        self.users.lock().expect("nobody panics while he holds it")
    }
}
