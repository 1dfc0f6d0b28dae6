use super::{
    engine::{self, ADMIN, Connection, Engine, HOST, Logins},
    instance::{self, Instance},
};
use crate::server::Ending;
use aws_lc_rs::{digest, hmac, pbkdf2};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::{error::Error, num::NonZeroU32};
use tokio::process::Command;

/// Instead of 4096, of which a build without optimisations does a few in a second, and what is played would be a handful of logins.
const SCRAM_ITERATIONS: NonZeroU32 = NonZeroU32::new(32).expect("more than zero");

/// The PostgreSQL of Debian or of others.
pub(crate) struct Postgres;

impl Engine for Postgres {
    type Options = PgConnectOptions;

    const NAME: &'static str = "PostgreSQL";
    const ENGINE: &'static str = "postgres";
    const DATABASE: &'static str = "postgres";
    const ENDING: Ending = Ending::Interrupt;
    const VERSION: &'static str = "SHOW server_version";
    const ORDERS: &'static str = "CREATE TABLE orders (id bigint PRIMARY KEY); \
        INSERT INTO orders SELECT generate_series(1, 100); \
        CREATE ROLE reader; GRANT SELECT ON orders TO reader";

    async fn create(instance: &Instance<Self>) -> Result<(), Box<dyn Error>> {
        let password_file = instance.private_file("password", instance.password())?;
        let mut create = instance.command("initdb")?;
        create.args(["--auth=scram-sha-256", "--no-sync", "--locale=C"]);
        create.args(["--encoding=UTF8", "--username", ADMIN]);
        create.arg("--pgdata").arg(instance.data());
        create.arg("--pwfile").arg(password_file);
        instance::done("initdb", create).await?;
        Ok(())
    }

    fn server(instance: &Instance<Self>) -> Result<Command, Box<dyn Error>> {
        let mut server = instance.command("postgres")?;
        server.arg("-D").arg(instance.data());
        server.args(["-p", &instance.port().to_string(), "-h", HOST]);
        for setting in [
            "unix_socket_directories=",
            "log_connections=on",
            "log_min_error_statement=panic",
            "fsync=off",
            "jit=off",
            "shared_buffers=16MB",
        ] {
            server.args(["-c", setting]);
        }
        Ok(server)
    }

    fn options(port: u16, user: &str, password: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host(HOST)
            .port(port)
            .username(user)
            .password(password)
            .database(Self::DATABASE)
            .ssl_mode(PgSslMode::Disable)
    }

    fn is_starting(error: &sqlx::Error) -> bool {
        const IS_STARTING: &str = "57P03";
        let answered = error.as_database_error();
        answered.is_some_and(|error| error.code().as_deref() == Some(IS_STARTING))
    }

    fn make_user(user: &str, password: &str) -> String {
        let verifier = verifier(password);
        format!("CREATE ROLE {user} LOGIN IN ROLE reader PASSWORD '{verifier}'")
    }

    fn change_password(user: &str, password: &str) -> String {
        let verifier = verifier(password);
        format!("ALTER USER {user} PASSWORD '{verifier}'")
    }

    async fn logins(
        _: &mut Connection<Self>,
        log: &str,
        user: &str,
    ) -> Result<Logins, Box<dyn Error>> {
        Ok(read(log, user))
    }
}

/// What PostgreSQL keeps of a password (`pg_authid.rolpassword` in its documentation, RFC 5803), and takes in its place.
fn verifier(password: &str) -> String {
    let salt: [u8; 16] = std::array::from_fn(|_| fastrand::u8(..));
    let mut salted = [0; digest::SHA256_OUTPUT_LEN];
    let by = pbkdf2::PBKDF2_HMAC_SHA256;
    pbkdf2::derive(
        by,
        SCRAM_ITERATIONS,
        &salt,
        password.as_bytes(),
        &mut salted,
    );
    let salted = hmac::Key::new(hmac::HMAC_SHA256, &salted);
    let client_key = hmac::sign(&salted, b"Client Key");
    let stored_key = digest::digest(&digest::SHA256, client_key.as_ref());
    let server_key = hmac::sign(&salted, b"Server Key");
    let text = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    format!(
        "SCRAM-SHA-256${SCRAM_ITERATIONS}:{}${}:{}",
        text(&salt),
        text(stored_key.as_ref()),
        text(server_key.as_ref())
    )
}

fn read(log: &str, user: &str) -> Logins {
    let refused = format!("FATAL:  password authentication failed for user \"{user}\"");
    Logins {
        admitted: engine::lines_with(log, &format!("connection authorized: user={user} ")),
        refused: engine::lines_with(log, &refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_told_apart() {
        let log = "\
2026-11-22 08:00:00.000 UTC [7] LOG:  connection authorized: user=app1 database=postgres
2026-11-22 08:00:00.100 UTC [8] LOG:  connection authorized: user=app1_clone database=postgres
2026-11-22 08:00:00.200 UTC [9] LOG:  connection authorized: user=app1 database=postgres
2026-11-22 08:00:00.400 UTC [9] FATAL:  password authentication failed for user \"app1\"
2026-11-22 08:00:00.400 UTC [9] DETAIL:  Connection matched pg_hba.conf line 95
";
        let logins = |admitted, refused| Logins { admitted, refused };
        assert_eq!(read(log, "app1"), logins(2, 1));
        assert_eq!(read(log, "app1_clone"), logins(1, 0));
        assert_eq!(read(log, "app"), logins(0, 0));
    }
}
