use super::{LoginOptions, options::LoginFields};
use sqlx::mysql::{MySql, MySqlConnectOptions};

impl LoginOptions for MySqlConnectOptions {
    type Of = MySql;
}

impl LoginFields for MySqlConnectOptions {
    fn set_login(self, username: &str, password: &str) -> Self {
        self.username(username).password(password)
    }

    fn set_host(self, host: &str) -> Self {
        self.host(host)
    }

    fn set_port(self, port: u16) -> Self {
        self.port(port)
    }

    fn set_database(self, database: &str) -> Self {
        self.database(database)
    }
}
