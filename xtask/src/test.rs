//! `cargo xtask test`: every test of the workspace in one call of cargo.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use clap::ArgMatches;

use crate::{cargo, flag, rest, rest_of};

/// What to test, and how hard.
#[derive(Debug)]
pub(crate) struct Options {
    full: bool,
    loom: bool,
    rest: Vec<OsString>,
}

/// The command line.
pub(crate) fn arguments() -> clap::Command {
    clap::Command::new("test")
        .about("Runs unit, integration and documentation tests of all crates in one call of cargo")
        .arg(flag("full").help("Raises the counts of the long tests (they read LEEWARD_FULL=1)"))
        .arg(
            flag("loom")
                .help("Plays every interleaving of the lock-free cores instead, in target/loom")
                .conflicts_with_all(["full", "rest"]),
        )
        .arg(
            rest("ARGUMENTS OF CARGO TEST").help(
                "Goes to `cargo test` as it stands; with `-p CRATE` only that crate is tested",
            ),
        )
}

impl From<&ArgMatches> for Options {
    fn from(matches: &ArgMatches) -> Self {
        Self {
            full: matches.get_flag("full"),
            loom: matches.get_flag("loom"),
            rest: rest_of(matches),
        }
    }
}

impl Options {
    /// Everything, once; `full` raises the counts of the long tests.
    pub(crate) fn everything(full: bool) -> Self {
        Self {
            full,
            loom: false,
            rest: Vec::new(),
        }
    }

    /// The models of the lock-free cores.
    pub(crate) fn models() -> Self {
        Self {
            full: false,
            loom: true,
            rest: Vec::new(),
        }
    }
}

/// Runs the tests; their report goes to our own output.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    if options.loom {
        look_for_models()?;
    }
    cargo::run(command(options))
}

/// Fails if there is nothing to play: cargo takes a run of no tests for a success.
fn look_for_models() -> anyhow::Result<()> {
    let mut command = models();
    command.args(["--", "--list"]).stderr(Stdio::inherit());
    let line = cargo::line(&command);
    let listed = command
        .output()
        .with_context(|| format!("could not start `{line}`"))?;
    cargo::succeeded(&line, listed.status)?;
    let listed = String::from_utf8_lossy(&listed.stdout);
    ensure!(
        listed.lines().any(|line| line.ends_with(": test")),
        "`{line}` lists no test: a model is a test in a module `model`, compiled under `cfg(all(test, leeward_loom))`"
    );
    Ok(())
}

fn command(options: &Options) -> Command {
    if options.loom {
        return models();
    }
    let mut command = cargo::command(["test"]);
    // Beside `--workspace` cargo takes no notice of `-p`.
    let mut for_cargo = options
        .rest
        .iter()
        .filter_map(|word| word.to_str())
        .take_while(|word| *word != "--");
    if !for_cargo.any(names_a_package) {
        command.arg("--workspace");
    }
    command.arg("--all-features").args(&options.rest);
    if options.full {
        command.env("LEEWARD_FULL", "1");
    }
    command
}

/// A model is a test in a module `model`; its crate takes atomics from loom under this `cfg`, which every crate is compiled
/// with, hence the target folder of its own.
fn models() -> Command {
    let mut command = cargo::command(["test", "--release", "-p", "leeward-resilience", "--lib"]);
    command
        .arg("::model::")
        .env("CARGO_TARGET_DIR", "target/loom")
        .env("RUSTFLAGS", "--cfg leeward_loom");
    command
}

fn names_a_package(word: &str) -> bool {
    word == "--package"
        || word.starts_with("--package=")
        || (word.starts_with("-p") && !word.starts_with("--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(full: bool, rest: &[&str], expected: &str) {
        let options = Options {
            full,
            loom: false,
            rest: rest.iter().map(Into::into).collect(),
        };
        assert_eq!(cargo::line(&command(&options)), expected);
    }

    #[test]
    fn tests_everything_unless_told_otherwise() {
        check(false, &[], "cargo test --workspace --all-features");
        check(
            false,
            &["router", "--", "--nocapture"],
            "cargo test --workspace --all-features router -- --nocapture",
        );
        check(
            false,
            &["--", "-p"],
            "cargo test --workspace --all-features -- -p",
        );
        check(
            false,
            &["-p", "leeward"],
            "cargo test --all-features -p leeward",
        );
        check(
            false,
            &["--package=leeward"],
            "cargo test --all-features --package=leeward",
        );
    }

    #[test]
    fn models_are_compiled_apart() {
        assert_eq!(
            cargo::line(&command(&Options::models())),
            "CARGO_TARGET_DIR=target/loom RUSTFLAGS='--cfg leeward_loom' cargo test --release -p leeward-resilience --lib \
             ::model::"
        );
    }

    #[test]
    fn says_to_the_tests_that_they_may_take_long() {
        check(
            true,
            &[],
            "LEEWARD_FULL=1 cargo test --workspace --all-features",
        );
    }
}
