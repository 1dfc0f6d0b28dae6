//! Connections of sqlx to PostgreSQL, and a pool of them, in the midst of a rotation.

use super::{server::Server, vault::Vault};
use leeward_secret_cache::{
    DatabaseLogin, RotatingPool, Secret, UnreadableReason, UnreadableSecret, WithSecretError,
    is_sqlx_auth_error,
};
use sqlx::{
    Connection,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use std::{io, sync::Arc, time::Duration};
use tokio::time::timeout;

/// What the secret says of `password`, for the database at `server`.
pub(super) fn value(server: &Server, password: &str) -> String {
    let (host, port) = (server.address.ip(), server.address.port());
    format!(
        r#"{{"engine":"postgres","host":"{host}","port":"{port}","username":"app","password":"{password}","dbname":"orders"}}"#
    )
}

fn base() -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .ssl_mode(PgSslMode::Disable)
        .application_name("tests")
}

/// A database that takes `old`, its secret, and a pool of at most `connections`.
async fn site(connections: u32) -> (Server, Vault, RotatingPool<PgConnectOptions>) {
    site_within(Duration::from_secs(60), connections).await
}

/// The same with so long to find a version that logs in.
pub(super) async fn site_within(
    budget: Duration,
    connections: u32,
) -> (Server, Vault, RotatingPool<PgConnectOptions>) {
    let server = Server::start("old").await;
    let vault = Vault::new(value(&server, "old"));
    let secret = vault.secret_within(budget);
    let login = DatabaseLogin::new(secret, base());
    let options = PgPoolOptions::new().max_connections(connections);
    let pool = login.pool(options).await;
    (server, vault, pool.expect("a login"))
}

async fn current(vault: &Vault) -> Arc<Secret> {
    vault.secret().get().await.expect("a secret")
}

#[tokio::test]
async fn options_are_those_of_the_caller_with_the_login_of_the_secret() {
    let vault = Vault::new(
        r#"{"username":"app","password":"hunter2","host":"db.example","port":5433,"dbname":"orders"}"#,
    );
    let secret = current(&vault).await;
    let login = DatabaseLogin::new(vault.secret(), base());
    let options = login.options(&secret).unwrap();
    assert_eq!(
        (options.get_host(), options.get_port()),
        ("db.example", 5433)
    );
    assert_eq!(options.get_username(), "app");
    assert_eq!(options.get_database(), Some("orders"));
    assert_eq!(options.get_application_name(), Some("tests"));
    assert!(matches!(options.get_ssl_mode(), PgSslMode::Disable));
    let elsewhere = login
        .with_host("proxy.example")
        .with_port(6432)
        .with_database("copies");
    let options = elsewhere.options(&secret).unwrap();
    assert_eq!(
        (options.get_host(), options.get_port()),
        ("proxy.example", 6432)
    );
    assert_eq!(options.get_database(), Some("copies"));
    let printed = format!("{elsewhere:?}");
    assert!(
        printed.contains("proxy.example") && !printed.contains("hunter"),
        "{printed}"
    );
}

