//! Round trips of messages with the official Encryption SDKs for Python and Node.

use std::ffi::OsString;
use std::process::Command;

use anyhow::bail;

use super::node::Node;
use super::python::{self, Python};
use super::{folder, found, node, pins};
use crate::cargo;

/// Who is there to exchange messages with.
struct Peers {
    python: Option<Python>,
    node: Option<Node>,
}

/// Installs what is missing, and plays the round trips.
pub(super) fn run(driver: Command, rest: &[OsString]) -> anyhow::Result<()> {
    let peers = Peers {
        python: found(python::look())?,
        node: found(node::look())?,
    };
    if peers.python.is_none() && peers.node.is_none() {
        bail!("there is nobody to exchange messages with: install Python or Node, as said above");
    }
    if let Some(python) = &peers.python {
        python.install(&folder("python"), &pins("python"), &[])?;
    }
    if let Some(node) = &peers.node {
        node.install()?;
    }
    cargo::run(told(driver, &peers, rest))
}

fn told(mut command: Command, peers: &Peers, rest: &[OsString]) -> Command {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_is_told_who_is_there() {
        let mut peers = Peers {
            python: None,
            node: Some(Node),
        };
        let rest = ["--case".into(), "KMS".into()];
        assert_eq!(
            cargo::line(&told(Command::new("driver"), &peers, &rest)),
            "driver --node-packages target/interop/node --case KMS"
        );
        peers.python = Some(Python::at("python3.12", "3.12.1"));
        peers.node = None;
        let line = cargo::line(&told(Command::new("driver"), &peers, &[]));
        assert!(
            line.starts_with("driver --python target/interop/python/"),
            "{line}"
        );
    }
}
