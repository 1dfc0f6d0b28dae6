//! An emulator of AWS that is not ours, and what is played over it.

mod case;
mod report;

pub(crate) use case::{Case, Lacking, Trouble, same, soon, there};
pub(crate) use report::Report;

use crate::server::{self, Ending, Server};
use clap::Args;
use futures_util::future;
use std::{error::Error, path::PathBuf, time::Duration};
use tokio::time::Instant;

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

impl Arguments {
    /// Starts it, and plays those of the cases that are wanted at a site that `open` makes of its port, those of one lane one after the
    /// other beside those of all other lanes, and the `last` after all of them; says what came of each.
    pub(crate) async fn play<S, Fut>(
        &self,
        title: &'static str,
        max_run: Duration,
        open: impl FnOnce(u16) -> Fut,
        lanes: Vec<Vec<Case<S>>>,
        last: Vec<Case<S>>,
    ) -> Result<Report, Box<dyn Error>>
    where
        Fut: Future<Output = Result<S, Box<dyn Error>>>,
    {
        // It writes nothing but a note of its process, and that goes with the folder.
        let folder = tempfile::tempdir()?;
        let port = server::free_port()?;
        let mut command = server::tethered(&self.ministack, Ending::Terminate, &[]);
        command
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("TMPDIR", folder.path())
            .env("HOME", folder.path())
            // Both would listen at ports of their own.
            .env("IOT_MTLS_ENABLED", "0")
            .env("SFTP_ENABLED", "0");
        let server = Server::start("ministack", command, Ending::Terminate, &self.log)?;
        let work = async {
            server::listening(port).await?;
            let site = open(port).await?;
            let mut report = Report::new(title);
            let lanes = lanes.into_iter().map(|lane| self.walk(&site, lane));
            let played = future::join_all(lanes).await;
            let last = self.walk(&site, last).await;
            for (case, outcome, took) in played.into_iter().flatten().chain(last) {
                report.tell(&case, outcome, took);
            }
            match report.is_empty() {
                true => Err("no case has that text in its name".into()),
                false => Ok(report),
            }
        };
        server.during(max_run, work).await
    }

    /// Plays what is wanted of a lane; gives with each case what came of it, and how long that took.
    async fn walk<S>(
        &self,
        site: &S,
        lane: Vec<Case<S>>,
    ) -> Vec<(Case<S>, Result<(), Trouble>, Duration)> {
        let mut played = Vec::new();
        for case in lane {
            let wanted = self.case.as_deref();
            if wanted.is_none_or(|text| case.name.contains(text)) {
                let begun = Instant::now();
                let outcome = (case.play)(site).await;
                played.push((case, outcome, begun.elapsed()));
            }
        }
        played
    }
}
