//! `cargo xtask demo`: hands the terminal over to the main job.

use std::env;
use std::ffi::OsString;
use std::process::{Command, ExitCode};

use crate::cargo;

/// How to build the demo, and what it is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Builds with optimisations (before any option of the demo itself)
    #[arg(long)]
    release: bool,
    /// Goes to the demo as it stands
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENTS OF THE DEMO"
    )]
    rest: Vec<OsString>,
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
