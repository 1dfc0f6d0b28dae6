//! `cargo xtask sim`: hands over to the simulation, which is built with optimisations and without AWS.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::Context as _;
use clap::ArgMatches;

use crate::{cargo, rest, rest_of};

/// How many seeds a run of `cargo xtask ci` plays, and one with `--full`.
const SEEDS: u32 = 3;
const SEEDS_OF_FULL: u32 = 20;

/// What the simulation is told.
#[derive(Debug)]
pub(crate) struct Options {
    rest: Vec<OsString>,
}

/// The command line; all of it is the simulation's own business, `--help` included.
pub(crate) fn arguments() -> clap::Command {
    clap::Command::new("sim")
        .about("Plays outages against the real router on paused time, and draws them (--help is the simulation's own)")
        .disable_help_flag(true)
        .arg(rest("ARGUMENTS OF THE SIMULATION").help("Goes to the simulation as it stands"))
}

impl From<&ArgMatches> for Options {
    fn from(matches: &ArgMatches) -> Self {
        Self {
            rest: rest_of(matches),
        }
    }
}

/// The simulation with `rest` for its arguments.
fn command(rest: &[OsString]) -> Command {
    let mut command = cargo::command(["run", "--release", "--package", "leeward-testkit"]);
    command.args(["--features", "sim", "--bin", "leeward-sim", "--"]);
    command.args(rest);
    command
}

/// Every scenario against its bars, with a few seeds or with many.
pub(crate) fn checked(full: bool) -> Command {
    let seeds = if full { SEEDS_OF_FULL } else { SEEDS };
    command(&["--check".into(), "--seeds".into(), seeds.to_string().into()])
}

/// Runs the simulation; its exit code is ours.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut command = command(&options.rest);
    let line = cargo::line(&command);
    eprintln!("$ {line}");
    let status = command
        .status()
        .with_context(|| format!("could not start `{line}`"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str =
        "cargo run --release --package leeward-testkit --features sim --bin leeward-sim --";

    #[test]
    fn passes_everything_on() {
        let rest = ["S2".into(), "--help".into()];
        assert_eq!(cargo::line(&command(&rest)), format!("{START} S2 --help"));
    }

    #[test]
    fn more_seeds_are_for_those_who_ask() {
        for (full, seeds) in [(false, 3), (true, 20)] {
            let expected = format!("{START} --check --seeds {seeds}");
            assert_eq!(cargo::line(&checked(full)), expected);
        }
    }
}
