//! `cargo xtask bench`: Leeward beside its peers.
//!
//! The benches are programs that print one row of JSON a line: `crates/leeward-bench/peers` (a workspace of its own,
//! so that no peer enters our lock file) compares, `crates/leeward-bench` measures our side alone.

use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::cargo;

mod row;

use row::Row;

const PEERS: &str = "crates/leeward-bench/peers/Cargo.toml";

/// What to measure, and how to tell.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Measures this area alone (all areas unless given)
    area: Option<String>,
    /// Prints an array of rows instead of a table
    #[arg(long)]
    json: bool,
    /// Measures Leeward alone: no peer is built
    #[arg(long)]
    ours: bool,
}

/// Measures, prints the rows, and fails if one of them misses its bar.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let mut command = command(options);
    ensure!(
        options.ours || cargo::root().join(PEERS).exists(),
        "there is no {PEERS} to compare with; measure our side with `cargo xtask bench --ours`"
    );
    let line = cargo::line(&command);
    eprintln!("$ {line}");
    let output = command
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("could not start `{line}`"))?;
    cargo::succeeded(&line, output.status)?;
    let rows =
        row::parse(&String::from_utf8(output.stdout).context("the bench printed no UTF-8")?)?;
    ensure!(
        !rows.is_empty(),
        "`{line}` printed no row: is there such an area?"
    );
    if options.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        print!("{}", row::table(&rows));
    }
    let missed: Vec<_> = rows
        .iter()
        .filter(|row| row.holds == Some(false))
        .map(Row::name)
        .collect();
    if missed.is_empty() {
        return Ok(());
    }
    bail!(
        "{} of {} figures miss their bar: {}",
        missed.len(),
        rows.len(),
        missed.join("; ")
    )
}

fn command(options: &Options) -> Command {
    let mut command = cargo::command(["run", "--profile", "bench"]);
    if options.ours {
        command.args(["--package", "leeward-bench"]);
    } else {
        // Not our own target folder: the peers' lock file may resolve a shared dependency differently.
        command
            .args(["--manifest-path", PEERS, "--bin", "leeward-bench-peers"])
            .env("CARGO_TARGET_DIR", "target/peers");
    }
    command.arg("--").args(&options.area).arg("--json");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(area: Option<&str>, ours: bool, expected: &str) {
        let options = Options {
            area: area.map(str::to_owned),
            json: false,
            ours,
        };
        assert_eq!(cargo::line(&command(&options)), expected);
    }

    #[test]
    fn peers_are_built_apart() {
        check(
            Some("circuit"),
            false,
            "CARGO_TARGET_DIR=target/peers cargo run --profile bench --manifest-path crates/leeward-bench/peers/Cargo.toml \
             --bin leeward-bench-peers -- circuit --json",
        );
        check(
            None,
            true,
            "cargo run --profile bench --package leeward-bench -- --json",
        );
    }
}
