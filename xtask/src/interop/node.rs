//! The SDK for Node, in a `node_modules` of its own.

use super::{folder, install, pins, version};
use crate::cargo;
use anyhow::Context as _;
use std::fs;

/// The oldest that the SDK's dependencies take.
const LEAST: [u32; 1] = [20];

/// A Node that is new enough, with npm.
pub(super) struct Node;

/// Looks for it, or says what to do.
pub(super) fn look() -> Result<Node, String> {
    let advice = "install one for the round trips with it";
    let Some(found) = version::of("node") else {
        return Err(format!("no Node on the PATH: {advice}"));
    };
    if !version::is_at_least(&found, &LEAST) {
        return Err(format!(
            "Node is {found}, of which no version before 20 will do: {advice}"
        ));
    }
    match version::of("npm") {
        Some(_) => Ok(Node),
        None => Err(
            "Node is there, but npm is not on the PATH: install it for the round trips with Node"
                .to_owned(),
        ),
    }
}

impl Node {
    /// Fills the folder, unless it is as it should be.
    pub(super) fn install(&self) -> anyhow::Result<()> {
        let lock = pins("node").join("package-lock.json");
        let version = version::of("node").unwrap_or_default();
        let wanted = install::pinned(&lock, &version)?;
        install::once(&folder("node"), &wanted, |folder| {
            let to = cargo::root().join(folder);
            for name in ["package.json", "package-lock.json"] {
                let from = cargo::root().join(pins("node")).join(name);
                fs::copy(&from, to.join(name))
                    .with_context(|| format!("could not copy {}", from.display()))?;
            }
            let mut fill = cargo::program("npm");
            fill.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
            fill.args(["--loglevel", "error"]).current_dir(to);
            Ok(vec![fill])
        })
    }
}
