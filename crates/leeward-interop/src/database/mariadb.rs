use super::{
    engine::{self, ADMIN, Connection, Engine, HOST, Logins},
    instance::{self, Instance},
    session::Session,
};
use crate::server::Ending;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use std::{
    error::Error,
    fs::{self, File},
    path::PathBuf,
};
use tokio::process::Command;

const PROGRAM: &str = "mariadbd";

/// The MariaDB of Debian, as sqlx and everybody else speak to a MySQL.
pub(crate) struct MariaDb;

impl Engine for MariaDb {
    type Options = MySqlConnectOptions;

    const NAME: &'static str = "MariaDB";
    const ENGINE: &'static str = "mariadb";
    const DATABASE: &'static str = "shop";
    const ENDING: Ending = Ending::Terminate;
    const VERSION: &'static str = "SELECT version()";
    const ORDERS: &'static str = "CREATE TABLE orders (id bigint PRIMARY KEY); \
        INSERT INTO orders SELECT seq FROM seq_1_to_100";

    /// Makes the tables of the system and the administrator, and leaves out what `mariadb-install-db` makes besides: users without
    /// passwords.
    async fn create(instance: &Instance<Self>) -> Result<(), Box<dyn Error>> {
        let tables = system_tables(instance)?;
        let tables = fs::read_to_string(&tables)
            .map_err(|error| format!("could not read {}: {error}", tables.display()))?;
        let (password, database) = (instance.password(), Self::DATABASE);
        // A statement may end nowhere but at the end of a line.
        let script = format!(
            "CREATE DATABASE mysql;\nUSE mysql;\n{tables}\nCREATE DATABASE {database};\nFLUSH PRIVILEGES;\n\
            CREATE USER {ADMIN}@'{HOST}' IDENTIFIED BY '{password}';\n\
            GRANT ALL PRIVILEGES ON *.* TO {ADMIN}@'{HOST}' WITH GRANT OPTION;\n"
        );
        let script = instance.private_file("bootstrap.sql", &script)?;
        let mut create = command(instance)?;
        create.arg("--bootstrap").stdin(File::open(&script)?);
        instance::done("mariadbd --bootstrap", create).await?;
        Ok(fs::remove_file(script)?)
    }

    fn server(instance: &Instance<Self>) -> Result<Command, Box<dyn Error>> {
        let mut server = command(instance)?;
        let path = |name| instance.folder().join(name).display().to_string();
        for option in [
            format!("--bind-address={HOST}"),
            format!("--port={}", instance.port()),
            format!("--socket={}", path("socket")),
            format!("--pid-file={}", path("pid")),
            "--skip-name-resolve".to_owned(),
            // Counts who was let in, and tells in the log who was not.
            "--userstat".to_owned(),
            "--log-warnings=2".to_owned(),
        ] {
            server.arg(option);
        }
        Ok(server)
    }

    fn options(port: u16, user: &str, password: &str) -> MySqlConnectOptions {
        MySqlConnectOptions::new()
            .host(HOST)
            .port(port)
            .username(user)
            .password(password)
            .database(Self::DATABASE)
            .ssl_mode(MySqlSslMode::Disabled)
    }

    /// Whoever comes too early waits until it is ready.
    fn is_starting(_: &sqlx::Error) -> bool {
        false
    }

    fn make_user(user: &str, password: &str) -> String {
        format!("CREATE USER {user} IDENTIFIED BY '{password}'; GRANT SELECT ON orders TO {user}")
    }

    /// By the one statement that needs no right where it is one's own.
    fn change_password(user: &str, password: &str) -> String {
        format!("SET PASSWORD FOR {user} = PASSWORD('{password}')")
    }

    async fn logins(
        admin: &mut Connection<Self>,
        log: &str,
        user: &str,
    ) -> Result<Logins, Box<dyn Error>> {
        let admitted = format!(
            "SELECT concat(coalesce(sum(total_connections), 0)) \
            FROM information_schema.user_statistics WHERE user = '{user}'"
        );
        Ok(Logins {
            admitted: admin.ask(admitted).await?.parse()?,
            refused: refused(log, user),
        })
    }
}

/// What is said to the server, and to what makes the tables.
fn command(instance: &Instance<MariaDb>) -> Result<Command, Box<dyn Error>> {
    let share = system_tables(instance)?;
    let share = share.parent().expect("a file is in a folder").display();
    let mut command = instance.command(PROGRAM)?;
    // First: nothing else of the machine is heeded.
    command.arg("--no-defaults");
    for option in [
        format!("--datadir={}", instance.data().display()),
        format!("--tmpdir={}", instance.folder().display()),
        format!("--lc-messages-dir={share}"),
        format!("--character-sets-dir={share}/charsets"),
        // Logins need none of what takes time and space here.
        "--innodb=OFF".to_owned(),
        "--default-storage-engine=Aria".to_owned(),
    ] {
        command.arg(option);
    }
    Ok(command)
}

/// The statements that make the tables of the system, which lie beside what else it reads; newer packages have another name for both.
fn system_tables(instance: &Instance<MariaDb>) -> Result<PathBuf, Box<dyn Error>> {
    let program = instance.program(PROGRAM)?;
    let above = program.parent().and_then(|folder| folder.parent());
    let names = ["mysql", "mariadb"].map(|name| format!("{name}_system_tables.sql"));
    let places = above.into_iter().flat_map(|above| {
        let folders = ["mysql", "mariadb"].map(|name| above.join("share").join(name));
        let files = |folder: PathBuf| names.clone().map(|name| folder.join(name));
        folders.into_iter().flat_map(files)
    });
    let mut files = places.filter(|path| path.is_file());
    let file = files.next();
    file.ok_or_else(|| format!("no system tables come with {}", program.display()).into())
}

fn refused(log: &str, user: &str) -> u64 {
    engine::lines_with(log, &format!("Access denied for user '{user}'@"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        let log = "\
2026-11-22 11:26:02 5 [Warning] Access denied for user 'app'@'127.0.0.1' (using password: YES)
2026-11-22 11:26:02 6 [Warning] Access denied for user 'app_clone'@'127.0.0.1' (using password: YES)
2026-11-22 11:26:02 7 [Warning] Access denied for user 'app'@'127.0.0.1' (using password: YES)
2026-11-22 11:26:03 8 [Warning] Aborted connection 3 to db: 'shop' user: 'app' host: '127.0.0.1'
";
        assert_eq!(refused(log, "app"), 2);
        assert_eq!(refused(log, "app_clone"), 1);
        assert_eq!(refused(log, "ap"), 0);
    }
}
