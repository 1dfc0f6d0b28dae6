//! Round trips of encrypted messages with the official SDKs for Python and Node.

mod case;
mod keyring;
mod ours;
mod peer;
mod report;
mod round;
mod site;

use clap::Args;
use peer::Peer;
use report::Report;
use site::Site;
use std::{error::Error, path::PathBuf};
use tokio::process::Command;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A Python that has aws-encryption-sdk; without it there are no round trips with Python
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// A folder with a node_modules that has @aws-crypto/client-node; without it there are no round trips with Node
    #[arg(long, value_name = "FOLDER")]
    node_packages: Option<PathBuf>,
    /// Only groups of cases that have this text in their name
    #[arg(long, value_name = "TEXT")]
    case: Option<String>,
}

/// Plays them, and says what came of each.
pub(crate) async fn run(arguments: Arguments) -> Result<Report, Box<dyn Error>> {
    let mut peers = Vec::new();
    let workers = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers");
    if let Some(python) = arguments.python {
        let mut command = Command::new(python);
        command.arg(workers.join("python/worker.py"));
        peers.push(Peer::start("Python", command).await?);
    }
    if let Some(packages) = arguments.node_packages {
        let mut command = Command::new("node");
        command.args(peer::node_options());
        command.arg(workers.join("node/worker.mjs"));
        command.arg(packages.canonicalize()?);
        peers.push(Peer::start("Node", command).await?);
    }
    if peers.is_empty() {
        return Err(
            "nobody to talk to: run `cargo xtask interop`, which installs the SDKs and names them"
                .into(),
        );
    }
    let site = Site::start().await?;
    let mut report = Report::new(&peers);
    for group in case::groups(&site) {
        let wanted = arguments.case.as_deref();
        if wanted.is_none_or(|text| group.name.contains(text)) {
            round::play(&site, &group, &mut peers, &mut report).await?;
        }
    }
    for peer in peers {
        peer.finish().await?;
    }
    if report.is_empty() {
        return Err("no group of cases has that text in its name".into());
    }
    Ok(report)
}
