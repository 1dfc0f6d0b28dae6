//! `cargo xtask bench`: Leeward beside its peers.
//!
//! The benches are programs that print one row of JSON a line: `crates/leeward-bench/peers` (a workspace of its own,
//! so that no peer enters our lock file) compares, `crates/leeward-bench` measures our side alone. The official AWS
//! Encryption SDK takes twenty minutes to build and has a workspace by itself, `crates/leeward-bench/aws-esdk`, which is
//! built when it is asked for.

use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, bail, ensure};
use clap::{Arg, ArgMatches};

use crate::{cargo, flag};

mod row;

use row::Row;

const PEERS: &str = "crates/leeward-bench/peers/Cargo.toml";

const AWS_ESDK: &str = "crates/leeward-bench/aws-esdk/Cargo.toml";

/// The peer that is not built unless it is named.
const AWS_ESDK_NAME: &str = "aws-esdk";

/// What it can do.
const AREA_OF_AWS_ESDK: &str = "envelope";

/// The areas that `leeward-bench` knows; a wrong one is refused before anything is built.
const AREAS: [&str; 7] = [
    "resilience",
    "router",
    "envelope",
    "taxonomy",
    "pool",
    "secrets",
    "facades",
];

/// How a bench ends that knows no such area.
const BAD_INPUT: u8 = 2;

/// What to measure, and how to tell.
#[derive(Debug)]
pub(crate) struct Options {
    area: Option<String>,
    json: bool,
    side: Side,
}

/// Whom to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    /// Leeward and the limits alone.
    Ours,
    /// The peers too.
    Peers,
    /// The official AWS Encryption SDK instead of the peers.
    AwsEsdk,
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
        .arg(
            Arg::new("peer")
                .long("peer")
                .value_name("NAME")
                .value_parser([AWS_ESDK_NAME])
                .conflicts_with("ours")
                .help("Measures the area envelope beside the official crate, which takes twenty minutes to build"),
        )
}

impl From<&ArgMatches> for Options {
    fn from(matches: &ArgMatches) -> Self {
        let side = match matches.get_flag("ours") {
            true => Side::Ours,
            false if matches.contains_id("peer") => Side::AwsEsdk,
            false => Side::Peers,
        };
        Self {
            area: matches.get_one::<String>("area").cloned(),
            json: matches.get_flag("json"),
            side,
        }
    }
}

/// Measures, prints the rows, and fails if one of them misses its bar.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.side == Side::AwsEsdk {
        let area = options.area.as_deref().unwrap_or(AREA_OF_AWS_ESDK);
        ensure!(
            area == AREA_OF_AWS_ESDK,
            "{AWS_ESDK_NAME} does nothing of {area}: name {AREA_OF_AWS_ESDK}, or leave --peer out"
        );
    }
    let mut command = command(options);
    if let Some(manifest) = options.side.manifest() {
        ensure!(
            cargo::root().join(manifest).exists(),
            "there is no {manifest} to compare with; measure our side with `cargo xtask bench --ours`"
        );
    }
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

impl Side {
    /// The workspace that the bench stands in, if it is not ours.
    const fn manifest(self) -> Option<&'static str> {
        match self {
            Self::Ours => None,
            Self::Peers => Some(PEERS),
            Self::AwsEsdk => Some(AWS_ESDK),
        }
    }
}

fn command(options: &Options) -> Command {
    let mut command = cargo::command(["run", "--profile", "bench"]);
    // Not our own target folder: the peers' lock file may resolve a shared dependency differently.
    let (program, target) = match options.side {
        Side::Ours => ("leeward-bench", None),
        Side::Peers => ("leeward-bench-peers", Some("target/peers")),
        Side::AwsEsdk => ("leeward-bench-aws-esdk", Some("target/aws-esdk")),
    };
    match options.side.manifest() {
        Some(manifest) => command.args(["--manifest-path", manifest, "--bin", program]),
        None => command.args(["--package", program]),
    };
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    let area = match options.side {
        Side::AwsEsdk => Some(AREA_OF_AWS_ESDK),
        _ => options.area.as_deref(),
    };
    command.arg("--").args(area).arg("--json");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(area: Option<&str>, side: Side, expected: &str) {
        let options = Options {
            area: area.map(str::to_owned),
            json: false,
            side,
        };
        assert_eq!(cargo::line(&command(&options)), expected);
    }

    #[test]
    fn peers_are_built_apart() {
        check(
            Some("resilience"),
            Side::Peers,
            "CARGO_TARGET_DIR=target/peers cargo run --profile bench --manifest-path crates/leeward-bench/peers/Cargo.toml \
             --bin leeward-bench-peers -- resilience --json",
        );
        check(
            None,
            Side::AwsEsdk,
            "CARGO_TARGET_DIR=target/aws-esdk cargo run --profile bench --manifest-path crates/leeward-bench/aws-esdk/Cargo.toml \
             --bin leeward-bench-aws-esdk -- envelope --json",
        );
        check(
            None,
            Side::Ours,
            "cargo run --profile bench --package leeward-bench -- --json",
        );
    }

    #[test]
    fn the_official_crate_is_asked_for_nothing_but_messages() {
        let options = Options {
            area: Some("router".to_owned()),
            json: false,
            side: Side::AwsEsdk,
        };
        assert_eq!(
            run(&options).unwrap_err().to_string(),
            "aws-esdk does nothing of router: name envelope, or leave --peer out"
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
