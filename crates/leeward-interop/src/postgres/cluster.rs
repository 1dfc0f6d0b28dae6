use crate::server::{self, Ending, Server};
use rustix::process::geteuid;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::{
    error::Error,
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, chown},
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

/// How long `initdb` may take on a busy machine.
const MAX_CREATION: Duration = Duration::from_secs(60);
/// Who runs it where we are root, which it refuses to be run by.
const ORDINARY_USER: &str = "nobody";
pub(super) const ADMIN: &str = "postgres";

/// A PostgreSQL whose data lie in a folder that goes with it.
pub(super) struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    libraries: Option<PathBuf>,
    /// Whom it is run by, as setpriv is told; nothing if that is us.
    identity: Vec<String>,
    port: u16,
    password: String,
}

impl Cluster {
    /// Makes one that takes passwords by SCRAM alone, at a port of this machine alone.
    pub(super) async fn create(
        programs: &Path,
        libraries: Option<&Path>,
    ) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::Builder::new()
            .prefix("leeward-postgres-")
            .tempdir()?;
        let password = super::rotation::password();
        let password_file = folder.path().join("password");
        let mut file = fs::OpenOptions::new();
        let mut file = file
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&password_file)?;
        writeln!(file, "{password}")?;
        let mut identity = Vec::new();
        if geteuid().is_root() {
            let (user, group) = (id_of("-u").await?, id_of("-g").await?);
            for path in [folder.path(), &password_file] {
                chown(path, Some(user), Some(group))?;
            }
            identity = vec![
                format!("--reuid={user}"),
                format!("--regid={group}"),
                "--clear-groups".to_owned(),
            ];
        }
        let cluster = Self {
            folder,
            programs: programs.to_owned(),
            libraries: libraries.map(Path::to_owned),
            identity,
            port: server::free_port()?,
            password,
        };
        let mut create = cluster.command("initdb");
        create.args(["--auth=scram-sha-256", "--no-sync", "--locale=C"]);
        create.args(["--encoding=UTF8", "--username", ADMIN, "--pgdata"]);
        create
            .arg(cluster.data())
            .arg("--pwfile")
            .arg(password_file);
        done("initdb", create).await?;
        Ok(cluster)
    }

    /// Starts the server, which writes to `log` who logs in and who is refused.
    pub(super) fn start(&self, log: &Path) -> Result<Server, Box<dyn Error>> {
        let mut serve = self.command("postgres");
        serve.arg("-D").arg(self.data());
        serve.args(["-p", &self.port.to_string(), "-h", "127.0.0.1"]);
        for setting in [
            "unix_socket_directories=",
            "log_connections=on",
            "log_min_error_statement=panic",
            "fsync=off",
            "jit=off",
            "shared_buffers=16MB",
        ] {
            serve.args(["-c", setting]);
        }
        Server::start("PostgreSQL", serve, Ending::Interrupt, log)
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Connects to it; as the administrator, unless a user is named.
    pub(super) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(self.port)
            .username(ADMIN)
            .password(&self.password)
            .database("postgres")
            .ssl_mode(PgSslMode::Disable)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = server::tethered(program, Ending::Interrupt, &self.identity);
        // Where its user may be, and with messages as they are read here.
        command.current_dir(self.folder.path()).env("LC_ALL", "C");
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }
}

/// The number of the ordinary user, or of its group.
async fn id_of(which: &str) -> Result<u32, Box<dyn Error>> {
    let mut id = Command::new("id");
    id.args([which, ORDINARY_USER]);
    let answer = done("id", id).await?;
    Ok(String::from_utf8(answer.stdout)?.trim().parse()?)
}

async fn done(name: &str, mut command: Command) -> Result<Output, Box<dyn Error>> {
    let answer = timeout(MAX_CREATION, command.kill_on_drop(true).output()).await;
    let answer = answer.map_err(|_| format!("{name} is not done after {MAX_CREATION:?}"))?;
    let answer = answer.map_err(|error| format!("could not start {name}: {error}"))?;
    if answer.status.success() {
        return Ok(answer);
    }
    let words = String::from_utf8_lossy(&answer.stderr);
    let advice = "if it may not read its own files, move this checkout to where every user may";
    Err(format!(
        "{name} failed, {}: {}; {advice}",
        answer.status,
        words.trim()
    )
    .into())
}
