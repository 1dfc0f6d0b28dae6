//! `cargo xtask interop`: round trips with the official Encryption SDKs for Python and Node.
//!
//! The SDKs are installed below `target/interop`, at the versions that `crates/leeward-interop/peers` pins, and kept between
//! runs; nothing is installed anywhere else. The messages are the business of `leeward-interop`.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;
use clap::ArgMatches;

use crate::{cargo, rest, rest_of};

mod install;
mod node;
mod python;
mod version;

/// Where the SDKs are installed.
const FOLDER: &str = "target/interop";

/// What the driver of the round trips is told.
#[derive(Debug, Default)]
pub(crate) struct Options {
    rest: Vec<OsString>,
}

/// The command line.
pub(crate) fn arguments() -> clap::Command {
    clap::Command::new("interop")
        .about("Plays round trips of messages with the official Encryption SDKs for Python and Node, installed in target/interop")
        .arg(rest("ARGUMENTS OF LEEWARD-INTEROP").help(
            "Goes to the driver as it stands: `-- --case KMS` plays what has this text in its name",
        ))
}

impl From<&ArgMatches> for Options {
    fn from(matches: &ArgMatches) -> Self {
        Self {
            rest: rest_of(matches),
        }
    }
}

/// Installs what is missing, and plays the round trips.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let peers = Peers {
        python: found(python::look())?,
        node: found(node::look())?,
    };
    if peers.python.is_none() && peers.node.is_none() {
        bail!("there is nobody to exchange messages with: install Python or Node, as said above");
    }
    if let Some(python) = &peers.python {
        python.install()?;
    }
    if let Some(node) = &peers.node {
        node.install()?;
    }
    cargo::run(driver(&peers, &options.rest))
}

/// Who is there to exchange messages with.
struct Peers {
    python: Option<python::Python>,
    node: Option<node::Node>,
}

/// Leaves out who is missing, and says so; in CI that is a failure.
fn found<T>(looked: Result<T, String>) -> anyhow::Result<Option<T>> {
    match looked {
        Ok(peer) => Ok(Some(peer)),
        Err(missing) if is_ci() => bail!("{missing}; in CI nothing is left out"),
        Err(missing) => {
            eprintln!("left out: {missing}");
            Ok(None)
        }
    }
}

fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

fn driver(peers: &Peers, rest: &[OsString]) -> Command {
    let mut command = cargo::command(["run", "--package", "leeward-interop", "--"]);
    if peers.python.is_some() {
        command
            .arg("--python")
            .arg(folder("python").join(python::PROGRAM));
    }
    if peers.node.is_some() {
        command.arg("--node-packages").arg(folder("node"));
    }
    command.args(rest);
    command
}

/// Where something of this name is installed, from the root of the workspace.
fn folder(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name)
}

/// Where its versions are pinned.
fn pins(name: &str) -> PathBuf {
    Path::new("crates/leeward-interop/peers").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_is_told_who_is_there() {
        let mut peers = Peers {
            python: None,
            node: Some(node::Node),
        };
        let rest = ["--case".into(), "KMS".into()];
        assert_eq!(
            cargo::line(&driver(&peers, &rest)),
            "cargo run --package leeward-interop -- --node-packages target/interop/node --case KMS"
        );
        peers.python = Some(python::Python::at("python3.12", "3.12.1"));
        peers.node = None;
        let line = cargo::line(&driver(&peers, &[]));
        assert!(
            line.contains(" -- --python target/interop/python/"),
            "{line}"
        );
    }
}
