//! The tasks of this repository, a light driver of cargo: `cargo xtask --help` lists them.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

mod bench;
mod built;
mod cargo;
mod ci;
mod demo;
mod interop;
mod layers;
mod metadata;
mod sim;
mod source;
mod table;
mod test;
mod tidy;

fn main() -> ExitCode {
    let matches = arguments().get_matches();
    let (task, options) = matches.subcommand().expect("a subcommand is required");
    let outcome = match task {
        "ci" => ci::run(&options.into()),
        "test" => test::run(&options.into()),
        "layers" => layers::run(),
        "tidy" => tidy::run(),
        "interop" => interop::run(&options.into()),
        "bench" => return ended(bench::run(&options.into())),
        "demo" => return demo::run(&options.into()),
        "sim" => return ended(sim::run(&options.into())),
        _ => unreachable!("clap knows the tasks that are listed below"),
    };
    ended(outcome.map(|()| ExitCode::SUCCESS))
}

fn ended(outcome: anyhow::Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn arguments() -> Command {
    Command::new("cargo xtask")
        .bin_name("cargo xtask")
        .about("The tasks of this repository")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(ci::arguments())
        .subcommand(test::arguments())
        .subcommand(demo::arguments())
        .subcommand(bench::arguments())
        .subcommand(sim::arguments())
        .subcommand(interop::arguments())
        .subcommand(
            Command::new("layers")
                .about("Checks what may depend on what: the invariants of docs/architecture.md"),
        )
        .subcommand(
            Command::new("tidy")
                .about("Checks names, file lengths, manifests, crate docs and links"),
        )
}

/// The option `--name`, which takes no value.
fn flag(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue)
}

/// Everything from the first argument that is not ours, for another program.
fn rest(of: &'static str) -> Arg {
    Arg::new("rest")
        .num_args(0..)
        .trailing_var_arg(true)
        .allow_hyphen_values(true)
        .value_parser(value_parser!(OsString))
        .value_name(of)
}

fn rest_of(matches: &ArgMatches) -> Vec<OsString> {
    matches
        .get_many("rest")
        .into_iter()
        .flatten()
        .cloned()
        .collect()
}
