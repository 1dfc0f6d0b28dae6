//! The cache of secrets over a Secrets Manager that is not ours: ministack's.

mod case;
mod report;
mod site;

use crate::server::{self, Ending, Server};
use clap::Args;
use report::Report;
use site::Site;
use std::{error::Error, path::PathBuf, time::Duration};

/// Far more than all cases take on a busy machine.
const MAX_RUN: Duration = Duration::from_secs(150);

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The program `ministack`
    #[arg(long, value_name = "PROGRAM")]
    ministack: PathBuf,
    /// The file that it writes its log to
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
    /// Only cases that have this text in their name
    #[arg(long, value_name = "TEXT")]
    case: Option<String>,
}

/// Plays every case, and says what came of each.
pub(crate) async fn run(arguments: Arguments) -> Result<Report, Box<dyn Error>> {
    // It writes nothing but a note of its process, and that goes with the folder.
    let folder = tempfile::tempdir()?;
    let port = server::free_port()?;
    let mut command = server::tethered(&arguments.ministack, Ending::Terminate, &[]);
    command
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("TMPDIR", folder.path())
        .env("HOME", folder.path())
        // Both would listen at ports of their own.
        .env("IOT_MTLS_ENABLED", "0")
        .env("SFTP_ENABLED", "0");
    let server = Server::start("ministack", command, Ending::Terminate, &arguments.log)?;
    let work = play(port, arguments.case.as_deref());
    server.during(MAX_RUN, work).await
}

async fn play(port: u16, wanted: Option<&str>) -> Result<Report, Box<dyn Error>> {
    server::listening(port).await?;
    let site = Site::new(port).await?;
    let mut report = Report::default();
    for case in case::all() {
        if wanted.is_none_or(|text| case.name.contains(text)) {
            report.tell(&case, (case.play)(&site).await);
        }
    }
    match report.is_empty() {
        true => Err("no case has that text in its name".into()),
        false => Ok(report),
    }
}
