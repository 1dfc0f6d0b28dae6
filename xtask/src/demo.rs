//! `cargo xtask demo`: hands the terminal over to the main job.

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

use clap::ArgMatches;

use crate::{cargo, flag, rest, rest_of};

/// How to build the demo, and what it is told.
#[derive(Debug)]
pub(crate) struct Options {
    release: bool,
    rest: Vec<OsString>,
}

/// The command line; all but `--release` is the demo's own business, `--help` included.
pub(crate) fn arguments() -> clap::Command {
    clap::Command::new("demo")
        .about("Runs the main job: real input is encrypted while a Region goes silent (--help is the demo's own)")
        .disable_help_flag(true)
        .arg(flag("release").help("Builds with optimisations; stands before the options of the demo itself"))
        .arg(rest("ARGUMENTS OF THE DEMO").help("Goes to the demo as it stands"))
}

impl From<&ArgMatches> for Options {
    fn from(matches: &ArgMatches) -> Self {
        Self {
            release: matches.get_flag("release"),
            rest: rest_of(matches),
        }
    }
}

/// The demo with `rest` for its arguments.
pub(crate) fn command(release: bool, rest: &[OsString]) -> Command {
    let mut command = cargo::command(["run", "--package", "leeward-demo"]);
    if release {
        command.arg("--release");
    }
    command.arg("--").args(rest);
    command
}

/// Runs the demo in our place: signals, terminal and exit code are its own.
pub(crate) fn run(options: &Options) -> ExitCode {
    let mut command = command(options.release, &options.rest);
    // A relative path among the arguments means what it meant to whoever typed it.
    if let Ok(here) = env::current_dir() {
        command.current_dir(here);
    }
    let line = cargo::line(&command);
    eprintln!("$ {line}");
    let error = match replace(&mut command) {
        Ok(code) => return code,
        Err(error) => error,
    };
    eprintln!("error: could not start `{line}`: {error}");
    ExitCode::FAILURE
}

// A Ctrl-C reaches everybody in the group at once. Were we to wait here, we would die of it while the demo still
// clears its half-written file away, and the shell would be back too early.
#[cfg(unix)]
fn replace(command: &mut Command) -> std::io::Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;

    Err(command.exec())
}

#[cfg(not(unix))]
fn replace(command: &mut Command) -> std::io::Result<ExitCode> {
    let code = command.status()?.code().unwrap_or(1);
    Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_everything_on() {
        let rest = ["--json".into(), "--help".into()];
        assert_eq!(
            cargo::line(&command(false, &rest)),
            "cargo run --package leeward-demo -- --json --help"
        );
        assert_eq!(
            cargo::line(&command(true, &[])),
            "cargo run --package leeward-demo --release --"
        );
    }
}
