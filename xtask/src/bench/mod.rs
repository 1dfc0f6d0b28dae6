//! `cargo xtask bench`: Leeward beside its peers.
//!
//! The benches are programs that print one row of JSON a line: `crates/leeward-bench/peers` (a workspace of its own,
//! so that no peer enters our lock file) compares, `crates/leeward-bench` measures our side alone.

use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, bail, ensure};
use clap::{Arg, ArgMatches};

use crate::{cargo, flag};

mod row;

use row::Row;

const PEERS: &str = "crates/leeward-bench/peers/Cargo.toml";

/// The areas that `leeward-bench` knows; a wrong one is refused before anything is built.
const AREAS: [&str; 5] = ["resilience", "router", "envelope", "taxonomy", "pool"];

/// How a bench ends that knows no such area.
const BAD_INPUT: u8 = 2;

/// What to measure, and how to tell.
#[derive(Debug)]
pub(crate) struct Options {
    area: Option<String>,
    json: bool,
    ours: bool,
}

/// The command line.
pub(crate) fn arguments() -> clap::Command {
    clap::Command::new("bench")
        .about("Measures Leeward beside its peers, and fails where a figure misses its bar")
        .arg(
            Arg::new("area")
                .value_name("AREA")
                .value_parser(AREAS)
                .help("Measures this area alone [default: all]"),
        )
        .arg(flag("json").help("Prints an array of rows instead of a table"))
        .arg(flag("ours").help("Measures Leeward alone: no peer is built"))
}

impl From<&ArgMatches> for Options {
    fn from(matches: &ArgMatches) -> Self {
        Self {
            area: matches.get_one::<String>("area").cloned(),
            json: matches.get_flag("json"),
            ours: matches.get_flag("ours"),
        }
    }
}

/// Measures, prints the rows, and fails if one of them misses its bar.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
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
    if output.status.code() == Some(BAD_INPUT.into()) {
        // The bench has said what is wrong with the area.
        return Ok(ExitCode::from(BAD_INPUT));
    }
    cargo::succeeded(&line, output.status)?;
    let rows =
        row::parse(&String::from_utf8(output.stdout).context("the bench printed no UTF-8")?)?;
    ensure!(
        !rows.is_empty(),
        "`{line}` printed no row: is there such an area?"
    );
    let count = rows.len();
    let missed: Vec<_> = rows
        .iter()
        .filter(|row| row.misses_its_bar())
        .map(Row::name)
        .collect();
    if options.json {
        println!("{:#}", row::json(rows));
    } else {
        print!("{}", row::table(&rows));
    }
    if missed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    bail!(
        "{} of {count} figures miss their bar: {}",
        missed.len(),
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
            Some("resilience"),
            false,
            "CARGO_TARGET_DIR=target/peers cargo run --profile bench --manifest-path crates/leeward-bench/peers/Cargo.toml \
             --bin leeward-bench-peers -- resilience --json",
        );
        check(
            None,
            true,
            "cargo run --profile bench --package leeward-bench -- --json",
        );
    }

    #[test]
    fn knows_the_areas_that_the_bench_knows() {
        let source = cargo::root().join("crates/leeward-bench/src/area.rs");
        let source = std::fs::read_to_string(source).unwrap();
        let named = source.lines().filter_map(|line| line.split_once("=> \""));
        let mut named: Vec<_> = named
            .map(|(_, name)| name.trim_end_matches("\","))
            .collect();
        let mut areas = AREAS;
        named.sort_unstable();
        areas.sort_unstable();
        assert_eq!(named, areas);
    }
}
