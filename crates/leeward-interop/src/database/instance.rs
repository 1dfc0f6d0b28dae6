use super::{
    engine::{ADMIN, Engine},
    rotation,
};
use crate::server::{self, Server};
use rustix::process::geteuid;
use std::{
    error::Error,
    fs::{self, DirBuilder, OpenOptions},
    io::Write,
    marker::PhantomData,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, chown},
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{process::Command, time::timeout};

/// How long it may take on a busy machine to make an empty database.
const MAX_CREATION: Duration = Duration::from_secs(60);
/// Who runs it where we are root, which databases refuse to be run by.
const ORDINARY_USER: &str = "nobody";

/// A database whose data lie in a folder that goes with it.
pub(crate) struct Instance<E> {
    folder: TempDir,
    programs: PathBuf,
    libraries: Option<PathBuf>,
    /// Whom it is run by; nothing if that is us.
    identity: Option<Identity>,
    port: u16,
    password: String,
    engine: PhantomData<E>,
}

#[derive(Clone, Copy)]
struct Identity {
    user: u32,
    group: u32,
}

impl<E: Engine> Instance<E> {
    /// Makes one that takes passwords alone, at a port of this machine alone.
    pub(super) async fn create(
        programs: &Path,
        libraries: Option<&Path>,
    ) -> Result<Self, Box<dyn Error>> {
        let folder = tempfile::Builder::new().prefix("leeward-").tempdir()?;
        let identity = match geteuid().is_root() {
            true => Some(Identity::of(ORDINARY_USER).await?),
            false => None,
        };
        let instance = Self {
            folder,
            programs: programs.to_owned(),
            libraries: libraries.map(Path::to_owned),
            identity,
            port: server::free_port()?,
            password: rotation::password(),
            engine: PhantomData,
        };
        instance.hand_over(instance.folder())?;
        DirBuilder::new().mode(0o700).create(instance.data())?;
        instance.hand_over(&instance.data())?;
        E::create(&instance).await?;
        Ok(instance)
    }

    /// Starts the server, which writes to `log` who is refused.
    pub(super) fn start(&self, log: &Path) -> Result<Server, Box<dyn Error>> {
        Server::start(E::NAME, E::server(self)?, E::ENDING, log)
    }

    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn password(&self) -> &str {
        &self.password
    }

    /// Connects to it as the administrator.
    pub(super) fn admin(&self) -> E::Options {
        E::options(self.port, ADMIN, &self.password)
    }

    /// Where its user may write.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the data lie.
    pub(super) fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// Where this program is, wherever links lead to.
    pub(super) fn program(&self, name: &str) -> Result<PathBuf, Box<dyn Error>> {
        let program = self.programs.join(name);
        let found = fs::canonicalize(&program);
        found.map_err(|error| format!("no program {}: {error}", program.display()).into())
    }

    /// Runs one of its programs as its user.
    pub(super) fn command(&self, name: &str) -> Result<Command, Box<dyn Error>> {
        let identity = self.identity.map(Identity::options).unwrap_or_default();
        let mut command = server::tethered(self.program(name)?, E::ENDING, &identity);
        // Where its user may be, and with messages as they are read here.
        command.current_dir(self.folder()).env("LC_ALL", "C");
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        Ok(command)
    }

    /// A new file that nobody but its user reads.
    pub(super) fn private_file(&self, name: &str, text: &str) -> Result<PathBuf, Box<dyn Error>> {
        let path = self.folder().join(name);
        let mut file = OpenOptions::new();
        let file = file.write(true).create_new(true).mode(0o600);
        file.open(&path)?.write_all(text.as_bytes())?;
        self.hand_over(&path)?;
        Ok(path)
    }

    fn hand_over(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        if let Some(Identity { user, group }) = self.identity {
            chown(path, Some(user), Some(group))?;
        }
        Ok(())
    }
}

impl Identity {
    async fn of(user: &str) -> Result<Self, Box<dyn Error>> {
        let number = async |which| {
            let mut id = Command::new("id");
            id.args([which, user]);
            let answer = done("id", id).await?;
            Ok::<u32, Box<dyn Error>>(String::from_utf8(answer.stdout)?.trim().parse()?)
        };
        Ok(Self {
            user: number("-u").await?,
            group: number("-g").await?,
        })
    }

    /// As setpriv is told.
    fn options(self) -> Vec<String> {
        vec![
            format!("--reuid={}", self.user),
            format!("--regid={}", self.group),
            "--clear-groups".to_owned(),
        ]
    }
}

/// Runs a program to its end.
pub(super) async fn done(name: &str, mut command: Command) -> Result<Output, Box<dyn Error>> {
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
