use sqlx::{ConnectOptions, Connection, Database};

/// Options of connections that can be logged in by a secret: `PgConnectOptions` and `MySqlConnectOptions` of sqlx.
///
/// Nobody else can implement it.
pub trait LoginOptions:
    ConnectOptions<Connection: Connection<Database = Self::Of, Options = Self> + Sized> + LoginFields
{
    /// The kind of database.
    type Of: Database<Connection = Self::Connection>;
}

/// What a login sets.
pub trait LoginFields: Sized {
    #[must_use]
    fn set_login(self, username: &str, password: &str) -> Self;
    #[must_use]
    fn set_host(self, host: &str) -> Self;
    #[must_use]
    fn set_port(self, port: u16) -> Self;
    #[must_use]
    fn set_database(self, database: &str) -> Self;
}
