//! A program that serves for as long as it is needed, and writes a log.

use std::{
    error::Error,
    ffi::OsStr,
    fs::{self, File},
    future::Future,
    io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    process::{Child, Command},
    select,
    time::{sleep, timeout},
};

/// How long a server has to answer for the first time; Python imports for some seconds on a busy machine.
pub(crate) const MAX_START: Duration = Duration::from_secs(60);
/// How long it has to end.
const MAX_END: Duration = Duration::from_secs(20);
/// Below what systems give out by themselves, so that nobody else is given one meanwhile.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A program that runs until it is ended, which happens at the latest when we end.
pub(crate) struct Server {
    name: &'static str,
    child: Child,
    ending: Ending,
    log: PathBuf,
}

/// How a server is asked to end at once and in order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    Interrupt,
    Terminate,
}

/// A command for a program that gets the signal when we end in a way that lets us do nothing more, on machines that can see to it.
///
/// With `identity`, options of setpriv, it runs as somebody else.
pub(crate) fn tethered(program: impl AsRef<OsStr>, ending: Ending, identity: &[String]) -> Command {
    let can = || {
        std::process::Command::new("setpriv")
            .arg("--version")
            .output()
    };
    if identity.is_empty() && !can().is_ok_and(|answer| answer.status.success()) {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(identity).args(["--pdeathsig", ending.name()]);
    command.arg("--").arg(program);
    command
}

/// A port of this machine that nobody listens at.
pub(crate) fn free_port() -> io::Result<u16> {
    let mut refused = None;
    for _ in 0..100 {
        let port = fastrand::u16(PORTS);
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) => return Ok(port),
            Err(error) => refused = Some(error),
        }
    }
    Err(refused.expect("it was tried"))
}

/// Waits until somebody listens at `port`.
pub(crate) async fn listening(port: u16) -> Result<(), Box<dyn Error>> {
    let connected = async {
        while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_err()
        {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = timeout(MAX_START, connected).await;
    waited.map_err(|_| format!("nobody listens at port {port} after {MAX_START:?}").into())
}

impl Server {
    /// Starts `command`, whose words go to the file `log`.
    pub(crate) fn start(
        name: &'static str,
        mut command: Command,
        ending: Ending,
        log: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let file = File::create(log);
        let file = file.map_err(|error| format!("could not write {}: {error}", log.display()))?;
        let spawned = command
            .stdin(Stdio::null())
            .stderr(file.try_clone()?)
            .stdout(file)
            .kill_on_drop(true)
            .spawn();
        let child = spawned.map_err(|error| format!("could not start {name}: {error}"))?;
        Ok(Self {
            name,
            child,
            ending,
            log: log.to_owned(),
        })
    }

    /// Does `work` while it runs, for `max_run` at the most, and ends it whatever comes of that; a Ctrl-C is no exception.
    pub(crate) async fn during<T>(
        mut self,
        max_run: Duration,
        work: impl Future<Output = Result<T, Box<dyn Error>>>,
    ) -> Result<T, Box<dyn Error>> {
        let outcome = select! {
            outcome = timeout(max_run, work) => {
                outcome.unwrap_or_else(|_| Err(format!("not done after {max_run:?}").into()))
            }
            status = self.child.wait() => {
                Err(format!("{} ended by itself, {}:\n{}", self.name, status?, self.last_words()).into())
            }
            signal = interrupted() => Err(format!("ended by {}", signal?).into()),
        };
        let ended = self.end().await;
        let kept = |error: Box<dyn Error>| {
            format!(
                "{}; the log is {}",
                crate::error::told(&*error),
                self.log.display()
            )
        };
        let value = outcome.map_err(kept)?;
        ended?;
        Ok(value)
    }

    async fn end(&mut self) -> Result<(), Box<dyn Error>> {
        let Some(id) = self.child.id() else {
            return Ok(());
        };
        self.ending.send(id)?;
        if timeout(MAX_END, self.child.wait()).await.is_err() {
            self.child.kill().await?;
            let name = self.name;
            return Err(format!("{name} did not end within {MAX_END:?} and was killed").into());
        }
        Ok(())
    }

    fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Ending {
    const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "INT",
            Self::Terminate => "TERM",
        }
    }

    #[cfg(unix)]
    fn send(self, id: u32) -> Result<(), Box<dyn Error>> {
        use rustix::process::{Pid, Signal, kill_process};

        let signal = match self {
            Self::Interrupt => Signal::INT,
            Self::Terminate => Signal::TERM,
        };
        let id = Pid::from_raw(id.try_into()?).ok_or("a process without a number")?;
        Ok(kill_process(id, signal)?)
    }

    // It is killed when nobody has it any more.
    #[cfg(not(unix))]
    fn send(self, _: u32) -> Result<(), Box<dyn Error>> {
        Ok(())
    }
}

/// Which signal asks us to end, as soon as one does.
#[cfg(unix)]
async fn interrupted() -> io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(select! {
        _ = interrupt.recv() => "SIGINT",
        _ = terminate.recv() => "SIGTERM",
        _ = hang_up.recv() => "SIGHUP",
    })
}

#[cfg(not(unix))]
async fn interrupted() -> io::Result<&'static str> {
    tokio::signal::ctrl_c().await?;
    Ok("Ctrl-C")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn log(folder: &tempfile::TempDir) -> PathBuf {
        folder.path().join("log")
    }

    #[tokio::test]
    async fn a_server_lives_as_long_as_the_work() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = tethered("sleep", Ending::Terminate, &[]);
        command.arg("1000");
        let server = Server::start("sleep", command, Ending::Terminate, &log(&folder)).unwrap();
        let id = server.child.id().unwrap();
        let is_there = || {
            std::process::Command::new("kill")
                .args(["-0", &id.to_string()])
                .output()
        };
        let work = async { Ok(is_there()?.status.success()) };
        let was_there = server.during(Duration::from_secs(60), work).await.unwrap();
        assert!(was_there && !is_there().unwrap().status.success());
    }

    #[tokio::test]
    async fn a_server_that_ends_by_itself_is_told_with_its_last_words() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo the port is taken; exit 3"]);
        let server = Server::start("sh", command, Ending::Interrupt, &log(&folder)).unwrap();
        let never = std::future::pending::<Result<(), _>>();
        let error = server
            .during(Duration::from_secs(60), never)
            .await
            .unwrap_err();
        let error = error.to_string();
        assert!(
            error.starts_with("sh ended by itself, exit status: 3:\nthe port is taken"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn work_that_takes_too_long_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sleep");
        command.arg("1000");
        let server = Server::start("sleep", command, Ending::Terminate, &log(&folder)).unwrap();
        let never = std::future::pending::<Result<(), _>>();
        let error = server
            .during(Duration::from_millis(1), never)
            .await
            .unwrap_err();
        assert!(
            error.to_string().starts_with("not done after 1ms"),
            "{error}"
        );
    }
}
