use super::{instance::Instance, session::Session};
use crate::server::Ending;
use leeward_secret_cache::LoginOptions;
use sqlx::ConnectOptions;
use std::error::Error;
use tokio::process::Command;

/// Where every database listens.
pub(super) const HOST: &str = "127.0.0.1";
/// Who may do everything.
pub(super) const ADMIN: &str = "admin";

/// A kind of database, with all in which one differs from another.
pub(crate) trait Engine: Sized + Send + Sync + 'static {
    /// How a connection is asked for.
    type Options: LoginOptions + ConnectOptions<Connection: Session>;

    /// What people call it.
    const NAME: &'static str;
    /// What RDS calls it in secrets.
    const ENGINE: &'static str;
    /// The database that every connection begins with.
    const DATABASE: &'static str;
    /// How it is asked to end at once and in order.
    const ENDING: Ending;
    /// Asks what version it is.
    const VERSION: &'static str;
    /// Makes the table of a hundred orders, and what else users need.
    const ORDERS: &'static str;

    /// Makes what the server needs to start with, the administrator among it.
    fn create(instance: &Instance<Self>) -> impl Future<Output = Result<(), Box<dyn Error>>>;

    /// The server.
    fn server(instance: &Instance<Self>) -> Result<Command, Box<dyn Error>>;

    /// Connects as this user.
    fn options(port: u16, user: &str, password: &str) -> Self::Options;

    /// Whether it listens and lets nobody in yet.
    fn is_starting(error: &sqlx::Error) -> bool;

    /// Makes a user that may read the orders.
    fn make_user(user: &str, password: &str) -> String;

    /// Changes the password; a user may do so for itself.
    fn change_password(user: &str, password: &str) -> String;

    /// Counts the logins of a user, by what it says itself: `log` is its log.
    fn logins(
        admin: &mut Connection<Self>,
        log: &str,
        user: &str,
    ) -> impl Future<Output = Result<Logins, Box<dyn Error>>>;
}

/// A connection to such a database.
pub(crate) type Connection<E> = <<E as Engine>::Options as ConnectOptions>::Connection;

/// How often users were let in and turned away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Logins {
    pub(super) admitted: u64,
    pub(super) refused: u64,
}

/// How many lines of a log have this text.
pub(super) fn lines_with(log: &str, text: &str) -> u64 {
    log.lines().map(|line| u64::from(line.contains(text))).sum()
}
