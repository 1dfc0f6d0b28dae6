//! A pool of connections, of deadpool here, whose password rotates under it.
//!
//! The server takes one password, and the secret lies in an AWS in this process. The rotation goes by the steps of Secrets Manager:
//! the server wants the new password before that is current. No connection is refused.

mod server;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_secretsmanager::Client;
use deadpool::managed::{self, Metrics, RecycleResult};
use leeward_client_pool::Pool;
use leeward_error_taxonomy::Region;
use leeward_secret_cache::{
    CredentialSource, LoginError, RdsSecret, SecretCache, SecretCredentials, SecretJson,
};
use leeward_testkit::{ACCESS_KEY_ID, Aws, SECRET_ACCESS_KEY};
use server::Server;
use std::{error::Error, io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufStream},
    net::TcpStream,
    time::timeout,
};
use zeroize::Zeroizing;

const EAST: Region = Region::from_static("us-east-1");

/// Opens connections, with credentials from wherever they are kept.
struct Connector<C> {
    server: SocketAddr,
    credentials: C,
}

#[derive(Debug, thiserror::Error)]
enum ConnectError {
    #[error("the user or password was refused")]
    Refused,
    #[error("the server does not answer")]
    Unanswered(#[from] io::Error),
}

impl<C> managed::Manager for Connector<C>
where
    C: CredentialSource<Credentials = SecretJson<RdsSecret>>,
{
    type Type = BufStream<TcpStream>;
    type Error = LoginError<ConnectError>;

    async fn create(&self) -> Result<Self::Type, Self::Error> {
        let is_auth_error = |error: &ConnectError| matches!(error, ConnectError::Refused);
        let login = |login| log_in(self.server, login);
        self.credentials.log_in(login, is_auth_error).await
    }

    async fn recycle(
        &self,
        connection: &mut Self::Type,
        _: &Metrics,
    ) -> RecycleResult<Self::Error> {
        let answer = ask(connection, "PING").await;
        match answer.map_err(LoginError::Failed)?.as_str() {
            "PONG" => Ok(()),
            _ => Err(managed::RecycleError::message("the connection was closed")),
        }
    }
}

/// Connects and logs in; while it hangs nobody else tries a version that is not current, so it has its time.
async fn log_in(
    server: SocketAddr,
    login: SecretJson<RdsSecret>,
) -> Result<BufStream<TcpStream>, ConnectError> {
    let log_in = async {
        let mut connection = BufStream::new(TcpStream::connect(server).await?);
        let (user, password) = (login.username(), login.expose_password());
        let line = Zeroizing::new(format!("LOGIN {user} {password}"));
        match ask(&mut connection, &line).await?.as_str() {
            "WELCOME" => Ok(connection),
            _ => Err(ConnectError::Refused),
        }
    };
    let in_time = timeout(Duration::from_secs(5), log_in).await;
    in_time.map_err(io::Error::from)?
}

async fn ask(connection: &mut BufStream<TcpStream>, line: &str) -> Result<String, ConnectError> {
    connection.write_all(line.as_bytes()).await?;
    connection.write_all(b"\n").await?;
    connection.flush().await?;
    let mut answer = String::new();
    connection.read_line(&mut answer).await?;
    Ok(answer.trim_end().to_owned())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let aws = Aws::start(&[EAST]).await?;
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "example");
    let aws_pool = Pool::builder()
        .without_proxy()
        .with_credentials(SharedCredentialsProvider::new(credentials))
        .with_endpoint(EAST, aws.endpoint(&EAST))
        .build()
        .await?;
    let client = aws_pool.client::<Client>().with_region(EAST).await?;
    let secret = |password: &str| format!(r#"{{"username":"app","password":"{password}"}}"#);
    let made = client
        .create_secret()
        .name("db")
        .secret_string(secret("old"));
    let old = made.send().await?.version_id.ok_or("no version")?;
    let server = Server::start("app", "old").await?;

    let secrets = SecretCache::builder(aws_pool.target::<Client>(EAST).await?).build()?;
    let connections = managed::Pool::<Connector<_>>::builder(Connector {
        server: server.address,
        credentials: SecretCredentials::<RdsSecret>::new(secrets.handle("db")),
    });
    let connections = connections.max_size(3).build()?;
    let first = connections.get().await?;
    println!("one connection: {:?}", server.counts());

    // createSecret and setSecret: the server wants what is not current.
    let pending = client.put_secret_value().secret_id("db");
    let pending = pending
        .secret_string(secret("new"))
        .version_stages("AWSPENDING");
    let new = pending.send().await?.version_id.ok_or("no version")?;
    server.change_password("new");
    let second = connections.get().await?;
    println!("another in the midst of a rotation: {:?}", server.counts());

    // finishSecret.
    let finish = client.update_secret_version_stage().secret_id("db");
    let finish = finish
        .version_stage("AWSCURRENT")
        .remove_from_version_id(old);
    finish.move_to_version_id(new).send().await?;
    let third = connections.get().await?;
    println!("a third one after it: {:?}", server.counts());

    drop((first, second, third));
    assert_eq!(connections.status().size, 3);
    secrets.shutdown().await;
    aws.shutdown().await;
    Ok(())
}