#[tokio::test]
async fn what_a_secret_does_not_say_is_as_the_caller_said() {
    let vault = Vault::new(r#"{"username":"app","password":"hunter2"}"#);
    let base = base().host("mine.example").port(7000).database("mine");
    let login = DatabaseLogin::new(vault.secret(), base);
    let secret = current(&vault).await;
    let options = login.options(&secret).unwrap();
    assert_eq!(
        (options.get_host(), options.get_port()),
        ("mine.example", 7000)
    );
    assert_eq!(options.get_database(), Some("mine"));
}

#[tokio::test]
async fn a_secret_that_is_no_login_is_told_as_what_it_is() {
    let vault = Vault::new(r#"{"username":"app"}"#);
    let login = DatabaseLogin::new(vault.secret(), base());
    let error = login.connect().await.unwrap_err();
    let Some(sqlx::Error::Configuration(error)) = error.into_operation() else {
        panic!("another error");
    };
    let error: &UnreadableSecret = error.downcast_ref().unwrap();
    assert_eq!(error.secret(), "db");
    assert!(
        matches!(error.reason(), UnreadableReason::NoField { field, .. } if field == "password")
    );
}

#[tokio::test]
async fn a_refused_login_is_known_for_one() {
    let server = Server::start("other").await;
    let vault = Vault::new(value(&server, "old"));
    let login = DatabaseLogin::new(vault.secret(), base());
    let error = login.connect().await.unwrap_err();
    let WithSecretError::Refused { error, .. } = error else {
        panic!("{error}");
    };
    assert!(is_sqlx_auth_error(&error));
    assert!(!is_sqlx_auth_error(&sqlx::Error::PoolTimedOut));
}

#[tokio::test]
async fn where_nobody_is_let_in_no_other_version_is_tried() {
    let server = Server::start("old").await;
    let vault = Vault::new(value(&server, "old"));
    vault.create(value(&server, "new"));
    let login = DatabaseLogin::new(vault.secret(), base());
    for (routine, is_refusal) in [
        ("InitializeSessionUserId", true),
        ("ClientAuthentication", false),
    ] {
        server.refuses_as("28000", routine);
        let error = login.connect().await.unwrap_err();
        let logins = error.tried().logins().len();
        assert_eq!(logins, if is_refusal { 2 } else { 1 }, "{error}");
        let is_operation = matches!(error, WithSecretError::Operation { .. });
        assert_eq!(is_operation, !is_refusal, "{error}");
    }
}

#[tokio::test]
async fn a_connection_that_hangs_is_given_up_on_and_keeps_nobody_from_trying() {
    let server = Server::start("old").await;
    let vault = Vault::new(value(&server, "old"));
    let login = DatabaseLogin::new(vault.secret_within(Duration::from_secs(60)), base())
        .with_connect_timeout(Duration::from_millis(200));
    let pool = login.pool(PgPoolOptions::new().max_connections(4)).await;
    let pool = pool.expect("a login");
    let first = pool.acquire().await.unwrap();
    vault.create(value(&server, "new"));
    server.change_password("new");
    server.hangs_at(Some("new"));
    for _ in 0..2 {
        let hanging = async {
            let by_pool = pool.acquire().await.err();
            [by_pool, login.connect().await.err()]
        };
        let errors = timeout(Duration::from_secs(20), hanging).await;
        for error in errors.expect("no hang") {
            let Some(sqlx::Error::Io(error)) = error.and_then(WithSecretError::into_operation)
            else {
                panic!("another outcome");
            };
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }
    server.hangs_at(None);
    let second = pool.acquire().await.unwrap();
    drop((first, second));
}

#[tokio::test]
async fn a_connection_logs_in_by_what_is_pending_if_that_is_what_the_database_takes() {
    let server = Server::start("old").await;
    let vault = Vault::new(value(&server, "old"));
    let login = DatabaseLogin::new(vault.secret(), base());
    login.connect().await.unwrap();
    vault.create(value(&server, "new"));
    server.change_password("new");
    let mut connection = login.connect().await.unwrap();
    connection.ping().await.unwrap();
    assert_eq!(server.counts(), (2, 1));
}

#[tokio::test]
async fn a_pool_goes_on_through_a_rotation() {
    let (server, vault, pool) = site(4).await;
    let first = pool.acquire().await.unwrap();
    assert_eq!(server.counts(), (1, 0));

    // The database wants what is not current yet: one login finds out, for the pool.
    vault.create(value(&server, "new"));
    server.change_password("new");
    let second = pool.acquire().await.unwrap();
    let (logins, refusals) = server.counts();
    assert_eq!(refusals, 1);
    let third = pool.acquire().await.unwrap();
    assert_eq!(server.counts(), (logins + 1, 1));

    // It becomes current: nobody is refused any more, and the old one does not come back.
    vault.finish();
    let login = pool.pool().connect_options();
    assert_eq!(login.get_username(), "app");
    let fourth = pool.acquire().await.unwrap();
    assert_eq!(server.counts().1, 1);
    drop((first, second, third, fourth));
}

#[tokio::test]
async fn whoever_uses_the_pool_itself_gets_the_version_that_is_current() {
    let (server, vault, pool) = site(2).await;
    let first = pool.pool().acquire().await.unwrap();
    vault.create(value(&server, "new"));
    vault.finish();
    server.change_password("new");
    pool.login().secret().refresh_now().await.unwrap();
    let second = pool.pool().acquire().await.unwrap();
    assert_eq!(server.counts(), (2, 0));
    drop((first, second));
}

#[tokio::test]
async fn a_current_version_that_is_no_login_does_not_stop_the_pool() {
    let (server, vault, pool) = site(3).await;
    let first = pool.acquire().await.unwrap();
    vault.create("{}");
    vault.finish();
    pool.login().secret().refresh_now().await.unwrap();
    let second = pool.acquire().await.unwrap();
    let third = pool.acquire().await.unwrap();
    assert_eq!(server.counts(), (3, 0));
    drop((first, second, third));
    // Whoever opens another is told.
    pool.login().connect().await.unwrap_err();
}

#[tokio::test]
async fn many_who_ask_in_the_midst_of_a_rotation_are_all_served() {
    let (server, vault, pool) = site(20).await;
    vault.create(value(&server, "new"));
    server.change_password("new");
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let pool = pool.clone();
        asking.spawn(async move {
            let mut connection = pool.acquire().await.unwrap();
            connection.ping().await.unwrap();
            connection
        });
    }
    let connections = asking.join_all().await;
    assert_eq!(connections.len(), 20);
    let printed = format!("{pool:?}");
    assert!(
        !printed.contains("new") && !printed.contains("old"),
        "{printed}"
    );
}
